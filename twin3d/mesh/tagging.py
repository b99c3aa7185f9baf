"""To which part each cell belongs, by how often the parts' surfaces wind around it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from twin3d.geometry.surfaces.winding import is_inside
from twin3d.mesh.topology import OUTWARD_FACETS, facet_keys
from twin3d.records import Surface

OUTSIDE = -1
CRUMB_CELLS = 20
CRUMB_VOLUME = 1e-4
"""Loose cells are dropped that are this few, and this little of all."""
CONTAINED = 0.99
"""Share of a part's cells that lie in another one, above which the part lies within it."""
SLACK = 1e-3
"""Overlaps smaller than this share of a part are the mesh's own."""


@dataclass(frozen=True, eq=False, slots=True)
class Tags:
    """Parts of cells."""

    part: npt.NDArray[np.int32]
    """Part of each cell, -1 outside all, shape (n_cells,)."""
    inside_volumes: npt.NDArray[np.float64]
    """Of the cells within each part's surface, also those counted to another part, shape (n_parts,)."""
    messages: tuple[str, ...]
    """On overlaps, and on what was dropped."""


def tagged(surface: Surface, points: npt.NDArray[np.float64], cells: npt.NDArray[np.int32]) -> Tags:
    """Tell the cells of a mesh apart by the parts of a surface.

    Args:
        surface: Its parts, closed or nearly so.
        points: Shape (n_points, 3).
        cells: Either orientation, shape (n_cells, 4).
    """
    corner = points[cells]
    centres = corner.mean(axis=1)
    edges = corner[:, 1:] - corner[:, :1]
    volumes = np.abs(np.einsum("ni,ni->n", np.cross(edges[:, 0], edges[:, 1]), edges[:, 2])) / 6.0
    own = [surface.triangles[surface.triangle_part == index] for index in range(len(surface.parts))]
    inside = np.stack([is_inside(surface.points, triangles, centres) for triangles in own])
    inside_volumes = inside @ volumes
    shared = (inside * volumes) @ inside.T
    part, notes = _counted(surface, inside, shared, inside_volumes)
    crumbs = _crumbs(cells, part, volumes)
    if crumbs.any():
        part = np.where(crumbs, OUTSIDE, part)
        notes.append(f"dropped {int(crumbs.sum())} loose cells, {volumes[crumbs].sum():.3g} in volume")
    return Tags(part.astype(np.int32), inside_volumes, tuple(notes))


def _counted(
    surface: Surface, inside: npt.NDArray[np.bool_], shared: npt.NDArray[np.float64], volumes: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Each cell's part: the innermost, then the first listed; and a word on every overlap."""
    n_parts = len(volumes)
    within = (shared >= CONTAINED * volumes[:, None]) & (volumes[None] > volumes[:, None])
    np.fill_diagonal(within, val=False)
    order = np.lexsort([np.arange(n_parts), -within.sum(axis=1)])
    first = inside[order].argmax(axis=0)
    part = np.where(inside.any(axis=0), order[first], OUTSIDE)
    rank = np.argsort(order)
    notes = []
    for a, b in zip(*np.nonzero(np.triu(shared, 1)), strict=True):
        inner, outer = (a, b) if rank[a] < rank[b] else (b, a)
        names = surface.parts[inner].name, surface.parts[outer].name
        if within[inner, outer]:
            notes.append(f"{names[0]!r} lies within {names[1]!r} and was cut out of it")
        elif shared[a, b] > SLACK * min(volumes[a], volumes[b]):
            share = shared[a, b] / min(volumes[a], volumes[b])
            notes.append(
                f"the parts {names[0]!r} and {names[1]!r} overlap by a volume of {shared[a, b]:.4g} ({share:.1%} of "
                f"the smaller): counted to {names[0]!r}"
            )
    return part, notes


def _crumbs(
    cells: npt.NDArray[np.int32], part: npt.NDArray[np.int64], volumes: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Few and small cells of a part that share no facet with other cells that are kept, shape (n_cells,)."""
    kept = np.flatnonzero(part != OUTSIDE)
    crumbs = np.zeros(len(cells), dtype=bool)
    if not len(kept):
        return crumbs
    keys = facet_keys(cells[kept][:, OUTWARD_FACETS].reshape(-1, 3), int(cells.max()) + 1)
    order = np.argsort(keys, kind="stable")
    same = keys[order][1:] == keys[order][:-1]
    ends = order[:-1][same] // 4, order[1:][same] // 4
    graph = sparse.coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(len(kept),) * 2)
    group = csgraph.connected_components(graph, directed=False)[1]
    size, volume = np.bincount(group), np.bincount(group, weights=volumes[kept])
    small = (size <= CRUMB_CELLS) & (volume < CRUMB_VOLUME * volume.sum())
    crumbs[kept[small[group]]] = True
    return crumbs
