"""An order in which neighbouring rows have nothing to do with each other, so that a processor works on several at once.

In the order of a mesh each row of a Gauss–Seidel sweep waits for the one before. Rows of one colour do not wait (Saad,
Iterative methods for sparse linear systems (2003), section 12.4).
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Indices = npt.NDArray[np.int32]


WINDOW = 64
"""Rows that are ordered together. More scatter what is near in memory, and cost one step in twenty."""


def colour_order(A: Any) -> Indices:
    """Which row of blocks comes where, colour by colour within windows of rows, shape (n_blocks,).

    Args:
        A: In CSR or BSR form, of a symmetric pattern.
    """
    order = np.zeros(len(A.indptr) - 1, dtype=np.int32)
    _order_by_colours(A.indptr, A.indices, order)
    return order


def reordered(A: Any, rows: Indices, columns: Indices) -> Any:
    """The matrix with its blocks in another order, ascending in each row.

    Args:
        A: In CSR or BSR form.
        rows: Which row of blocks comes where, shape (n_block_rows,).
        columns: Which column of blocks comes where, shape (n_block_columns,).
    """
    numbers = np.zeros_like(columns)
    numbers[columns] = np.arange(len(columns), dtype=np.int32)
    starts = np.concatenate([[0], np.cumsum(np.diff(A.indptr)[rows])]).astype(np.int32)
    indices, sources = np.zeros_like(A.indices), np.zeros_like(A.indices)
    _reorder(A.indptr, A.indices, rows, numbers, indices, sources)
    return type(A)((A.data[sources], indices, starts), shape=A.shape)


def gather(rows: Indices, values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The rows in single precision, in the order of rows.

    Args:
        rows: Shape (n,).
        values: Shape (n, k).
    """
    taken = np.zeros(values.shape, dtype=np.float32)
    _gather(rows.view(np.uint32), values, taken)
    return taken


def scatter(rows: Indices, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The inverse of `gather`, in double precision."""
    put = np.zeros(values.shape)
    _scatter(rows.view(np.uint32), values, put)
    return put


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _gather(rows: npt.NDArray[np.uint32], values: npt.NDArray[Any], out: npt.NDArray[Any]) -> None:
    for i in range(np.uint64(len(rows))):
        for c in range(np.uint64(values.shape[1])):
            out[i, c] = values[np.uint64(rows[i]), c]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _scatter(rows: npt.NDArray[np.uint32], values: npt.NDArray[Any], out: npt.NDArray[Any]) -> None:
    for i in range(np.uint64(len(rows))):
        for c in range(np.uint64(values.shape[1])):
            out[np.uint64(rows[i]), c] = values[i, c]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _order_by_colours(starts: Indices, columns: Indices, order_out: Indices) -> None:
    """Each row gets the lowest colour that no earlier neighbour in the window has."""
    colours = np.zeros(WINDOW, dtype=np.int32)
    taken_by = np.full(WINDOW + 1, -1, dtype=np.int32)
    place, n = 0, len(order_out)
    for first in range(0, n, WINDOW):
        last, n_colours = min(first + WINDOW, n), 0
        for i in range(first, last):
            for k in range(starts[i], starts[i + 1]):
                if first <= columns[k] < i:
                    taken_by[colours[columns[k] - first]] = i
            colour = 0
            while taken_by[colour] == i:
                colour += 1
            colours[i - first], n_colours = colour, max(n_colours, colour + 1)
        for colour in range(n_colours):
            for i in range(first, last):
                if colours[i - first] == colour:
                    order_out[place] = i
                    place += 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _reorder(
    starts: Indices, columns: Indices, rows: Indices, numbers: Indices, columns_out: Indices, sources_out: Indices
) -> None:
    first = 0
    for row in rows:
        last = first
        for k in range(starts[row], starts[row + 1]):
            number, place = numbers[columns[k]], last
            while place > first and columns_out[place - 1] > number:
                columns_out[place], sources_out[place] = columns_out[place - 1], sources_out[place - 1]
                place -= 1
            columns_out[place], sources_out[place] = number, k
            last += 1
        first = last
