"""The selector language: which faces of the asset, said by geometry and names so that it survives a re-export.

A selector is parsed here and resolved against the mesh in `twin3d.mesh.selection`. The grammar, loosest first::

    selector := all { "or" all }
    all      := one { "and" one }
    one      := "not" one | "(" selector ")" | term
    term     := "normal" DIRECTION | "plane" ("max" | "min") DIRECTION | "hole" [radius] [along]
              | "cylinder" [radius] [along] | "near" POINT | "box" POINT "to" POINT | "between" GLOB GLOB
              | "part" GLOB | "name" GLOB | "outer" | "largest"
    radius   := "r" "=" LENGTH [".." LENGTH]          along := "along" DIRECTION

A DIRECTION is ``x``, ``+x``, ``-x`` or three numbers ``1,0,1``; a POINT is ``80,0,3 mm``; a LENGTH is ``5 mm``.
The first corner of a box and the first of two radii share the unit of the second.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from twin3d.errors import SceneError, UnitError
from twin3d.units import parse_quantity

RADIUS_TOLERANCE = 0.02
"""A single radius ``r=5 mm`` matches within this relative tolerance: tessellation and fitting blur it."""

_MAX_DEPTH = 40
_MAX_LENGTH = 2000

Vector: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Normal:
    """Plane faces whose outward normal has a direction."""

    direction: Vector
    """Unit vector, outward."""

    def __str__(self) -> str:
        return f"normal {_direction_text(self.direction)}"


@dataclass(frozen=True, slots=True)
class Plane:
    """The outermost plane faces along an axis."""

    side: str
    """``max`` or ``min``."""
    axis: Vector
    """Unit vector."""

    def __str__(self) -> str:
        return f"plane {self.side} {_direction_text(self.axis).removeprefix('+')}"


@dataclass(frozen=True, slots=True)
class Hole:
    """Cylindrical faces that curve inwards, all the way round."""

    radius: tuple[float, float] | None = None
    """Smallest and largest radius [m]; None for any."""
    axis: Vector | None = None
    """Unit vector along the hole, either way; None for any."""

    def __str__(self) -> str:
        return "hole" + _cylinder_text(self.radius, self.axis)


@dataclass(frozen=True, slots=True)
class Cylinder:
    """Cylindrical faces, holes included."""

    radius: tuple[float, float] | None = None
    """Smallest and largest radius [m]; None for any."""
    axis: Vector | None = None
    """Unit vector along the cylinder, either way; None for any."""

    def __str__(self) -> str:
        return "cylinder" + _cylinder_text(self.radius, self.axis)


@dataclass(frozen=True, slots=True)
class Near:
    """The one face nearest to a point."""

    point: Vector
    """Point [m]."""

    def __str__(self) -> str:
        return f"near {_point_text(self.point)}"


@dataclass(frozen=True, slots=True)
class Box:
    """Faces that lie within a box."""

    lo: Vector
    """Lowest corner [m]."""
    hi: Vector
    """Highest corner [m]."""

    def __str__(self) -> str:
        return f"box {_point_text(self.lo)} to {_point_text(self.hi)}"


@dataclass(frozen=True, slots=True)
class Between:
    """The interface of two parts."""

    a: str
    """Glob on part names."""
    b: str
    """Glob on part names."""

    def __str__(self) -> str:
        return f"between {_glob_text(self.a)} {_glob_text(self.b)}"


@dataclass(frozen=True, slots=True)
class Part:
    """All faces of the parts that match."""

    glob: str
    """Glob on part names."""

    def __str__(self) -> str:
        return f"part {_glob_text(self.glob)}"


@dataclass(frozen=True, slots=True)
class Name:
    """Faces by the name that the file gives them."""

    glob: str
    """Glob on face names."""

    def __str__(self) -> str:
        return f"name {_glob_text(self.glob)}"


@dataclass(frozen=True, slots=True)
class Outer:
    """Faces with material on one side only."""

    def __str__(self) -> str:
        return "outer"


@dataclass(frozen=True, slots=True)
class Largest:
    """The face of largest area among those that the terms joined to it by ``and`` leave."""

    def __str__(self) -> str:
        return "largest"


@dataclass(frozen=True, slots=True)
class And:
    """Faces that both sides select."""

    left: "Selector"
    right: "Selector"

    def __str__(self) -> str:
        return f"{_inner_text(self.left, Or)} and {_inner_text(self.right, Or, And)}"


@dataclass(frozen=True, slots=True)
class Or:
    """Faces that either side selects."""

    left: "Selector"
    right: "Selector"

    def __str__(self) -> str:
        return f"{self.left} or {_inner_text(self.right, Or)}"


@dataclass(frozen=True, slots=True)
class Not:
    """Faces that the inner selector leaves."""

    inner: "Selector"

    def __str__(self) -> str:
        return f"not {_inner_text(self.inner, Or, And)}"


Selector: TypeAlias = (
    Normal | Plane | Hole | Cylinder | Near | Box | Between | Part | Name | Outer | Largest | And | Or | Not
)


def parse(text: str) -> Selector:
    """Parse a selector; raises SceneError that shows the text with a caret and what was expected."""
    if len(text) > _MAX_LENGTH:
        raise SceneError(f"a selector of {len(text)} characters is too long; the limit is {_MAX_LENGTH}")
    return _Parser(text).parse()


def parse_point(text: str) -> Vector:
    """Parse a point such as ``80, 0, 3 mm`` [m]; raises SceneError with a caret."""
    return _Parser(text).parse_point()


_NUMBER = r"[+-]?(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_TOKEN = re.compile(
    rf"(?P<number>{_NUMBER})|(?P<range>\.\.)|(?P<quoted>\"[^\"]*\"|'[^']*')|(?P<axis>[+-][xyz]\b)"
    r"|(?P<word>[^\s(),=\"'.][^\s(),=\"']*)|(?P<sign>[(),=])"
)
_GLOB = re.compile(r"\"([^\"]+)\"|'([^']+)'|([^\s(),\"']+)")
_AXES: dict[str, Vector] = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
_RESERVED = frozenset({"and", "or", "not", "to"})


class _Parser:
    """A recursive-descent parser; one method per rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._skip_space()
        self._depth = 0
        self._terms: dict[str, Callable[[], Selector]] = {
            "normal": self._normal,
            "plane": self._plane,
            "hole": lambda: Hole(*self._radius_and_axis()),
            "cylinder": lambda: Cylinder(*self._radius_and_axis()),
            "near": lambda: Near(self._point()),
            "box": self._box,
            "between": lambda: Between(self._glob("a part name"), self._glob("a second part name")),
            "part": lambda: Part(self._glob("a part name")),
            "name": lambda: Name(self._glob("a face name")),
            "outer": Outer,
            "largest": Largest,
        }

    def parse(self) -> Selector:
        selector = self._any()
        self._expect_end("and, or, or the end")
        return selector

    def parse_point(self) -> Vector:
        point = self._point()
        self._expect_end("the end")
        return point

    def _any(self) -> Selector:
        selector = self._all()
        while self._accept("or"):
            selector = Or(selector, self._all())
        return selector

    def _all(self) -> Selector:
        selector = self._one()
        while self._accept("and"):
            selector = And(selector, self._one())
        return selector

    def _one(self) -> Selector:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error(f"fewer than {_MAX_DEPTH} nested terms")
        try:
            return self._term()
        finally:
            self._depth -= 1

    def _term(self) -> Selector:
        if self._accept("not"):
            return Not(self._one())
        if self._accept("("):
            selector = self._any()
            if not self._accept(")"):
                raise self._error("and, or, or a closing parenthesis")
            return selector
        rule = self._terms.get(self._peek())
        if rule is None:
            raise self._error(f"one of {', '.join(self._terms)}, not, or a parenthesis")
        self._take()
        return rule()

    def _normal(self) -> Selector:
        return Normal(self._direction())

    def _plane(self) -> Selector:
        for side in ("max", "min"):
            if self._accept(side):
                return Plane(side, self._direction())
        raise self._error("max or min")

    def _box(self) -> Selector:
        place = self._place
        low = self._triple()
        unit = None if self._peek() == "to" else self._length_unit()
        if not self._accept("to"):
            raise self._error('the word "to" and the other corner, as in "box 0,0,0 to 10,10,5 mm"')
        high = self._triple()
        high_unit = self._length_unit()
        lo, hi = _scaled(low, high_unit if unit is None else unit), _scaled(high, high_unit)
        if any(a >= b for a, b in zip(lo, hi, strict=True)):
            raise self._error("the lowest corner first, every coordinate below that of the highest", place=place)
        return Box(lo, hi)

    def _radius_and_axis(self) -> tuple[tuple[float, float] | None, Vector | None]:
        radius = self._radius() if self._accept("r") else None
        axis = self._direction() if self._accept("along") else None
        return radius, axis

    def _radius(self) -> tuple[float, float]:
        if not self._accept("="):
            raise self._error('"=" and a radius, as in "r=5 mm"')
        place = self._place
        low = self._number()
        if self._accept(".."):
            high = self._number()
            unit = self._length_unit()
            bounds = (low * unit, high * unit)
        else:
            unit = self._length_unit()
            bounds = (low * unit * (1.0 - RADIUS_TOLERANCE), low * unit * (1.0 + RADIUS_TOLERANCE))
        if not 0.0 < bounds[0] < bounds[1] < math.inf:
            raise self._error("a positive radius, the smaller one first", place=place)
        return bounds

    def _point(self) -> Vector:
        numbers = self._triple()
        return _scaled(numbers, self._length_unit())

    def _triple(self) -> Vector:
        values = [self._number()]
        while len(values) < 3:
            if not self._accept(","):
                raise self._error('a comma: three numbers are due, as in "80,0,3 mm"')
            values.append(self._number())
        return (values[0], values[1], values[2])

    def _direction(self) -> Vector:
        token = self._peek()
        if token.lstrip("+-") in _AXES:
            self._take()
            sign = -1.0 if token.startswith("-") else 1.0
            x, y, z = (sign * value + 0.0 for value in _AXES[token.lstrip("+-")])
            return (x, y, z)
        if not _is_number(token):
            raise self._error("a direction: x, +x, -x, y, z or three numbers such as 1,0,1")
        place = self._place
        x, y, z = self._triple()
        length = math.hypot(x, y, z)
        if not 0.0 < length < math.inf:
            raise self._error("a direction that is not 0,0,0", place=place)
        return (x, y, z) if math.isclose(length, 1.0, rel_tol=1e-12) else (x / length, y / length, z / length)

    def _number(self) -> float:
        token = self._peek()
        if not _is_number(token):
            raise self._error("a number")
        value = float(token)
        if not math.isfinite(value):
            raise self._error("a finite number")
        self._take()
        return value

    def _length_unit(self) -> float:
        unit = self._peek()
        if not unit or not unit[0].isalpha() or unit in _RESERVED or unit == "along":
            raise self._error("a unit of length, such as mm")
        try:
            scale = parse_quantity(f"1 {unit}", "m")
        except UnitError as error:
            raise self._error("a unit of length, such as mm") from error
        self._take()
        return scale

    def _glob(self, what: str) -> str:
        match = _GLOB.match(self._text, self._place)
        if match is None or match[0] in _RESERVED:
            raise self._error(f"{what}, such as heatsink or chip_* (in quotes if it has spaces)")
        self._place = match.end()
        self._skip_space()
        return str(match[match.lastindex or 0])

    def _peek(self) -> str:
        match = _TOKEN.match(self._text, self._place)
        return match[0] if match else self._text[self._place : self._place + 1]

    def _take(self) -> None:
        self._place += len(self._peek())
        self._skip_space()

    def _accept(self, token: str) -> bool:
        if self._peek() != token:
            return False
        self._take()
        return True

    def _skip_space(self) -> None:
        rest = self._text[self._place :]
        self._place += len(rest) - len(rest.lstrip())

    def _expect_end(self, expected: str) -> None:
        if self._place < len(self._text):
            raise self._error(expected)

    def _error(self, expected: str, *, place: int | None = None) -> SceneError:
        place = self._place if place is None else place
        shown = self._text.replace("\n", " ").replace("\t", " ")
        self._place = place
        found = f"found {self._peek()!r}" if place < len(self._text) else "found the end"
        return SceneError(f"selector: expected {expected}; {found}\n    {shown}\n    {' ' * place}^")


