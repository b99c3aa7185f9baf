"""Points of separate pieces that lie on one another, made one, so that the pieces hold together."""

from dataclasses import replace

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from twin3d.geometry.volumes.draft import Draft, Floats, Ints, NamedFacets

NEAREST = 1e-9
"""Points this near, as a share of the extent of the mesh, are one."""


def joined(draft: Draft, piece: Ints) -> Draft:
    """Join points of different pieces; points of one piece stay as they are, so a crack in it stays open.

    Args:
        draft: All pieces together.
        piece: The piece of each point, shape (n_points,).
    """
    if not len(piece) or (piece == piece[0]).all() or not np.isfinite(draft.points).all():
        return draft
    pairs = _near_pairs(draft.points)
    pairs = pairs[piece[pairs[:, 0]] != piece[pairs[:, 1]]]
    if not len(pairs):
        return draft
    n = len(piece)
    graph = sparse.coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    group = csgraph.connected_components(graph, directed=False)[1]
    first: Ints = np.full(int(group.max()) + 1, n, dtype=np.int64)
    np.minimum.at(first, group, np.arange(n))
    new = first[group]
    return replace(
        draft,
        blocks=tuple(replace(block, cells=_renamed(block.cells, new)) for block in draft.blocks),
        facets=tuple(NamedFacets(named.name, _renamed(named.corners, new)) for named in draft.facets),
        point_sets=tuple((name, np.unique(_renamed(points, new))) for name, points in draft.point_sets),
        messages=(*draft.messages, f"{int((new != np.arange(n)).sum())} points of touching pieces were joined"),
    )


def _near_pairs(points: Floats) -> Ints:
    """Pairs of points on one another, shape (n, 2)."""
    extent = float(np.linalg.norm(np.ptp(points, axis=0)))
    found = cKDTree(points).query_pairs(NEAREST * extent, output_type="ndarray")
    return np.asarray(found, dtype=np.int64).reshape(-1, 2)


def _renamed(indices: Ints, new: Ints) -> Ints:
    """New indices; one that refers to no point stays, to be refused with the others."""
    is_there = (indices >= 0) & (indices < len(new))
    return np.asarray(np.where(is_there, new[np.where(is_there, indices, 0)], indices))
