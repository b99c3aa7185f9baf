"""Gauss–Seidel sweeps and products of matrices of small blocks, for several right-hand sides side by side.

Each is compiled for one size of blocks and one number of columns: fixed inner loops are unrolled, and sums in tuples
stay in registers. Indices are unsigned, since a signed one may count from the end. Sums are not reassociated: compilers
would gather rows of a dozen entries into vectors, which takes twice as long. All work on flat arrays in single
precision, unknowns row by row.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from numba.cpython.unsafe.tuple import tuple_setitem

Indices = npt.NDArray[np.uint32]
Values = npt.NDArray[np.floating[Any]]
Kernel = Callable[..., None]

FAST = {"contract", "nsz", "arcp", "nnan", "ninf"}
U = np.uint64


def flat(A: Any) -> tuple[Indices, Indices, Values]:
    """Starts, columns and entries of a matrix in CSR or BSR form, as the kernels below take them."""
    return A.indptr.view(np.uint32), A.indices.view(np.uint32), A.data.ravel()


@njit(fastmath=FAST, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _plus_block(shape: tuple[int, int, int], total: Any, entries: Values, e: Any, x: Values, j: Any) -> Any:
    """Rows of a block, the first of which starts at e, times rows of x from j on."""
    n_rows, n_columns, width = shape
    for p in range(n_rows):
        for q in range(n_columns):
            a = entries[e + U(p * n_columns + q)]
            for c in range(width):
                total = tuple_setitem(total, p * width + c, total[p * width + c] + a * x[j + U(q * width + c)])
    return total


@functools.cache
def forward_sweep(size: int, width: int) -> Kernel:
    """``forward(middles, starts, columns, entries, inverse, b, x_out)``: a sweep from zero."""
    n_rows, stride, area = _rows_at_once(size, width), U(size * width), U(size * size)
    shape, zero = (n_rows, size, width), (np.float32(0.0),) * (n_rows * width)

    @njit(cache=True, fastmath=FAST, nogil=True)  # type: ignore[untyped-decorator]
    def forward(
        middles: Indices,
        starts: Indices,
        columns: Indices,
        entries: Values,
        inverse: Values,
        b: Values,
        x_out: Values,
    ) -> None:
        rest = np.zeros(size * width, b.dtype)
        for i in range(U(len(middles))):
            for first in range(U(0), U(size), U(n_rows)):
                total = zero
                for k in range(U(starts[i]), U(middles[i])):
                    e, j = k * area + first * U(size), U(columns[k]) * stride
                    total = _plus_block(shape, total, entries, e, x_out, j)
                for p in range(n_rows * width):
                    at = first * U(width) + U(p)
                    rest[at] = b[i * stride + at] - total[p]
            for p in range(size * width):
                x_out[i * stride + U(p)] = 0.0
            _add_times(size, width, inverse, i, rest, x_out)

    return forward  # type: ignore[no-any-return]


@functools.cache
def upper_residual(size: int, width: int) -> Kernel:
    """``residual(middles, starts, columns, entries, x, r_out)``: what a forward sweep from zero to x leaves.

    Sweeps take no more than the lower triangle and the diagonal into account, so that the upper triangle is left.
    """
    n_rows, stride, area = _rows_at_once(size, width), U(size * width), U(size * size)
    shape, zero = (n_rows, size, width), (np.float32(0.0),) * (n_rows * width)

    @njit(cache=True, fastmath=FAST, nogil=True)  # type: ignore[untyped-decorator]
    def residual(
        middles: Indices, starts: Indices, columns: Indices, entries: Values, x: Values, r_out: Values
    ) -> None:
        for i in range(U(len(middles))):
            for first in range(U(0), U(size), U(n_rows)):
                total = zero
                for k in range(U(middles[i]) + U(1), U(starts[i + U(1)])):
                    e, j = k * area + first * U(size), U(columns[k]) * stride
                    total = _plus_block(shape, total, entries, e, x, j)
                for p in range(n_rows * width):
                    r_out[i * stride + first * U(width) + U(p)] = -total[p]

    return residual  # type: ignore[no-any-return]


@functools.cache
def backward_sweep(size: int, width: int) -> Kernel:
    """``backward(starts, columns, entries, inverse, b, x)``: the adjoint of the forward sweep, in place.

    It reads memory strictly backwards, which processors foresee.
    """
    n_rows, stride, area = _rows_at_once(size, width), U(size * width), U(size * size)
    shape, zero = (n_rows, size, width), (np.float32(0.0),) * (n_rows * width)

    @njit(cache=True, fastmath=FAST, nogil=True)  # type: ignore[untyped-decorator]
    def backward(starts: Indices, columns: Indices, entries: Values, inverse: Values, b: Values, x: Values) -> None:
        rest = np.zeros(size * width, b.dtype)
        for below in range(1, len(starts)):
            i = U(len(starts) - 1 - below)
            for first in range(U(0), U(size), U(n_rows)):
                total = zero
                for k in range(np.int64(starts[i + U(1)]) - 1, np.int64(starts[i]) - 1, -1):
                    e, j = U(k) * area + first * U(size), U(columns[U(k)]) * stride
                    total = _plus_block(shape, total, entries, e, x, j)
                for p in range(n_rows * width):
                    at = first * U(width) + U(p)
                    rest[at] = b[i * stride + at] - total[p]
            _add_times(size, width, inverse, i, rest, x)

    return backward  # type: ignore[no-any-return]


@functools.cache
def add_product(n_block_rows: int, n_block_columns: int, width: int) -> Kernel:
    """``add(starts, columns, entries, x, y)``: y += A x, for blocks of this shape."""
    n_rows = _rows_at_once(n_block_rows, width)
    area, stride = U(n_block_rows * n_block_columns), U(n_block_columns * width)
    shape, zero = (n_rows, n_block_columns, width), (np.float32(0.0),) * (n_rows * width)

    @njit(cache=True, fastmath=FAST, nogil=True)  # type: ignore[untyped-decorator]
    def add(starts: Indices, columns: Indices, entries: Values, x: Values, y: Values) -> None:
        for i in range(U(len(starts) - 1)):
            for first in range(U(0), U(n_block_rows), U(n_rows)):
                total = zero
                for k in range(U(starts[i]), U(starts[i + U(1)])):
                    e, j = k * area + first * U(n_block_columns), U(columns[k]) * stride
                    total = _plus_block(shape, total, entries, e, x, j)
                for p in range(n_rows * width):
                    y[(i * U(n_block_rows) + first) * U(width) + U(p)] += total[p]

    return add  # type: ignore[no-any-return]


@functools.cache
def add_adjoint_product(n_block_rows: int, n_block_columns: int, width: int) -> Kernel:
    """``add(starts, columns, entries, x, y)``: y += Aᵀ x, for blocks of this shape of A."""
    area, stride, zero = U(n_block_rows * n_block_columns), U(n_block_columns * width), (np.float32(0.0),) * width

    @njit(cache=True, fastmath=FAST, nogil=True)  # type: ignore[untyped-decorator]
    def add(starts: Indices, columns: Indices, entries: Values, x: Values, y: Values) -> None:
        for i in range(U(len(starts) - 1)):
            for k in range(U(starts[i]), U(starts[i + U(1)])):
                e, j = k * area, U(columns[k]) * stride
                for q in range(n_block_columns):
                    total = zero
                    for p in range(n_block_rows):
                        a = entries[e + U(p * n_block_columns + q)]
                        for c in range(width):
                            value = total[c] + a * x[(i * U(n_block_rows) + U(p)) * U(width) + U(c)]
                            total = tuple_setitem(total, c, value)
                    for c in range(width):
                        y[j + U(q * width + c)] += total[c]

    return add  # type: ignore[no-any-return]


def _rows_at_once(size: int, width: int) -> int:
    """Sums of more than eight numbers do not stay in registers."""
    return size if width == 1 else 1


@njit(fastmath=FAST, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _add_times(size: int, width: int, inverse: Values, i: Any, rest: Values, x: Values) -> None:
    """Add the inverse block of row i times the rest of its equations to x."""
    for p in range(size):
        for q in range(size):
            a = inverse[(i * U(size) + U(p)) * U(size) + U(q)]
            for c in range(width):
                x[(i * U(size) + U(p)) * U(width) + U(c)] += a * rest[U(q * width + c)]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def find_middles(starts: Indices, columns: Indices, middles_out: Indices) -> None:
    """Where the diagonal blocks are; every row has one."""
    for i in range(len(middles_out)):
        for k in range(starts[i], starts[i + 1]):
            if columns[k] == i:
                middles_out[i] = k
