"""How thick the walls of parts are, by what lies opposite on the same part's surface."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import trimesh
from scipy.spatial import cKDTree

from twin3d.records import Surface

Array = npt.NDArray[np.float64]

OPPOSED = -0.7
"""Two sides of a wall have normals whose product is below this."""
STRAIGHT_ACROSS = 0.85
"""Cosine of the largest angle between a wall's normal and the way to its other side."""
N_CANDIDATES = 64
"""Samples, by distance, among which the other side is looked for."""
MAX_SAMPLES = 200_000
"""Samples of a surface at most, to bound time and memory."""


@dataclass(frozen=True, eq=False, slots=True)
class Walls:
    """Places where a part is thin, in the unit of the surface."""

    positions: Array
    """On the surface, shape (n, 3)."""
    thickness: Array
    """Distance to the other side, shape (n,)."""
    part: npt.NDArray[np.int32]
    """Which part, shape (n,)."""


def thin_walls(surface: Surface, *, reach: float) -> Walls:
    """Places where a part is thinner than some length.

    Args:
        surface: Closed, normals outward.
        reach: Walls up to this thick are found, in the unit of the surface.
    """
    positions, normals, part = _samples(surface, 0.5 * reach)
    thickness = np.full(len(positions), np.inf)
    for own in range(len(surface.parts)):
        chosen = np.flatnonzero(part == own)
        if chosen.size:
            thickness[chosen] = _across(positions[chosen], normals[chosen], reach)
    is_thin = np.isfinite(thickness)
    return Walls(positions[is_thin], thickness[is_thin], part[is_thin])


def _samples(surface: Surface, spacing: float) -> tuple[Array, Array, npt.NDArray[np.int32]]:
    """Centres of the triangles, cut up to a spacing, with their normals and parts."""
    corners = surface.points[surface.triangles]
    areas = 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    spacing = max(spacing, float(np.sqrt(4.0 * areas.sum() / MAX_SAMPLES)))
    points, pieces, owner = trimesh.remesh.subdivide_to_size(
        surface.points, surface.triangles, max_edge=spacing, max_iter=24, return_index=True
    )
    corners = points[pieces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    good = lengths > 0.0
    return (
        corners[good].mean(axis=1),
        normals[good] / lengths[good, None],
        surface.triangle_part[owner[good]].astype(np.int32),
    )


def _across(positions: Array, normals: Array, reach: float) -> Array:
    """Distance to the other side within reach, infinite where there is none, shape (n,)."""
    k = min(N_CANDIDATES, len(positions))
    found = cKDTree(positions).query(positions, k=range(1, k + 1), distance_upper_bound=1.2 * reach)
    near = np.asarray(found[1])
    exists = near < len(positions)
    near = np.where(exists, near, 0)
    way = positions[near] - positions[:, None, :]
    depth = -np.einsum("nkd,nd->nk", way, normals)
    opposed = np.einsum("nkd,nd->nk", normals[near], normals) < OPPOSED
    across = depth > STRAIGHT_ACROSS * np.linalg.norm(way, axis=2)
    depth = np.where(exists & opposed & across & (depth > 0.0), depth, np.inf)
    smallest = depth.min(axis=1)
    return np.where(smallest <= reach, smallest, np.inf)
