"""3MF: objects, components and the build of a printing job, with names and the unit of the file.

The 3MF core specification 1.3 and its production extension, which spreads a model over several members.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np

from twin3d.errors import GeometryError
from twin3d.geometry.names import printable
from twin3d.geometry.surfaces.claims import refuse_many
from twin3d.geometry.surfaces.pieces import Contents, Floats, Piece, piece, placed
from twin3d.records import PartSource

UNITS_M = {"micron": 1e-6, "millimeter": 1e-3, "centimeter": 1e-2, "inch": 0.0254, "foot": 0.3048, "meter": 1.0}
MAX_INSTANCES = 100_000
MAX_DEPTH = 100
CHUNK_BYTES = 2**20


@dataclass(slots=True)
class _Object:
    """An object of the file: a mesh, or a list of others."""

    name: str
    is_support: bool
    colour: tuple[str, str]
    """Number of a list of materials, and place in it."""
    points: list[str] = field(default_factory=list)
    corners: list[str] = field(default_factory=list)
    components: list["_Use"] = field(default_factory=list)


@dataclass(frozen=True, eq=False, slots=True)
class _Use:
    """An object, placed."""

    key: tuple[str, str]
    """Member and number of the object."""
    matrix: Floats


@dataclass(slots=True)
class _Model:
    """What the members of the archive said so far."""

    unit: str = "millimeter"
    objects: dict[tuple[str, str], _Object] = field(default_factory=dict)
    build: list[_Use] = field(default_factory=list)
    colours: dict[tuple[str, str], list[str]] = field(default_factory=dict)


def read_three_mf(path: Path) -> Contents:
    """Read a 3MF file: every object that is built is a piece.

    Raises:
        GeometryError: It is damaged, or builds nothing.
    """
    model = _Model()
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if member.lower().endswith(".model"):
                _read_member(path.name, archive, member, model)
    if model.unit not in UNITS_M:
        raise GeometryError(f"{path.name} has the unknown unit {model.unit!r}; it is one of {', '.join(UNITS_M)}")
    pieces, n_supports = _built(path.name, model)
    if not pieces:
        raise GeometryError(f"{path.name} builds no object with triangles; export it again")
    messages = (f"{n_supports} supports for printing were left out",) if n_supports else ()
    return Contents(tuple(pieces), UNITS_M[model.unit], messages)


def _read_member(name: str, archive: zipfile.ZipFile, member: str, model: _Model) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    handler = _Handler("/" + member.lstrip("/"), model)
    parser.StartElementHandler = handler.start
    parser.StartDoctypeDeclHandler = handler.refuse
    try:
        with archive.open(member) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                parser.Parse(chunk)
        parser.Parse(b"", True)  # noqa: FBT003  expat takes it by place
    except (expat.ExpatError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise GeometryError(f"{name}: {member} is damaged: {error}; export it again") from error


class _Handler:
    """Collects the elements of one member."""

    def __init__(self, member: str, model: _Model) -> None:
        self._member = member
        self._model = model
        self._object = _Object("", is_support=False, colour=("", ""))
        self._colours: list[str] = []

    def refuse(self, *_: Any) -> None:
        """A document type, hidden from the first look."""
        raise GeometryError(f"{self._member} declares a document type; no geometry needs it: export again")

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        """One element; the frequent ones first."""
        name = tag.rpartition(" ")[2]
        if name == "vertex":
            self._object.points += (given["x"], given["y"], given["z"])
        elif name == "triangle":
            self._object.corners += (given["v1"], given["v2"], given["v3"])
        else:
            self._rare(name, {key.rpartition(" ")[2]: value for key, value in given.items()})

    def _rare(self, name: str, given: Mapping[str, str]) -> None:
        match name:
            case "object":
                support = given.get("type", "model") in {"support", "solidsupport"}
                colour = given.get("pid", ""), given.get("pindex", "0")
                self._object = _Object(printable(given.get("name", "")), is_support=support, colour=colour)
                self._model.objects[self._member, given["id"]] = self._object
            case "component":
                self._object.components.append(self._use(given))
            case "item":
                self._model.build.append(self._use(given))
            case "basematerials":
                self._colours = self._model.colours.setdefault((self._member, given["id"]), [])
            case "base":
                self._colours.append(given.get("displaycolor", "")[:7].lower())
            case "model" if self._model.unit == "millimeter":
                self._model.unit = given.get("unit", "millimeter")

    def _use(self, given: Mapping[str, str]) -> _Use:
        return _Use((given.get("path", self._member), given["objectid"]), _matrix(given.get("transform", "")))


def _matrix(text: str) -> Floats:
    """A transform of twelve numbers, which multiplies rows, as a matrix of shape (4, 4) that multiplies columns."""
    matrix = np.eye(4)
    if text:
        matrix[:3] = np.array(text.split(), dtype=np.float64).reshape(4, 3).T
    return matrix


def _built(name: str, model: _Model) -> tuple[list[Piece], int]:
    """The pieces that the build places, and the number of supports left out."""
    pieces: list[Piece] = []
    n_supports, n_triangles = 0, 0
    pending: list[tuple[_Use, Floats, tuple[str, ...]]] = [(use, np.eye(4), ()) for use in reversed(model.build)]
    while pending:
        use, above, path = pending.pop()
        if use.key not in model.objects or len(path) > MAX_DEPTH or len(pieces) > MAX_INSTANCES:
            raise GeometryError(f"{name}: object {use.key[1]} is missing, contains itself, or is placed too often")
        entry = model.objects[use.key]
        matrix = above @ use.matrix
        own_path = (*path, entry.name)
        pending += [(inner, matrix, own_path) for inner in reversed(entry.components)]
        n_supports += entry.is_support
        if entry.corners and not entry.is_support:
            n_triangles += len(entry.corners) // 3
            refuse_many(name, n_triangles)
            pieces.append(_piece(entry, own_path, matrix, model.colours.get((use.key[0], entry.colour[0]), [])))
    return pieces, n_supports


def _piece(entry: _Object, path: tuple[str, ...], matrix: Floats, colours: list[str]) -> Piece:
    points = np.array(entry.points, dtype=np.float64).reshape(-1, 3)
    corners = np.array(entry.corners, dtype=np.int64).reshape(-1, 3)
    moved, turned = placed(points, corners.astype(np.int32), matrix)
    index = int(entry.colour[1])
    colour = colours[index] if 0 <= index < len(colours) else ""
    named = [step for step in path if step]
    source = PartSource(named[-1] if named else "", "/".join(named), entry.name, colour)
    return piece(source, moved, turned)
