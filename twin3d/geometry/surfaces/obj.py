"""Wavefront OBJ with its objects, groups and materials; material files are never opened."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from twin3d.errors import GeometryError
from twin3d.geometry.names import printable
from twin3d.geometry.surfaces.claims import refuse_many
from twin3d.geometry.surfaces.pieces import Contents, Floats, Ints, Piece, piece
from twin3d.geometry.surfaces.polygons import triangulated
from twin3d.records import PartSource


@dataclass(slots=True)
class _Lines:
    """What the lines of a file said so far."""

    numbers: list[bytes] = field(default_factory=list)
    corners: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    owner: list[int] = field(default_factory=list)
    """Index into `labels` of each face."""
    labels: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """Object, group and material."""
    current: tuple[str, str, str] = ("", "", "")

    def vertex(self, words: Sequence[bytes]) -> None:
        if len(words) < 3:
            raise GeometryError(f"point {len(self.numbers) // 3 + 1} of the OBJ has {len(words)} coordinates, not 3")
        self.numbers += words[:3]

    def face(self, words: Sequence[bytes]) -> None:
        if len(words) < 3:
            return
        n_points = len(self.numbers) // 3
        for word in words:
            number = int(word.partition(b"/")[0])
            self.corners.append(number - 1 if number > 0 else n_points + number)
        self.counts.append(len(words))
        self.owner.append(self.labels.setdefault(self.current, len(self.labels)))

    def label(self, place: int) -> Callable[[Sequence[bytes]], None]:
        def put(words: Sequence[bytes]) -> None:
            name = printable(b" ".join(words).decode("utf-8", "replace"))
            self.current = (*self.current[:place], name, *self.current[place + 1 :])  # type: ignore[assignment]

        return put


def read_obj(path: Path) -> Contents:
    """Read an OBJ file: its objects and groups are the pieces, its materials the faces of a piece.

    Raises:
        GeometryError: It is damaged, or holds no face.
    """
    content = path.read_bytes().replace(b"\\\n", b" ").replace(b"\\\r\n", b" ")
    refuse_many(path.name, content.count(b"\nf "))
    lines = _parse(path.name, content)
    if not lines.counts:
        raise GeometryError(f"{path.name} holds no face, only points or curves; export it as a mesh of triangles")
    points = np.array(lines.numbers, dtype=bytes).astype(np.float64).reshape(-1, 3)
    corners = np.array(lines.corners, dtype=np.int64)
    if corners.min() < 0:
        raise GeometryError(f"{path.name} refers back to points before its first; it is damaged: export it again")
    if corners.max() >= len(points):
        raise GeometryError(
            f"{path.name} refers to point {int(corners.max()) + 1:,}, but has {len(points):,}; it is damaged"
        )
    triangles, face = triangulated(points, corners, np.array(lines.counts))
    labels = list(lines.labels)
    label = np.array(lines.owner)[face]
    keys = [_piece_name(object_name, group) for object_name, group, _ in labels]
    pieces = [
        _piece(name, points, triangles, label, [index for index, key in enumerate(keys) if key == name], labels)
        for name in dict.fromkeys(keys)
    ]
    return Contents(tuple(pieces))


def _parse(name: str, content: bytes) -> _Lines:
    lines = _Lines()
    verbs: dict[bytes, Callable[[Sequence[bytes]], None]] = {
        b"v": lines.vertex,
        b"f": lines.face,
        b"o": lines.label(0),
        b"g": lines.label(1),
        b"usemtl": lines.label(2),
    }
    for number, line in enumerate(content.splitlines(), start=1):
        words = line.split()
        if not words or words[0] not in verbs:
            continue
        try:
            verbs[words[0]](words[1:])
        except ValueError as error:
            raise GeometryError(f"{name}, line {number}: {error}; it is damaged: export it again") from error
    return lines


def _piece_name(object_name: str, group: str) -> str:
    if group in {"", "default", "off", object_name}:
        return object_name
    return f"{object_name}/{group}" if object_name else group


def _piece(
    name: str,
    points: Floats,
    triangles: Ints,
    label: Ints,
    own: Sequence[int],
    labels: Sequence[tuple[str, str, str]],
) -> Piece:
    chosen = np.isin(label, own)
    used, corners = np.unique(triangles[chosen], return_inverse=True)
    materials = list(dict.fromkeys(labels[index][2] for index in own))
    region = np.array([materials.index(labels[index][2]) if index in own else 0 for index in range(len(labels))])
    names = materials if len(materials) > 1 else [""]
    return piece(PartSource(name), points[used], corners.reshape(-1, 3), region[label[chosen]], names)
