"""The levels of multigrid, in single precision: enough for a preconditioner, at half the memory to move."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import SolverError
from twin3d.fem.linear.aggregation import smoothed_prolongation
from twin3d.fem.linear.interface import Array
from twin3d.fem.linear.sweeps import backward_sweep, find_middles, forward_sweep

Single = npt.NDArray[np.float32]

DENSE_MAX = 800
"""Most unknowns of the coarsest level, which is inverted."""
STALLED = 0.8
"""A coarser level must be smaller by this factor."""


@dataclass(frozen=True, eq=False, slots=True)
class Level:
    """A matrix in blocks, its smoother, and the way to the next coarser level."""

    size: int
    """Rows of a block."""
    starts: npt.NDArray[np.int32]
    """First block of each row of blocks, shape (n_blocks + 1,)."""
    middles: npt.NDArray[np.int32]
    """Where the diagonal blocks are, shape (n_blocks,)."""
    columns: npt.NDArray[np.int32]
    """Ascending in each row, shape (n_entries,)."""
    entries: Single
    """Blocks row by row, flat."""
    inverse: Single
    """Inverses of the diagonal blocks, flat."""
    prolongation: Any
    """Sparse, from the coarser level; None on a last level that is not inverted."""
    restriction: Any
    """The transpose of the prolongation."""


@dataclass(frozen=True, eq=False, slots=True)
class Hierarchy:
    """All levels, the finest first."""

    levels: tuple[Level, ...]
    coarsest_inverse: Single | None
    """Of the level below the last; None where nothing coarser exists."""

    @property
    def prolongations(self) -> tuple[Any, ...]:
        """Of all levels that have one."""
        return tuple(level.prolongation for level in self.levels if level.prolongation is not None)

    def cycle(self, b: Single, number: int = 0) -> Single:
        """One V-cycle from zero with a forward sweep before and a backward sweep after: symmetric positive definite.

        Args:
            b: Shape (n, k), stored row by row.
            number: The level to start at.
        """
        if number == len(self.levels):
            return b if self.coarsest_inverse is None else self.coarsest_inverse @ b
        level = self.levels[number]
        x, r, flat, kind = np.zeros_like(b), np.zeros_like(b), b.reshape(-1), (level.size, b.shape[1])
        matrix = level.columns, level.entries, level.inverse
        forward_sweep(*kind)(level.starts, level.middles, *matrix, flat, x.reshape(-1), r.reshape(-1))
        if level.prolongation is not None:
            x += level.prolongation @ self.cycle(np.ascontiguousarray(level.restriction @ r), number + 1)
        backward_sweep(*kind)(level.starts, *matrix, flat, x.reshape(-1))
        return x


def build_hierarchy(
    A: sparse.csr_array, *, near_null_space: Array | None, prolongation: sparse.csr_array | None
) -> Hierarchy:
    """Levels of smoothed aggregation; below a quadratic element, the linear one comes first."""
    modes = np.ones((A.shape[0], 1)) if near_null_space is None else near_null_space
    size = 3 if modes.shape[1] == 6 else 1
    levels: list[Level] = []
    matrix: Any = _in_blocks(A, size)
    if prolongation is not None:
        P = prolongation.astype(np.float32)
        levels.append(_level(matrix, _diagonal_inverse(matrix), P))
        modes = at_linear_element(prolongation, modes)
        matrix = _in_blocks(_galerkin(matrix, levels[-1]), size)
    while matrix.shape[0] > DENSE_MAX:
        inverse = _diagonal_inverse(matrix)
        made = smoothed_prolongation(matrix, inverse, modes)
        if made is None or made[0].shape[1] > STALLED * matrix.shape[0]:
            return Hierarchy((*levels, _level(matrix, inverse, None)), None)
        P, modes = made[0].astype(np.float32), made[1]
        levels.append(_level(matrix, inverse, P))
        matrix = _galerkin(matrix, levels[-1])
    return Hierarchy(tuple(levels), _dense_inverse(matrix))


def rebuild_hierarchy(A: sparse.csr_array, old: Hierarchy) -> Hierarchy:
    """The same prolongations on a new matrix: only its Galerkin products are computed."""
    levels: list[Level] = []
    matrix: Any = A
    for level in old.levels:
        matrix = _in_blocks(matrix, level.size)
        levels.append(_level(matrix, _diagonal_inverse(matrix), level.prolongation))
        if level.prolongation is not None:
            matrix = _galerkin(matrix, levels[-1])
    return Hierarchy(tuple(levels), None if old.coarsest_inverse is None else _dense_inverse(matrix))


def _level(A: Any, inverse: Array, P: Any) -> Level:
    return Level(
        size=inverse.shape[1],
        starts=A.indptr,
        middles=_middles(A),
        columns=A.indices,
        entries=A.data.astype(np.float32).ravel(),
        inverse=inverse.astype(np.float32).ravel(),
        prolongation=P,
        restriction=None if P is None else P.T.asformat(P.format),
    )


def _in_blocks(A: Any, size: int) -> Any:
    """In CSR form for blocks of 1, else in BSR form; columns ascend."""
    if size == 1 and A.format == "csr" and A.has_sorted_indices and A.indices.dtype == np.int32:
        return A
    matrix = sparse.csr_array(A) if size == 1 else sparse.bsr_array(A, blocksize=(size, size))
    matrix.indptr, matrix.indices = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
    matrix.sort_indices()
    return matrix


def _galerkin(A: Any, level: Level) -> Any:
    """Pᵀ A P on the level below."""
    P = level.prolongation
    coarse = level.restriction @ (A @ P)
    return _in_blocks(coarse, 1 if P.format == "csr" else P.blocksize[1])


def _middles(A: Any) -> npt.NDArray[np.int32]:
    middles = np.zeros(len(A.indptr) - 1, dtype=np.int32)
    find_middles(A.indptr, A.indices, middles)
    return middles


def _diagonal_inverse(A: Any) -> Array:
    """Inverses of the diagonal blocks, shape (n_blocks, size, size); rows of zeros get 1."""
    blocks = A.data[_middles(A)]
    blocks = blocks.reshape(-1, 1, 1) if blocks.ndim == 1 else blocks.copy()
    diagonal = np.einsum("ijj->ij", blocks)
    diagonal[diagonal == 0.0] = 1.0
    return np.asarray(1.0 / blocks if blocks.shape[1] == 1 else np.linalg.inv(blocks))


def _dense_inverse(A: Any) -> Single:
    dense = A.toarray().astype(np.float64)
    dense[np.diag_indices_from(dense)] += dense.diagonal() == 0.0
    return np.linalg.inv(dense).astype(np.float32)


def at_linear_element(prolongation: sparse.csr_array, modes: Array) -> Array:
    """The modes at the unknowns that both elements share: rows of the prolongation with a 1 alone.

    An edge to a fixed point has one entry too, of a half.
    """
    alone = np.flatnonzero(np.diff(prolongation.indptr) == 1)
    first = prolongation.indptr[alone]
    is_shared = np.abs(prolongation.data[first] - 1.0) < 1e-6
    coarse = np.full((prolongation.shape[1], modes.shape[1]), np.nan)
    coarse[prolongation.indices[first[is_shared]]] = modes[alone[is_shared]]
    if np.isnan(coarse).any():
        raise SolverError("the prolongation has no row of its own for some unknowns; both elements must share vertices")
    return coarse
