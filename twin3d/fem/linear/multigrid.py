"""Conjugate gradients with smoothed aggregation on the CPU."""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from twin3d.backend import one_blas_thread
from twin3d.fem.linear.hierarchy import build_hierarchy, rebuild_hierarchy
from twin3d.fem.linear.interface import (
    RTOL,
    Array,
    Method,
    SolveResult,
    SolveStatus,
    check_same_size,
    checked_guess,
    checked_load,
    finished,
)
from twin3d.fem.linear.iteration import Rules, block_conjugate_gradients

MAX_ITERATIONS = 500
WIDTH = 8
"""Right-hand sides that share a pass over the matrix."""
ZEROS_MAX = 0.05
"""A larger share of stored zeros is left out: right angles between cells make them, half of all entries of a cube."""
FEW = 5
"""So many left over are cheaper one by one."""


class Multigrid:
    """Conjugate gradients in double precision with a V-cycle of smoothed aggregation in single precision."""

    method = Method.MULTIGRID

    def __init__(
        self,
        A: sparse.csr_array,
        *,
        near_null_space: Array | None = None,
        prolongation: sparse.csr_array | None = None,
        reason: str,
    ) -> None:
        self.reason, self.n, self._A = reason, A.shape[0], _without_zeros(A)
        with one_blas_thread():
            self._hierarchy = build_hierarchy(self._A, near_null_space=near_null_space, prolongation=prolongation)

    def refactor(self, A: sparse.csr_array) -> None:
        """Serve another matrix of the same pattern: aggregates and prolongations stay, Galerkin products are new."""
        check_same_size(A, self.n)
        self._A = _without_zeros(A)
        with one_blas_thread():
            self._hierarchy = rebuild_hierarchy(self._A, self._hierarchy)

    def solve(self, F: Array, *, guess: Array | None = None, rtol: float = RTOL) -> SolveResult:
        """Solve A x = F, eight columns at a time."""
        F, guess = checked_load(F, self.n), checked_guess(guess, F)
        columns = F if F.ndim == 2 else F[:, None]
        guesses = None if guess is None else guess.reshape(columns.shape)
        x, n_iterations, statuses = np.zeros_like(columns), 0, [SolveStatus.CONVERGED]
        with one_blas_thread():
            for group, width in _groups(columns.shape[1]):
                start = None if guesses is None else _padded(guesses[:, group], width)
                solution, n_steps, status = self._solve_group(_padded(columns[:, group], width), start, rtol)
                x[:, group] = solution[:, : x[:, group].shape[1]]
                n_iterations = max(n_iterations, n_steps)
                statuses.append(status)
        worst = next((status for status in statuses if not status.is_success), SolveStatus.CONVERGED)
        return finished(self._A, x.reshape(F.shape), F, method=self.method, end=(worst, n_iterations), rtol=rtol)

    def _solve_group(self, b: Array, guess: Array | None, rtol: float) -> tuple[Array, int, SolveStatus]:
        return block_conjugate_gradients(
            lambda x: self._A @ x,
            self._hierarchy.apply,
            b,
            guess=guess,
            rules=Rules(rtol=rtol, max_iterations=MAX_ITERATIONS),
            xp=np,
        )


def _without_zeros(A: sparse.csr_array) -> sparse.csr_array:
    """The matrix itself, or a copy without the zeros that it stores where they are many."""
    if np.count_nonzero(A.data) >= (1.0 - ZEROS_MAX) * A.nnz:
        return A
    copy = A.copy()
    copy.eliminate_zeros()
    return copy


def _groups(n_columns: int) -> Iterator[tuple[slice, int]]:
    """Columns that are solved together, and the width they are padded to."""
    first = 0
    while first < n_columns:
        width = 1 if n_columns - first <= FEW else WIDTH
        yield slice(first, first + width), width
        first += width


def _padded(columns: Array, width: int) -> Array:
    return np.ascontiguousarray(np.pad(columns, ((0, 0), (0, width - columns.shape[1]))))
