"""Symmetric positive definite systems: factorised once, solved many times."""

import importlib.util
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyamg
import pymetis
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import splu

from twin3d.backend import Backend, one_blas_thread
from twin3d.errors import SolverError

Array = npt.NDArray[np.float64]
Order: TypeAlias = npt.NDArray[np.signedinteger]
"""A permutation of the unknowns."""
Solve: TypeAlias = Callable[[Array], Array]
"""Solves for one right-hand side (n,) or several (n, k) at once."""

DIRECT_MAX = 250_000
"""Most unknowns that SuperLU factorises for many right-hand sides.

A finned heat sink of 347 130 points takes 33 s, 1.2 GB and 0.18 s for each of a block, multigrid 6 s for each; in a
cube of 250 000 points, which fills far more, the two are even."""
ONCE_MAX = 10_000
"""Most unknowns that SuperLU factorises for one right-hand side: 51 470 take 1.5 s, multigrid 0.6 s."""
PARDISO_MAX = 400_000
"""Most unknowns that PARDISO factorises."""
RTOL = 1e-10
"""Relative residual at which iterations stop."""
MAX_ITERATIONS = 5000
CHECK_PERIOD = 8
"""Conjugate gradients look at their residuals once in so many steps, since each look waits for the device."""
THREADS = 256
"""Threads of a block of a kernel."""


def prepare(A: sparse.csr_array, *, order: Order | None = None, once: bool = False, backend: Backend) -> Solve:
    """Get ready to solve A x = b many times.

    Up to `DIRECT_MAX` unknowns, or `ONCE_MAX` for one right-hand side, a factorisation: PARDISO where the extra ``mkl``
    is installed, else SuperLU in the nested-dissection order of METIS. Above, conjugate gradients with smoothed
    aggregation. On a GPU, conjugate gradients with the diagonal.

    Args:
        A: Symmetric positive definite, shape (n, n).
        once: Whether there will be one right-hand side only.
        order: From `fill_reducing_order`, where several matrices have nearly the same pattern; made when missing.
        backend: Where to solve.

    Raises:
        SolverError: A is singular, as it is when nothing holds the temperature; or the iteration does not converge.
    """
    _check_definite(A)
    match _method(A, backend, once=once):
        case Method.CONJUGATE_GRADIENTS:
            return _conjugate_gradients_on_device(A, backend)
        case Method.PARDISO:
            return _pardiso(A)
        case Method.SUPERLU:
            return _superlu(A, fill_reducing_order(A, backend=backend) if order is None else order)
        case Method.MULTIGRID:
            return _multigrid(A)


class Method(Enum):
    """How a system is solved."""

    CONJUGATE_GRADIENTS = auto()
    PARDISO = auto()
    SUPERLU = auto()
    MULTIGRID = auto()


def _method(A: sparse.csr_array, backend: Backend, *, once: bool = False) -> Method:
    n = A.shape[0]
    if not backend.on_host:
        return Method.CONJUGATE_GRADIENTS
    if n <= PARDISO_MAX and importlib.util.find_spec("pypardiso") is not None:
        return Method.PARDISO
    return Method.SUPERLU if n <= (ONCE_MAX if once else DIRECT_MAX) else Method.MULTIGRID


def fill_reducing_order(A: sparse.csr_array, *, backend: Backend) -> Order:
    """The order of elimination that keeps a factor sparse: nested dissection by METIS, shape (n,).

    Empty where `prepare` would not factorise a matrix of this size with SuperLU.
    """
    if _method(A, backend) is not Method.SUPERLU:
        return np.zeros(0, dtype=np.int64)
    pattern = sparse.csr_array(A - sparse.diags_array(A.diagonal()))
    pattern.eliminate_zeros()
    if not pattern.nnz:
        return np.arange(A.shape[0])
    adjacency = pymetis.CSRAdjacency(adj_starts=pattern.indptr, adjacent=pattern.indices)
    order, _ = pymetis.nested_dissection(adjacency)
    return np.asarray(order, dtype=np.int64)


