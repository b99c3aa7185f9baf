"""The faces of a surface, put on the facets of a mesh that was made from it."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from twin3d.geometry.surface import nearest_triangles
from twin3d.mesh.topology import Facets, find_facets, patches_by_angle
from twin3d.records import Surface
from twin3d.records.mesh import OUTSIDE


def named_faces(
    surface: Surface,
    points: npt.NDArray[np.float64],
    cells: npt.NDArray[np.int32],
    cell_region: npt.NDArray[np.int32],
    *,
    spacing: float,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], tuple[str, ...]]:
    """Boundary and interface facets, the face of each, and the faces' names.

    A face is a smooth patch of one named face of the surface; each facet takes that of the nearest triangle.

    Args:
        surface: What the mesh was made from.
        points: Of the mesh, shape (n_points, 3).
        cells: Of the mesh, shape (n_cells, 4).
        cell_region: Part of each cell, shape (n_cells,).
        spacing: Length of the mesh's edges.
    """
    facets = find_facets(cells, cell_region, len(points))
    patch = patches_by_angle(surface.points, surface.triangles)
    pairs, face = np.unique(np.column_stack([surface.triangle_region, patch]), axis=0, return_inverse=True)
    nearest = nearest_triangles(surface, points[facets.corners], spacing=spacing)
    nearest = _one_sided(surface, nearest, facets, points, spacing)
    used, number = np.unique(face.ravel()[nearest], return_inverse=True)
    names = tuple(surface.region_names[region] for region in pairs[used, 0])
    return facets.corners, number.astype(np.int32), names


def _one_sided(
    surface: Surface, nearest: npt.NDArray[np.int64], facets: Facets, points: npt.NDArray[np.float64], spacing: float
) -> npt.NDArray[np.int64]:
    """Where two parts touch, their triangles coincide; all facets between the two take the triangles of one of them."""
    result = nearest.copy()
    pairs, pair_of_facet = np.unique(facets.parts, axis=0, return_inverse=True)
    for number, parts in enumerate(pairs):
        own = np.flatnonzero(pair_of_facet.ravel() == number)
        owners = surface.triangle_part[nearest[own]]
        counts = np.bincount(owners, minlength=len(surface.parts))
        keeper = int(counts.argmax()) if parts[1] != OUTSIDE else int(parts[0])
        stray = own[owners != keeper]
        candidates = np.flatnonzero(surface.triangle_part == keeper)
        if len(stray) and len(candidates):
            alone = replace(
                surface,
                triangles=surface.triangles[candidates],
                triangle_part=surface.triangle_part[candidates],
                triangle_region=surface.triangle_region[candidates],
            )
            result[stray] = candidates[nearest_triangles(alone, points[facets.corners[stray]], spacing=spacing)]
    return result
