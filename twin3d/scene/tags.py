"""Sensors from a tag list: a CSV file as historians and spreadsheets export it."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from twin3d.errors import SceneError, UnitError
from twin3d.units import affine_to_si, parse_difference, parse_quantity

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("tag", "id", "sensor", "tagname", "name"),
    "unit": ("unit", "units", "eu", "engunit", "engunits", "engineeringunit", "engineeringunits"),
    "x": ("x",),
    "y": ("y",),
    "z": ("z",),
    "length_unit": ("lengthunit", "positionunit", "coordinateunit"),
    "description": ("description", "desc", "comment", "text"),
    "period": ("period", "interval", "sampletime", "sampleperiod"),
    "noise": ("noise", "sigma"),
}
"""Column → names that it may have, without case, spaces and signs."""

USUAL_UNITS: Mapping[str, str] = {
    **dict.fromkeys(("c", "°c", "degc", "deg c", "celsius", "℃"), "degC"),
    **dict.fromkeys(("f", "°f", "degf", "deg f", "fahrenheit", "℉"), "degF"),
    **dict.fromkeys(("k", "kelvin"), "K"),
}
"""Temperatures as tag lists write them; the C of a tag list is no coulomb."""

ID = re.compile(r"[A-Za-z0-9_.:/-]{1,120}")
DIFFERENCE_UNITS: Mapping[str, str] = {"degC": "K", "K": "K", "degF": "delta_degF"}
MAX_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Tag:
    """One line of a tag list, checked."""

    id: str
    unit: str
    """As scenes write it; of a temperature, else as the list says."""
    is_temperature: bool
    position: tuple[float, float, float] | None
    """In `length_unit`; None where the list gives none."""
    length_unit: str
    """Empty where the list does not say it."""
    description: str
    period: str
    """With its unit; empty where the list does not say it."""
    noise: str
    """With its unit; empty where the list does not say it."""


def read_tags(path: Path) -> tuple[Tag, ...]:
    """Read a tag list, separated by commas, semicolons or tabs.

    Raises:
        SceneError: The file cannot be read, has no column for the tags, or lines of it are wrong; names each.
    """
    rows, delimiter = _rows(path)
    if not rows:
        raise SceneError(f"the tag list {path} is empty")
    places, header_unit = _columns(rows[0][1], path)
    tags: list[Tag] = []
    problems: list[str] = []
    lines: dict[str, int] = {}
    for number, row in rows[1:]:
        cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
        if not any(cells.values()):
            continue
        try:
            tag = _tag(cells, header_unit, decimal_comma=delimiter == ";")
            if tag.id in lines:
                raise SceneError(f"the tag {tag.id!r} is on line {lines[tag.id]} already")
        except SceneError as error:
            problems.append(f"line {number}: {error}")
            continue
        lines[tag.id] = number
        tags.append(tag)
    if problems:
        more = [f"and {len(problems) - MAX_SHOWN} more"] if len(problems) > MAX_SHOWN else []
        raise SceneError("\n  ".join([f"the tag list {path}:", *problems[:MAX_SHOWN], *more]))
    return tuple(tags)


def _rows(path: Path) -> tuple[list[tuple[int, list[str]]], str]:
    """The lines of a file with their numbers, cut into cells, and what separates these."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SceneError(f"the tag list {path} cannot be read: {error}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    head = text.split("\n", 1)[0]
    delimiter = max(";\t,", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [(reader.line_num, row) for row in reader], delimiter
    except csv.Error as error:
        raise SceneError(f"the tag list {path}, line {reader.line_num}: {error}") from error


def _columns(header: Sequence[str], path: Path) -> tuple[dict[str, int], str]:
    """Place of each column, and the unit of length where the header says it, as in ``x [mm]``."""
    places: dict[str, int] = {}
    unit = ""
    for place, cell in enumerate(header):
        title = re.sub(r"[\[(].*", "", cell.lower())
        plain = re.sub(r"[^a-z]", "", title)
        found = re.search(r"[\[(]\s*([^\])]+?)\s*[\])]", cell)
        for name, titles in COLUMNS.items():
            if plain in titles and name not in places:
                places[name] = place
                unit = found[1] if found and name in {"x", "y", "z"} else unit
    if "id" not in places:
        raise SceneError(
            f"the tag list {path} has no column named tag or id; its first line is {', '.join(header)!r}, expected for "
            "example tag, unit, x, y, z, length_unit, description, period, noise"
        )
    return places, unit


def _tag(cells: Mapping[str, str], header_unit: str, *, decimal_comma: bool) -> Tag:
    """One line, checked; raises SceneError that says what is wrong."""
    if not ID.fullmatch(cells["id"]):
        raise SceneError(
            f"found the tag {cells['id']!r}, expected letters, digits and _ . : / - (no spaces), at most 120"
        )
    unit = USUAL_UNITS.get(cells.get("unit", "").lower(), cells.get("unit", ""))
    if not unit:
        raise SceneError(f"the tag {cells['id']!r} has no unit")
    is_temperature = _holds(lambda: affine_to_si(unit, "K"))
    position, length_unit = _position(cells, decimal_comma=decimal_comma)
    return Tag(
        id=cells["id"],
        unit=unit,
        is_temperature=is_temperature,
        position=position,
        length_unit=length_unit or header_unit,
        description=" ".join(cells.get("description", "").split()),
        period=_quantity(cells.get("period", ""), "s", lambda text: parse_quantity(text, "s"), decimal_comma),
        noise=_quantity(
            cells.get("noise", ""),
            DIFFERENCE_UNITS.get(unit, unit),
            (lambda text: parse_difference(text, "K")) if is_temperature else str,
            decimal_comma,
        ),
    )


def _position(cells: Mapping[str, str], *, decimal_comma: bool) -> tuple[tuple[float, float, float] | None, str]:
    written = [cells.get(axis, "") for axis in "xyz"]
    length_unit = cells.get("length_unit", "")
    if length_unit:
        affine_to_si(length_unit, "m")
    if not any(written):
        return None, length_unit
    if not all(written):
        raise SceneError(f"the position of {cells['id']!r} is incomplete: x, y and z are due, or none of them")
    x, y, z = (_number(text, decimal_comma=decimal_comma) for text in written)
    return (x, y, z), length_unit


def _number(text: str, *, decimal_comma: bool) -> float:
    plain = text.replace(",", ".") if decimal_comma and "." not in text else text
    try:
        value = float(plain)
    except ValueError as error:
        raise SceneError(f"found {text!r}, expected a number") from error
    if not abs(value) < float("inf"):
        raise SceneError(f"found {text!r}, expected a finite number")
    return value


def _quantity(text: str, unit: str, check: Callable[[str], object], decimal_comma: bool) -> str:  # noqa: FBT001
    """A quantity as scenes write it: a bare number gets the unit."""
    if not text:
        return ""
    plain = text.replace(",", ".") if decimal_comma and "." not in text else text
    quantity = f"{plain} {unit}" if re.fullmatch(r"[-+.\deE]+", plain) else plain
    check(quantity)
    return quantity


def _holds(parse: Callable[[], object]) -> bool:
    try:
        parse()
    except UnitError:
        return False
    return True
