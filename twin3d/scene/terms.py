"""What selectors are made of: one frozen record for each term, that writes itself as text."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

SINGLE_TOLERANCE = 0.02
"""A single size, as in ``r=5 mm``, matches within this relative tolerance: tessellation and fitting blur it."""

Vector: TypeAlias = tuple[float, float, float]

AXES: dict[str, Vector] = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
RESERVED = frozenset({"and", "or", "not", "to"})
"""Words that no name without quotes can be."""
GLOB = re.compile(r"\"([^\"]+)\"|'([^']+)'|([^\s(),\"']+)")


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
class AnyPlane:
    """All plane faces."""

    def __str__(self) -> str:
        return "plane"


@dataclass(frozen=True, slots=True)
class Parallel:
    """Plane faces whose normal lies along an axis, either way; CadQuery's ``|Z``."""

    axis: str
    """``x``, ``y`` or ``z``."""

    def __str__(self) -> str:
        return f"|{self.axis.upper()}"


@dataclass(frozen=True, slots=True)
class Furthest:
    """Outer faces of any kind whose centre of area lies furthest along an axis; CadQuery's ``>Z`` and ``<Z``."""

    side: str
    """``>`` for the highest coordinate, ``<`` for the lowest."""
    axis: str
    """``x``, ``y`` or ``z``."""

    def __str__(self) -> str:
        return f"{self.side}{self.axis.upper()}"


@dataclass(frozen=True, slots=True)
class Hole:
    """Cylindrical faces that curve inwards and, with their fellows on the same axis, close all the way round."""

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
class Sphere:
    """Spherical faces."""

    radius: tuple[float, float] | None = None
    """Smallest and largest radius [m]; None for any."""

    def __str__(self) -> str:
        return "sphere" + _cylinder_text(self.radius, None)


@dataclass(frozen=True, slots=True)
class Cone:
    """Conical faces: chamfers, countersinks, drafted bores."""

    axis: Vector | None = None
    """Unit vector along the cone's axis, either way; None for any."""

    def __str__(self) -> str:
        return "cone" + _cylinder_text(None, self.axis)


@dataclass(frozen=True, slots=True)
class Near:
    """The one face nearest to a point, among those that the terms joined to it by ``and`` leave."""

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
class Colour:
    """Faces of a colour, their own or else that of their part."""

    code: str
    """Like ``#ff8800``, lower case."""

    def __str__(self) -> str:
        return f"colour {self.code}"


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
class Smallest:
    """The face of smallest area among those that the terms joined to it by ``and`` leave."""

    def __str__(self) -> str:
        return "smallest"


@dataclass(frozen=True, slots=True)
class Area:
    """Faces by their area."""

    bounds: tuple[float, float]
    """Smallest and largest area [m²]."""

    def __str__(self) -> str:
        return f"area {_range_text(self.bounds, 1e6)} mm^2"


@dataclass(frozen=True, slots=True)
class Id:
    """Faces by their number in the table of faces."""

    numbers: tuple[int, ...]
    """Counted from 1."""

    def __str__(self) -> str:
        return f"id {','.join(map(str, self.numbers))}"


@dataclass(frozen=True, slots=True)
class Other:
    """Outer faces that no load selects, but for loads that say ``other`` themselves."""

    def __str__(self) -> str:
        return "other"


@dataclass(frozen=True, slots=True)
class Named:
    """A selection that the scene names in ``[faces]``."""

    name: str
    meaning: "Selector | None" = None
    """What the scene says under the name; None until the scene is built."""

    def __str__(self) -> str:
        return f"face {self.name}"


@dataclass(frozen=True, slots=True)
class Adjacent:
    """Outer faces that share an edge with the selected ones, which are left out."""

    inner: "Selector"

    def __str__(self) -> str:
        return f"adjacent to {_inner_text(self.inner, Or, And)}"


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
    Normal
    | Plane
    | AnyPlane
    | Parallel
    | Furthest
    | Hole
    | Cylinder
    | Sphere
    | Cone
    | Near
    | Box
    | Between
    | Part
    | Name
    | Colour
    | Outer
    | Largest
    | Smallest
    | Area
    | Id
    | Other
    | Named
    | Adjacent
    | And
    | Or
    | Not
)


def walk(selector: Selector) -> Iterator[Selector]:
    """A selector and all terms in it, the meanings of names included."""
    yield selector
    match selector:
        case And() | Or():
            yield from walk(selector.left)
            yield from walk(selector.right)
        case Not() | Adjacent():
            yield from walk(selector.inner)
        case Named(meaning=meaning) if meaning is not None:
            yield from walk(meaning)


def with_meanings(selector: Selector, meanings: Mapping[str, Selector]) -> Selector:
    """The selector, each name in it with what it means; names without a meaning stay as they are."""
    match selector:
        case Named(name=name):
            return Named(name, meanings.get(name))
        case And() | Or():
            return type(selector)(with_meanings(selector.left, meanings), with_meanings(selector.right, meanings))
        case Not() | Adjacent():
            return type(selector)(with_meanings(selector.inner, meanings))
        case _:
            return selector


def _direction_text(direction: Vector) -> str:
    for name, axis in AXES.items():
        for sign, prefix in ((1.0, "+"), (-1.0, "-")):
            if direction == tuple(sign * value + 0.0 for value in axis):
                return f"{prefix}{name}"
    return ",".join(f"{value!r}" for value in direction)


def _point_text(point: Vector) -> str:
    return ",".join(_millimetres(value) for value in point) + " mm"


def _cylinder_text(radius: tuple[float, float] | None, axis: Vector | None) -> str:
    words = "" if radius is None else f" r={_range_text(radius, 1e3)} mm"
    return words if axis is None else f"{words} along {_direction_text(axis).removeprefix('+')}"


def _range_text(bounds: tuple[float, float], scale: float) -> str:
    middle = 0.5 * (bounds[0] + bounds[1])
    is_single = math.isclose(bounds[1] - bounds[0], 2.0 * SINGLE_TOLERANCE * middle, rel_tol=1e-9)
    return f"{middle * scale:.12g}" if is_single else f"{bounds[0] * scale:.12g}..{bounds[1] * scale:.12g}"


def _millimetres(value: float) -> str:
    return f"{value * 1e3:.12g}"


def _glob_text(glob: str) -> str:
    if GLOB.fullmatch(glob) and not glob.startswith(("'", '"')) and glob not in RESERVED:
        return glob
    return f"'{glob}'" if '"' in glob else f'"{glob}"'


def _inner_text(selector: Selector, *looser: type) -> str:
    return f"({selector})" if isinstance(selector, looser) else str(selector)
