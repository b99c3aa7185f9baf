"""Gauss–Seidel sweeps on matrices of small blocks, for several right-hand sides side by side.

Each is compiled for one size of blocks and one number of columns, since fixed inner loops are unrolled. All work on
flat arrays of one precision, unknowns row by row. ``starts``, ``columns`` and ``entries`` are the matrix in BSR form
with ascending columns, ``middles`` says where the diagonal blocks are and ``inverse`` holds their inverses.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Indices = npt.NDArray[np.int32]
Values = npt.NDArray[np.floating[Any]]


@njit(fastmath=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _subtract(
    size: int, width: int, between: tuple[int, int], columns: Indices, entries: Values, x: Values, total: Values
) -> None:
    """Take the blocks of a range times x from the total."""
    for k in range(between[0], between[1]):
        j = columns[k] * size * width
        for p in range(size):
            for q in range(size):
                a = entries[(k * size + p) * size + q]
                for c in range(width):
                    total[p * width + c] -= a * x[j + q * width + c]


@njit(fastmath=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _add(size: int, width: int, i: int, inverse: Values, total: Values, x: Values) -> None:
    """Add the inverse block of row i times the total to x."""
    for p in range(size):
        for q in range(size):
            a = inverse[(i * size + p) * size + q]
            for c in range(width):
                x[(i * size + p) * width + c] += a * total[q * width + c]


@functools.cache
def forward_sweep(size: int, width: int) -> Callable[..., None]:
    """``forward(starts, middles, columns, entries, inverse, b, x_out, r_out)``: a sweep from zero, and its residual.

    The residual needs the upper triangle alone, so that the matrix is read once.
    """
    stride = size * width

    @njit(cache=True, fastmath=True, nogil=True)  # type: ignore[untyped-decorator]
    def forward(
        starts: Indices,
        middles: Indices,
        columns: Indices,
        entries: Values,
        inverse: Values,
        b: Values,
        x_out: Values,
        r_out: Values,
    ) -> None:
        total = np.zeros(stride, b.dtype)
        for i in range(len(starts) - 1):
            total[:] = b[i * stride : (i + 1) * stride]
            x_out[i * stride : (i + 1) * stride] = 0.0
            _subtract(size, width, (starts[i], middles[i]), columns, entries, x_out, total)
            _add(size, width, i, inverse, total, x_out)
        for i in range(len(starts) - 1):
            total[:] = 0.0
            _subtract(size, width, (middles[i] + 1, starts[i + 1]), columns, entries, x_out, total)
            r_out[i * stride : (i + 1) * stride] = total

    return forward  # type: ignore[no-any-return]


@functools.cache
def backward_sweep(size: int, width: int) -> Callable[..., None]:
    """``backward(starts, columns, entries, inverse, b, x)``: the adjoint of the forward sweep, in place."""
    stride = size * width

    @njit(cache=True, fastmath=True, nogil=True)  # type: ignore[untyped-decorator]
    def backward(starts: Indices, columns: Indices, entries: Values, inverse: Values, b: Values, x: Values) -> None:
        total = np.zeros(stride, b.dtype)
        for i in range(len(starts) - 2, -1, -1):
            total[:] = b[i * stride : (i + 1) * stride]
            _subtract(size, width, (starts[i], starts[i + 1]), columns, entries, x, total)
            _add(size, width, i, inverse, total, x)

    return backward  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def find_middles(starts: Indices, columns: Indices, middles_out: Indices) -> None:
    """Where the diagonal blocks are; every row has one."""
    for i in range(len(middles_out)):
        for k in range(starts[i], starts[i + 1]):
            if columns[k] == i:
                middles_out[i] = k
