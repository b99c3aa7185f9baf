"""Edges that end in the middle of another triangle's edge: that triangle is split where they end."""

from itertools import pairwise

import numpy as np
from scipy.spatial import cKDTree

from twin3d.geometry.surfaces.edges import SIDES, Floats, Ints, edges_of

MAX_OPEN = 50_000
"""More open edges than this are no cracks."""
MAX_PASSES = 10


def split_at_points(points: Floats, triangles: Ints, tolerance: float) -> tuple[Floats, Ints, Ints]:
    """Triangles split where points of open edges lie on their own open edges.

    Args:
        points: Shape (n_points, 3).
        triangles: Shape (n_triangles, 3).
        tolerance: How far from the edge a point may lie.

    Returns:
        The points, the triangles, and the old triangle of each, shape (n,).
    """
    source = np.arange(len(triangles))
    for _ in range(MAX_PASSES):
        cuts = _cuts(points, triangles, tolerance)
        if not cuts:
            break
        whole = np.ones(len(triangles), dtype=bool)
        whole[list(cuts)] = False
        pieces = [(_fan(triangles[index], *cut), source[index]) for index, cut in cuts.items()]
        source = np.concatenate([source[whole], *(np.full(len(fan), owner) for fan, owner in pieces)])
        triangles = np.concatenate([triangles[whole], *(fan for fan, _ in pieces)])
    return points, triangles, source


def _cuts(points: Floats, triangles: Ints, tolerance: float) -> dict[int, tuple[int, list[int]]]:
    """For each triangle to split: which of its edges, and the points on it, in order."""
    edges = edges_of(triangles)
    owner, side = np.nonzero(edges.is_open[edges.of_triangle])
    if not 0 < len(owner) <= MAX_OPEN:
        return {}
    loose = np.unique(edges.ends[edges.is_open])
    tree = cKDTree(points[loose])
    ends = triangles[owner[:, None], np.array(SIDES)[side]]
    start, along = points[ends[:, 0]], points[ends[:, 1]] - points[ends[:, 0]]
    length = np.linalg.norm(along, axis=1)
    near = tree.query_ball_point(start + 0.5 * along, 0.5 * length + tolerance)
    cuts: dict[int, tuple[int, list[int]]] = {}
    for number in np.flatnonzero(length > 2.0 * tolerance):
        found = _on_edge(points, loose[near[number]], ends[number], tolerance)
        if found and int(owner[number]) not in cuts:
            cuts[int(owner[number])] = int(side[number]), found
    return cuts


def _on_edge(points: Floats, candidates: Ints, ends: Ints, tolerance: float) -> list[int]:
    """Which points lie on an edge, in order along it."""
    candidates = candidates[~np.isin(candidates, ends)]
    along = points[ends[1]] - points[ends[0]]
    away = points[candidates] - points[ends[0]]
    length = float(np.linalg.norm(along))
    place = away @ along / length
    off = np.linalg.norm(away - np.outer(place / length, along), axis=1)
    on_it = (off <= tolerance) & (place > tolerance) & (place < length - tolerance)
    return [int(point) for point in candidates[on_it][np.argsort(place[on_it])]]


def _fan(triangle: Ints, side: int, cut: list[int]) -> Ints:
    a, b = (int(triangle[corner]) for corner in SIDES[side])
    c = int(triangle[(side + 2) % 3])
    row = [a, *cut, b]
    return np.array([[first, second, c] for first, second in pairwise(row)])
