"""What bounds what: the facets of a tetrahedral mesh, and its points split where parts only touch."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from twin3d.records.mesh import OUTSIDE

IntArray = npt.NDArray[np.int32]

OUTWARD_FACETS = np.array([[1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1]])
"""Corners of a cell's four facets, normals out of a cell of positive volume in VTK order."""


CELL_EDGES = np.array([[0, 1], [1, 2], [2, 0], [0, 3], [1, 3], [2, 3]])
"""Ends of a cell's six edges, in the order of VTK's mid-edge points."""


@dataclass(frozen=True, eq=False, slots=True)
class Facets:
    """Facets on the boundary and between parts; a facet between parts is listed once."""

    corners: IntArray
    """Normal out of the first part, shape (n_facets, 3)."""
    parts: IntArray
    """Part on either side, -1 outside, shape (n_facets, 2)."""
    cells: IntArray
    """Cell on either side, -1 outside, shape (n_facets, 2)."""


def find_facets(cells: IntArray, cell_region: IntArray, n_points: int) -> Facets:
    """Boundary and interface facets of a conforming mesh.

    Args:
        cells: Of positive volume, shape (n_cells, 4).
        cell_region: Part of each cell, shape (n_cells,).
        n_points: Number of points.
    """
    corners = cells[:, OUTWARD_FACETS].reshape(-1, 3)
    owner = np.repeat(np.arange(len(cells), dtype=np.int32), 4)
    keys = facet_keys(corners, n_points)
    order = np.argsort(keys, kind="stable")
    is_paired = np.zeros(len(order), dtype=bool)
    same = keys[order][1:] == keys[order][:-1]
    is_paired[1:] |= same
    is_paired[:-1] |= same
    first, second = order[:-1][same], order[1:][same]
    differs = cell_region[owner[first]] != cell_region[owner[second]]
    first, second = first[differs], second[differs]
    swap = cell_region[owner[first]] > cell_region[owner[second]]
    first, second = np.where(swap, second, first), np.where(swap, first, second)
    alone = np.sort(order[~is_paired])
    inner, outer = np.concatenate([alone, first]), np.concatenate([np.full(len(alone), -1), owner[second]])
    return Facets(
        corners=np.ascontiguousarray(corners[inner]),
        parts=np.column_stack(
            [cell_region[owner[inner]], np.where(outer < 0, OUTSIDE, cell_region[np.maximum(outer, 0)])]
        ).astype(np.int32),
        cells=np.column_stack([owner[inner], outer]).astype(np.int32),
    )


def facet_keys(corners: IntArray, n_points: int) -> npt.NDArray[np.int64]:
    """One number for each facet, the same for the same three points in any order."""
    a, b, c = np.sort(corners, axis=1).T.astype(np.int64)
    return np.asarray((a * n_points + b) * n_points + c)


def right_handed(points: npt.NDArray[np.float64], cells: IntArray) -> IntArray:
    """Cells of four points with those of negative volume turned round, shape (n_cells, 4)."""
    corner = points[cells]
    edges = corner[:, 1:] - corner[:, :1]
    flipped = np.einsum("ei,ei->e", np.cross(edges[:, 0], edges[:, 1]), edges[:, 2]) < 0.0
    result = cells.copy()
    result[flipped, 2], result[flipped, 3] = cells[flipped, 3], cells[flipped, 2]
    return result


def edge_keys(ends: IntArray, n_points: int) -> npt.NDArray[np.int64]:
    """One number for each edge, the same for the same two points in either order."""
    a, b = np.sort(ends, axis=1).T.astype(np.int64)
    return np.asarray(a * n_points + b)


@dataclass(frozen=True, eq=False, slots=True)
class Split:
    """A mesh whose parts have their own points on both sides of the declared contacts."""

    cells: IntArray
    """With the new points, shape (n_cells, 4)."""
    source: IntArray
    """The old point of every point, shape (n_new_points,)."""
    point_of_side: IntArray
    """Corners of the facets as each side sees them, shape (n_facets, 2, 3); the outer side of the boundary is the
    inner one again."""


