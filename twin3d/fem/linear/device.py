"""Conjugate gradients with the diagonal, on several right-hand sides side by side, on any backend."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from twin3d.backend import Backend
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

MAX_ITERATIONS = 5000
CHECK_PERIOD = 8
"""Conjugate gradients look at their residuals once in so many steps, since each look waits for the device."""
THREADS = 256
"""Threads of a block of a kernel."""


class DeviceConjugateGradients:
    """Conjugate gradients with the diagonal; on a GPU the product is a kernel of our own."""

    method = Method.CONJUGATE_GRADIENTS

    def __init__(self, A: sparse.csr_array, *, reason: str, backend: Backend) -> None:
        self.reason, self.n, self._backend = reason, A.shape[0], backend
        self.refactor(A)

    def refactor(self, A: sparse.csr_array) -> None:
        """Serve another matrix of the same size."""
        check_same_size(A, self.n)
        self._A, xp = A, self._backend.xp
        self._product = (lambda x: A @ x) if self._backend.on_host else _product_on_device(A, self._backend)
        self._inverse_diagonal = 1.0 / xp.asarray(A.diagonal())

    def solve(self, F: Array, *, guess: Array | None = None, rtol: float = RTOL) -> SolveResult:
        """Solve A x = F."""
        F, backend = checked_load(F, self.n), self._backend
        b, x0 = (None if part is None else self._columns(part) for part in (F, guess))
        x, n_steps, status = block_conjugate_gradients(
            self._product, b, self._inverse_diagonal, guess=x0, rtol=rtol, backend=backend
        )
        x = np.asarray(backend.to_host(x)).reshape(F.shape)
        _, residuals = relative_residuals(self._A, x, F)
        return successful(SolveResult(x, status, n_steps, float(residuals.max(initial=0.0))), self.method, rtol=rtol)

    def _columns(self, F: Array) -> Any:
        xp = self._backend.xp
        return xp.ascontiguousarray(xp.asarray(F).reshape(self.n, -1))


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


def block_conjugate_gradients(
    product: Callable[[Any], Any],
    b: Any,
    inverse_diagonal: Any,
    *,
    guess: Any = None,
    rtol: float = RTOL,
    backend: Backend,
) -> tuple[Any, int, SolveStatus]:
    """Jacobi-preconditioned conjugate gradients on several right-hand sides side by side.

    Shewchuk, An introduction to the conjugate gradient method (1994), algorithm B3, column by column. The recurrence
    of the residual drifts from the truth, so it starts anew from the solution until the true residual agrees.

    Args:
        product: X ↦ A X for a symmetric positive definite A.
        b: Shape (n, k), stored row by row.
        inverse_diagonal: Of A, shape (n,).
        guess: Where to start, as b; zero without it.
        rtol: Largest ‖b − A x‖ / ‖b‖ of a column.
        backend: Where the arrays live.

    Returns:
        The solution, the steps it took, and how it ended.
    """
    xp = backend.xp
    x = xp.zeros_like(b) if guess is None else guess.copy()
    goal, number, before = rtol * xp.linalg.norm(b, axis=0), 0, np.inf
    while True:
        r = b - product(x)
        worst = float((xp.linalg.norm(r, axis=0) / xp.maximum(goal, 1e-300)).max())
        if worst <= 1.0:
            return x, number, SolveStatus.CONVERGED
        if number >= MAX_ITERATIONS or not worst < 0.5 * before:
            return x, number, SolveStatus.ITERATION_LIMIT if number >= MAX_ITERATIONS else SolveStatus.STAGNATED
        before = worst
        number = _descend(product, (x, r), inverse_diagonal[:, None], goal=goal, number=number, xp=xp)


def _descend(product: Callable[[Any], Any], state: Any, scale: Any, *, goal: Any, number: int, xp: Any) -> int:
    """Conjugate gradients in place until the recurrence says that the goal is reached; the number of steps so far."""
    x, r = state
    z = scale * r
    p = z.copy()
    rz = (r * z).sum(axis=0)
    while number < MAX_ITERATIONS:
        if number % CHECK_PERIOD == 0 and bool((xp.linalg.norm(r, axis=0) <= goal).all()):
            break
        Ap = product(p)
        alpha = rz / xp.maximum((p * Ap).sum(axis=0), 1e-300)
        x += alpha * p
        r -= alpha * Ap
        z = scale * r
        rz, old = (r * z).sum(axis=0), rz
        p = z + (rz / xp.maximum(old, 1e-300)) * p
        number += 1
    return number
