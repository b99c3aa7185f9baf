"""Gathers the facets of an enclosure into patches: groups of one face, small and nearly flat."""

import numpy as np
import numpy.typing as npt

from twin3d.errors import SolverError
from twin3d.fem.enclosure.facets import checked_corners

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]

ROUNDEST = 0.5
"""Greatest mean distance between the normals of a patch and their mean: about 40 degrees."""


def gather_patches(corners: Array, face_of_facet: npt.NDArray[np.integer], *, patch_size: float) -> IntArray:
    """Halve each face along its longest side until its pieces are no longer than the size, and nearly flat.

    Args:
        corners: Corners of facets [m], shape (n_facets, 3, 3).
        face_of_facet: Facets with different numbers are never of one patch, shape (n_facets,).
        patch_size: Longest side of the box around the facet middles of a patch [m].

    Returns:
        The patch of each facet, shape (n_facets,); patches are numbered by face.

    Raises:
        MeshError: A facet has no area, or a corner that is not finite.
        SolverError: The size is not positive, or the faces are not of the facets.
    """
    corners = checked_corners(corners, "facet")
    if not patch_size > 0.0:
        raise SolverError(f"the patch size is {patch_size} m; must be > 0")
    if np.shape(face_of_facet) != (len(corners),):
        raise SolverError(f"face_of_facet has shape {np.shape(face_of_facet)}; there are {len(corners)} facets")
    middles = corners.mean(axis=1)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    patch_of_facet = np.zeros(len(corners), dtype=np.int32)
    waiting = [np.flatnonzero(face_of_facet == face) for face in np.unique(face_of_facet)[::-1]]
    n_patches = 0
    while waiting:
        members = waiting.pop()
        halves = _halves(members, middles, normals, patch_size)
        waiting.extend(halves)
        if not halves:
            patch_of_facet[members] = n_patches
            n_patches += 1
    return patch_of_facet


def _halves(
    members: npt.NDArray[np.intp], middles: Array, normals: Array, patch_size: float
) -> list[npt.NDArray[np.intp]]:
    """Two parts, by position where the patch is long, by normal where it is short but round; none where it is fine."""
    own = normals[members]
    for values, limit in ((middles[members], patch_size), (own, np.inf)):
        is_round = np.linalg.norm(own - own.mean(axis=0), axis=1).mean() > ROUNDEST
        span = np.ptp(values, axis=0)
        if len(members) > 1 and (span.max() > limit or (limit == np.inf and is_round)):
            along = values[:, span.argmax()]
            upper = along > 0.5 * (along.min() + along.max())
            return [members[upper], members[~upper]]
    return []
