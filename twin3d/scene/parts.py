"""What the asset consists of: parts, their materials, and the contacts between them."""

import math
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
from twin3d.units import EXAMPLES

RIGHT_ANGLE = 1e-4
"""Largest cosine between axes that are at right angles."""

Directional: TypeAlias = tuple[Conductivity, Conductivity, Conductivity]
"""A conductivity along each axis of a material [W/(m K)]."""
Vector: TypeAlias = tuple[float, float, float]


def _frame_along(axes: tuple[Vector, Vector, Vector]) -> tuple[Vector, Vector, Vector]:
    """Unit vectors along the axes, at right angles to the last digit and right-handed.

    A material does not know which way an axis points, so the third may be turned round.
    """
    first, second, third = (_unit(axis) for axis in axes)
    for (a, b), (one, other) in zip(combinations(axes, 2), combinations((first, second, third), 2), strict=True):
        if abs(_dot(one, other)) > RIGHT_ANGLE:
            raise problem(f"the axes {list(a)} and {list(b)} are not at right angles; a material has three that are")
    along = _dot(first, second)
    second = _unit((second[0] - along * first[0], second[1] - along * first[1], second[2] - along * first[2]))
    return first, second, _cross(first, second)


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Vector, b: Vector) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def _unit(axis: Vector) -> Vector:
    length = math.hypot(*axis)
    return (axis[0] / length, axis[1] / length, axis[2] / length)


Axes: TypeAlias = Annotated[tuple[Direction, Direction, Direction], AfterValidator(_frame_along)]
"""The axes of a material in the coordinates of the geometry: unit vectors at right angles, right-handed."""


class Material(ElasticConstants):
    """Thermal and elastic properties of one material."""

    name: str
    conductivity: Conductivity | PropertyTable | Directional | None = None
    """k [W/(m K)]: one for all directions, by temperature, or one along each of the `axes`; stress does without."""
    axes: Axes | None = None
    """Given at right angles and of any length; those of the geometry without them."""
    density: Density
    """ρ [kg/m³]."""
    specific_heat: SpecificHeat | PropertyTable | None = None
    """c_p [J/(kg K)], one or by temperature; stress does without."""
    source: str = ""
    """Where the numbers come from."""


def missing_for_heat(material: Material) -> str:
    """What a material does not say and heat needs, and what to write; empty where it is complete."""
    units = {"conductivity": "W/(m K)", "specific_heat": "J/(kg K)"}
    missing = [name for name in units if getattr(material, name) is None]
    if not missing:
        return ""
    remedy = " and ".join(f'{name} = "{EXAMPLES[units[name]]}"' for name in missing)
    return f"material {material.name} has no {' and no '.join(missing)}, which heat needs; write for example {remedy}"


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
