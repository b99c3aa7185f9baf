"""Each face in words: what it is, how large, where, and a selector that chooses it and no other."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.errors import SceneError, SelectionError
from twin3d.mesh.faces import Face, face_table
from twin3d.mesh.locate import nearest_on_triangles
from twin3d.mesh.selection import select_facets
from twin3d.records import TetMesh
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import selectors
from twin3d.scene.grouping import escape_glob

Array: TypeAlias = npt.NDArray[np.float64]

SAME_DIRECTION = 0.999
"""Cosine above which selectors take two directions as the same."""
LARGEST = " and largest"
CLEARLY_SMALLER = 0.95
"""The next largest face has less than this share of the area of one that is called the largest."""
MAX_TRIED = 400
"""Faces, by area, for which a selector in words is looked for; the others get their number."""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.:/-]+")
_RESERVED = frozenset({"and", "or", "not", "to"})


@dataclass(frozen=True, eq=False, slots=True)
class FaceWords:
    """One face as people speak of it."""

    number: int
    """Row in the table of faces, counted from 1."""
    face: Face
    part: str
    """The part that it bounds."""
    neighbour: str
    """The part on its other side; empty for an outer face."""
    kind: str
    """``plane``, ``hole``, ``cylinder``, …"""
    selector: str
    """Chooses exactly this face; ``id`` and its number where no words do."""

    @property
    def is_outer(self) -> bool:
        """Whether there is no material on its other side."""
        return self.face.parts[1] == OUTSIDE

    @property
    def where(self) -> str:
        """The part that it bounds, or both parts that it lies between."""
        return self.part if self.is_outer else f"{self.part} | {self.neighbour}"

    @property
    def shape(self) -> str:
        """What it is, such as ``plane +z`` or ``hole r 3.3 mm along x``."""
        axis = direction_text(self.face.direction)
        if self.kind == "plane":
            return f"plane {axis}"
        axis = axis.lstrip("+-") if axis[1:] in ("x", "y", "z") else axis
        radius = "" if math.isnan(self.face.radius) else f" r {self.face.radius * 1e3:.4g} mm"
        return f"{self.kind}{radius}" + (f" along {axis}" if self.kind in {"hole", "cylinder", "cone"} else "")


def describe_faces(
    mesh: TetMesh, faces: Sequence[Face] | None = None, *, numbers: Sequence[int] | None = None
) -> tuple[FaceWords, ...]:
    """Faces of a mesh in words, numbered like the rows of `face_table`, counted from 1.

    Args:
        mesh: The mesh.
        faces: Its table of faces, where it is at hand.
        numbers: Which faces; None takes all.
    """
    table = face_table(mesh) if faces is None else faces
    rows = range(len(table)) if numbers is None else [number - 1 for number in numbers]
    tried = set(sorted(rows, key=lambda row: -table[row].area)[:MAX_TRIED])
    names = (*mesh.part_names, "")
    return tuple(
        FaceWords(
            number=row + 1,
            face=table[row],
            part=names[table[row].parts[0]],
            neighbour=names[table[row].parts[1]],
            kind="hole" if table[row].is_hole else str(table[row].kind),
            selector=exact_selector(mesh, table, row) if row in tried else f"id {row + 1}",
        )
        for row in rows
    )


def exact_selector(mesh: TetMesh, faces: Sequence[Face], row: int) -> str:
    """The first of several candidates that chooses exactly one face, by geometry before by number.

    Args:
        mesh: The mesh.
        faces: Its table of faces.
        row: Which one.
    """
    face = faces[row]
    wanted = _both_sides(mesh, faces, face)
    return next(
        (
            text
            for text in _candidates(mesh, face)
            if _chosen(mesh, faces, text) == wanted and _is_clear(mesh, faces, face, text)
        ),
        f"id {row + 1}",
    )


def _is_clear(mesh: TetMesh, faces: Sequence[Face], face: Face, text: str) -> bool:
    """Whether ``largest`` means a face that is larger by more than another mesh would change."""
    if not text.endswith(LARGEST):
        return True
    rivals = _chosen(mesh, faces, text.removesuffix(LARGEST)) - _both_sides(mesh, faces, face)
    return all(other.area < CLEARLY_SMALLER * face.area for other in faces if int(other.facets[0]) in rivals)


def _both_sides(mesh: TetMesh, faces: Sequence[Face], face: Face) -> frozenset[int]:
    """Facets of a face; of a contact those of both sides, which no selector tells apart."""
    near = 1e-6 * float(np.linalg.norm(np.ptp(mesh.points, axis=0)))
    same = [
        other
        for other in faces
        if other.parts == face.parts[::-1] and float(np.linalg.norm(other.centroid - face.centroid)) < near
    ]
    return frozenset(int(index) for other in (face, *same) for index in other.facets)


def _chosen(mesh: TetMesh, faces: Sequence[Face], text: str) -> frozenset[int]:
    """Facets that a selector chooses; none where it means nothing here."""
    try:
        return frozenset(map(int, select_facets(mesh, selectors.parse(text), faces=faces)))
    except (SceneError, SelectionError):
        return frozenset()


def _candidates(mesh: TetMesh, face: Face) -> Iterator[str]:
    """Selectors that may choose a face, those that read best and outlive a re-export first."""
    is_outer = face.parts[1] == OUTSIDE
    names = [quoted(mesh.part_names[part]) for part in face.parts if part != OUTSIDE]
    part = f"part {names[0]}" if is_outer else f"between {names[0]} {names[1]}"
    start = "" if is_outer and len(mesh.part_names) == 1 else f"{part} and "
    shapes = list(_shape_terms(face))
    if not is_outer:
        yield part
    if face.name:
        yield f"name {quoted(face.name)}"
        yield f"{part} and name {quoted(face.name)}"
    if is_outer:
        yield from shapes
    if start:
        yield from (f"{start}{shape}" for shape in shapes)
    relative = [shape for shape in shapes if not shape.startswith(("plane max", "plane min"))]
    yield from (f"{start}{shape}{LARGEST}" for shape in relative)
    if is_outer:
        yield from _near_terms(mesh, face)
    boxes = list(_boxes(mesh, face))
    yield from (f"{start}{shape} and {box}" for box in boxes for shape in relative[:1])
    yield from (f"{part} and {box}" for box in boxes)


def _shape_terms(face: Face) -> Iterator[str]:
    kind = str(face.kind)
    if kind == "plane":
        axis = direction_text(face.direction)
        if axis.lstrip("+-") in ("x", "y", "z"):
            yield f"plane {'min' if axis.startswith('-') else 'max'} {axis[1:]}"
        yield f"normal {axis}"
    elif kind == "cylinder":
        word = "hole" if face.is_hole else "cylinder"
        radii = dict.fromkeys(f"r={face.radius * 1e3:.{digits}g} mm" for digits in (2, 4))
        axis = direction_text(face.direction).lstrip("+")
        axis = axis.lstrip("-") if axis.lstrip("-") in ("x", "y", "z") else axis
        yield from (f"{word} {radius}" for radius in radii)
        yield from (f"{word} {radius} along {axis}" for radius in radii)
    elif kind == "sphere":
        yield f"sphere r={face.radius * 1e3:.4g} mm"
    elif kind == "cone":
        yield "cone"


def _near_terms(mesh: TetMesh, face: Face) -> Iterator[str]:
    """A point of a face in ever more digits."""
    size = float(np.linalg.norm(np.ptp(mesh.points, axis=0)))
    corners = mesh.points[mesh.facets[face.facets]]
    nearest, _ = nearest_on_triangles(corners, np.broadcast_to(face.centroid, (len(corners), 3)))
    off = np.linalg.norm(nearest - face.centroid, axis=1)
    centres = corners.mean(axis=1)
    middle = centres[np.linalg.norm(centres - face.centroid, axis=1).argmin()]
    point = face.centroid if off.min() < 1e-6 * size else middle
    coarsest = int(np.floor(np.log10(size * 1e3))) - 2
    texts = [f"near {_point(point, step)}" for step in (coarsest, coarsest - 1, coarsest - 2, coarsest - 4)]
    yield from dict.fromkeys(texts)


def _boxes(mesh: TetMesh, face: Face) -> Iterator[str]:
    """Boxes around a face, ever tighter."""
    size = float(np.linalg.norm(np.ptp(mesh.points, axis=0)))
    coarsest = int(np.floor(np.log10(size * 1e3))) - 1
    for step in (coarsest, coarsest - 1, coarsest - 2, coarsest - 3):
        unit = 10.0**step * 1e-3
        low, high = (np.floor(face.low / unit - 0.05) * unit, np.ceil(face.high / unit + 0.05) * unit)
        yield f"box {_numbers(low, step)} to {_point(high, step)}"


def _point(position: Array, step: int) -> str:
    return f"{_numbers(position, step)} mm"


def _numbers(position: Array, step: int) -> str:
    """Coordinates in millimetres, rounded to a power of ten."""
    return ",".join(f"{round(value * 1e3, -step) + 0.0:.9g}" for value in position)


def direction_text(direction: Array) -> str:
    """A direction as selectors write it: ``+z``, or three numbers."""
    for name, axis in zip("xyz", np.eye(3), strict=True):
        cosine = float(direction @ axis)
        if abs(cosine) > SAME_DIRECTION:
            return f"{'-' if cosine < 0.0 else '+'}{name}"
    return ",".join(f"{round(value, 3) + 0.0:.4g}" for value in direction)


def quoted(name: str) -> str:
    """A name as a glob that matches it alone, in quotes where the grammar needs them."""
    glob = escape_glob(name)
    if _PLAIN_NAME.fullmatch(glob) and glob not in _RESERVED:
        return glob
    return f"'{glob}'" if '"' in glob else f'"{glob}"'
