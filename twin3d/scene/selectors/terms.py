"""The terms of selectors: one frozen record for each, that writes itself as text."""

from dataclasses import dataclass
from typing import TypeAlias

from twin3d.scene.selectors.wording import Vector, cylinder_text, direction_text, glob_text, point_text, range_text


@dataclass(frozen=True, slots=True)
class Normal:
    """Plane faces whose outward normal has a direction."""

    direction: Vector
    """Unit vector, outward."""

    def __str__(self) -> str:
        return f"normal {direction_text(self.direction)}"


@dataclass(frozen=True, slots=True)
class Plane:
    """The outermost plane faces along an axis."""

    side: str
    """``max`` or ``min``."""
    axis: Vector
    """Unit vector."""

    def __str__(self) -> str:
        return f"plane {self.side} {direction_text(self.axis).removeprefix('+')}"


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
        return "hole" + cylinder_text(self.radius, self.axis)


@dataclass(frozen=True, slots=True)
class Cylinder:
    """Cylindrical faces, holes included."""

    radius: tuple[float, float] | None = None
    """Smallest and largest radius [m]; None for any."""
    axis: Vector | None = None
    """Unit vector along the cylinder, either way; None for any."""

    def __str__(self) -> str:
        return "cylinder" + cylinder_text(self.radius, self.axis)


@dataclass(frozen=True, slots=True)
class Sphere:
    """Spherical faces."""

    radius: tuple[float, float] | None = None
    """Smallest and largest radius [m]; None for any."""

    def __str__(self) -> str:
        return "sphere" + cylinder_text(self.radius, None)


@dataclass(frozen=True, slots=True)
class Cone:
    """Conical faces: chamfers, countersinks, drafted bores."""

    axis: Vector | None = None
    """Unit vector along the cone's axis, either way; None for any."""

    def __str__(self) -> str:
        return "cone" + cylinder_text(None, self.axis)


@dataclass(frozen=True, slots=True)
class Near:
    """The one face nearest to a point, among those that the terms joined to it by ``and`` leave."""

    point: Vector
    """Point [m]."""

    def __str__(self) -> str:
        return f"near {point_text(self.point)}"


@dataclass(frozen=True, slots=True)
class Box:
    """Faces that lie within a box."""

    lo: Vector
    """Lowest corner [m]."""
    hi: Vector
    """Highest corner [m]."""

    def __str__(self) -> str:
        return f"box {point_text(self.lo)} to {point_text(self.hi)}"


@dataclass(frozen=True, slots=True)
class Between:
    """The interface of two parts."""

    a: str
    """Glob on part names."""
    b: str
    """Glob on part names."""

    def __str__(self) -> str:
        return f"between {glob_text(self.a)} {glob_text(self.b)}"


@dataclass(frozen=True, slots=True)
class Part:
    """All faces of the parts that match."""

    glob: str
    """Glob on part names."""

    def __str__(self) -> str:
        return f"part {glob_text(self.glob)}"


@dataclass(frozen=True, slots=True)
class Name:
    """Faces by the name that the file gives them."""

    glob: str
    """Glob on face names."""

    def __str__(self) -> str:
        return f"name {glob_text(self.glob)}"


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
        return f"area {range_text(self.bounds, 1e6)} mm^2"


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


Term: TypeAlias = (
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
)
"""A term that holds no other."""