def split_at_contacts(
    cells: IntArray, cell_region: IntArray, facets: Facets, is_contact: npt.NDArray[np.bool_], n_points: int
) -> Split:
    """Give every side of a contact its own points.

    At a point, two parts stay together where a bonded interface joins them, if need be through a third part; so
    the rim of a contact that a third part closes is not split. Each group of parts gets one copy of the point.

    Args:
        cells: Shape (n_cells, 4).
        cell_region: Part of each cell, shape (n_cells,).
        facets: All boundary and interface facets.
        is_contact: Which facets are declared contacts, shape (n_facets,).
        n_points: Number of points.
    """
    touched = np.zeros(n_points, dtype=bool)
    touched[facets.corners[is_contact]] = True
    n_parts = int(cell_region.max()) + 1
    cell_index, corner = np.nonzero(touched[cells])
    wanted = cells[cell_index, corner].astype(np.int64) * n_parts + cell_region[cell_index]
    nodes, node_of_corner = np.unique(wanted, return_inverse=True)
    bonded = ~is_contact & (facets.parts[:, 1] != OUTSIDE)
    ends = [np.searchsorted(nodes, _touched_nodes(facets, bonded, side, touched, n_parts)) for side in (0, 1)]
    graph = sparse.coo_array((np.ones(len(ends[0]), dtype=np.int8), (ends[0], ends[1])), shape=(len(nodes),) * 2)
    group = csgraph.connected_components(graph, directed=False)[1]
    point_of_node, source = _copies(nodes // n_parts, group, n_points)
    new_cells = cells.copy()
    new_cells[cell_index, corner] = point_of_node[node_of_corner]
    sides = np.repeat(facets.corners[:, None, :], 2, axis=1)
    for side in (0, 1):
        part = np.where(facets.parts[:, side] == OUTSIDE, facets.parts[:, 0], facets.parts[:, side])
        facet, place = np.nonzero(touched[facets.corners])
        node = np.searchsorted(nodes, facets.corners[facet, place].astype(np.int64) * n_parts + part[facet])
        sides[facet, side, place] = point_of_node[node]
    return Split(new_cells, source, sides)


def _touched_nodes(
    facets: Facets, chosen: npt.NDArray[np.bool_], side: int, touched: npt.NDArray[np.bool_], n_parts: int
) -> npt.NDArray[np.int64]:
    corners = facets.corners[chosen]
    nodes = corners.astype(np.int64) * n_parts + facets.parts[chosen, side][:, None]
    return np.asarray(nodes[touched[corners]])


def _copies(
    point_of_node: npt.NDArray[np.int64], group: npt.NDArray[np.int32], n_points: int
) -> tuple[IntArray, IntArray]:
    """New point of every node, and the old point of every new one; the first group at a point keeps it."""
    pairs, pair_of_node = np.unique(np.column_stack([point_of_node, group]), axis=0, return_inverse=True)
    is_first = np.ones(len(pairs), dtype=bool)
    is_first[1:] = pairs[1:, 0] != pairs[:-1, 0]
    new = pairs[:, 0].copy()
    new[~is_first] = n_points + np.arange((~is_first).sum())
    source = np.concatenate([np.arange(n_points), pairs[~is_first, 0]])
    return new[pair_of_node.ravel()].astype(np.int32), source.astype(np.int32)


def patches_by_angle(
    points: npt.NDArray[np.float64], corners: IntArray, *, largest_angle_deg: float = 30.0
) -> IntArray:
    """Patches of boundary facets that meet at less than an angle; shape (n_facets,), for files without faces."""
    edges = np.sort(corners[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    owner = np.repeat(np.arange(len(corners)), 3)
    order = np.lexsort(edges.T)
    same = (edges[order][1:] == edges[order][:-1]).all(axis=1)
    a, b = owner[order[:-1][same]], owner[order[1:][same]]
    corner = points[corners]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    smooth = np.einsum("ij,ij->i", normal[a], normal[b]) > np.cos(np.radians(largest_angle_deg))
    graph = sparse.coo_array((np.ones(int(smooth.sum())), (a[smooth], b[smooth])), shape=(len(corners),) * 2)
    return np.asarray(csgraph.connected_components(graph, directed=False)[1], dtype=np.int32)
