"""Conjugate gradients with smoothed aggregation on the GPU."""

from scipy import sparse

from twin3d.backend import Backend
from twin3d.fem.linear.hierarchy import at_linear_element
from twin3d.fem.linear.interface import (
    RTOL,
    Array,
    Method,
    SolveResult,
    SolveStatus,
    check_same_size,
    checked_guess,
    checked_load,
)
from twin3d.fem.multigrid import multigrid_solver


class DeviceMultigrid:
    """The multigrid of `twin3d.fem.multigrid` as a factor: matrix and levels stay on the device."""

    method = Method.MULTIGRID

    def __init__(
        self,
        A: sparse.csr_array,
        *,
        near_null_space: Array | None = None,
        prolongation: sparse.csr_array | None = None,
        reason: str,
        backend: Backend,
    ) -> None:
        self.reason, self.n = reason, A.shape[0]
        modes = near_null_space
        if modes is not None and prolongation is not None:
            modes = at_linear_element(prolongation, modes)
        self._solver = multigrid_solver(A, modes, prolongation, backend=backend)

    def refactor(self, A: sparse.csr_array) -> None:
        """Serve another matrix of the same pattern: the aggregates stay."""
        check_same_size(A, self.n)
        self._solver.update(A)

    def solve(self, F: Array, *, guess: Array | None = None, rtol: float = RTOL) -> SolveResult:
        """Solve A x = F, up to 32 columns side by side."""
        F = checked_load(F, self.n)
        solution = self._solver.solve(F, checked_guess(guess, F), rtol=rtol)
        status = SolveStatus.CONVERGED if solution.residual <= rtol else SolveStatus.ROUNDING
        return SolveResult(solution.x, status, solution.n_iterations, solution.residual)
