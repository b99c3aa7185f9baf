"""The sections of a Gmsh MSH file, 2.2 and 4.1, text and binary (Gmsh reference manual, MSH file format)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from twin3d.errors import GeometryError
from twin3d.geometry.names import decoded
from twin3d.geometry.volumes.draft import Floats, Ints
from twin3d.geometry.volumes.msh_types import N_POINTS
from twin3d.geometry.volumes.runs import equal_rows
from twin3d.geometry.volumes.source import ByteSource, TextSource, checked_count, numbers

Source: TypeAlias = ByteSource | TextSource

REMEDY = "save it from Gmsh as version 4.1 or 2.2 (Mesh.MshFileVersion)"
_NAME = re.compile(rb'^\s*(\d)\s+(-?\d+)\s+"([^"\n]*)"', re.M)
_SECTION = re.compile(rb"\$([A-Za-z]+)[ \t]*\r?\n")


@dataclass(frozen=True, eq=False, slots=True)
class Elements:
    """Elements of one type."""

    kind: int
    """Gmsh's number of the type."""
    points: Ints
    """Node ids, shape (n, k)."""
    groups: Ints
    """Physical group, 0 for none, shape (n,)."""
    entities: Ints
    """Geometrical entity, shape (n,)."""


@dataclass(slots=True)
class MshContent:
    """What a file holds, filled section by section."""

    version: str = ""
    order: Literal["<", ">"] = "<"
    is_binary: bool = False
    names: dict[tuple[int, int], str] = field(default_factory=dict)
    """Dimension and number of a physical group → its name."""
    groups_of: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)
    """Dimension and tag of an entity → its physical groups."""
    ids: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    points: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    elements: list[Elements] = field(default_factory=list)


def read_content(data: bytes) -> MshContent:
    """Read all sections that matter.

    Raises:
        GeometryError: A section is damaged or missing, or the version is another.
    """
    content = MshContent()
    at, seen = 0, set()
    while match := _SECTION.search(data, at):
        name = match[1].decode("ascii")
        if name in seen and name in {"Nodes", "Elements"}:
            raise GeometryError(f"the section ${name} is there twice; export the file again")
        if name == "NOD":
            raise GeometryError(f"this is MSH version 1; {REMEDY}")
        seen.add(name)
        at = _read_section(content, name, data, match.end())
    if "MeshFormat" not in seen:
        raise GeometryError(f"this is no MSH file of version 2.2 or 4.1; {REMEDY}")
    for needed in ("Nodes", "Elements"):
        if needed not in seen:
            raise GeometryError(f"the section ${needed} is missing; the file is cut short, export it again")
    content.elements = _by_kind(content.elements)
    return content


def _by_kind(elements: list[Elements]) -> list[Elements]:
    """One block for each type of element; a file may have as many blocks as elements."""
    kinds: dict[int, list[Elements]] = {}
    for block in elements:
        kinds.setdefault(block.kind, []).append(block)
    return [
        Elements(
            kind,
            np.concatenate([block.points for block in blocks]),
            np.concatenate([block.groups for block in blocks]),
            np.concatenate([block.entities for block in blocks]),
        )
        for kind, blocks in kinds.items()
    ]


def _read_section(content: MshContent, name: str, data: bytes, start: int) -> int:
    """Read one section; the answer is where the next may begin."""
    end_mark = b"$End" + name.encode("ascii")
    reader = {"Nodes": _nodes, "Elements": _elements, "Entities": _entities}.get(name)
    if name == "Entities" and content.version != "4.1":
        reader = None
    if reader is not None and not content.version:
        raise GeometryError(f"${name} comes before $MeshFormat; {REMEDY}")
    if content.is_binary and reader is not None:
        source = ByteSource(data, start, f"${name}", order=content.order)
        reader(content, source, data)
        end = source.at
        if not data[end : end + 40].lstrip().startswith(end_mark):
            raise GeometryError(f"${name} does not end where its counts say; the file is damaged, export it again")
        return data.index(end_mark, end) + len(end_mark)
    end = data.find(end_mark, start)
    if end < 0:
        raise GeometryError(f"${name} has no end; the file is cut short, export it again")
    body = data[start:end]
    if name == "MeshFormat":
        _format(content, body)
    elif name == "PhysicalNames":
        content.names = {(int(dim), int(tag)): decoded(text) for dim, tag, text in _NAME.findall(body)}
    elif reader is not None:
        kind = np.int64 if name == "Elements" else np.float64
        reader(content, TextSource(numbers(body, kind, f"${name}"), f"${name}"), b"")
    return end + len(end_mark)


def _format(content: MshContent, body: bytes) -> None:
    words = body.split(None, 3)
    content.version = words[0].decode("ascii", "replace")
    if content.version not in {"2", "2.0", "2.1", "2.2", "4.1"}:
        raise GeometryError(f"this is MSH version {content.version[:20]}; {REMEDY}")
    content.is_binary = words[1] == b"1"
    if words[2] != b"8":
        raise GeometryError(f"numbers of {words[2][:20]!r} bytes are not supported; {REMEDY}")
    if content.is_binary:
        one = body.split(b"\n", 1)[1][:4]
        if one not in (b"\1\0\0\0", b"\0\0\0\1"):
            raise GeometryError("the byte order of $MeshFormat is damaged; export it again")
        content.order = "<" if one[0] else ">"


