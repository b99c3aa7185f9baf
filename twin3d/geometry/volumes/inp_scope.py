"""What an Abaqus input file says within one part, or outside of all parts, and its data lines as numbers."""

import re
from dataclasses import dataclass, field

import numpy as np

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.draft import Floats, Ints, Solid
from twin3d.geometry.volumes.keywords import Keyword
from twin3d.geometry.volumes.source import numbers

_SOLID = re.compile(r"[A-Z]*[CF]3D(\d+)[A-Z]*")
SOLIDS = {
    **{4: Solid.TETRAHEDRON, 10: Solid.TETRAHEDRON, 5: Solid.PYRAMID, 13: Solid.PYRAMID},
    **{6: Solid.WEDGE, 15: Solid.WEDGE, 8: Solid.HEXAHEDRON, 20: Solid.HEXAHEDRON},
}
"""Points of an element → its shape."""
LONGEST_RANGE = 100_000_000
"""Entries of one line of ``GENERATE``."""


@dataclass(frozen=True, eq=False, slots=True)
class Solids:
    """Elements of one ``*ELEMENT`` block."""

    solid: Solid
    ids: Ints
    points: Ints
    """Node ids, shape (n, k)."""


@dataclass(eq=False, slots=True)
class IdSet:
    """A set of ids as it is given: numbers, and names of other sets."""

    name: str
    ids: list[Ints] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    is_internal: bool = False


@dataclass(eq=False, slots=True)
class Scope:
    """Nodes, elements and sets whose ids belong together."""

    name: str = ""
    ids: list[Ints] = field(default_factory=list)
    points: list[Floats] = field(default_factory=list)
    solids: list[Solids] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    element_sets: dict[str, IdSet] = field(default_factory=dict)
    """From ``*ELSET``, by the name in capitals."""
    block_sets: dict[str, IdSet] = field(default_factory=dict)
    """From ``*ELEMENT, ELSET=``."""
    node_sets: dict[str, IdSet] = field(default_factory=dict)
    surfaces: dict[str, tuple[str, list[tuple[str, str]]]] = field(default_factory=dict)
    """Name in capitals → name as written and pairs of set or element, and face."""
    sections: list[str] = field(default_factory=list)
    """Element sets that have a solid section."""

    def add_nodes(self, keyword: Keyword) -> None:
        """Take a ``*NODE`` block."""
        rows = node_rows(keyword)
        ids = rows[:, 0].astype(np.int64)
        self.ids.append(ids)
        self.points.append(rows[:, 1:4])
        if name := keyword.parameters.get("NSET"):
            set_of(self.node_sets, name).ids.append(ids)

    def add_elements(self, keyword: Keyword) -> None:
        """Take an ``*ELEMENT`` block; what is no solid is counted."""
        kind = keyword.parameters.get("TYPE", "").upper()
        match = _SOLID.fullmatch(kind)
        n_points = int(match[1]) if match and len(match[1]) < 3 else 0
        if n_points not in SOLIDS:
            n_lines = sum(1 for line in keyword.data.split(b"\n") if line.strip())
            self.left_out[kind or "unknown"] = self.left_out.get(kind or "unknown", 0) + n_lines
            return
        values = integers(keyword)
        if len(values) % (n_points + 1):
            raise GeometryError(
                f"{keyword.where}: elements of type {kind} need {n_points} nodes each, but {len(values)} numbers are "
                "there; the file is damaged or cut short, export it again"
            )
        rows = values.reshape(-1, n_points + 1)
        self.solids.append(Solids(SOLIDS[n_points], rows[:, 0], rows[:, 1:]))
        if name := keyword.parameters.get("ELSET"):
            set_of(self.block_sets, name).ids.append(rows[:, 0])

    def add_surface(self, keyword: Keyword) -> None:
        """Take a ``*SURFACE`` block of elements or nodes."""
        name = keyword.parameters.get("NAME", "surface")
        pairs = []
        for line in keyword.data.decode("latin-1").splitlines():
            item, _, face = line.partition(",")
            if item.strip():
                pairs.append((item.strip(), face.strip(" ,\t").upper()))
        if keyword.parameters.get("TYPE", "ELEMENT").upper() == "NODE":
            points = set_of(self.node_sets, name)
            points.ids += [np.array([int(item)]) for item, _ in pairs if item.isdigit()]
            points.others += [item for item, _ in pairs if not item.isdigit()]
        else:
            self.surfaces.setdefault(name.upper(), (name, []))[1].extend(pairs)


def add_set(sets: dict[str, IdSet], keyword: Keyword, name: str) -> None:
    """Take an ``*ELSET`` or ``*NSET`` block."""
    target = set_of(sets, name)
    target.is_internal |= "INTERNAL" in keyword.parameters
    if "GENERATE" in keyword.parameters:
        target.ids += [_generated(line, keyword) for line in keyword.data.split(b"\n") if line.strip()]
        return
    words = keyword.data.replace(b",", b" ").split()
    if all(word.isdigit() for word in words):
        target.ids.append(integers(keyword))
        return
    items = [item.strip().strip('"') for item in keyword.data.decode("latin-1").replace("\n", ",").split(",")]
    target.ids.append(np.array([int(item) for item in items if item.isdigit()], dtype=np.int64))
    target.others += [item for item in items if item and not item.isdigit()]


def set_of(sets: dict[str, IdSet], name: str) -> IdSet:
    """The set of a name, made where there is none; capitals do not count."""
    return sets.setdefault(name.upper(), IdSet(name))


def integers(keyword: Keyword) -> Ints:
    """All whole numbers of the data."""
    return numbers(keyword.data.replace(b",", b" "), np.int64, keyword.where)


def node_rows(keyword: Keyword) -> Floats:
    """Ids and coordinates, shape (n, 4); a coordinate that is not there is zero."""
    lines = [line for line in keyword.data.split(b"\n") if line.strip()]
    if not any(b",," in line.replace(b" ", b"") for line in lines[:1]):
        values = numbers(keyword.data.replace(b",", b" "), np.float64, keyword.where)
        if len(values) == 4 * len(lines):
            return values.reshape(-1, 4)
    rows = np.zeros((len(lines), 4))
    for number, line in enumerate(lines):
        fields = [field.strip() or b"0" for field in line.split(b",")[:4]]
        values = numbers(b" ".join(fields), np.float64, keyword.where)
        rows[number, : len(values)] = values
    return rows


def _generated(line: bytes, keyword: Keyword) -> Ints:
    values = numbers(line.replace(b",", b" "), np.int64, keyword.where)
    first, last, step = (*map(int, values[:3]), 1)[:3] if len(values) >= 2 else (0, -1, 1)
    if step < 1 or last < first or (last - first) // step > LONGEST_RANGE:
        shown = line[:60].decode("ascii", "backslashreplace").strip()
        raise GeometryError(f"{keyword.where}: {shown!r} is no range of ids; export the file again")
    return np.arange(first, last + 1, step, dtype=np.int64)
