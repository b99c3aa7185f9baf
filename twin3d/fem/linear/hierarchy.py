"""The levels of multigrid, in single precision: enough for a preconditioner, at half the memory to move."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import SolverError
from twin3d.fem.linear.aggregation import smoothed_prolongation
from twin3d.fem.linear.colours import Indices, colour_order, gather, reordered, scatter
from twin3d.fem.linear.interface import Array
from twin3d.fem.linear.sweeps import (
    add_adjoint_product,
    add_product,
    backward_sweep,
    find_middles,
    flat,
    forward_sweep,
    upper_residual,
)

Single = npt.NDArray[np.float32]

DENSE_MAX = 800
"""Most unknowns of the coarsest level, which is inverted."""
STALLED = 0.8
"""A coarser level must be smaller by this factor."""


@dataclass(frozen=True, eq=False, slots=True)
class Level:
    """A matrix in blocks, its smoother, and the way to the next coarser level; rows are ordered by colours."""

    matrix: Any
    """In CSR form, or in BSR form with square blocks."""
    middles: npt.NDArray[np.uint32]
    """Where the diagonal blocks are, shape (n_blocks,)."""
    inverse: Single
    """Inverses of the diagonal blocks, flat."""
    restriction: Any = None
    """Sparse, to the coarser level; None on a last level that is not inverted. The prolongation is its transpose."""


@dataclass(frozen=True, eq=False, slots=True)
class Hierarchy:
    """All levels, the finest first."""

    order: Indices
    """Which row of blocks of the given matrix comes where on the finest level, shape (n_blocks,)."""
    levels: tuple[Level, ...]
    coarsest_inverse: Single | None
    """Of the level below the last; None where nothing coarser exists."""

    def apply(self, r: Array) -> Array:
        """One V-cycle on a residual in the order of the given matrix: symmetric positive definite.

        Args:
            r: Shape (n, k), stored row by row.
        """
        rows = (len(self.order), r.size // len(self.order))
        z = self._cycle(gather(self.order, r.reshape(rows)).reshape(r.shape))
        return scatter(self.order, z.reshape(rows)).reshape(r.shape)

    def _cycle(self, b: Single, number: int = 0) -> Single:
        """From zero on a level, with a forward sweep before and a backward sweep after."""
        if number == len(self.levels):
            return b if self.coarsest_inverse is None else self.coarsest_inverse @ b
        level, width, x, r = self.levels[number], b.shape[1], np.zeros_like(b), np.zeros_like(b)
        size, A, given, found = _block_shape(level.matrix)[0], flat(level.matrix), b.reshape(-1), x.reshape(-1)
        forward_sweep(size, width)(level.middles, *A, level.inverse, given, found)
        if level.restriction is not None:
            upper_residual(size, width)(level.middles, *A, found, r.reshape(-1))
            kind, R = (*_block_shape(level.restriction), width), flat(level.restriction)
            coarse = np.zeros((level.restriction.shape[0], width), dtype=np.float32)
            add_product(*kind)(*R, r.reshape(-1), coarse.reshape(-1))
            add_adjoint_product(*kind)(*R, self._cycle(coarse, number + 1).reshape(-1), found)
        backward_sweep(size, width)(*A, level.inverse, given, found)
        return x


def build_hierarchy(
    A: sparse.csr_array, *, near_null_space: Array | None, prolongation: sparse.csr_array | None
) -> Hierarchy:
    """Levels of smoothed aggregation; below a quadratic element, the linear one comes first."""
    modes = np.ones((A.shape[0], 1)) if near_null_space is None else near_null_space
    size = 3 if modes.shape[1] == 6 else 1
    levels: list[Level] = []
    matrix: Any = _in_blocks(A, (size, size))
    first = order = colour_order(matrix)
    while prolongation is not None or matrix.shape[0] > DENSE_MAX:
        made = _coarsening(matrix, modes, prolongation)
        fine = reordered(matrix, order, order)
        if made is None:
            return Hierarchy(first, (*levels, _level(fine, None)), None)
        (R, modes), prolongation, fine_order = made, None, order
        matrix = _galerkin(matrix, R)
        order = colour_order(matrix)
        levels.append(_level(fine, reordered(R, order, fine_order)))
    return Hierarchy(first, tuple(levels), _dense_inverse(reordered(matrix, order, order)))


def _coarsening(A: Any, modes: Array, given: Any) -> tuple[Any, Array] | None:
    """The restriction, which may be given, and the modes on the coarser level; None where little would be gained."""
    if given is not None:
        return _transposed(_in_blocks(given.astype(np.float32), _block_shape(A))), at_linear_element(given, modes)
    made = smoothed_prolongation(A, _diagonal_inverse(A), modes)
    if made is None or made[0].shape[1] > STALLED * A.shape[0]:
        return None
    return _transposed(made[0].astype(np.float32)), made[1]


def rebuild_hierarchy(A: sparse.csr_array, old: Hierarchy) -> Hierarchy:
    """The same prolongations on a new matrix: only its Galerkin products are computed."""
    levels: list[Level] = []
    size = A.shape[0] // len(old.order)
    matrix = reordered(_in_blocks(A, (size, size)), old.order, old.order)
    for level in old.levels:
        levels.append(_level(matrix, level.restriction))
        if level.restriction is not None:
            matrix = _galerkin(matrix, level.restriction)
    return Hierarchy(old.order, tuple(levels), None if old.coarsest_inverse is None else _dense_inverse(matrix))


def _level(A: Any, R: Any) -> Level:
    return Level(
        matrix=A.astype(np.float32),
        middles=_middles(A),
        inverse=_diagonal_inverse(A).astype(np.float32).ravel(),
        restriction=R,
    )


def _in_blocks(A: Any, shape: tuple[int, int]) -> Any:
    """In CSR form for blocks of one entry, else in BSR form; columns ascend."""
    if shape == (1, 1) and A.format == "csr" and A.has_sorted_indices and A.indices.dtype == np.int32:
        return A
    matrix = sparse.csr_array(A) if shape == (1, 1) else sparse.bsr_array(A, blocksize=shape)
    matrix.indptr, matrix.indices = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
    matrix.sort_indices()
    return matrix


def _galerkin(A: Any, R: Any) -> Any:
    """R A Rᵀ."""
    size = _block_shape(R)[0]
    return _in_blocks(R @ (A @ _transposed(R)), (size, size))


def _transposed(A: Any) -> Any:
    return A.T.asformat(A.format)


def _middles(A: Any) -> npt.NDArray[np.uint32]:
    middles = np.zeros(len(A.indptr) - 1, dtype=np.uint32)
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


def _block_shape(A: Any) -> tuple[int, int]:
    return (1, 1) if A.format == "csr" else A.blocksize


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
