"""What the asset consists of: parts, their materials, and the contacts between them."""

from itertools import combinations
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from twin3d.scene.frozen import Frozen
from twin3d.scene.mechanics import ElasticConstants
from twin3d.scene.quantities import (
    Conductivity,
    Density,
    Direction,
    FilmCoefficient,
    Length,
    SpecificHeat,
    problem,
)
from twin3d.scene.tables import PropertyTable

RIGHT_ANGLE = 1e-4
"""Largest cosine between axes that are at right angles."""

Directional: TypeAlias = tuple[Conductivity, Conductivity, Conductivity]
"""A conductivity along each axis of a material [W/(m K)]."""
Vector: TypeAlias = tuple[float, float, float]


def _at_right_angles(axes: tuple[Vector, Vector, Vector]) -> tuple[Vector, Vector, Vector]:
    lengths = [sum(x * x for x in axis) ** 0.5 for axis in axes]
    for (a, b), (one, other) in zip(combinations(axes, 2), combinations(lengths, 2), strict=True):
        if abs(sum(x * y for x, y in zip(a, b, strict=True))) > RIGHT_ANGLE * one * other:
            raise problem(f"the axes {list(a)} and {list(b)} are not at right angles; a material has three that are")
    return axes


Axes: TypeAlias = Annotated[tuple[Direction, Direction, Direction], AfterValidator(_at_right_angles)]
"""The axes of a material in the coordinates of the geometry."""


class Material(ElasticConstants):
    """Thermal and elastic properties of one material."""

    name: str
    conductivity: Conductivity | PropertyTable | Directional
    """k [W/(m K)]: one for all directions, by temperature, or one along each of the `axes`."""
    axes: Axes | None = None
    """At right angles, of any length; those of the geometry without them."""
    density: Density
    """ρ [kg/m³]."""
    specific_heat: SpecificHeat | PropertyTable
    """c_p [J/(kg K)], one or by temperature."""
    source: str = ""
    """Where the numbers come from."""


class PartMaterial(Frozen):
    """The material of the parts that a glob matches; later entries override earlier ones."""

    part: str
    """Glob on the names of CAD parts."""
    material: Material


class Contact(Frozen):
    """Two parts that touch through a thin resistance; undeclared neighbours are bonded."""

    name: str
    between: tuple[str, str]
    """Globs on the names of the two parts."""
    conductance: FilmCoefficient
    """Heat flux per temperature step [W/(m² K)]."""
    gap: Length | None = None
    """How far apart faces may be that still exchange heat [m]; None where the parts touch."""
