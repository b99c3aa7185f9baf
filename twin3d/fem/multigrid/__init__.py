"""Multigrid on the device: smoothed aggregation, a V-cycle in single precision, conjugate gradients in double."""

from typing import Any

from twin3d.backend import Array, Backend
from twin3d.errors import SolverError
from twin3d.fem.multigrid.hierarchy import Candidates
from twin3d.fem.multigrid.solver import MultigridSolution, MultigridSolver
from twin3d.fem.multigrid.system import MatrixFree, Setup, make_system, on_device

__all__ = ["MatrixFree", "MultigridSolution", "MultigridSolver", "multigrid_solver"]

N_RIGID = 6
"""Rigid-body modes of a solid."""


def multigrid_solver(
    A: Any,
    near_null_space: Array | None = None,
    prolongation: Any = None,
    *,
    matrix_free: MatrixFree | None = None,
    point_of_unknown: Array | None = None,
    backend: Backend,
) -> MultigridSolver:
    """Prepare to solve A x = F many times on a device, by multigrid on smoothed aggregates.

    Args:
        A: Symmetric positive definite, CSR on the host, shape (n, n). Held unknowns are best kept as rows with a
            diagonal alone, which leaves the unknowns of a point together.
        near_null_space: Vectors of little energy of the matrix that is aggregated, shape (n_aggregated, n_candidates):
            the six rigid-body modes for elasticity; constant when missing, right for heat.
        prolongation: From linear elements to the unknowns of the system, CSR on the host, shape (n, n_aggregated),
            where the system has quadratic elements; the matrix of linear elements is aggregated then.
        matrix_free: The system as a product, with a prolongation; A is then the matrix of linear elements.
        point_of_unknown: Which point each aggregated unknown belongs to, ascending; three in a row with six
            candidates, one each otherwise, when missing.
        backend: Where to solve.

    Raises:
        SolverError: The shapes do not fit each other.
    """
    xp = backend.xp
    n = A.shape[0] if prolongation is None or matrix_free is not None else prolongation.shape[1]
    vectors = xp.ones((n, 1)) if near_null_space is None else xp.asarray(near_null_space, dtype=xp.float64)
    if vectors.shape[0] != n:
        raise SolverError(f"the near-null space has {vectors.shape[0]} rows for {n} unknowns; give one row to each")
    if matrix_free is not None and prolongation is None:
        raise SolverError("a matrix-free system needs a prolongation from the linear elements that A is made of")
    block = 3 if vectors.shape[1] == N_RIGID and point_of_unknown is None else 1
    if n % block:
        raise SolverError(f"{n} unknowns are not three to a point; say which point each belongs to (point_of_unknown)")
    points = xp.arange(n) // block if point_of_unknown is None else xp.asarray(point_of_unknown)
    given = None if prolongation is None else on_device(prolongation, backend=backend)
    return MultigridSolver(
        make_system(A, Setup(Candidates(vectors, points), block, given, matrix_free, backend)), backend=backend
    )
