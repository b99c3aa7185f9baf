"""The blocks of an Abaqus or CalculiX input file: keyword lines with their parameters and data."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from twin3d.errors import GeometryError
from twin3d.geometry.names import decoded
from twin3d.geometry.volumes.source import side_file

DEEPEST = 8
"""Files that include one another in a row."""
MOST_FILES = 1000
"""Files of one mesh."""
_KEYWORD = re.compile(rb"^[ \t]*\*(?!\*)[^\n]*", re.M)
_COMMENT = re.compile(rb"^[ \t]*\*\*[^\n]*\n?", re.M)
_CONTINUED = re.compile(rb",[ \t\r]*\Z")


@dataclass(frozen=True, eq=False, slots=True)
class Keyword:
    """A keyword line and the data lines after it."""

    name: str
    """In capitals, without the star, one blank between words."""
    parameters: Mapping[str, str]
    """Name in capitals → value as written; empty where there is none."""
    data: bytes
    """Without comment lines."""
    where: str
    """File and line, for errors."""


def keywords_of(path: Path) -> Iterator[Keyword]:
    """All keywords of a file and of those it includes, in order.

    Raises:
        GeometryError: An included file is missing, elsewhere, or includes itself.
    """
    yield from _walk(path, (path.resolve(),), [0])


def _walk(path: Path, above: tuple[Path, ...], n_files: list[int]) -> Iterator[Keyword]:
    n_files[0] += 1
    if len(above) > DEEPEST or n_files[0] > MOST_FILES:
        raise GeometryError(f"{above[0].name} includes too many files, the last is {path.name}; join them into one")
    for keyword in _blocks(path):
        if keyword.name != "INCLUDE":
            yield keyword
            continue
        included = side_file(path, keyword.parameters.get("INPUT", ""))
        if included.resolve() in above:
            raise GeometryError(f"{included.name} includes itself ({keyword.where}); remove that line")
        yield from _walk(included, (*above, included.resolve()), n_files)


def _blocks(path: Path) -> Iterator[Keyword]:
    content = path.read_bytes()
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = _keyword_lines(content)
    line_number, counted = 1, 0
    for number, (start, end, text) in enumerate(lines):
        data = content[end : lines[number + 1][0] if number + 1 < len(lines) else len(content)]
        line_number += content.count(b"\n", counted, start)
        counted = start
        if b"**" in data:
            data = _COMMENT.sub(b"", data)
        name, parameters = _parsed(text)
        yield Keyword(name, parameters, data, f"{path.name}, line {line_number}")


def _keyword_lines(content: bytes) -> list[tuple[int, int, bytes]]:
    """Start, end and text of each keyword line; a comma at the end continues it on the next."""
    lines = []
    for match in _KEYWORD.finditer(content):
        text, end = match[0], match.end()
        while _CONTINUED.search(text) and end + 1 < len(content):
            stop = content.find(b"\n", end + 1)
            stop = len(content) if stop < 0 else stop
            more = content[end + 1 : stop]
            if b"=" not in more:
                break
            text, end = text + more, stop
        lines.append((match.start(), end, text))
    return lines


def _parsed(text: bytes) -> tuple[str, dict[str, str]]:
    first, *rest = decoded(text[:10_000]).lstrip("* \t").split(",")
    parameters = {}
    for item in rest:
        key, _, value = item.partition("=")
        parameters[key.strip().upper().replace(" ", "")] = value.strip().strip("\"'").strip()
    return " ".join(first.upper().split()), parameters
