"""Quantities with units, at the edges: text in, SI floats out; Pint is loaded when the first unit is read."""

import difflib
import importlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from twin3d.errors import UnitError

EXAMPLES = {
    "m": "2 mm",
    "s": "30 s",
    "K": "25 degC",
    "W": "40 W",
    "W/m^2": "5 kW/m^2",
    "W/m^3": "2 MW/m^3",
    "W/(m^2 K)": "25 W/(m^2 K)",
    "W/(m K)": "167 W/(m K)",
    "kg/m^3": "2700 kg/m^3",
    "J/(kg K)": "896 J/(kg K)",
    "kg/s": "0.1 kg/s",
    "deg": "90 deg",
    "Pa": "2 MPa",
    "N": "500 N",
    "N m": "20 N m",
    "m/s^2": "9.81 m/s^2",
    "N/m^3": "50 MPa/mm",
    "1/K": "23e-6 1/K",
    "ohm": "1.7 ohm",
}
"""What to write for each SI unit, as errors show it."""

KINDS = {
    "m": "a length",
    "s": "a duration",
    "K": "a temperature",
    "W": "a power",
    "W/m^2": "a heat flux",
    "W/m^3": "a heat source per volume",
    "W/(m^2 K)": "a film coefficient or contact conductance",
    "W/(m K)": "a conductivity",
    "kg/m^3": "a density",
    "J/(kg K)": "a specific heat",
    "kg/s": "a mass flow",
    "deg": "an angle",
    "Pa": "a pressure, stress or modulus",
    "N": "a force",
    "N m": "a moment",
    "m/s^2": "an acceleration",
    "N/m^3": "a stiffness per area",
    "1/K": "a thermal expansion or temperature coefficient",
    "ohm": "an electrical resistance",
}
"""What each SI unit measures, in words."""

_COMMON_UNITS = (
    *("m", "mm", "cm", "um", "inch", "ft", "s", "ms", "us", "min", "hour", "K", "degC", "degF"),
    *("W", "mW", "kW", "MW", "J", "kJ", "kg", "g", "rad"),
)
_LOOKALIKES = {"C": "degC", "F": "degF", "c": "degC", "Celsius": "degC", "Kelvin": "K", "w": "W", "Watt": "W"}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_DEGREES = {"°C": "degC", "℃": "degC", "°F": "degF", "℉": "degF", "°": "deg"}
_SIGNS = "1*·⋅×/()"
_TOKEN = re.compile(
    r"\s*(?:(?P<name>[^\W\d_][A-Za-z0-9_]*|%)"
    r"(?P<power>\s*(?:\^|\*\*)\s*(?:[+-]?\d\b|\(\s*[+-]?\d\s*\))|⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹])?|(?P<sign>[1*·⋅×/()]))"
)
_QUANTITY = re.compile(r"\s*(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?P<unit>.*)", re.DOTALL)
_MAX_UNIT_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Affine:
    """SI value = `offset` + `scale` · value in the unit."""

    scale: float
    offset: float

    def to_si(self, value: float) -> float:
        """A value in the unit, in SI."""
        return self.offset + self.scale * value

    def from_si(self, value: float) -> float:
        """An SI value, in the unit."""
        return (value - self.offset) / self.scale

    def after(self, first: "Affine") -> "Affine":
        """Both in one: `first`, then this."""
        return Affine(self.scale * first.scale, self.offset + self.scale * first.offset)


def parse_quantity(text: str, si_unit: str) -> float:
    """A quantity such as ``"25 degC"`` in SI; raises UnitError without a unit or with another dimension."""
    number, unit = _split(text, si_unit)
    if si_unit == "K" and _is_difference(unit):
        raise UnitError(f'"{text}" is a temperature difference, here a temperature is due: write "{number:g} degC"')
    value = _finite(text, _affine(text, unit, si_unit).to_si(number))
    if si_unit == "K" and value < 0.0:
        raise UnitError(f'"{text}" is below absolute zero')
    return value


def parse_difference(text: str, si_unit: str) -> float:
    """A difference, such as a noise of ``"0.2 K"``, in SI; a unit with an offset (degC, degF) is an error."""
    number, unit = _split(text, si_unit, example="0.2 K" if si_unit == "K" else None)
    affine = _affine(text, unit, si_unit)
    if affine.offset:
        remedy = f"{affine.scale * number:.6g} K"
        raise UnitError(f'"{text}" is a temperature, here a difference is due: write "{remedy}"')
    return _finite(text, affine.scale * number)


def parse_ratio(text: str) -> float:
    """A relative number such as ``"10 %"``, ``"0.1"``."""
    match = _QUANTITY.fullmatch(text)
    unit = match["unit"].strip() if match else ""
    if match is None or unit not in {"", "%", "percent"}:
        raise UnitError(f'"{text}" is not a relative number; write "10 %" or 0.1')
    return _finite(text, float(match["number"])) * (0.01 if unit else 1.0)


def from_si(value: float, unit: str, si_unit: str) -> float:
    """An SI value in another unit."""
    return affine_to_si(unit, si_unit).from_si(value)


def format_quantity(value: float, unit: str, si_unit: str, *, digits: int = 4) -> str:
    """An SI value for people, in a unit: ``format_quantity(325.45, "degC", "K")`` is ``52.3 °C``."""
    shown = {"degC": "°C", "degF": "°F", "deg": "°"}.get(unit, unit)
    return f"{from_si(value, unit, si_unit):.{digits}g} {shown}"


