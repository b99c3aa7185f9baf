"""Where triangles pierce each other, found by a tree of boxes that is walked level by level."""

import numpy as np

from twin3d.geometry.surfaces.edges import SIDES, Floats, Ints

LEAF = 4
"""Triangles in a leaf of the tree."""
MAX_TRIANGLES = 300_000
"""Larger surfaces are not looked at: the walk would take minutes."""
MAX_PAIRS = 20_000_000
"""Pairs of boxes after which the walk is given up."""
MARGIN = 1e-9
"""How far inside a triangle, in its own coordinates, an edge must pierce it."""


def crossings(points: Floats, triangles: Ints) -> Ints | None:
    """Pairs of triangles of which an edge of one pierces the other, shape (n, 2); None where they are too many to look.

    Triangles that only touch, or lie in one plane, do not count.

    Args:
        points: Shape (n_points, 3).
        triangles: Shape (n_triangles, 3).
    """
    if len(triangles) > MAX_TRIANGLES:
        return None
    pairs = _close_pairs(points[triangles])
    if pairs is None:
        return None
    a, b = pairs.T
    found = np.zeros(len(pairs), dtype=bool)
    for side in SIDES:
        found |= _pierces(points, triangles[a][:, side], triangles[b])
        found |= _pierces(points, triangles[b][:, side], triangles[a])
    return np.asarray(pairs[found])


def _pierces(points: Floats, edges: Ints, triangles: Ints) -> np.ndarray:
    """Whether edges cross triangles that they share no point with, shape (n,); Möller and Trumbore's test."""
    apart = (edges[:, :, None] != triangles[:, None, :]).all(axis=(1, 2))
    start, end = points[edges[:, 0]], points[edges[:, 1]]
    origin, u, v = points[triangles[:, 0]], points[triangles[:, 1]], points[triangles[:, 2]]
    u, v, along, away = u - origin, v - origin, end - start, start - origin
    across = np.cross(along, v)
    determinant = np.einsum("ni,ni->n", u, across)
    scale = np.linalg.norm(along, axis=1) * np.linalg.norm(np.cross(u, v), axis=1)
    apart &= np.abs(determinant) > MARGIN * scale
    inverse = 1.0 / np.where(apart, determinant, 1.0)
    turned = np.cross(away, u)
    first = np.einsum("ni,ni->n", away, across) * inverse
    second = np.einsum("ni,ni->n", along, turned) * inverse
    place = np.einsum("ni,ni->n", v, turned) * inverse
    within = (first > MARGIN) & (second > MARGIN) & (first + second < 1.0 - MARGIN)
    return np.asarray(apart & within & (place > MARGIN) & (place < 1.0 - MARGIN))


def _close_pairs(corners: Floats) -> Ints | None:
    """Pairs of triangles whose boxes meet, each once, shape (n, 2)."""
    n = len(corners)
    depth = max(0, int(np.ceil(np.log2(max(n / LEAF, 1.0)))))
    order = _balanced_order(corners.mean(axis=1), depth)
    low, high = corners.min(axis=1)[order], corners.max(axis=1)[order]
    bounds = [np.linspace(0, n, 2**level + 1).astype(np.int64) for level in range(depth + 1)]
    frontier = np.zeros((1, 2), dtype=np.int64)
    for level in range(1, depth + 1):
        starts = bounds[level][:-1]
        node_low, node_high = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
        children = 2 * frontier[:, None, :] + np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        frontier = children.reshape(-1, 2)
        frontier = frontier[frontier[:, 0] <= frontier[:, 1]]
        a, b = frontier.T
        meets = ((node_low[a] <= node_high[b]) & (node_low[b] <= node_high[a])).all(axis=1)
        frontier = frontier[meets]
        if len(frontier) > MAX_PAIRS:
            return None
    pairs = _pairs_of_leaves(frontier, bounds[depth])
    a, b = pairs.T
    meets = (a < b) & ((low[a] <= high[b]) & (low[b] <= high[a])).all(axis=1)
    return np.asarray(order[pairs[meets]])


def _pairs_of_leaves(frontier: Ints, bounds: Ints) -> Ints:
    width = int(np.diff(bounds).max(initial=1))
    inner = np.stack(np.meshgrid(np.arange(width), np.arange(width), indexing="ij"), axis=-1).reshape(-1, 2)
    pairs = bounds[frontier][:, None, :] + inner
    inside = (pairs < bounds[frontier + 1][:, None, :]).all(axis=2)
    return np.asarray(pairs[inside])


def _balanced_order(centres: Floats, depth: int) -> Ints:
    """Order in which halves, quarters and so on of the triangles are compact: each is cut across its longest side."""
    order = np.arange(len(centres))
    for level in range(depth):
        bounds = np.linspace(0, len(centres), 2**level + 1).astype(np.int64)
        node = np.repeat(np.arange(2**level), np.diff(bounds))
        ordered = centres[order]
        spans = np.maximum.reduceat(ordered, bounds[:-1]) - np.minimum.reduceat(ordered, bounds[:-1])
        along = ordered[np.arange(len(order)), spans.argmax(axis=1)[node]]
        order = order[np.lexsort([along, node])]
    return order
