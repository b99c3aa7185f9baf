"""Matrices as the kernels read them: sliced ELL with blocks, 32 rows of blocks to a slice."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twin3d.backend import Array, Backend
from twin3d.fem.multigrid.launching import launch

SLICE = 32
"""Rows of blocks in a slice: the threads that read side by side."""
WINDOW = 1024
"""Rows of blocks that are sorted by length among themselves: on a turbine blade of 22 280 points the zeros add 36 %
unsorted, 7 % in windows of 256, 2 % of 1024, 0.8 % of 4096; what a small window reads stays in the caches."""


@dataclass(frozen=True, eq=False, slots=True)
class SlicedMatrix:
    """A sparse matrix of blocks; on the host the CSR matrix itself serves."""

    matrix: Any
    """On the host the matrix in CSR form, shape (n_rows, n_columns); None on a device."""
    block_shape: tuple[int, int]
    """Rows and columns of a block."""
    n_block_rows: int
    """Number of rows of blocks."""
    rows: Array
    """Which row of blocks stands at each lane of each slice, int32, shape (n_block_rows,)."""
    slice_starts: Array
    """First place of each slice, int32, shape (n_slices + 1,); empty on the host."""
    columns: Array
    """Column of blocks at each place, int32, shape (n_places * 32,); zero where a row has ended."""
    positions: Array
    """Where each number of the CSR matrix lies among the entries, int64, shape (n_nonzero,)."""
    entries: Array
    """Blocks place by place, shape (n_places * rows * columns * 32,)."""

    @property
    def arrays(self) -> tuple[Array, Array, Array, Array]:
        """What a kernel reads: rows, starts of slices, columns, entries."""
        return self.rows, self.slice_starts, self.columns, self.entries


def sliced(A: Any, block_shape: tuple[int, int], dtype: Any, *, backend: Backend) -> SlicedMatrix:
    """Lay a CSR matrix out for the kernels.

    Args:
        A: Of the backend's sparse library, shape (n_rows, n_columns), which the blocks divide.
        block_shape: Rows and columns of a block.
        dtype: float32 or float64.
        backend: Where the arrays live.
    """
    xp = backend.xp
    n_block_rows, n_block_columns = (size // part for size, part in zip(A.shape, block_shape, strict=True))
    if backend.on_host:
        nothing = xp.zeros(0, dtype=xp.int32)
        return SlicedMatrix(A.astype(dtype), block_shape, n_block_rows, nothing, nothing, nothing, nothing, nothing)
    entries = A.tocoo()
    row, column = entries.row.astype(xp.int64), entries.col.astype(xp.int64)
    keys = row // block_shape[0] * n_block_columns + column // block_shape[1]
    blocks, block_of_entry = xp.unique(keys, return_inverse=True)
    block_row = blocks // n_block_columns
    ends = xp.searchsorted(block_row, xp.arange(n_block_rows), side="right")
    lengths = xp.diff(ends, prepend=0)
    rows = _sorted_rows(lengths, backend)
    standing = xp.zeros_like(rows)
    standing[rows] = xp.arange(n_block_rows)
    standing = standing[block_row]
    starts = _slice_starts(lengths[rows], backend)
    place = starts[standing // SLICE] + xp.arange(len(blocks)) - (ends - lengths)[block_row]
    lane = standing % SLICE
    columns = xp.zeros(int(starts[-1]) * SLICE, dtype=xp.int32)
    columns[place * SLICE + lane] = (blocks % n_block_columns).astype(xp.int32)
    block_of_entry = block_of_entry.ravel()
    inner = row % block_shape[0] * block_shape[1] + column % block_shape[1]
    size = block_shape[0] * block_shape[1]
    positions = (place[block_of_entry] * size + inner) * SLICE + lane[block_of_entry]
    entries = xp.zeros(len(columns) * size, dtype=dtype)
    entries[positions] = A.data.astype(dtype)
    order = rows.astype(xp.int32), starts.astype(xp.int32)
    return SlicedMatrix(None, block_shape, n_block_rows, *order, columns, positions, entries)


def _sorted_rows(lengths: Array, backend: Backend) -> Array:
    """Rows from long to short within each window; keys never tie, so that every run gives the same order."""
    xp, row = backend.xp, backend.xp.arange(len(lengths))
    keys = (row // WINDOW * (int(lengths.max()) + 1) + lengths.max() - lengths) * WINDOW + row % WINDOW
    return xp.argsort(keys)


def _slice_starts(lengths: Array, backend: Backend) -> Array:
    xp = backend.xp
    padded = xp.zeros(-(-len(lengths) // SLICE) * SLICE, dtype=xp.int64)
    padded[: len(lengths)] = lengths
    widths = padded.reshape(-1, SLICE).max(axis=1)
    return xp.concatenate([xp.zeros(1, dtype=xp.int64), xp.cumsum(widths)])


def rounded(form: SlicedMatrix, *, backend: Backend) -> SlicedMatrix:
    """The same matrix in single precision; the layout is shared."""
    if backend.on_host:
        return replace(form, matrix=form.matrix.astype(np.float32))
    return replace(form, entries=form.entries.astype(np.float32))


def multiply(A: SlicedMatrix, x: Array, out: Array, *, backend: Backend) -> None:
    """Y = A X in double precision, for square blocks; x and out have shape (n, n_vectors)."""
    if backend.on_host:
        out[...] = A.matrix @ x
        return
    n_vectors = x.shape[1]
    numbers = np.int32(A.n_block_rows), np.int32(A.block_shape[0]), np.int32(n_vectors)
    launch("sliced_product", A.n_block_rows * n_vectors, *numbers, *A.arrays, x, out, backend=backend)


def combine(
    A: SlicedMatrix, x: Array, base: Array, out: Array, *, factors: tuple[float, float], backend: Backend
) -> None:
    """Y = f A X + g B in single precision; ``factors`` are f and g; out may be the base."""
    product_factor, base_factor = factors
    if backend.on_host:
        product = product_factor * (A.matrix @ x)
        out[...] = product + base_factor * base if base_factor else product
        return
    n_vectors = x.shape[1]
    sizes = np.int32(A.n_block_rows), *(np.int32(size) for size in A.block_shape), np.int32(n_vectors)
    vectors = x, np.float32(product_factor), base, np.float32(base_factor), out
    launch("sliced_combination", A.n_block_rows * n_vectors, *sizes, *A.arrays, *vectors, backend=backend)
