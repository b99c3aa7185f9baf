"""VTK's legacy unstructured grids, text and binary, file versions 1 to 5."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError
from twin3d.geometry.names import decoded
from twin3d.geometry.volumes.composing import compose
from twin3d.geometry.volumes.draft import Draft, Ints
from twin3d.geometry.volumes.runs import equal_rows
from twin3d.geometry.volumes.source import ByteSource, checked_count, naming, numbers
from twin3d.geometry.volumes.vtk_cells import Grid, draft_of
from twin3d.records import VolumeMesh

KINDS = {
    **{"char": "i1", "unsigned_char": "u1", "short": "i2", "unsigned_short": "u2", "int": "i4", "unsigned_int": "u4"},
    **{"long": "i8", "unsigned_long": "u8", "vtktypeint64": "i8", "vtkidtype": "i4", "float": "f4", "double": "f8"},
    **{"vtktypeint32": "i4", "vtktypeuint64": "u8"},
}
"""VTK's name of a type → NumPy's; ids are 32 bits in files."""
COMPONENTS = {"VECTORS": 3, "NORMALS": 3, "TENSORS": 9, "TENSORS6": 6, "GLOBAL_IDS": 1, "PEDIGREE_IDS": 1}
_LINE = re.compile(rb"[^\n]*\n?")
_WORD = re.compile(rb"[ \t\r\n]*([^ \t\r\n]+)")


class VtkLegacyReader:
    """VTK legacy unstructured grids."""

    suffixes: ClassVar[tuple[str, ...]] = (".vtk",)

    def recognises(self, head: bytes) -> bool:
        """Whether a file begins like VTK's legacy format."""
        return head.lstrip()[:26].lower().startswith(b"# vtk datafile version")

    def read(self, path: Path) -> VolumeMesh:
        """Read a mesh.

        Raises:
            GeometryError: The file is damaged, no unstructured grid, or holds no solid cells.
        """
        with naming(path):
            return compose(_draft(path.read_bytes()), path)


def _draft(data: bytes) -> Draft:
    reader = _Sections(data)
    reader.read()
    if reader.points is None or reader.cells is None or reader.types is None:
        raise GeometryError("POINTS, CELLS or CELL_TYPES is missing; the file is cut short, export it again")
    connectivity, offsets = reader.cells
    return draft_of(Grid(reader.points, connectivity, offsets, reader.types, reader.cell_data))