def _scaled(numbers: Vector, unit: float) -> Vector:
    x, y, z = numbers
    return (x * unit, y * unit, z * unit)


def _is_number(token: str) -> bool:
    return re.fullmatch(_NUMBER, token) is not None


def _direction_text(direction: Vector) -> str:
    for name, axis in _AXES.items():
        for sign, prefix in ((1.0, "+"), (-1.0, "-")):
            if direction == tuple(sign * value + 0.0 for value in axis):
                return f"{prefix}{name}"
    return ",".join(f"{value!r}" for value in direction)


def _point_text(point: Vector) -> str:
    return ",".join(_millimetres(value) for value in point) + " mm"


def _cylinder_text(radius: tuple[float, float] | None, axis: Vector | None) -> str:
    words = ""
    if radius is not None:
        middle = 0.5 * (radius[0] + radius[1])
        is_single = math.isclose(radius[1] - radius[0], 2.0 * RADIUS_TOLERANCE * middle, rel_tol=1e-9)
        shown = _millimetres(middle) if is_single else f"{_millimetres(radius[0])}..{_millimetres(radius[1])}"
        words += f" r={shown} mm"
    if axis is not None:
        words += f" along {_direction_text(axis).removeprefix('+')}"
    return words


def _millimetres(value: float) -> str:
    return f"{value * 1e3:.12g}"


def _glob_text(glob: str) -> str:
    if _GLOB.fullmatch(glob) and not glob.startswith(("'", '"')) and glob not in _RESERVED:
        return glob
    return f"'{glob}'" if '"' in glob else f'"{glob}"'


def _inner_text(selector: Selector, *looser: type) -> str:
    return f"({selector})" if isinstance(selector, looser) else str(selector)
