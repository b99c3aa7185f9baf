"""Conjugate gradients with the diagonal, on any backend."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from twin3d.backend import Backend
from twin3d.fem.linear.interface import (
    RTOL,
    Array,
    Method,
    SolveResult,
    check_same_size,
    checked_guess,
    checked_load,
    finished,
)
from twin3d.fem.linear.iteration import Rules, block_conjugate_gradients

MAX_ITERATIONS = 5000
CHECK_PERIOD = 8
"""Steps between two looks at the residuals."""
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
        self._scale = 1.0 / xp.asarray(A.diagonal())[:, None]

    def solve(self, F: Array, *, guess: Array | None = None, rtol: float = RTOL) -> SolveResult:
        """Solve A x = F."""
        F, backend = checked_load(F, self.n), self._backend
        b, start = (None if part is None else self._columns(part) for part in (F, checked_guess(guess, F)))
        rules = Rules(rtol=rtol, max_iterations=MAX_ITERATIONS, check_period=1 if backend.on_host else CHECK_PERIOD)
        x, n_steps, status = block_conjugate_gradients(
            self._product, lambda r: self._scale * r, b, guess=start, rules=rules, xp=backend.xp
        )
        x = np.asarray(backend.to_host(x)).reshape(F.shape)
        return finished(self._A, x, F, method=self.method, end=(status, n_steps), rtol=rtol)

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
