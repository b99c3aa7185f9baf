r"""Values at points from samples within cells: the superconvergent patch recovery of Zienkiewicz and Zhu.

About each corner a polynomial of the element's degree is fitted to the samples of the cells around it, by least
squares; a dof on an edge takes the mean of the polynomials of both ends. Each part is recovered by itself, so a jump of
the stress between materials stays a jump. Where a corner has few cells, as on edges of the part, the next ring joins.
Source: Zienkiewicz and Zhu, Int. J. Numer. Methods Eng. 33 (1992) 1331–1364.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from twin3d.fem.cyclic import Ties
from twin3d.fem.elements import Element
from twin3d.fem.mechanics.neighbours import Sampled, with_neighbours
from twin3d.fem.mechanics.stress import positions_in_cells, sampling_rule
from twin3d.fem.space import FunctionSpace

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]

FEW_CELLS = 10
"""Fewer cells about a corner than these call for the next ring."""
RIDGE = 1e-12
"""Share of the constant's weight that keeps unsampled slopes at zero."""


@dataclass(frozen=True, eq=False, slots=True)
class PartField:
    """Recovered values of one part."""

    cells: Index
    """Cells of the part, shape (n_cells,)."""
    dofs: Index
    """Scalar dofs of the part, ascending, shape (n,)."""
    values: Array
    """Shape (n, n_components)."""

    def in_cells(self, space: FunctionSpace) -> Array:
        """Values at the dofs of each cell, shape (n_cells, k, n_components)."""
        return np.asarray(self.values[np.searchsorted(self.dofs, space.cell_dofs[self.cells])])


def recover(space: FunctionSpace, cells: Index, samples: Array, *, ties: Ties | None = None) -> PartField:
    """Values at the dofs of a part.

    Args:
        space: The function space.
        cells: Cells of one part, shape (n_cells,).
        samples: At the points of `sampling_rule`, shape (n_cells, n_quadrature, n_components); stress where there are
            ties.
        ties: Between the ends of a sector, where patches see both sides if their meshes are the same.

    Returns:
        About 0.4 orders more accurate in L2 than the cells themselves, boundaries included.
    """
    corners, local = np.unique(space.mesh.cells[cells], return_inverse=True)
    local = local.reshape(-1, 4).astype(np.int32)
    positions = positions_in_cells(space, cells, sampling_rule(space.element))
    n_terms = 4 if space.element is Element.TET4 else 10
    points = np.ascontiguousarray(space.mesh.points[corners])
    seen = Sampled(local, points, positions, np.ascontiguousarray(samples))
    if ties is not None:
        seen = with_neighbours(seen, corners, ties)
    starts, around = _incidence(seen.cells, len(seen.points))
    fits, sizes = _fitted(seen.cells, starts, around, seen.points, seen.positions, seen.stress, n_terms)
    values = fits[: len(corners), 0]
    dofs = np.unique(space.cell_dofs[cells])
    on_edges = dofs[dofs >= space.mesh.n_points]
    if on_edges.size:
        ends = np.searchsorted(corners, space.edges[on_edges - space.mesh.n_points])
        middles = space.dof_points[on_edges]
        at_ends = [_evaluated(fits[end], (middles - points[end]) / sizes[end, None]) for end in ends.T]
        values = np.concatenate([values, 0.5 * (at_ends[0] + at_ends[1])])
    return PartField(cells, dofs, values)


def at_all_dofs(space: FunctionSpace, fields: Sequence[PartField], *, rank: Sequence[Array] | None = None) -> Array:
    """One value for each dof; where parts meet that of the part with the largest rank there.

    Args:
        space: The function space.
        fields: Of all parts.
        rank: For each field its values to compare, shape (n,), such as von Mises; the first component without it.

    Returns:
        Shape (n_dofs, n_components).
    """
    ranks = [field.values[:, 0] for field in fields] if rank is None else list(rank)
    result = np.zeros((space.n_dofs, fields[0].values.shape[1]))
    best = np.full(space.n_dofs, -np.inf)
    for field, size in zip(fields, ranks, strict=True):
        better = size > best[field.dofs]
        result[field.dofs[better]], best[field.dofs[better]] = field.values[better], size[better]
    return result


