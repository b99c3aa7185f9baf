"""Checks and measures of triangles given by their corners."""

import numpy as np
import numpy.typing as npt

from twin3d.errors import MeshError

Array = npt.NDArray[np.float64]


def checked_corners(corners: Array, word: str) -> Array:
    """Corners as one array, shape (n, 3, 3).

    Raises:
        MeshError: The shape is wrong, there are none, a corner is not finite, or a triangle has no area.
    """
    corners = np.ascontiguousarray(corners, dtype=np.float64)
    if corners.ndim != 3 or corners.shape[1:] != (3, 3) or not len(corners):
        raise MeshError(f"{word} corners have shape {corners.shape}; expected (n, 3, 3) with n > 0")
    if not np.isfinite(corners).all():
        raise MeshError(f"{word} {np.argwhere(~np.isfinite(corners))[0, 0]} has a corner that is not finite")
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    flat = np.flatnonzero(~(areas_of(corners) > 1e-12 * longest**2))
    if flat.size:
        raise MeshError(f"{flat.size} {word}s have no area, first is {flat[0]}; repair the mesh or leave them out")
    return corners


def areas_of(corners: Array) -> Array:
    """Areas [m²], shape (n,)."""
    return np.asarray(
        0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    )