def _entities(content: MshContent, source: Source, _: bytes) -> None:
    for dimension, count in enumerate(source.take(4, "u8")):
        for _entity in range(checked_count(int(count), source.rest, "$Entities")):
            tag = int(source.take(1, "i4")[0])
            source.take(6 if dimension else 3, "f8")
            groups = source.take(int(source.take(1, "u8")[0]), "i4")
            content.groups_of[dimension, tag] = tuple(abs(int(group)) for group in groups)
            if dimension:
                source.take(int(source.take(1, "u8")[0]), "i4")


def _nodes(content: MshContent, source: Source, data: bytes) -> None:
    if content.version == "4.1":
        ids, points = [], []
        n_blocks, n_nodes = map(int, source.take(4, "u8")[:2])
        for _ in range(checked_count(n_blocks, source.rest, "$Nodes")):
            dimension, _tag, parametric = map(int, source.take(3, "i4"))
            n = int(source.take(1, "u8")[0])
            ids.append(source.take(n, "u8"))
            width = 3 + (dimension if parametric else 0)
            points.append(source.take(float(n) * width, "f8").reshape(-1, width)[:, :3])
        content.ids = np.concatenate(ids) if ids else content.ids
        content.points = np.concatenate(points) if points else content.points
    elif isinstance(source, TextSource):
        n_nodes = int(source.take(1, "i4")[0])
        rows = source.take(4.0 * n_nodes, "f8").reshape(-1, 4)
        content.ids, content.points = rows[:, 0].astype(np.int64), np.ascontiguousarray(rows[:, 1:])
    else:
        n_nodes = _count_line(source, data)
        rows = source.take_rows(n_nodes, [("id", "i4"), ("at", "f8", (3,))])
        content.ids = rows["id"].astype(np.int64)
        content.points = rows["at"].astype(np.float64)
    if len(content.ids) != n_nodes:
        raise GeometryError(f"$Nodes states {n_nodes} nodes, but holds {len(content.ids)}; export the file again")


def _count_line(source: ByteSource, data: bytes) -> int:
    """The count that a binary section of version 2.2 begins with, as text."""
    line = data[source.at : source.at + 40].split(b"\n", 1)[0]
    source.at += len(line) + 1
    return int(numbers(line, np.int64, "a count")[0])


def _elements(content: MshContent, source: Source, data: bytes) -> None:
    if content.version == "4.1":
        content.elements = list(_elements_41(source))
        return
    if isinstance(source, TextSource):
        n_stated = int(source.take(1, "i4")[0])
        rows = equal_rows(
            source.take(source.rest, "i4"), (1, 2), lambda head: _row_length(head[1], head[2]), "$Elements"
        )
        content.elements = [_of_rows(int(block[0, 1]), int(block[0, 2]), block[:, 3:]) for block in rows]
    else:
        n_stated = _count_line(source, data)
        content.elements = list(_binary_elements(source, n_stated))
    n_read = sum(len(elements.points) for elements in content.elements)
    if n_read != n_stated:
        raise GeometryError(f"$Elements states {n_stated} elements, but holds {n_read}; export the file again")


def _elements_41(source: Source) -> Iterator[Elements]:
    n_blocks, n_elements = map(int, source.take(4, "u8")[:2])
    n_read = 0
    for _ in range(checked_count(n_blocks, source.rest, "$Elements")):
        _dimension, entity, kind = map(int, source.take(3, "i4"))
        n = int(source.take(1, "u8")[0])
        width = 1 + _points_of(kind)
        rows = source.take(float(n) * width, "u8").reshape(-1, width)
        n_read += n
        none = np.zeros(n, dtype=np.int64)
        yield Elements(kind, rows[:, 1:], none, none + entity)
    if n_read != n_elements:
        raise GeometryError(f"$Elements states {n_elements} elements, but holds {n_read}; export the file again")


def _binary_elements(source: ByteSource, n_stated: int) -> Iterator[Elements]:
    n_read = 0
    while n_read < n_stated:
        kind, n, n_tags = map(int, source.take(3, "i4"))
        width = _row_length(kind, n_tags) - 2
        if n < 1:
            raise GeometryError(f"$Elements has a block of {n} elements; the file is damaged, export it again")
        rows = source.take(float(n) * width, "i4").reshape(-1, width)
        n_read += n
        yield _of_rows(kind, n_tags, rows[:, 1:])


def _of_rows(kind: int, n_tags: int, rows: Ints) -> Elements:
    """Elements from rows of tags and node ids."""
    none = np.zeros(len(rows), dtype=np.int64)
    groups = np.abs(rows[:, 0]) if n_tags > 0 else none
    entities = rows[:, 1] if n_tags > 1 else none
    return Elements(kind, rows[:, n_tags:], groups, entities)


def _row_length(kind: int, n_tags: int) -> int:
    if not 0 <= n_tags <= 1000:
        raise GeometryError(f"an element states {n_tags} tags; the file is damaged, export it again")
    return 3 + int(n_tags) + _points_of(int(kind))


def _points_of(kind: int) -> int:
    if kind not in N_POINTS:
        raise GeometryError(f"element type {kind} of Gmsh is not known; {REMEDY}, with elements of order 1 or 2")
    return N_POINTS[kind]
