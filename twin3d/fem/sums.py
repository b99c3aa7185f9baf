"""Weighted sums of matrices on the free dofs, always in the same pattern, so that a factorisation can be renewed."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import SolverError

Array: TypeAlias = npt.NDArray[np.float64]
Matrix: TypeAlias = sparse.csr_array
IntArray: TypeAlias = npt.NDArray[np.signedinteger]


class MatrixSum:
    """The union of the patterns of some matrices, and where the entries of each go in it."""

    def __init__(self, matrices: Sequence[Matrix], free_dofs: IntArray, n_dofs: int) -> None:
        """Find the pattern.

        Args:
            matrices: Shape (n_dofs, n_dofs), without doubled entries.
            free_dofs: Rows and columns to keep, ascending.
            n_dofs: Rows of the matrices.
        """
        self.n = len(free_dofs)
        number = np.full(n_dofs, -1, dtype=np.int64)
        number[free_dofs] = np.arange(self.n)
        kept, keys = zip(*(self._entries(matrix, number) for matrix in matrices), strict=True)
        every = np.sort(np.concatenate(keys))
        union = every[np.diff(every, prepend=-1) > 0]
        self._kept, self._slots = kept, [np.searchsorted(union, some) for some in keys]
        self._indices = (union % self.n).astype(np.int32)
        self._indptr = np.searchsorted(union, np.arange(self.n + 1) * self.n).astype(np.int32)
        self._n_entries = [matrix.nnz for matrix in matrices]

    def _entries(self, matrix: Matrix, number: IntArray) -> tuple[IntArray, IntArray]:
        """Which entries of a matrix are kept, and the place of each as one number."""
        rows = np.repeat(number, np.diff(matrix.indptr))
        columns = number[matrix.indices]
        kept = np.flatnonzero((rows >= 0) & (columns >= 0))
        return kept, rows[kept] * self.n + columns[kept]

    def zeros(self) -> Array:
        """Room for the entries of the sum."""
        return np.zeros(len(self._indices))

    def add(self, matrix: Matrix, number: int, entries_out: Array, *, weight: float = 1.0) -> None:
        """Add a weight times a matrix to entries, in place.

        Args:
            matrix: Of the pattern that the matrix of this number had.
            number: Its place among the matrices.
            entries_out: Shape (n_entries,).
            weight: Multiplies the matrix.

        Raises:
            SolverError: The pattern is another.
        """
        if matrix.nnz != self._n_entries[number]:
            raise SolverError(f"a tangent has {matrix.nnz} entries after {self._n_entries[number]}; keep its pattern")
        entries_out[self._slots[number]] += weight * matrix.data[self._kept[number]]

    def matrix(self, entries: Array) -> Matrix:
        """The matrix with these entries; the index arrays are shared, not copied."""
        return sparse.csr_array((entries, self._indices, self._indptr), shape=(self.n, self.n))
