"""Reads the points, directions and sizes of a selector, in SI."""

import math
from collections.abc import Callable

from twin3d.errors import UnitError
from twin3d.scene.selectors.tokens import Tokens, is_number
from twin3d.scene.selectors.wording import AXES, RESERVED, SINGLE_TOLERANCE, Vector
from twin3d.units import parse_quantity


def read_point(tokens: Tokens) -> Vector:
    """A point such as ``80,0,3 mm`` [m]."""
    numbers = _read_triple(tokens)
    return _scaled(numbers, _read_length_unit(tokens))


def read_corners(tokens: Tokens) -> tuple[Vector, Vector]:
    """The lowest and the highest corner of a box, such as ``0,0,0 to 10,10,5 mm`` [m]."""
    place = tokens.place
    low = _read_triple(tokens)
    unit = None if tokens.peek() == "to" else _read_length_unit(tokens)
    tokens.expect("to", expected='the word "to" and the other corner, as in "box 0,0,0 to 10,10,5 mm"')
    high = _read_triple(tokens)
    high_unit = _read_length_unit(tokens)
    lo, hi = _scaled(low, high_unit if unit is None else unit), _scaled(high, high_unit)
    if any(a >= b for a, b in zip(lo, hi, strict=True)):
        raise tokens.error("the lowest corner first, every coordinate below that of the highest", place=place)
    return lo, hi


def read_direction(tokens: Tokens) -> Vector:
    """A unit vector, from ``x``, ``+x``, ``-x`` or three numbers."""
    token = tokens.peek()
    if token.lstrip("+-") in AXES:
        tokens.take()
        sign = -1.0 if token.startswith("-") else 1.0
        x, y, z = (sign * value + 0.0 for value in AXES[token.lstrip("+-")])
        return (x, y, z)
    if not is_number(token):
        raise tokens.error("a direction: x, +x, -x, y, z or three numbers such as 1,0,1")
    place = tokens.place
    x, y, z = _read_triple(tokens)
    length = math.hypot(x, y, z)
    if not 0.0 < length < math.inf:
        raise tokens.error("a direction that is not 0,0,0", place=place)
    return (x, y, z) if math.isclose(length, 1.0, rel_tol=1e-12) else (x / length, y / length, z / length)


def read_along(tokens: Tokens) -> Vector | None:
    """The unit vector of ``along z``; None where the text says nothing of it."""
    return read_direction(tokens) if tokens.accept("along") else None


def read_radius(tokens: Tokens) -> tuple[float, float] | None:
    """The smallest and largest radius of ``r=5 mm`` or ``r=3..4 mm`` [m]; None where the text says nothing of it."""
    if not tokens.accept("r"):
        return None
    tokens.expect("=", expected='"=" and a radius, as in "r=5 mm"')
    return _read_bounds(tokens, "radius", _read_length_unit)


def read_area(tokens: Tokens) -> tuple[float, float]:
    """The smallest and largest area of ``5 mm^2`` or ``3..4 mm^2`` [m²]."""
    return _read_bounds(tokens, "area", _read_area_unit)


def _read_bounds(tokens: Tokens, what: str, read_unit: Callable[[Tokens], float]) -> tuple[float, float]:
    place = tokens.place
    low = tokens.number()
    if tokens.accept(".."):
        high = tokens.number()
        unit = read_unit(tokens)
        bounds = (low * unit, high * unit)
    else:
        unit = read_unit(tokens)
        bounds = (low * unit * (1.0 - SINGLE_TOLERANCE), low * unit * (1.0 + SINGLE_TOLERANCE))
    if not 0.0 < bounds[0] < bounds[1] < math.inf:
        raise tokens.error(f"a positive {what}, the smaller one first", place=place)
    return bounds


def _read_triple(tokens: Tokens) -> Vector:
    values = [tokens.number()]
    while len(values) < 3:
        tokens.expect(",", expected='a comma: three numbers are due, as in "80,0,3 mm"')
        values.append(tokens.number())
    return (values[0], values[1], values[2])


def _read_length_unit(tokens: Tokens) -> float:
    return _read_unit(tokens, "m", expected="a unit of length, such as mm")


def _read_area_unit(tokens: Tokens) -> float:
    return _read_unit(tokens, "m^2", expected="a unit of area, such as mm^2")


def _read_unit(tokens: Tokens, si_unit: str, *, expected: str) -> float:
    unit = tokens.peek()
    if not unit or not unit[0].isalpha() or unit in RESERVED or unit == "along":
        raise tokens.error(expected)
    try:
        scale = parse_quantity(f"1 {unit}", si_unit)
    except UnitError as error:
        raise tokens.error(expected) from error
    tokens.take()
    return scale


def _scaled(numbers: Vector, unit: float) -> Vector:
    x, y, z = numbers
    return (x * unit, y * unit, z * unit)
