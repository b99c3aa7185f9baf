"""Polygons cut into triangles."""

import manifold3d
import numpy as np

from twin3d.geometry.surfaces.pieces import Floats, Ints


def triangulated(points: Floats, corners: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Polygons cut into triangles: fans of convex ones, ears of the others.

    Args:
        points: Shape (n_points, 3).
        corners: Point indices of all polygons in a row.
        counts: Corners of each polygon, shape (n_polygons,).

    Returns:
        Triangles, shape (n, 3), and the polygon of each, shape (n,).
    """
    starts = np.cumsum(counts) - counts
    triangles, owners = [], []
    for size in np.unique(counts):
        polygons = np.flatnonzero(counts == size)
        corner = corners[starts[polygons, None] + np.arange(size)]
        is_convex = _is_convex(points[corner]) if size > 3 else np.ones(len(polygons), dtype=bool)
        fan = np.stack([np.zeros(size - 2, dtype=int), np.arange(1, size - 1), np.arange(2, size)], axis=1)
        triangles.append(corner[is_convex][:, fan].reshape(-1, 3))
        owners.append(np.repeat(polygons[is_convex], size - 2))
        for polygon, ring in zip(polygons[~is_convex], corner[~is_convex], strict=True):
            ears = ring[ears_of(points[ring])]
            triangles.append(ears)
            owners.append(np.full(len(ears), polygon))
    return np.concatenate(triangles).astype(np.int32), np.concatenate(owners).astype(np.int32)


def ears_of(ring: Floats) -> Ints:
    """Triangles of a roughly plane polygon, indices into its corners; its own orientation is kept."""
    normal = _normals(ring[None])[0]
    axis = np.eye(3)[np.abs(normal).argmin()]
    across = np.cross(normal, axis)
    across /= max(float(np.linalg.norm(across)), 1e-300)
    flat = np.column_stack([ring @ across, ring @ np.cross(normal, across)])
    return np.asarray(manifold3d.triangulate([flat]), dtype=np.int32).reshape(-1, 3)


def _is_convex(rings: Floats) -> np.ndarray:
    """Whether each polygon turns one way at all corners, shape (n,)."""
    before, after = rings - np.roll(rings, 1, axis=1), np.roll(rings, -1, axis=1) - rings
    turns = np.einsum("nci,ni->nc", np.cross(before, after), _normals(rings))
    return np.asarray((turns >= -1e-9 * np.abs(turns).max(axis=1, keepdims=True)).all(axis=1))


def _normals(rings: Floats) -> Floats:
    """Unit normals of polygons by Newell's sum, shape (n, 3)."""
    local = rings - rings[:, :1]
    sums = np.cross(local, np.roll(local, -1, axis=1)).sum(axis=1)
    return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-300))
