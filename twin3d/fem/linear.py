"""Symmetric positive definite systems: factorised once, solved many times."""

import importlib.util
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyamg
import pymetis
from scipy import sparse
from scipy.sparse.linalg import splu

from twin3d.backend import Backend
from twin3d.errors import SolverError

Array = npt.NDArray[np.float64]
Solve: TypeAlias = Callable[[Array], Array]
"""Solves for one right-hand side (n,) or several (n, k) at once."""

DIRECT_MAX = 120_000
"""Most unknowns that SuperLU factorises; thin parts stay far below the memory of cubes."""
PARDISO_MAX = 400_000
"""Most unknowns that PARDISO factorises."""
RTOL = 1e-10
"""Relative residual at which iterations stop."""
MAX_ITERATIONS = 5000


def prepare(A: sparse.csr_array, *, backend: Backend) -> Solve:
    """Get ready to solve A x = b many times.

    Up to `DIRECT_MAX` unknowns a factorisation: PARDISO where the extra ``mkl`` is installed, else SuperLU in the
    nested-dissection order of METIS. Above, conjugate gradients with smoothed aggregation. On a GPU, conjugate
    gradients with the diagonal.

    Args:
        A: Symmetric positive definite, shape (n, n).
        backend: Where to solve.

    Raises:
        SolverError: A is singular, as it is when nothing holds the temperature; or the iteration does not converge.
    """
    _check_definite(A)
    if backend.name == "cupy":
        return _conjugate_gradients_on_device(A, backend)
    if len(A.indptr) - 1 <= PARDISO_MAX and importlib.util.find_spec("pypardiso") is not None:
        return _pardiso(A)
    return _superlu(A) if A.shape[0] <= DIRECT_MAX else _multigrid(A)


def _check_definite(A: sparse.csr_array) -> None:
    diagonal = A.diagonal()
    if not np.isfinite(diagonal).all():
        raise SolverError("the system holds a number that is not finite; check the materials and loads")
    if not (diagonal > 0.0).all():
        raise SolverError(
            f"row {int(diagonal.argmin())} of the system has no positive diagonal; a part has no material"
        )
    scale = float(diagonal.max())
    if float(np.abs(A @ np.ones(A.shape[0])).max()) < 1e-12 * scale:
        raise SolverError(
            "the steady problem is singular: nothing holds the temperature; "
            "add a convection, radiation or fixed_temperature load, or solve in time"
        )


def _superlu(A: sparse.csr_array) -> Solve:
    order = _nested_dissection(A)
    permuted = sparse.csc_array(A[order][:, order])
    factor = splu(
        permuted, permc_spec="NATURAL", diag_pivot_thresh=0.0, options={"SymmetricMode": True, "Equil": False}
    )

    def solve(b: Array) -> Array:
        x = np.zeros_like(b, dtype=np.float64)
        x[order] = factor.solve(np.ascontiguousarray(b[order], dtype=np.float64))
        return x

    return solve


def _nested_dissection(A: sparse.csr_array) -> npt.NDArray[np.int64]:
    pattern = sparse.csr_array(A - sparse.diags_array(A.diagonal()))
    pattern.eliminate_zeros()
    if not pattern.nnz:
        return np.arange(A.shape[0])
    adjacency = pymetis.CSRAdjacency(adj_starts=pattern.indptr, adjacent=pattern.indices)
    order, _ = pymetis.nested_dissection(adjacency)
    return np.asarray(order, dtype=np.int64)


def _pardiso(A: sparse.csr_array) -> Solve:
    pypardiso = importlib.import_module("pypardiso")
    solver = pypardiso.PyPardisoSolver(mtype=2)
    upper = sparse.csr_matrix(sparse.triu(A))
    solver.factorize(upper)

    def solve(b: Array) -> Array:
        return np.asarray(solver.solve(upper, np.asfortranarray(b)))

    return solve


def _multigrid(A: sparse.csr_array) -> Solve:
    hierarchy = pyamg.smoothed_aggregation_solver(sparse.csr_matrix(A))

    def solve_one(b: Array) -> Array:
        residuals: list[float] = []
        x = hierarchy.solve(b, tol=RTOL, accel="cg", maxiter=200, residuals=residuals)
        if residuals and residuals[-1] > 10.0 * RTOL * max(residuals[0], 1e-300):
            raise SolverError(f"multigrid stopped at a relative residual of {residuals[-1] / residuals[0]:.1e}")
        return np.asarray(x)

    return lambda b: solve_one(b) if b.ndim == 1 else np.column_stack([solve_one(column) for column in b.T])


def _conjugate_gradients_on_device(A: sparse.csr_array, backend: Backend) -> Solve:
    xp = backend.xp
    on_device = backend.sparse.csr_matrix(sparse.csr_matrix(A))
    inverse_diagonal = 1.0 / xp.asarray(A.diagonal())

    def solve(b: Array) -> Array:
        columns = xp.asarray(b if b.ndim == 2 else b[:, None])
        x = block_conjugate_gradients(on_device, columns, inverse_diagonal, backend=backend)
        host = backend.to_host(x)
        return np.asarray(host if b.ndim == 2 else host[:, 0])

    return solve


def block_conjugate_gradients(A: Any, b: Any, inverse_diagonal: Any, *, backend: Backend) -> Any:
    """Jacobi-preconditioned conjugate gradients on several right-hand sides side by side.

    Shewchuk, An introduction to the conjugate gradient method (1994), algorithm B3, column by column.

    Args:
        A: Sparse matrix of the backend, shape (n, n).
        b: Shape (n, k).
        inverse_diagonal: Shape (n,).
        backend: Where the arrays live.

    Raises:
        SolverError: A column does not converge.
    """
    xp = backend.xp
    scale = inverse_diagonal[:, None]
    x, r = xp.zeros_like(b), b.copy()
    z = scale * r
    p = z.copy()
    rz = (r * z).sum(axis=0)
    goal = RTOL * xp.linalg.norm(b, axis=0)
    for _ in range(MAX_ITERATIONS):
        Ap = A @ p
        alpha = rz / xp.maximum((p * Ap).sum(axis=0), 1e-300)
        x += alpha * p
        r -= alpha * Ap
        if bool((xp.linalg.norm(r, axis=0) <= goal).all()):
            return x
        z = scale * r
        rz, old = (r * z).sum(axis=0), rz
        p = z + (rz / xp.maximum(old, 1e-300)) * p
    worst = float((xp.linalg.norm(r, axis=0) / xp.maximum(goal / RTOL, 1e-300)).max())
    raise SolverError(f"conjugate gradients stopped at a relative residual of {worst:.1e} after {MAX_ITERATIONS} steps")
