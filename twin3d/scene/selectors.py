"""The selector language: which faces of the asset, said by geometry and names so that it survives a re-export.

A selector is parsed here and resolved against the mesh in `twin3d.mesh.selection`. The grammar, loosest first::

    selector := all { "or" all }
    all      := one { "and" one }
    one      := "not" one | "adjacent" "to" one | "(" selector ")" | term
    term     := "normal" DIRECTION | "plane" [("max" | "min") DIRECTION] | "hole" [radius] [along]
              | "cylinder" [radius] [along] | "sphere" [radius] | "cone" [along] | "near" POINT
              | "box" POINT "to" POINT | "between" GLOB GLOB | "part" GLOB | "name" GLOB | "colour" #RRGGBB
              | "outer" | "all" | "other"
              | "largest" | "smallest" | "area" AREA [".." AREA] | "id" NUMBER { "," NUMBER }
              | "face" NAME | NAME | ">X" | "<X" | "|X" | "%PLANE" | "%CYLINDER" | "%SPHERE" | "%CONE"
    radius   := "r" "=" LENGTH [".." LENGTH]          along := "along" DIRECTION

A DIRECTION is ``x``, ``+x``, ``-x`` or three numbers ``1,0,1``; a POINT is ``80,0,3 mm``; a LENGTH is ``5 mm``; a NAME
is a key of the scene's ``[faces]``. The first corner of a box and the first of two sizes share the unit of the second.
"""

import math
import re
from collections.abc import Callable, Collection

from twin3d.errors import SceneError, UnitError
from twin3d.scene.terms import (
    AXES,
    GLOB,
    RESERVED,
    SINGLE_TOLERANCE,
    Adjacent,
    And,
    AnyPlane,
    Area,
    Between,
    Box,
    Colour,
    Cone,
    Cylinder,
    Furthest,
    Hole,
    Id,
    Largest,
    Name,
    Named,
    Near,
    Normal,
    Not,
    Or,
    Other,
    Outer,
    Parallel,
    Part,
    Plane,
    Selector,
    Smallest,
    Sphere,
    Vector,
    walk,
    with_meanings,
)
from twin3d.units import parse_quantity

__all__ = [
    "AXES",
    "Adjacent",
    "And",
    "AnyPlane",
    "Area",
    "Between",
    "Box",
    "Colour",
    "Cone",
    "Cylinder",
    "Furthest",
    "Hole",
    "Id",
    "Largest",
    "Name",
    "Named",
    "Near",
    "Normal",
    "Not",
    "Or",
    "Other",
    "Outer",
    "Parallel",
    "Part",
    "Plane",
    "Selector",
    "Smallest",
    "Sphere",
    "Vector",
    "is_word",
    "parse",
    "parse_point",
    "walk",
    "with_meanings",
]

_MAX_DEPTH = 40
_MAX_LENGTH = 2000
_MAX_NUMBER = 10**9


def parse(text: str, names: Collection[str] = ()) -> Selector:
    """Parse a selector; raises SceneError that shows the text with a caret and what was expected.

    Args:
        text: The selector.
        names: Keys of the scene's ``[faces]``, which may stand without the word ``face``.
    """
    if len(text) > _MAX_LENGTH:
        raise SceneError(f"a selector of {len(text)} characters is too long; the limit is {_MAX_LENGTH}")
    return _Parser(text, names).parse()


def is_word(name: str) -> bool:
    """Whether a name means something else in selectors already."""
    return name in RESERVED or name in _Parser("")._terms or name in {"along", "max", "min"}


def parse_point(text: str) -> Vector:
    """Parse a point such as ``80, 0, 3 mm`` [m]; raises SceneError with a caret."""
    return _Parser(text).parse_point()


_NUMBER = r"[+-]?(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_TOKEN = re.compile(
    rf"(?P<number>{_NUMBER})|(?P<range>\.\.)|(?P<quoted>\"[^\"]*\"|'[^']*')|(?P<axis>[+-][xyz]\b)"
    r"|(?P<word>[^\s(),=\"'.][^\s(),=\"']*)|(?P<sign>[(),=])"
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_ALIASES: dict[str, Selector] = {
    **{f"{side}{axis.upper()}": Furthest(side, axis) for side in "><" for axis in AXES},
    **{f"|{axis.upper()}": Parallel(axis) for axis in AXES},
    "%PLANE": AnyPlane(),
    "%CYLINDER": Cylinder(),
    "%SPHERE": Sphere(),
    "%CONE": Cone(),
}
"""CadQuery's words."""