@cache
def affine_to_si(unit: str, si_unit: str) -> Affine:
    """How a value in a unit becomes SI; raises UnitError where the unit is unknown or has another dimension."""
    ours, theirs = _pint_unit(unit), _pint_unit(si_unit)
    if ours.dimensionality != theirs.dimensionality:
        raise UnitError(f'"{unit}" measures {_dimension_of(ours)}, expected {KINDS.get(si_unit, si_unit)} in {si_unit}')
    registry = _registry()
    try:
        offset = float(registry.convert(0.0, ours, theirs))
        if not offset:
            return Affine(float(registry.convert(1.0, ours, theirs)), 0.0)
        return Affine(float(registry.convert(1.0, f"delta_{ours}", theirs)), offset)
    except Exception as error:
        raise UnitError(f'"{unit}" cannot be converted to {si_unit}: {error}') from error


def _split(text: str, si_unit: str, *, example: str | None = None) -> tuple[float, str]:
    example = example or EXAMPLES.get(si_unit, f"1 {si_unit}")
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise UnitError(f'"{text}" is not a number with a unit; write for example "{example}"')
    unit = match["unit"].strip()
    if not unit:
        raise UnitError(f'"{text}" has no unit; write for example "{example}"')
    return _finite(text, float(match["number"])), unit


def _finite(text: str, number: float) -> float:
    if not math.isfinite(number):
        raise UnitError(f'"{text}" is not a finite number')
    return number


def _affine(text: str, unit: str, si_unit: str) -> Affine:
    try:
        return affine_to_si(unit, si_unit)
    except UnitError as error:
        example = EXAMPLES.get(si_unit)
        remedy = f'; write for example "{example}"' if example and "did you mean" not in str(error) else ""
        raise UnitError(f'"{text}": {error}{remedy}') from error


def _is_difference(unit: str) -> bool:
    return unit.startswith(("delta_", "Δ"))


@cache
def _registry() -> Any:
    return importlib.import_module("pint").UnitRegistry()


@cache
def _pint_unit(text: str) -> Any:
    factors = dict(_merged(_factors(text)))
    is_plain = len(factors) == 1 and set(factors.values()) == {1}
    registry = _registry()
    parts = []
    for name, power in factors.items():
        unit = _named_unit(registry, name, text)
        if not is_plain and not _is_multiplicative(registry, unit):
            unit = registry.Unit(f"delta_{unit}")  # within W/(m² °C) a degree can only be a difference
        parts.append(unit**power)
    return math.prod(parts, start=registry.Unit(""))


def _named_unit(registry: Any, name: str, text: str) -> Any:
    hint = f"; did you mean {_LOOKALIKES[name]}?" if name in _LOOKALIKES else ""
    try:
        unit = registry.Unit(name)
    except Exception as error:
        near = difflib.get_close_matches(name, _COMMON_UNITS, n=1, cutoff=0.5)
        hint = hint or (f'; did you mean "{near[0]}"?' if near else "")
        raise UnitError(f'"{text}" is not a unit I know{hint}') from error
    if hint and name in {"C", "F"}:
        raise UnitError(f'"{name}" is the {"coulomb" if name == "C" else "farad"}{hint}')
    return unit


def _is_multiplicative(registry: Any, unit: Any) -> bool:
    return not registry.Quantity(0.0, unit).to_base_units().magnitude


def _dimension_of(unit: Any) -> str:
    if unit.dimensionless:
        return "a plain number"
    for si_unit, kind in KINDS.items():
        if _pint_unit(si_unit).dimensionality == unit.dimensionality:
            return kind
    return str(unit.dimensionality)


def _merged(factors: Iterator[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    powers: dict[str, int] = {}
    for name, power in factors:
        powers[name] = powers.get(name, 0) + power
    yield from powers.items()


def _factors(text: str) -> Iterator[tuple[str, int]]:
    """The factors of a unit, with their powers: ``W/(m^2 K)`` gives W 1, m -2, K -1."""
    signs, sign = [1], 1
    for token, power in _tokens(text):
        if token == "(":
            signs.append(signs[-1] * sign)
        elif token == ")":
            signs.pop()
        elif token not in _SIGNS:
            yield _alias(token), power * sign * signs[-1]
        if not signs:
            raise UnitError(f'"{text}": a parenthesis closes that was never opened')
        sign = -1 if token == "/" else 1
    if len(signs) != 1:
        raise UnitError(f'"{text}": a parenthesis is not closed')


def _alias(name: str) -> str:
    return {"Δ": "delta_degC", "sec": "s"}.get(name, name)


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    text = text.strip()
    for sign, name in _DEGREES.items():
        text = text.replace(sign, name)
    if not text or len(text) > _MAX_UNIT_LENGTH:
        raise UnitError(f'"{text[:_MAX_UNIT_LENGTH]}" is not a unit')
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise UnitError(f'"{text}" is not a unit: I cannot read "{text[place:].strip()}"')
        digits = (match["power"] or "1").translate(_SUPERSCRIPTS).strip("^*() ")
        yield match["name"] or match["sign"], int(digits)
        place = match.end()