class _Sections:
    """Walks through the sections of a file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._is_binary = False
        self._n_values = 0
        self._in_cells = False
        self.points: npt.NDArray[np.float64] | None = None
        self.cells: tuple[Ints, Ints] | None = None
        self.types: Ints | None = None
        self.cell_data: dict[str, npt.NDArray[Any]] = {}

    def read(self) -> None:
        """Read all sections that matter."""
        version = self._line().split()[-1].decode("ascii", "replace")
        self._is_modern = version[:1].isdigit() and float(version) >= 5.0
        self._line()
        form = self._line().strip().upper()
        if form not in (b"ASCII", b"BINARY"):
            raise GeometryError(f"the third line is {form[:20]!r}, not ASCII or BINARY; export it again")
        self._is_binary = form == b"BINARY"
        sections: dict[str, Callable[[list[str]], None]] = {
            "DATASET": self._dataset,
            "POINTS": self._points,
            "CELLS": self._cells,
            "CELL_TYPES": self._types,
            "CELL_DATA": lambda words: self._attributes(words, in_cells=True),
            "POINT_DATA": lambda words: self._attributes(words, in_cells=False),
            "SCALARS": self._scalars,
            "COLOR_SCALARS": self._colours,
            "LOOKUP_TABLE": self._lookup_table,
            "TEXTURE_COORDINATES": lambda words: self._skip(self._n_values * int(words[2]), words[3]),
            "FIELD": self._field,
            "METADATA": self._metadata,
            **dict.fromkeys(COMPONENTS, self._vectors),
        }
        while self._at < len(self._data):
            words = self._line().decode("latin-1").split()
            if not words:
                continue
            section = sections.get(words[0].upper())
            if section is None:
                raise GeometryError(f"{words[0][:40]!r} is no section of a legacy file; it is damaged, export it again")
            section(words)

    def _line(self) -> bytes:
        match = _LINE.match(self._data, self._at)
        line = match[0] if match else b""
        self._at += len(line)
        return line

    def _values(self, count: int, kind: str) -> npt.NDArray[Any]:
        """The next values; text goes up to the last of them."""
        dtype = KINDS.get(kind.lower())
        if dtype is None:
            if kind.lower() == "bit":
                return self._bits(count)
            raise GeometryError(f"values of type {kind[:40]!r} are not known; export it again")
        if self._is_binary:
            source = ByteSource(self._data, self._at, "binary data", order=">")
            values = source.take(count, dtype)
            self._at = source.at
            return values
        checked_count(count, len(self._data) - self._at, "text data")
        end = self._end_of_words(count)
        text = self._data[self._at : end]
        self._at = end
        values = numbers(text, np.float64 if dtype[0] == "f" else np.int64, "text data")
        checked_count(count, len(values), "text data")
        return values

    def _bits(self, count: int) -> npt.NDArray[Any]:
        if not self._is_binary:
            return self._values(count, "int")
        return self._values((count + 7) // 8, "unsigned_char")[:0]

    def _end_of_words(self, count: int) -> int:
        """Where so many words end: the first guess is where a line begins with a letter."""
        end = re.compile(rb"\n[ \t]*[A-MO-Za-hj-mo-z_]").search(self._data, self._at)
        stop = end.start() if end else len(self._data)
        if len(self._data[self._at : stop].split()) == count:
            return stop
        at = self._at
        for _ in range(count):
            match = _WORD.match(self._data, at)
            if match is None:
                raise GeometryError(f"text data: {count} values are stated, but the file ends; it is cut short")
            at = match.end()
        return at

    def _skip(self, count: int, kind: str) -> None:
        self._values(count, kind)

    def _dataset(self, words: list[str]) -> None:
        if words[1].upper() != "UNSTRUCTURED_GRID":
            raise GeometryError(f"it holds {words[1][:40]}, no UNSTRUCTURED_GRID; a grid of tetrahedra is needed")

    def _points(self, words: list[str]) -> None:
        values = self._values(3 * int(words[1]), words[2])
        self.points = values.reshape(-1, 3).astype(np.float64, copy=False)

    def _cells(self, words: list[str]) -> None:
        first, second = int(words[1]), int(words[2])
        if not self._is_modern:
            self.cells = _from_counts(self._values(second, "int"), first)
            return
        arrays = {}
        for name, count in (("OFFSETS", first), ("CONNECTIVITY", second)):
            line = self._line().split() or self._line().split()
            if len(line) != 2 or line[0].upper() != name.encode():
                raise GeometryError(f"{name} is missing after CELLS; the file is damaged, export it again")
            arrays[name] = self._values(count, line[1].decode("latin-1"))
        self.cells = arrays["CONNECTIVITY"], arrays["OFFSETS"]

    def _types(self, words: list[str]) -> None:
        self.types = self._values(int(words[1]), "int")

    def _attributes(self, words: list[str], *, in_cells: bool) -> None:
        self._in_cells, self._n_values = in_cells, int(words[1])

    def _scalars(self, words: list[str]) -> None:
        n_components = int(words[3]) if len(words) > 3 else 1
        before = self._at
        if not self._line().upper().startswith(b"LOOKUP_TABLE"):
            self._at = before
        self._keep(words[1], self._values(self._n_values * n_components, words[2]), n_components)

    def _vectors(self, words: list[str]) -> None:
        self._skip(self._n_values * COMPONENTS[words[0].upper()], words[2])

    def _colours(self, words: list[str]) -> None:
        self._skip(self._n_values * int(words[2]), "unsigned_char" if self._is_binary else "float")

    def _lookup_table(self, words: list[str]) -> None:
        self._skip(4 * int(words[2]), "unsigned_char" if self._is_binary else "float")

    def _field(self, words: list[str]) -> None:
        for _ in range(checked_count(int(words[2]), len(self._data), "FIELD")):
            line = self._line().split() or self._line().split()
            while line and line[0] == b"METADATA":
                self._metadata([])
                line = self._line().split() or self._line().split()
            name, n_components, n_tuples = line[0], int(line[1]), int(line[2])
            kind = line[3].decode("latin-1")
            if kind == "string":
                for _ in range(checked_count(n_tuples, len(self._data) - self._at, "FIELD")):
                    self._line()
                continue
            self._keep(decoded(name), self._values(n_components * n_tuples, kind), n_components)

    def _metadata(self, _: list[str]) -> None:
        while self._line().strip():
            pass

    def _keep(self, name: str, values: npt.NDArray[Any], n_components: int) -> None:
        if self._in_cells and n_components == 1:
            self.cell_data[name] = values


def _from_counts(values: Ints, n_cells: int) -> tuple[Ints, Ints]:
    """Connectivity and offsets from rows that begin with their number of points."""
    pieces: list[Ints] = [values[:0]]
    sizes: list[Ints] = [values[:0]]
    for rows in equal_rows(values, (0,), lambda head: 1 + max(int(head[0]), 0), "CELLS"):
        pieces.append(rows[:, 1:].ravel())
        sizes.append(rows[:, 0])
    size = np.concatenate(sizes)
    if len(size) != n_cells:
        raise GeometryError(f"CELLS states {n_cells} cells, but holds {len(size)}; export it again")
    return np.concatenate(pieces), np.concatenate([[0], np.cumsum(size)])
