"""The fixed pattern of a vector field: three rows for each row of the scalar one, found without sorting again."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from twin3d.errors import SolverError
from twin3d.fem.pattern import MAX_ENTRIES, Pattern, pattern_of

Array: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False, slots=True)
class VectorPattern:
    """Where 3 × 3 blocks between dofs of a scalar field go; the slots of the scalar pattern say it all."""

    scalar: Pattern
    dofs: IntArray
    """Scalar dofs of each cell, shape (n_cells, k)."""
    indptr: IntArray
    """Where rows start, shape (3 n_dofs + 1,)."""
    indices: IntArray
    """Columns, shape (n_entries,)."""

    def zeros(self) -> Array:
        """Room for the entries, shape (n_entries,)."""
        return np.zeros(len(self.indices))

    def matrix(self, entries: Array) -> sparse.csr_array:
        """The matrix with these entries; the index arrays are shared, not copied."""
        n = len(self.indptr) - 1
        return sparse.csr_array((entries, self.indices, self.indptr), shape=(n, n))

    def add(self, blocks: Array, cells: npt.NDArray[np.signedinteger], entries_out: Array) -> None:
        """Add cell matrices to entries.

        Args:
            blocks: Components first, shape (n_some_cells, 3, 3, k, k).
            cells: Which cells, shape (n_some_cells,).
            entries_out: Shape (n_entries,), changed in place.
        """
        _scatter(np.ascontiguousarray(blocks), cells, self.dofs, self.scalar.indptr, self.scalar.slots, entries_out)


def vector_pattern_of(dofs: npt.NDArray[np.signedinteger], n_dofs: int) -> VectorPattern:
    """The pattern that couples all components of all dofs of a cell.

    Args:
        dofs: Scalar dofs of each cell, shape (n_cells, k).
        n_dofs: Number of scalar dofs.

    Raises:
        SolverError: The matrix has more entries than 32-bit indices can count.
    """
    scalar = pattern_of(dofs, n_dofs)
    if 9 * len(scalar.indices) > MAX_ENTRIES:
        raise SolverError(f"the matrix would have {9 * len(scalar.indices):,} entries; take larger cells")
    indptr, indices = _expanded(scalar.indptr, scalar.indices)
    return VectorPattern(scalar, np.ascontiguousarray(dofs, dtype=np.int32), indptr, indices)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _expanded(indptr: Any, indices: Any) -> Any:
    n = len(indptr) - 1
    starts = np.zeros(3 * n + 1, dtype=np.int32)
    columns = np.zeros(9 * len(indices), dtype=np.int32)
    place = 0
    for row in range(n):
        for a in range(3):
            for entry in range(indptr[row], indptr[row + 1]):
                for b in range(3):
                    columns[place] = 3 * indices[entry] + b
                    place += 1
            starts[3 * row + a + 1] = place
    return starts, columns


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _scatter(blocks: Any, cells: Any, dofs: Any, indptr: Any, slots: Any, entries_out: Any) -> None:
    k = dofs.shape[1]
    for number in range(len(cells)):
        cell = cells[number]
        for i in range(k):
            start = indptr[dofs[cell, i]]
            length = indptr[dofs[cell, i] + 1] - start
            for a in range(3):
                first = 9 * start + 3 * a * length
                for j in range(k):
                    place = first + 3 * (slots[cell, i, j] - start)
                    for b in range(3):
                        entries_out[place + b] += blocks[number, a, b, i, j]
