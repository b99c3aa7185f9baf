"""The faces of a mesh as people speak of them: planes, cylinders and holes, with sizes and places."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.records import TetMesh

Array: TypeAlias = npt.NDArray[np.float64]
FaceKind: TypeAlias = Literal["plane", "cylinder", "other"]

FLAT = 0.9995
"""Length of the mean unit normal above which a face is plane."""
ROUND = 0.02
"""Largest distance of a cylinder's points from it, relative to its radius."""


@dataclass(frozen=True, eq=False, slots=True)
class Face:
    """One CAD face or patch, as seen from one part."""

    facets: npt.NDArray[np.int32]
    """Indices into the mesh's facets, shape (n,)."""
    parts: tuple[int, int]
    """Part inside and part outside, -1 where there is no material."""
    name: str
    kind: FaceKind
    area: float
    """[m²]."""
    centroid: Array
    """[m], shape (3,)."""
    low: Array
    """Lowest corner of the bounding box [m], shape (3,)."""
    high: Array
    """Highest corner of the bounding box [m], shape (3,)."""
    direction: Array
    """Outward normal of a plane, axis of a cylinder, shape (3,)."""
    radius: float
    """Of a cylinder [m]; NaN for others."""
    is_hole: bool
    """Whether a cylinder curves inwards, material outside."""


def face_table(mesh: TetMesh) -> tuple[Face, ...]:
    """All faces of a mesh, one entry for each CAD face and pair of parts."""
    keys = np.column_stack([mesh.facet_region, mesh.facet_parts])
    groups, group_of_facet = np.unique(keys, axis=0, return_inverse=True)
    order = np.argsort(group_of_facet.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(group_of_facet.ravel()))
    vectors = mesh.facet_area_vectors()
    return tuple(
        _face(mesh, vectors, chosen.astype(np.int32), tuple(map(int, key)))
        for key, chosen in zip(groups, np.split(order, ends[:-1]), strict=True)
    )


def _face(mesh: TetMesh, vectors: Array, facets: npt.NDArray[np.int32], key: tuple[int, ...]) -> Face:
    region, inner, outer = key
    areas = np.linalg.norm(vectors[facets], axis=1)
    normals = vectors[facets] / areas[:, None]
    corners = mesh.points[mesh.facets[facets]]
    centres = corners.mean(axis=1)
    points = mesh.points[np.unique(mesh.facets[facets])]
    kind, direction, radius, is_hole = _shape(points, centres, normals, areas / areas.sum())
    return Face(
        facets=facets,
        parts=(inner, outer),
        name=mesh.face_names[region] if region < len(mesh.face_names) else "",
        kind=kind,
        area=float(areas.sum()),
        centroid=(centres * areas[:, None]).sum(axis=0) / areas.sum(),
        low=points.min(axis=0),
        high=points.max(axis=0),
        direction=direction,
        radius=radius,
        is_hole=is_hole,
    )


def _shape(points: Array, centres: Array, normals: Array, weights: Array) -> tuple[FaceKind, Array, float, bool]:
    """Kind, normal or axis, radius, and whether it is a hole."""
    mean = weights @ normals
    length = float(np.linalg.norm(mean))
    if length > FLAT:
        return "plane", mean / length, float("nan"), False
    spread, axes = np.linalg.eigh((normals * weights[:, None]).T @ normals)
    axis = axes[:, 0]
    fit = _circle(points @ axes[:, 1:]) if spread[0] < 0.05 else None
    if fit is None:
        return "other", mean / max(length, 1e-300), float("nan"), False
    centre, radius = fit
    outwards = (centres @ axes[:, 1:] - centre) @ axes[:, 1:].T
    is_hole = float(weights @ np.einsum("ij,ij->i", outwards, normals)) < 0.0
    return "cylinder", axis, radius, is_hole


def _circle(points: Array) -> tuple[Array, float] | None:
    """Centre and radius of the circle through points of a plane; None when they are not on one.

    The algebraic fit of Kåsa, IEEE Trans. Instrum. Meas. 25 (1976) 8–14.
    """
    origin = points.mean(axis=0)
    local = points - origin
    squares = (local**2).sum(axis=1)
    solution = np.linalg.lstsq(np.column_stack([2.0 * local, np.ones(len(local))]), squares, rcond=None)[0]
    centre = solution[:2]
    radius = float(np.sqrt(max(solution[2] + centre @ centre, 0.0)))
    off = np.abs(np.linalg.norm(local - centre, axis=1) - radius)
    return (centre + origin, radius) if radius > 0.0 and off.max() < ROUND * radius else None
