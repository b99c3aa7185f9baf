"""Tetrahedra that are worth keeping: with a volume, not folded, and not there twice."""

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.draft import Floats, Ints

FLATTEST = 1e-12
"""Six volumes over the cube of the longest extent, below which a tetrahedron is flat."""
MOST_FLAT = 0.01
"""Share of the cells that may be flat or folded before the file is refused."""
MID_EDGES = ((0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3))
"""Edges of the points 4 to 9 of a quadratic tetrahedron, in VTK's order."""
FARTHEST_MID = 0.5
"""A mid-edge point is off its chord by less than this share of the edge."""


def drop_useless(points: Floats, cells: Ints, parent: Ints, name: str) -> tuple[Ints, Ints, list[str]]:
    """Leave out flat tetrahedra and second copies.

    Args:
        points: Shape (n_points, 3).
        cells: Shape (n_cells, 4) or (n_cells, 10).
        parent: Cell of the file that each is a piece of, rising, shape (n_cells,).
        name: Of the file, for messages.

    Returns:
        Cells and parents that are kept, and what was left out.

    Raises:
        GeometryError: Many cells are flat or folded.
    """
    sixfold, extent = _sizes(points, cells)
    flat = np.abs(sixfold) <= FLATTEST * extent**3
    _refuse_folded(sixfold, flat, parent, name)
    n_flat = int(flat.sum())
    if n_flat > MOST_FLAT * len(cells):
        where = tuple(map(float, points[cells[int(flat.argmax()), 0]]))
        raise GeometryError(
            f"{n_flat} of {len(cells)} tetrahedra of {name} have no volume, the first is at {where}; mesh it again"
        )
    twice = _copies(cells[:, :4])
    twice &= ~flat
    messages = [f"{n_flat} tetrahedra without a volume were left out"] if n_flat else []
    if twice.any():
        messages.append(f"{int(twice.sum())} tetrahedra are there twice; the first of each was kept")
    if not messages:
        return cells, parent, messages
    kept = ~(flat | twice)
    return cells[kept], parent[kept], messages


def mid_points_fit(points: Floats, cells: Ints) -> bool:
    """Whether the mid-edge points of quadratic tetrahedra lie near their edges, so that their order is right."""
    for column, (a, b) in enumerate(MID_EDGES, start=4):
        start, end = points[cells[:, a]], points[cells[:, b]]
        off = np.linalg.norm(points[cells[:, column]] - 0.5 * (start + end), axis=1)
        if (off > FARTHEST_MID * np.linalg.norm(end - start, axis=1)).any():
            return False
    return True


def _sizes(points: Floats, cells: Ints) -> tuple[Floats, Floats]:
    """Six signed volumes and the longest extent along an axis of each tetrahedron."""
    edge = [points[cells[:, corner]] - points[cells[:, 0]] for corner in (1, 2, 3)]
    sixfold = np.einsum("ei,ei->e", np.cross(edge[0], edge[1]), edge[2])
    high = np.maximum(np.maximum(edge[0], edge[1]), np.maximum(edge[2], 0.0))
    low = np.minimum(np.minimum(edge[0], edge[1]), np.minimum(edge[2], 0.0))
    return np.asarray(sixfold), np.asarray((high - low).max(axis=1))


def _refuse_folded(sixfold: Floats, flat: npt.NDArray[np.bool_], parent: Ints, name: str) -> None:
    """Refuse cells whose pieces have volumes of both signs, so that they overlap."""
    if parent[-1] == len(parent) - 1:
        return  # no cell was cut
    n = int(parent[-1]) + 1
    positive = np.bincount(parent[~flat & (sixfold > 0.0)], minlength=n) > 0
    negative = np.bincount(parent[~flat & (sixfold < 0.0)], minlength=n) > 0
    n_folded = int((positive & negative).sum())
    if n_folded > MOST_FLAT * n:
        first = int((positive & negative).argmax())
        raise GeometryError(
            f"{n_folded} of {n} cells of {name} are folded: pieces of them overlap, the first is cell number "
            f"{first + 1}; mesh it again, or check the order of the cells' points"
        )


def _copies(corners: Ints) -> npt.NDArray[np.bool_]:
    """Which cells have the corners of an earlier one."""
    ordered = np.sort(corners, axis=1).astype(np.uint64)
    key = ordered[:, 0]
    for column in range(1, 4):
        key = (key * np.uint64(0x9E3779B97F4A7C15)) ^ (ordered[:, column] + (key >> np.uint64(29)))
    repeated = np.zeros(len(key), dtype=bool)
    sorted_key = np.sort(key)
    if not (sorted_key[1:] == sorted_key[:-1]).any():
        return repeated
    _, first = np.unique(ordered, axis=0, return_index=True)
    repeated[:] = True
    repeated[first] = False
    return repeated
