"""CAD solids as triangles, for what only works on triangles; loads netgen."""

from typing import Any

import netgen.occ as occ
import numpy as np
import numpy.typing as npt

from twin3d.geometry.surfaces.assembly import assembled
from twin3d.geometry.surfaces.pieces import Contents, piece
from twin3d.records import CadBody, PartSource, Surface

WELD = 2e-6
"""Points closer than this, relative to the largest coordinate, are one."""


def tessellate(body: CadBody) -> Surface:
    """The surfaces of all solids, each closed as far as the kernel's triangles are; one region for each CAD face."""
    points, triangles, parts, regions = [], [], [], []
    names: list[str] = []
    n_points = 0
    for part, solid in enumerate(body.solids):
        own_points, own_triangles, face = triangles_of(solid)
        points.append(own_points)
        triangles.append(own_triangles + n_points)
        parts.append(np.full(len(own_triangles), part))
        regions.append(face + len(names))
        names += [str(one.name or "") for one in solid.faces]
        n_points += len(own_points)
    return Surface(
        points=np.concatenate(points),
        triangles=np.concatenate(triangles).astype(np.int32),
        triangle_part=np.concatenate(parts).astype(np.int32),
        triangle_region=np.concatenate(regions).astype(np.int32),
        parts=body.parts,
        region_names=tuple(names),
        metres_per_unit=body.metres_per_unit,
        messages=body.messages,
    )


def face_surface(shape: Any, name: str, stem: str, metres_per_unit: float | None) -> Surface:
    """The faces of a shape without solids as a surface, repaired as far as is safe.

    Args:
        shape: Of the kernel.
        name: Of the file, for messages.
        stem: Name of the one part.
        metres_per_unit: Length of the unit of the coordinates [m]; None where there is none.

    Raises:
        GeometryError: The faces hold no triangle.
    """
    points, triangles, face = triangles_of(shape)
    names = [str(one.name or "") for one in shape.faces]
    whole = piece(PartSource(stem), points, triangles, face, names)
    note = "the file holds faces but no solid: they were joined as far as they fit"
    return assembled(Contents((whole,), metres_per_unit, (note,)), name, stem)


def triangles_of(solid: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Points, triangles with normals outward and the face of each triangle, shapes (n, 3), (m, 3), (m,)."""
    data = occ.OCCGeometry(solid)._visualizationData()
    corners = np.asarray(data["vertices"]).view(np.float32).reshape(-1, 3, 3).astype(np.float64)
    normals = np.asarray(data["normals"]).view(np.float32).reshape(-1, 3, 3).sum(axis=1)
    face = np.asarray(data["indices"]).view(np.uint32).astype(np.int64)
    vectors = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inwards = np.einsum("ij,ij->i", vectors, normals) < 0.0  # the kernel winds them as its surfaces are, not outwards
    corners[inwards] = corners[inwards][:, [0, 2, 1]]
    points, triangles = _welded(corners)
    kept = (triangles != np.roll(triangles, 1, axis=1)).all(axis=1)
    return points, triangles[kept], face[kept]


def _welded(corners: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Points that are one within the kernel's single precision, and the triangles between them."""
    flat = corners.reshape(-1, 3)
    grid = WELD * float(np.abs(flat).max())
    _, first, index = np.unique(np.rint(flat / grid).astype(np.int64), axis=0, return_index=True, return_inverse=True)
    return flat[first], index.reshape(-1, 3)