class _Parser:
    """A recursive-descent parser; one method per rule of the grammar."""

    def __init__(self, text: str, names: Collection[str] = ()) -> None:
        self._text = text
        self._names = names
        self._place = 0
        self._skip_space()
        self._depth = 0
        self._terms: dict[str, Callable[[], Selector]] = {
            "normal": self._normal,
            "plane": self._plane,
            "hole": lambda: Hole(*self._radius_and_axis()),
            "cylinder": lambda: Cylinder(*self._radius_and_axis()),
            "sphere": lambda: Sphere(self._radius()),
            "cone": lambda: Cone(self._along()),
            "near": lambda: Near(self._point()),
            "box": self._box,
            "between": lambda: Between(self._glob("a part name"), self._glob("a second part name")),
            "part": lambda: Part(self._glob("a part name")),
            "name": lambda: Name(self._glob("a face name")),
            "colour": self._colour,
            "outer": Outer,
            "all": Outer,
            "other": Other,
            "largest": Largest,
            "smallest": Smallest,
            "area": self._area,
            "id": self._numbers,
            "adjacent": self._adjacent,
            "face": self._named,
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
        word = self._peek()
        rule = self._terms.get(word)
        if rule is not None:
            self._take()
            return rule()
        alias = Named(word) if word in self._names else _ALIASES.get(word.upper())
        if alias is None:
            names = f", a name of [faces] ({', '.join(self._names)})" if self._names else ""
            kinds = f", {', '.join(_ALIASES)}" if word[:1] in {">", "<", "|", "%"} else ""
            raise self._error(f"one of {', '.join(self._terms)}{kinds}{names}, not, or a parenthesis")
        self._take()
        return alias

    def _normal(self) -> Selector:
        return Normal(self._direction())

    def _plane(self) -> Selector:
        for side in ("max", "min"):
            if self._accept(side):
                return Plane(side, self._direction())
        if self._peek() in {"", "and", "or", ")"}:
            return AnyPlane()
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
        return self._radius(), self._along()

    def _along(self) -> Vector | None:
        return self._direction() if self._accept("along") else None

    def _radius(self) -> tuple[float, float] | None:
        if not self._accept("r"):
            return None
        if not self._accept("="):
            raise self._error('"=" and a radius, as in "r=5 mm"')
        return self._bounds("radius", self._length_unit)

    def _area(self) -> Selector:
        return Area(self._bounds("area", self._area_unit))

    def _bounds(self, what: str, read_unit: Callable[[], float]) -> tuple[float, float]:
        place = self._place
        low = self._number()
        if self._accept(".."):
            high = self._number()
            unit = read_unit()
            bounds = (low * unit, high * unit)
        else:
            unit = read_unit()
            bounds = (low * unit * (1.0 - SINGLE_TOLERANCE), low * unit * (1.0 + SINGLE_TOLERANCE))
        if not 0.0 < bounds[0] < bounds[1] < math.inf:
            raise self._error(f"a positive {what}, the smaller one first", place=place)
        return bounds

    def _numbers(self) -> Selector:
        numbers = [self._face_number()]
        while self._accept(","):
            numbers.append(self._face_number())
        return Id(tuple(numbers))

    def _face_number(self) -> int:
        token = self._peek()
        if not re.fullmatch(r"[0-9]+", token) or not 0 < int(token[:12]) < _MAX_NUMBER:
            raise self._error("the number of a face, counted from 1, as `twin3d mesh --faces` shows it")
        self._take()
        return int(token)

    def _adjacent(self) -> Selector:
        if not self._accept("to"):
            raise self._error('the word "to" and a selector, as in "adjacent to (plane max z)"')
        return Adjacent(self._one())

    def _named(self) -> Selector:
        word = self._peek()
        if not _NAME.fullmatch(word):
            raise self._error("a name of [faces]")
        self._take()
        return Named(word)

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
        if token.lstrip("+-") in AXES:
            self._take()
            sign = -1.0 if token.startswith("-") else 1.0
            x, y, z = (sign * value + 0.0 for value in AXES[token.lstrip("+-")])
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
        return self._unit("m", "a unit of length, such as mm")

    def _area_unit(self) -> float:
        return self._unit("m^2", "a unit of area, such as mm^2")

    def _unit(self, si_unit: str, expected: str) -> float:
        unit = self._peek()
        if not unit or not unit[0].isalpha() or unit in RESERVED or unit == "along":
            raise self._error(expected)
        try:
            scale = parse_quantity(f"1 {unit}", si_unit)
        except UnitError as error:
            raise self._error(expected) from error
        self._take()
        return scale

    def _colour(self) -> Selector:
        place = self._place
        code = self._glob("a colour, such as #ff8800").lower()
        if re.fullmatch(r"#[0-9a-f]{6}", code) is None:
            raise self._error("a colour, such as #ff8800", place=place)
        return Colour(code)

    def _glob(self, what: str) -> str:
        match = GLOB.match(self._text, self._place)
        if match is None or match[0] in RESERVED:
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
