"""What the asset consists of: parts, their materials, and the contacts between them."""

from typing import TypeAlias

from twin3d.scene.frozen import Frozen
from twin3d.scene.mechanics import ElasticConstants
from twin3d.scene.quantities import Conductivity, Density, Direction, FilmCoefficient, Length, SpecificHeat
from twin3d.scene.tables import PropertyTable

Directional: TypeAlias = tuple[Conductivity, Conductivity, Conductivity]
"""A conductivity along each axis of a material [W/(m K)]."""
Axes: TypeAlias = tuple[Direction, Direction, Direction]
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
