"""From the pieces of a file to parts: pieces closed by themselves, or those that close each other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from twin3d.errors import GeometryError
from twin3d.geometry.names import unique_names
from twin3d.geometry.repair import Patchwork, repaired, same_points
from twin3d.geometry.surfaces.edges import Ints, edges_of
from twin3d.geometry.surfaces.holes import openings_of
from twin3d.geometry.surfaces.pieces import Contents, Piece
from twin3d.records import PartSource, Surface


@dataclass(frozen=True, eq=False, slots=True)
class _Part:
    source: PartSource
    work: Patchwork
    region_names: tuple[str, ...]

    @property
    def opening(self) -> float:
        """Area of all its openings."""
        return sum(opening.area for opening in openings_of(self.work.points, self.work.triangles))

    @property
    def is_open(self) -> bool:
        return bool(edges_of(self.work.triangles).is_open.any())


def assembled(contents: Contents, name: str, stem: str) -> Surface:
    """The parts of a file, repaired as far as is safe.

    A piece that is closed is a part. Open pieces that share open edges are named faces of one part.

    Args:
        contents: What the file holds.
        name: Of the file, for messages.
        stem: Name for parts that have none.

    Raises:
        GeometryError: No triangle with an area is left.
    """
    groups = groups_of_pieces(contents.pieces)
    parts = [_part([contents.pieces[index] for index in group], stem) for group in groups]
    parts = _joined(contents.pieces, groups, parts, stem)
    empty = [part.source.name for part in parts if not len(part.work.triangles)]
    parts = [part for part in parts if len(part.work.triangles)]
    if not parts:
        raise GeometryError(f"{name} holds no triangle with an area; export it again")
    notes = [f"{len(empty)} parts without area were left out: {', '.join(empty[:5])}"] if empty else []
    return _surface(parts, replace(contents, messages=(*contents.messages, *notes)))


def groups_of_pieces(pieces: Sequence[Piece]) -> list[Ints]:
    """Which pieces make up each part, in the order of the file."""
    index, _ = same_points(np.concatenate([piece.points for piece in pieces]))
    offsets = np.cumsum([0, *(len(piece.points) for piece in pieces)])
    keys, owners = [], []
    for number, (piece, offset) in enumerate(zip(pieces, offsets, strict=False)):
        edges = edges_of(index[piece.triangles + offset])
        rim = edges.ends[edges.count % 2 == 1]
        keys.append(rim[:, 0] * len(index) + rim[:, 1])
        owners.append(np.full(len(rim), number))
    key, owner = np.concatenate(keys), np.concatenate(owners)
    order = np.argsort(key, kind="stable")
    same = key[order][1:] == key[order][:-1]
    ends = owner[order[:-1][same]], owner[order[1:][same]]
    graph = sparse.coo_array((np.ones(len(ends[0])), ends), shape=(len(pieces),) * 2)
    label = csgraph.connected_components(graph, directed=False)[1]
    return [np.flatnonzero(label == group) for group in dict.fromkeys(label.tolist())]


def _part(pieces: Sequence[Piece], stem: str) -> _Part:
    """One part of some pieces; several are its named faces."""
    first = pieces[0]
    names = first.region_names if len(pieces) == 1 else tuple(piece.source.name for piece in pieces)
    source = first.source if len(pieces) == 1 else PartSource(stem)
    offsets = np.cumsum([0, *(len(piece.points) for piece in pieces)])
    region = [
        piece.triangle_region if len(pieces) == 1 else np.full(len(piece.triangles), number)
        for number, piece in enumerate(pieces)
    ]
    points = np.concatenate([piece.points for piece in pieces])
    triangles = np.concatenate([piece.triangles + offset for piece, offset in zip(pieces, offsets, strict=False)])
    return _Part(replace(source, name=source.name or stem), repaired(points, triangles, np.concatenate(region)), names)


def _joined(pieces: Sequence[Piece], groups: Sequence[Ints], parts: list[_Part], stem: str) -> list[_Part]:
    """Parts that stayed open made one, where that closes at least half of what is open."""
    loose = [number for number, part in enumerate(parts) if part.is_open]
    if len(loose) < 2:
        return parts
    together = _part([pieces[index] for number in loose for index in groups[number]], stem)
    if together.opening > 0.5 * sum(parts[number].opening for number in loose):
        return parts
    return [*(part for number, part in enumerate(parts) if number not in loose), together]


def _surface(parts: Sequence[_Part], contents: Contents) -> Surface:
    names, renamed = unique_names([part.source.name for part in parts])
    notes = [f"a second part is named {old!r}; it is called {new!r} here" for old, new in renamed]
    region_names = list(dict.fromkeys(name for part in parts for name in part.region_names))
    place = {name: number for number, name in enumerate(region_names)}
    offsets = np.cumsum([0, *(len(part.work.points) for part in parts)])
    for part, name in zip(parts, names, strict=True):
        notes += [f"{name}: {note}" if len(parts) > 1 else note for note in part.work.messages]
    regions = [np.array([place[name] for name in part.region_names])[part.work.region] for part in parts]
    blocks = [part.work.triangles + offset for part, offset in zip(parts, offsets, strict=False)]
    return Surface(
        points=np.concatenate([part.work.points for part in parts]),
        triangles=np.concatenate(blocks).astype(np.int32),
        triangle_part=np.repeat(np.arange(len(parts), dtype=np.int32), [len(block) for block in blocks]),
        triangle_region=np.concatenate(regions).astype(np.int32),
        parts=tuple(_renamed(part.source, name) for part, name in zip(parts, names, strict=True)),
        region_names=tuple(region_names),
        metres_per_unit=contents.metres_per_unit,
        messages=(*contents.messages, *notes),
    )


def _renamed(source: PartSource, name: str) -> PartSource:
    above = source.path.rpartition("/")[0]
    return replace(source, name=name, path=f"{above}/{name}" if above else name if source.path else "")
