"""Where cell matrices go in a sparse matrix: found once for a mesh, used for every set of coefficients.

Sorting all entries anew costs more than computing them; a fixed pattern makes assembly one pass over the cells.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from twin3d.errors import SolverError

IntArray: TypeAlias = npt.NDArray[np.int32]
Array: TypeAlias = npt.NDArray[np.float64]

MAX_ENTRIES = 2**31 - 1
"""Most entries that 32-bit indices can count."""


@dataclass(frozen=True, eq=False, slots=True)
class Pattern:
    """The non-zero entries of a matrix in compressed rows, columns ascending, and the slots of cell matrices."""

    indptr: IntArray
    """Where rows start, shape (n_dofs + 1,)."""
    indices: IntArray
    """Columns, shape (n_entries,)."""
    slots: IntArray
    """Entry of each entry of each cell matrix, -1 for those left out, shape (n_cells, k, k)."""

    @property
    def n_dofs(self) -> int:
        """Rows of the matrix."""
        return len(self.indptr) - 1

    def zeros(self) -> Array:
        """Room for the entries, shape (n_entries,)."""
        return np.zeros(len(self.indices))

    def matrix(self, entries: Array) -> sparse.csr_array:
        """The matrix with these entries; the index arrays are shared, not copied."""
        return sparse.csr_array((entries, self.indices, self.indptr), shape=(self.n_dofs, self.n_dofs))

    def add(self, blocks: Array, entries_out: Array, *, start: int = 0) -> None:
        """Add cell matrices to entries.

        Args:
            blocks: Shape (n_some_cells, k, k), of the cells from `start` on.
            entries_out: Shape (n_entries,), changed in place.
            start: Cell of the first block.
        """
        some = self.slots[start : start + len(blocks)]
        _scatter(np.ascontiguousarray(blocks).reshape(-1), some.reshape(-1), entries_out)

    def add_at(self, blocks: Array, places: npt.NDArray[np.signedinteger], entries_out: Array) -> None:
        """Add cell matrices (n_some_cells, k, k) of the cells at some places to entries, in place."""
        _scatter(np.ascontiguousarray(blocks).reshape(-1), self.slots[places].reshape(-1), entries_out)

    def sum(self, blocks: Array) -> sparse.csr_array:
        """The matrix that cell matrices (n_cells, k, k) sum to."""
        entries = self.zeros()
        self.add(blocks, entries)
        return self.matrix(entries)


def pattern_of(dofs: npt.NDArray[np.signedinteger], n_dofs: int) -> Pattern:
    """The pattern of a matrix that couples all dofs of a cell.

    Args:
        dofs: Dofs of each cell, -1 for those left out, such as fixed ones, shape (n_cells, k).
        n_dofs: Rows of the matrix.

    Raises:
        SolverError: The matrix has more entries than 32-bit indices can count.
    """
    dofs = np.ascontiguousarray(dofs, dtype=np.int32)
    starts, cells = _incidence(dofs, n_dofs)
    row_lengths = _row_lengths(dofs, starts, cells)
    if int(row_lengths.sum(dtype=np.int64)) > MAX_ENTRIES:
        raise SolverError(f"the matrix would have {row_lengths.sum(dtype=np.int64):,} entries; take larger cells")
    indptr = np.zeros(n_dofs + 1, dtype=np.int32)
    np.cumsum(row_lengths, out=indptr[1:])
    indices = _columns(dofs, starts, cells, indptr)
    return Pattern(indptr, indices, _slots(dofs, starts, cells, indptr, indices))


def assemble(blocks: Array, dofs: npt.NDArray[np.signedinteger], n_dofs: int) -> sparse.csr_array:
    """Sum element matrices (n_elements, k, k) into a matrix (n_dofs, n_dofs)."""
    return pattern_of(dofs, n_dofs).sum(blocks)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _incidence(dofs: Any, n_dofs: int) -> Any:
    """Cells around each dof, as compressed rows."""
    starts = np.zeros(n_dofs + 1, dtype=np.int32)
    for dof in dofs.ravel():
        if dof >= 0:
            starts[dof + 1] += 1
    for row in range(n_dofs):
        starts[row + 1] += starts[row]
    cells = np.zeros(starts[-1], dtype=np.int32)
    filled = starts[:-1].copy()
    for cell in range(dofs.shape[0]):
        for local in range(dofs.shape[1]):
            dof = dofs[cell, local]
            if dof >= 0:
                cells[filled[dof]] = cell
                filled[dof] += 1
    return starts, cells


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _row_lengths(dofs: Any, starts: Any, cells: Any) -> Any:
    n_dofs = len(starts) - 1
    seen = np.full(n_dofs, -1, dtype=np.int32)
    lengths = np.zeros(n_dofs, dtype=np.int32)
    for row in range(n_dofs):
        for place in range(starts[row], starts[row + 1]):
            for dof in dofs[cells[place]]:
                if dof >= 0 and seen[dof] != row:
                    seen[dof] = row
                    lengths[row] += 1
    return lengths


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _columns(dofs: Any, starts: Any, cells: Any, indptr: Any) -> Any:
    seen = np.full(len(starts) - 1, -1, dtype=np.int32)
    indices = np.zeros(indptr[-1], dtype=np.int32)
    for row in range(len(seen)):
        entry = indptr[row]
        for place in range(starts[row], starts[row + 1]):
            for dof in dofs[cells[place]]:
                if dof >= 0 and seen[dof] != row:
                    seen[dof] = row
                    indices[entry] = dof
                    entry += 1
        indices[indptr[row] : entry].sort()
    return indices


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _slots(dofs: Any, starts: Any, cells: Any, indptr: Any, indices: Any) -> Any:
    k = dofs.shape[1]
    entry_of = np.zeros(len(starts) - 1, dtype=np.int32)
    slots = np.full((len(dofs), k, k), -1, dtype=np.int32)
    for row in range(len(entry_of)):
        for entry in range(indptr[row], indptr[row + 1]):
            entry_of[indices[entry]] = entry
        for cell in cells[starts[row] : starts[row + 1]]:
            local = 0
            while dofs[cell, local] != row:
                local += 1
            for other in range(k):
                if dofs[cell, other] >= 0:
                    slots[cell, local, other] = entry_of[dofs[cell, other]]
    return slots


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _scatter(values: Any, slots: Any, entries_out: Any) -> None:
    for place in range(len(slots)):
        if slots[place] >= 0:
            entries_out[slots[place]] += values[place]