def _check_definite(A: sparse.csr_array) -> None:
    diagonal = A.diagonal()
    if not np.isfinite(diagonal).all():
        raise SolverError("the system holds a number that is not finite; check the materials and loads")
    if not (diagonal > 0.0).all():
        raise SolverError(
            f"row {int(diagonal.argmin())} of the system has no positive diagonal; a part has no material"
        )
    n_pieces, piece = csgraph.connected_components(A, directed=False)
    held = np.bincount(piece, weights=np.abs(A @ np.ones(A.shape[0])), minlength=n_pieces)
    n_loose = int(np.isin(piece, np.flatnonzero(held < 1e-12 * float(diagonal.max()))).sum())
    if n_loose:
        where = "" if n_pieces == 1 else f" of a piece of {n_loose} of {A.shape[0]} points"
        raise SolverError(
            f"the steady problem is singular: nothing holds the temperature{where}; "
            "add a convection, radiation or fixed_temperature load, or a contact with what is held, or solve in time"
        )


def _superlu(A: sparse.csr_array, order: Order) -> Solve:
    permuted = sparse.csc_array(A[order][:, order])
    options = {"SymmetricMode": True, "Equil": False}
    try:
        with one_blas_thread():
            factor = splu(permuted, permc_spec="NATURAL", diag_pivot_thresh=0.0, options=options)
    except RuntimeError as error:
        raise SolverError(f"the system cannot be factorised: {error}; check the materials and loads") from error

    def solve(b: Array) -> Array:
        x = np.zeros_like(b, dtype=np.float64)
        with one_blas_thread():
            x[order] = factor.solve(np.ascontiguousarray(b[order], dtype=np.float64))
        return x

    return solve


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
    product = _product_on_device(A, backend)
    inverse_diagonal = 1.0 / xp.asarray(A.diagonal())

    def solve(b: Array) -> Array:
        columns = xp.ascontiguousarray(xp.asarray(b if b.ndim == 2 else b[:, None]))
        x = backend.to_host(block_conjugate_gradients(product, columns, inverse_diagonal, backend=backend))
        return np.asarray(x if b.ndim == 2 else x[:, 0])

    return solve


def _product_on_device(A: sparse.csr_array, backend: Backend) -> Callable[[Any], Any]:
    """X ↦ A X for X stored row by row, by a kernel of our own: cuSPARSE wants columns and would copy both ways."""
    xp, n = backend.xp, A.shape[0]
    kernel = backend.kernel("csr_block_product")
    matrix = xp.asarray(A.indptr, dtype=xp.int32), xp.asarray(A.indices, dtype=xp.int32), xp.asarray(A.data)

    def product(x: Any) -> Any:
        y = xp.zeros_like(x)
        blocks = -(-x.size // THREADS)
        kernel((blocks,), (THREADS,), (np.int32(n), np.int32(x.shape[1]), *matrix, x, y))
        return y

    return product


def block_conjugate_gradients(product: Callable[[Any], Any], b: Any, inverse_diagonal: Any, *, backend: Backend) -> Any:
    """Jacobi-preconditioned conjugate gradients on several right-hand sides side by side.

    Shewchuk, An introduction to the conjugate gradient method (1994), algorithm B3, column by column.

    Args:
        product: X ↦ A X for a symmetric positive definite A.
        b: Shape (n, k), stored row by row.
        inverse_diagonal: Of A, shape (n,).
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
    for number in range(MAX_ITERATIONS):
        if number % CHECK_PERIOD == 0 and bool((xp.linalg.norm(r, axis=0) <= goal).all()):
            return x
        Ap = product(p)
        alpha = rz / xp.maximum((p * Ap).sum(axis=0), 1e-300)
        x += alpha * p
        r -= alpha * Ap
        z = scale * r
        rz, old = (r * z).sum(axis=0), rz
        p = z + (rz / xp.maximum(old, 1e-300)) * p
    worst = float((xp.linalg.norm(r, axis=0) / xp.maximum(goal / RTOL, 1e-300)).max())
    raise SolverError(f"conjugate gradients stopped at a relative residual of {worst:.1e} after {MAX_ITERATIONS} steps")