def _evaluated(fits: Array, offsets: Array) -> Array:
    terms = _terms(offsets)[:, : fits.shape[1]]
    return np.asarray(np.einsum("nt,ntc->nc", terms, fits))


def _terms(x: Array) -> Array:
    a, b, c = x.T
    return np.column_stack([np.ones(len(x)), a, b, c, a * a, b * b, c * c, a * b, b * c, a * c])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _incidence(cells: Any, n_corners: int) -> Any:
    starts = np.zeros(n_corners + 1, dtype=np.int64)
    for corner in cells.ravel():
        starts[corner + 1] += 1
    for corner in range(n_corners):
        starts[corner + 1] += starts[corner]
    around = np.zeros(cells.size, dtype=np.int64)
    filled = starts[:-1].copy()
    for cell in range(len(cells)):
        for corner in cells[cell]:
            around[filled[corner]] = cell
            filled[corner] += 1
    return starts, around


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fitted(cells: Any, starts: Any, around: Any, points: Any, positions: Any, samples: Any, n_terms: int) -> Any:
    """Coefficients of the polynomials about the corners, and the lengths that scale their coordinates."""
    n_corners, n_components = len(points), samples.shape[2]
    fits = np.zeros((n_corners, n_terms, n_components))
    sizes = np.zeros(n_corners)
    seen = np.full(len(cells), -1, dtype=np.int64)
    patch = np.zeros(len(cells), dtype=np.int64)
    for corner in range(n_corners):
        n_patch = _ring(corner, cells, starts, around, seen, patch)
        size = 0.0
        for place in range(n_patch):
            for q in range(positions.shape[1]):
                offset = positions[patch[place], q] - points[corner]
                size = max(size, np.sqrt((offset * offset).sum()))
        A = np.zeros((n_terms, n_terms))
        b = np.zeros((n_terms, n_components))
        p = np.ones(10)
        for place in range(n_patch):
            for q in range(positions.shape[1]):
                x = (positions[patch[place], q] - points[corner]) / size
                p[1:4] = x
                p[4:7] = x * x
                p[7], p[8], p[9] = x[0] * x[1], x[1] * x[2], x[0] * x[2]
                for s in range(n_terms):
                    for t in range(n_terms):
                        A[s, t] += p[s] * p[t]
                    for c in range(n_components):
                        b[s, c] += p[s] * samples[patch[place], q, c]
        for s in range(1, n_terms):
            A[s, s] += RIDGE * A[0, 0]
        _solve_definite(A, b)
        fits[corner] = b
        sizes[corner] = size
    return fits, sizes


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _ring(corner: int, cells: Any, starts: Any, around: Any, seen: Any, patch_out: Any) -> int:
    """Cells of the patch about a corner; their number."""
    n_patch = 0
    for place in range(starts[corner], starts[corner + 1]):
        patch_out[n_patch] = around[place]
        seen[around[place]] = corner
        n_patch += 1
    inner = 0
    while n_patch < FEW_CELLS and inner < n_patch:
        first, inner = inner, n_patch
        for place in range(first, inner):
            for other in cells[patch_out[place]]:
                for spot in range(starts[other], starts[other + 1]):
                    cell = around[spot]
                    if seen[cell] != corner:
                        seen[cell] = corner
                        patch_out[n_patch] = cell
                        n_patch += 1
    return n_patch


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _solve_definite(A_out: Any, b_out: Any) -> None:
    """Solve A x = b by Cholesky in place: the factor is left in A, the solution in b."""
    n, n_columns = b_out.shape
    for row in range(n):
        for column in range(row + 1):
            total = A_out[row, column]
            for k in range(column):
                total -= A_out[row, k] * A_out[column, k]
            A_out[row, column] = np.sqrt(total) if row == column else total / A_out[column, column]
    for c in range(n_columns):
        for row in range(n):
            for k in range(row):
                b_out[row, c] -= A_out[row, k] * b_out[k, c]
            b_out[row, c] /= A_out[row, row]
        for row in range(n - 1, -1, -1):
            for k in range(row + 1, n):
                b_out[row, c] -= A_out[k, row] * b_out[k, c]
            b_out[row, c] /= A_out[row, row]
