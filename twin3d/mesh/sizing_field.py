"""Sizes by part, as the field over a background mesh that fTetWild interpolates."""

from typing import Any

import numpy as np
import trimesh
from scipy.spatial import Delaunay

from twin3d.mesh.raw import Sizing
from twin3d.records import Surface

MAX_POINTS = 30_000
FLAT = 1e-12
"""Background cells smaller than this, relative to the box, would not interpolate."""


def sizing_field(surface: Surface, sizing: Sizing) -> dict[str, Any]:
    """Arguments of fTetWild that give every part its own size; none where all have the same.

    The background mesh is the Delaunay tetrahedra of points on the parts' surfaces, each of the size wanted there.

    Args:
        surface: The parts.
        sizing: Sizes in all and by part.
    """
    own = [sizing.size_of_part(part.name) for part in surface.parts]
    sizes = np.array([size or sizing.cell_size for size in own])
    if (sizes == sizing.cell_size).all():
        return {}
    blocks = [_samples(surface, index, float(size)) for index, size in enumerate(sizes)]
    low, high = surface.points.min(axis=0), surface.points.max(axis=0)
    middle, half = 0.5 * (low + high), high - low
    corners = middle + half * np.stack(np.meshgrid(*[(-1.0, 1.0)] * 3), axis=-1).reshape(-1, 3)
    points = np.concatenate([*blocks, corners])
    values = np.concatenate([np.repeat(sizes, [len(block) for block in blocks]), np.full(8, sizing.cell_size)])
    cells = Delaunay(points).simplices
    edges = points[cells[:, 1:]] - points[cells[:, :1]]
    six_volumes = np.einsum("ni,ni->n", np.cross(edges[:, 0], edges[:, 1]), edges[:, 2])
    cells[six_volumes < 0.0] = cells[six_volumes < 0.0][:, [0, 2, 1, 3]]
    solid = np.abs(six_volumes) > FLAT * float(np.prod(half))
    return {
        "bg_vertices": points,
        "bg_tets": cells[solid].astype(np.int32),
        "bg_values": values / 2**sizing.refine,
    }


def _samples(surface: Surface, part: int, size: float) -> np.ndarray:
    """Points on a part's surface about twice its size apart, but not too many."""
    triangles = surface.triangles[surface.triangle_part == part]
    corner = surface.points[triangles]
    doubled = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    spacing = max(2.0 * size, float(np.sqrt(0.5 * doubled.sum() * len(surface.parts) / MAX_POINTS)))
    points, pieces = trimesh.remesh.subdivide_to_size(
        surface.points, triangles, max_edge=spacing, max_iter=20, return_index=False
    )
    used = np.unique(points[np.unique(pieces)], axis=0)
    return used[:: max(1, len(surface.parts) * len(used) // (4 * MAX_POINTS))]
