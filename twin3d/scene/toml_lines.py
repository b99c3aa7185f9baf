"""Finds the line of a key in a TOML file, so that errors can name it; `tomllib` does not say."""

import re
from collections.abc import Iterator
from typing import TypeAlias

Place: TypeAlias = tuple[str | int, ...]
"""Where a value stands in the file, for example ``("sensor", 2, "unit")``."""

_NAME = r"(?:[A-Za-z0-9_-]+|\"(?:[^\"\\]|\\.)*\"|'[^']*')"
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_ARRAY_HEADER = re.compile(rf"\s*\[\[\s*({_DOTTED})\s*\]\]")
_HEADER = re.compile(rf"\s*\[\s*({_DOTTED})\s*\]")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
_VALUE_TOKEN = re.compile(
    r"(?P<open>\"\"\"|''')|(?P<string>\"(?:[^\"\\]|\\.)*\"|'[^']*')|(?P<comment>#.*)|(?P<up>[\[{])|(?P<down>[\]}])"
)


def key_lines(text: str) -> dict[Place, int]:
    """The line, counted from 1, of every table and key that a line of the file begins with."""
    lines: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    for number, line in _statements(text):
        if match := _ARRAY_HEADER.match(line):
            names = _names(match[1])
            array = (*_resolved(names[:-1], counts), names[-1])
            counts[array] = counts.get(array, 0) + 1
            table = (*array, counts[array] - 1)
            lines.setdefault(array, number)
            lines[table] = number
        elif match := _HEADER.match(line):
            table = _resolved(_names(match[1]), counts)
            lines.setdefault(table, number)
        elif match := _KEY.match(line):
            names = _names(match[1])
            for length in range(1, len(names) + 1):
                lines.setdefault((*table, *names[:length]), number)
    return lines


def line_of(place: Place, lines: dict[Place, int]) -> int | None:
    """The line of a place, or of the nearest thing around it; None for the file as a whole."""
    for length in range(len(place), 0, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    return None


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The lines that begin a statement, not those inside a long string or an array."""
    closing, depth = "", 0
    for number, line in enumerate(text.split("\n"), start=1):  # splitlines() knows more line ends than TOML
        if not closing and depth == 0:
            yield number, line
            if _HEADER.match(line) or _ARRAY_HEADER.match(line):
                continue
        closing, depth = _after(line, closing, depth)


def _after(line: str, closing: str, depth: int) -> tuple[str, int]:
    """The long string and the bracket depth that are open after a line."""
    place = 0
    while place <= len(line):
        if closing:
            end = line.find(closing, place)
            if end < 0:
                return closing, depth
            place, closing = end + len(closing), ""
        match = _VALUE_TOKEN.search(line, place)
        if match is None:
            break
        place = match.end()
        if match["open"]:
            closing = match["open"]
        depth += (match["up"] is not None) - (match["down"] is not None)
        if match["comment"]:
            break
    return closing, max(0, depth)


def _resolved(names: list[str], counts: dict[Place, int]) -> Place:
    place: Place = ()
    for name in names:
        place = (*place, name)
        if place in counts:
            place = (*place, counts[place] - 1)
    return place


def _names(dotted: str) -> list[str]:
    return [name.strip("\"'") for name in re.findall(_NAME, dotted)]
