"""The cards of a Nastran bulk data file: small, large and free field, with their continuations."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError
from twin3d.geometry.names import decoded
from twin3d.geometry.volumes.draft import Floats, Ints
from twin3d.geometry.volumes.source import side_file

SMALL, LARGE = 8, 16
"""Characters of a field."""
BODY = 64
"""Characters of the data fields of a line, small or large."""
DEEPEST = 8
_NO_EXPONENT = re.compile(rb"(?<=[0-9.])([+-])")
_NAMES = (
    re.compile(rb'^\$HMNAME\s+(PROP|COMP)\s+(\d+)\s*"([^"\n]*)"', re.M),
    re.compile(rb"^\$ANSA_NAME_COMMENT;(\d+);(PSOLID|PSHELL);([^;\n]*);", re.M),
    re.compile(rb"^\$ Femap( with NX Nastran)? Property (\d+) : ([^\n]*)", re.M),
)


@dataclass(eq=False, slots=True)
class Deck:
    """All cards of a file, by name and width of the fields."""

    cards: dict[tuple[bytes, int], list[bytes]] = field(default_factory=dict)
    """Name and field width → the data fields of each card, one after the other."""
    names: dict[int, str] = field(default_factory=dict)
    """Property → its name, from the comments of pre-processors."""

    def fields(self, name: bytes, columns: tuple[int, ...]) -> Iterator[npt.NDArray[np.bytes_]]:
        """Some fields of all cards of a name, as text, shape (n_cards, n_columns); small fields first."""
        for width in (SMALL, LARGE):
            bodies = self.cards.get((name, width))
            if not bodies:
                continue
            n_fields = max(columns) + 1
            length = n_fields * width
            table = np.frombuffer(b"".join(body[:length].ljust(length) for body in bodies), dtype=f"S{width}")
            yield np.char.strip(table.reshape(len(bodies), n_fields)[:, list(columns)])


def read_deck(path: Path) -> Deck:
    """All cards of a file and of those that it includes.

    Raises:
        GeometryError: An included file is missing, elsewhere, or includes itself.
    """
    deck = Deck()
    _read(path, deck, (path.resolve(),))
    return deck


def _read(path: Path, deck: Deck, above: tuple[Path, ...]) -> None:
    content = path.read_bytes()
    _read_names(content, deck)
    begin = re.search(rb"^[ \t]*BEGIN[ \t]+BULK[^\n]*", content, re.M | re.I)
    lines = content[begin.end() if begin else 0 :].splitlines()
    bodies: list[bytes] | None = None
    width = SMALL
    for number, raw in enumerate(lines):
        line = raw.split(b"$", 1)[0] if b"$" in raw else raw
        if not line.strip():
            continue
        if b"\t" in line:
            line = line.expandtabs(8)
        head = line[:8].upper()
        if head.startswith(b"ENDDATA"):
            break
        if head.startswith(b"INCLUDE"):
            _include(path, lines, number, deck, above)
            bodies = None
            continue
        is_free = b"," in line
        name, body, line_width = _free(line) if is_free else _fixed(line)
        if name:
            width = line_width
            bodies = deck.cards.setdefault((name, width), [])
            bodies.append(body)
        elif bodies is not None:
            if line_width != width:
                body = _widened(body, line_width, width)
            bodies[-1] += body


def _fixed(line: bytes) -> tuple[bytes, bytes, int]:
    """Name, data fields and field width of a line; no name for a continuation."""
    head = line[:8].strip().upper()
    is_large = head.startswith(b"*") or head.endswith(b"*")
    name = b"" if head[:1] in (b"+", b"*", b"") else head.rstrip(b"*_")
    return name, line[8 : 8 + BODY].ljust(BODY), LARGE if is_large else SMALL


def _free(line: bytes) -> tuple[bytes, bytes, int]:
    """The same for a line with commas; its fields are made large."""
    fields = [item.strip() for item in line.split(b",")]
    head = fields[0].upper()
    is_large = head.startswith(b"*") or head.endswith(b"*")
    name = b"" if head[:1] in (b"+", b"*", b"") else head.rstrip(b"*_")
    kept = fields[1 : 5 if is_large else 9]
    n_fields = 4 if is_large else 8
    return name, b"".join(item[:LARGE].ljust(LARGE) for item in kept).ljust(n_fields * LARGE), LARGE


def _widened(body: bytes, width: int, wanted: int) -> bytes:
    """Fields of one width in another, for a card whose continuation is written in another form."""
    if width < wanted:
        return b"".join(body[at : at + width].ljust(wanted) for at in range(0, len(body), width))
    fields = [body[at : at + width].strip() for at in range(0, len(body), width)]
    if any(len(item) > wanted for item in fields):
        raise GeometryError("a card mixes small and large fields; export the file again in one form")
    return b"".join(item.ljust(wanted) for item in fields)


def _include(path: Path, lines: list[bytes], number: int, deck: Deck, above: tuple[Path, ...]) -> None:
    match = re.match(r"\s*INCLUDE\s*=?\s*['\"]?([^'\"]*)", decoded(lines[number]), re.I)
    included = side_file(path, match[1] if match else "")
    if included.resolve() in above:
        raise GeometryError(f"{included.name} includes itself; remove that INCLUDE from {path.name}")
    if len(above) > DEEPEST:
        raise GeometryError(f"{above[0].name} includes too many files within one another; join them into one")
    _read(included, deck, (*above, included.resolve()))


def _read_names(content: bytes, deck: Deck) -> None:
    hypermesh, ansa, femap = _NAMES
    components: dict[int, str] = {}
    for kind, number, name in hypermesh.findall(content):
        (components if kind == b"COMP" else deck.names)[int(number)] = decoded(name)
    for number, name in components.items():
        deck.names.setdefault(number, name)
    deck.names |= {int(number): decoded(name) for number, _, name in ansa.findall(content)}
    deck.names |= {int(number): decoded(name) for _, number, name in femap.findall(content)}


def as_integers(fields: npt.NDArray[np.bytes_], what: str) -> Ints:
    """Whole numbers of fields; an empty one is 0, and ``12.`` is 12."""
    filled = np.where(fields == b"", b"0", fields)
    try:
        return np.asarray(filled.astype(np.int64))
    except ValueError:
        reals = as_reals(fields, what)
    if not (np.abs(reals) < 2.0**53).all() or (np.rint(reals) != reals).any():
        raise GeometryError(f"{what}: an id is no whole number; the file is damaged, export it again")
    return reals.astype(np.int64)


def as_reals(fields: npt.NDArray[np.bytes_], what: str) -> Floats:
    """Real numbers of fields, as Nastran writes them too: ``1.5-3`` and ``1.5D-3``; an empty one is 0."""
    filled = np.where(fields == b"", b"0", fields)
    try:
        return np.asarray(filled.astype(np.float64))
    except ValueError:
        pass
    values = [_real(item, what) for item in filled.ravel().tolist()]
    return np.array(values, dtype=np.float64).reshape(filled.shape)


def _real(text: Any, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    plain = text.upper().replace(b"D", b"E").replace(b"E+", b"+").replace(b"E-", b"-")
    try:
        return float(_NO_EXPONENT.sub(rb"E\1", plain))
    except ValueError:
        shown = text[:20].decode("ascii", "backslashreplace")
        raise GeometryError(f"{what}: {shown!r} is no number; the file is damaged, export it again") from None
