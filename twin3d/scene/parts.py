"""What the asset consists of: parts, their materials, and the contacts between them."""

from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import Conductivity, Density, FilmCoefficient, Length, SpecificHeat


class Material(Frozen):
    """Thermal properties of one material."""

    name: str
    conductivity: Conductivity
    """k [W/(m K)]."""
    density: Density
    """ρ [kg/m³]."""
    specific_heat: SpecificHeat
    """c_p [J/(kg K)]."""
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
