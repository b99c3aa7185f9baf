"""How thin a surface's walls and gaps are, by rays from its triangles along their normals."""

import numpy as np

from twin3d.geometry.surfaces.edges import Floats, Ints

N_RAYS = 300
FACING = -0.5
"""Largest cosine between the normals of two sides of a wall."""
CHUNK = 2_000_000
"""Pairs of rays and triangles worked on at once."""
TOUCHING = 1e-6
"""Sides closer than this touch, relative to the diagonal."""


def thinnest(points: Floats, triangles: Ints) -> float:
    """Thickness of the thinnest wall or gap that the rays meet; infinite where they meet none.

    Half of the rays start at triangles chosen by area, the others at any, so that small features are met as well.

    Args:
        points: Shape (n_points, 3).
        triangles: Shape (n_triangles, 3).
    """
    corner = points[triangles]
    vectors = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    areas = np.linalg.norm(vectors, axis=1)
    rng = np.random.default_rng(0)
    by_area = rng.choice(len(triangles), size=min(N_RAYS // 2, len(triangles)), replace=False, p=areas / areas.sum())
    chosen = np.union1d(by_area, rng.choice(len(triangles), size=min(N_RAYS // 2, len(triangles)), replace=False))
    chosen = chosen[areas[chosen] > 0.0]
    normals = vectors / np.maximum(areas, 1e-300)[:, None]
    diagonal = float(np.linalg.norm(np.ptp(points, axis=0)))
    starts = corner[chosen].mean(axis=1)
    result = np.inf
    step = max(1, CHUNK // len(triangles))
    for begin in range(0, len(chosen), step):
        some = slice(begin, begin + step)
        distance = np.abs(_distances(starts[some], normals[chosen[some]], corner))
        facing = normals[chosen[some]] @ normals.T < FACING
        distance[~facing | (distance < TOUCHING * diagonal)] = np.inf
        result = min(result, float(distance.min(initial=np.inf)))
    return result


def _distances(starts: Floats, directions: Floats, corner: Floats) -> Floats:
    """Where lines meet triangles, along the lines, infinite where they do not; shape (n_lines, n_triangles).

    Möller and Trumbore, J. Graph. Tools 2 (1997) 21, for all pairs at once.
    """
    u, v = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    normal = np.cross(u, v)
    across = -directions @ normal.T
    with np.errstate(divide="ignore", invalid="ignore"):
        away = starts[:, None] - corner[None, :, 0]
        turned = np.cross(away, directions[:, None])
        first = np.einsum("rti,ti->rt", turned, v) / across
        second = -np.einsum("rti,ti->rt", turned, u) / across
        place = np.einsum("rti,ti->rt", away, normal) / across
        hit = (first >= 0.0) & (second >= 0.0) & (first + second <= 1.0)
    return np.where(hit, place, np.inf)
