"""STL, binary and text; the solids of a text keep their names."""

import re
from pathlib import Path

import numpy as np

from twin3d.errors import GeometryError
from twin3d.geometry.names import printable
from twin3d.geometry.surfaces.claims import STL_HEADER, STL_TRIANGLE, is_text_stl, n_stl_triangles, refuse_many
from twin3d.geometry.surfaces.pieces import Contents, Piece, piece
from twin3d.records import PartSource

_SOLID = re.compile(rb"^[ \t]*solid\b([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_VERTEX = re.compile(rb"\bvertex\s+(\S+)\s+(\S+)\s+(\S+)", re.IGNORECASE)
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("spare", "<u2")])


def read_stl(path: Path) -> Contents:
    """Read an STL file.

    Raises:
        GeometryError: It is cut short or damaged, or empty.
    """
    content = path.read_bytes()
    if not is_text_stl(content[:4096], len(content)):
        return _read_binary(path, content)
    refuse_many(path.name, content.count(b"endloop"))
    starts = [*_SOLID.finditer(content)]
    ends = [*(start.start() for start in starts[1:]), len(content)]
    found = [
        _text_solid(path, printable(start[1].decode("utf-8", "replace")), content[start.end() : end])
        for start, end in zip(starts, ends, strict=True)
    ]
    pieces = tuple(solid for solid in found if solid is not None)
    if not pieces:
        raise GeometryError(f"{path.name} holds no triangle; export it again")
    short = not re.search(rb"endsolid", content[ends[-2] if len(ends) > 1 else 0 :], re.IGNORECASE)
    messages = ("the file ends without 'endsolid'; was it cut short?",) if short else ()
    return Contents(pieces, messages=messages)


def _text_solid(path: Path, name: str, block: bytes) -> Piece | None:
    corners = np.array(_VERTEX.findall(block), dtype=bytes)
    if not corners.size:
        return None
    if len(corners) % 3:
        raise GeometryError(f"{path.name} ends within a triangle; it was cut short: export it again")
    try:
        numbers = corners.astype(np.float64)
    except ValueError as error:
        raise GeometryError(f"{path.name}: solid {name!r} has a coordinate that is no number: {error}") from error
    return piece(PartSource(name), numbers, np.arange(len(numbers)))


def _read_binary(path: Path, content: bytes) -> Contents:
    count = n_stl_triangles(content)
    if not count:
        raise GeometryError(f"{path.name} holds no triangle; it is no STL, or was cut short: export it again")
    rest = len(content) - STL_HEADER - STL_TRIANGLE * count
    if rest < 0:
        raise GeometryError(f"{path.name} claims {count:,} triangles and has no room for them; export it again")
    corners = np.frombuffer(content, dtype=_TRIANGLE, count=count, offset=STL_HEADER)["corners"].reshape(-1, 3)
    messages = (f"{rest:,} bytes after the last triangle were left out",) if rest else ()
    return Contents((piece(PartSource(path.stem), corners, np.arange(len(corners))),), messages=messages)
