"""The faces of a mesh as people speak of them: planes, cylinders and holes, with sizes and places."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.mesh.shapes import FaceKind, Shape, fit_shape
from twin3d.records import TetMesh

Array: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int32]

SAME_AXIS = 0.02
"""Cylinders whose radii and axes differ by less than this, relative to the radius, are one bore."""
SAME_DIRECTION = 0.999
"""Cosine above which two directions are the same (2.6°)."""
N_SECTORS = 360
"""Sectors around an axis, all of which the facets of a hole reach."""


@dataclass(frozen=True, eq=False, slots=True)
class Face:
    """One CAD face or patch, as seen from one part."""

    number: int
    """Row in the table of faces, counted from 1: what ``id`` means in a selector."""
    facets: IntArray
    """Indices into the mesh's facets, shape (n,)."""
    region: int
    """CAD face or patch, as in `TetMesh.facet_region`."""
    parts: tuple[int, int]
    """Part inside and part outside, -1 where there is no material."""
    name: str
    area: float
    """[m²]."""
    centroid: Array
    """[m], shape (3,)."""
    low: Array
    """Lowest corner of the bounding box [m], shape (3,)."""
    high: Array
    """Highest corner of the bounding box [m], shape (3,)."""
    shape: Shape
    is_hole: bool
    """Whether it is a cylinder that curves inwards and, with its fellows on the same axis, closes all the way round."""

    @property
    def kind(self) -> FaceKind:
        """What it is."""
        return self.shape.kind

    @property
    def direction(self) -> Array:
        """Outward normal of a plane, axis of a cylinder or cone, shape (3,)."""
        return self.shape.direction

    @property
    def radius(self) -> float:
        """Of a cylinder or sphere [m]; NaN for others."""
        return self.shape.radius


def face_table(mesh: TetMesh) -> tuple[Face, ...]:
    """All faces of a mesh, one entry for each CAD face and pair of parts."""
    keys, row_of_facet = _rows(mesh)
    order = np.argsort(row_of_facet, kind="stable")
    ends = np.cumsum(np.bincount(row_of_facet))
    vectors = mesh.facet_area_vectors()
    faces = [
        _face(mesh, vectors, chosen.astype(np.int32), row, tuple(map(int, key)))
        for row, (key, chosen) in enumerate(zip(keys, np.split(order, ends[:-1]), strict=True))
    ]
    bores = [face for face in faces if face.kind == "cylinder" and face.shape.is_concave]
    holes = {face.number for face in bores if _closes(face, bores, mesh)}
    return tuple(replace(face, is_hole=face.number in holes) for face in faces)


def face_numbers(mesh: TetMesh) -> IntArray:
    """Number of the face that each facet belongs to, shape (n_facets,), without the work of the table."""
    return (_rows(mesh)[1] + 1).astype(np.int32)


def _rows(mesh: TetMesh) -> tuple[IntArray, npt.NDArray[np.int64]]:
    keys = np.column_stack([mesh.facet_region, mesh.facet_parts])
    rows, row_of_facet = np.unique(keys, axis=0, return_inverse=True)
    return rows, row_of_facet.ravel()


def _face(mesh: TetMesh, vectors: Array, facets: IntArray, row: int, key: tuple[int, ...]) -> Face:
    region, inner, outer = key
    areas = np.maximum(np.linalg.norm(vectors[facets], axis=1), 1e-300)
    corners = mesh.points[mesh.facets[facets]]
    centres = corners.mean(axis=1)
    points = mesh.points[np.unique(mesh.facets[facets])]
    return Face(
        number=row + 1,
        facets=facets,
        region=region,
        parts=(inner, outer),
        name=mesh.face_names[region] if region < len(mesh.face_names) else "",
        area=float(areas.sum()),
        centroid=(centres * areas[:, None]).sum(axis=0) / areas.sum(),
        low=points.min(axis=0),
        high=points.max(axis=0),
        shape=fit_shape(points, centres, vectors[facets] / areas[:, None], areas / areas.sum()),
        is_hole=False,
    )


def _closes(face: Face, bores: Sequence[Face], mesh: TetMesh) -> bool:
    """Whether a bore and its fellows go all the way round: STEP writers split cylinders into halves."""
    along = _heights(face, face, mesh)
    reached = np.zeros(N_SECTORS, dtype=bool)
    for other in filter(lambda bore: _is_fellow(face, bore), bores):
        heights = _heights(other, face, mesh)
        overlap = min(along.max(), heights.max()) - max(along.min(), heights.min())
        if overlap > 0.5 * min(np.ptp(along), np.ptp(heights)):
            reached |= _sectors(other, face, mesh)
    return bool(reached.all())


def _is_fellow(face: Face, other: Face) -> bool:
    """Whether two bores of a part have the same axis and radius."""
    between = other.shape.origin - face.shape.origin
    off = float(np.linalg.norm(between - (between @ face.direction) * face.direction))
    return (
        face.parts[0] == other.parts[0]
        and abs(face.radius - other.radius) < SAME_AXIS * face.radius
        and abs(float(face.direction @ other.direction)) > SAME_DIRECTION
        and off < SAME_AXIS * face.radius
    )


def _heights(face: Face, axis_of: Face, mesh: TetMesh) -> Array:
    return np.asarray(mesh.points[mesh.facets[face.facets]].reshape(-1, 3) @ axis_of.direction)


def _sectors(face: Face, axis_of: Face, mesh: TetMesh) -> npt.NDArray[np.bool_]:
    """The sectors around an axis that the facets of a face reach."""
    axis = axis_of.direction
    u = np.cross(axis, np.eye(3)[np.abs(axis).argmin()])
    u /= np.linalg.norm(u)
    local = mesh.points[mesh.facets[face.facets]] - axis_of.shape.origin
    turns = np.arctan2(local @ np.cross(axis, u), local @ u) / (2.0 * np.pi)
    turns[:, 1:] = turns[:, :1] + (turns[:, 1:] - turns[:, :1] + 0.5) % 1.0 - 0.5
    first = np.floor(turns.min(axis=1) * N_SECTORS).astype(int)
    last = np.floor(turns.max(axis=1) * N_SECTORS).astype(int)
    counts = np.zeros(3 * N_SECTORS + 1, dtype=int)
    np.add.at(counts, first + N_SECTORS, 1)
    np.add.at(counts, last + N_SECTORS + 1, -1)
    return np.asarray((np.cumsum(counts)[:-1].reshape(3, N_SECTORS) > 0).any(axis=0))
