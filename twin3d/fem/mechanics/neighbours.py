"""Cells of the neighbouring sectors, so that patches at the ends of a sector see both sides."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.fem.cyclic import Ties

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]

LAYERS = 2
"""Layers of cells beyond an end: a patch takes the second ring where the first has few cells."""


@dataclass(frozen=True, eq=False, slots=True)
class Sampled:
    """Cells with samples of a stress."""

    cells: Index
    """Corners, shape (n_cells, 4)."""
    points: Array
    """Of the corners [m], shape (n_corners, 3)."""
    positions: Array
    """Of the samples [m], shape (n_cells, n_quadrature, 3)."""
    stress: Array
    """[Pa], shape (n_cells, n_quadrature, 6)."""


def with_neighbours(own: Sampled, corners: Index, ties: Ties) -> Sampled:
    """Own cells first, then those beyond both ends, turned to where they are; ends of one mesh only.

    Args:
        own: Cells of one part, whose corners are numbered within it.
        corners: The point of the mesh that each corner is, ascending, shape (n_corners,).
        ties: Between the ends of the sector.
    """
    if not ties.is_matching:
        return own
    low, high = _pairs(corners, ties)
    beyond_low = _turned(own, high, low, ties.rotation.T, ties.point)
    beyond_high = _turned(own, low, high, ties.rotation, ties.point)
    n, added = len(own.points), len(beyond_low.points)
    shifted = np.where(beyond_high.cells >= n, beyond_high.cells + added, beyond_high.cells)
    return Sampled(
        np.concatenate([own.cells, beyond_low.cells, shifted]),
        np.concatenate([own.points, beyond_low.points, beyond_high.points]),
        np.concatenate([own.positions, beyond_low.positions, beyond_high.positions]),
        np.concatenate([own.stress, beyond_low.stress, beyond_high.stress]),
    )


def _pairs(corners: Index, ties: Ties) -> tuple[Index, Index]:
    """Corners of the part at the low end and their partners at the high one; those on the axis are their own."""
    C = ties.transformation
    high = np.concatenate([ties.dofs, ties.axis_dofs])
    low = np.concatenate([C.indices[C.indptr[ties.dofs]], ties.axis_dofs])
    here = np.isin(high, corners) & np.isin(low, corners)
    return np.searchsorted(corners, low[here]), np.searchsorted(corners, high[here])


def _turned(own: Sampled, source: Index, target: Index, rotation: Array, point: Array) -> Sampled:
    """Copies of the cells at the source corners, turned so that these meet their targets.

    Corners that meet nothing get new numbers; `points` holds those alone.
    """
    is_near = np.zeros(len(own.points), dtype=bool)
    is_near[source] = True
    for _ in range(LAYERS):
        chosen = np.flatnonzero(is_near[own.cells].any(axis=1))
        is_near[own.cells[chosen]] = True
    number = np.full(len(own.points), -1)
    number[source] = target
    new = np.setdiff1d(own.cells[chosen], source)
    number[new] = len(own.points) + np.arange(len(new))
    return Sampled(
        number[own.cells[chosen]].astype(own.cells.dtype),
        point + (own.points[new] - point) @ rotation.T,
        point + (own.positions[chosen] - point) @ rotation.T,
        turned_stress(own.stress[chosen], rotation),
    )


def turned_stress(stress: Array, rotation: Array) -> Array:
    """Stress (..., 6) as it is when what carries it is turned by a rotation (3, 3)."""
    xx, yy, zz, xy, yz, xz = np.moveaxis(stress, -1, 0)
    tensor = np.moveaxis(np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]), (0, 1), (-2, -1))
    turned = rotation @ tensor @ rotation.T
    return np.stack([turned[..., a, b] for a, b in ((0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2))], axis=-1)
