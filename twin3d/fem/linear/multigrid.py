"""Conjugate gradients with smoothed aggregation on the CPU."""

from typing import Any

import numpy as np
import pyamg
from scipy import sparse

from twin3d.fem.linear.direct import check_same_size
from twin3d.fem.linear.interface import (
    RTOL,
    Array,
    Method,
    SolveResult,
    SolveStatus,
    checked_load,
    relative_residuals,
    successful,
)

MAX_ITERATIONS = 500


class Multigrid:
    """Conjugate gradients with a V-cycle of smoothed aggregation (Vaněk, Mandel and Brezina 1996)."""

    method = Method.MULTIGRID

    def __init__(
        self,
        A: sparse.csr_array,
        *,
        near_null_space: Array | None = None,
        prolongation: sparse.csr_array | None = None,
        reason: str,
    ) -> None:
        self.reason, self.n = reason, A.shape[0]
        self._near_null_space, self._prolongation = near_null_space, prolongation
        self.refactor(A)

    def refactor(self, A: sparse.csr_array) -> None:
        """Serve another matrix of the same pattern."""
        check_same_size(A, self.n)
        self._A = A
        self._hierarchy: Any = pyamg.smoothed_aggregation_solver(sparse.csr_matrix(A), B=self._near_null_space)

    def solve(self, F: Array, *, guess: Array | None = None, rtol: float = RTOL) -> SolveResult:
        """Solve A x = F."""
        F = checked_load(F, self.n)
        columns = F if F.ndim == 2 else F[:, None]
        guesses = np.zeros_like(columns) if guess is None else guess.reshape(columns.shape)
        solved = [self._solve_one(column, start, rtol) for column, start in zip(columns.T, guesses.T, strict=True)]
        x = np.column_stack([x for x, _ in solved]).reshape(F.shape)
        _, residuals = relative_residuals(self._A, x, F)
        worst, n_iterations = float(residuals.max(initial=0.0)), max(number for _, number in solved)
        status = SolveStatus.CONVERGED if worst <= 2.0 * rtol else SolveStatus.ITERATION_LIMIT
        return successful(SolveResult(x, status, n_iterations, worst), self.method, rtol=rtol)

    def _solve_one(self, b: Array, guess: Array, rtol: float) -> tuple[Array, int]:
        residuals: list[float] = []
        x = self._hierarchy.solve(b, x0=guess, tol=rtol, accel="cg", maxiter=MAX_ITERATIONS, residuals=residuals)
        return np.asarray(x), len(residuals) - 1
