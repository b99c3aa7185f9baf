"""``[[part]]`` and ``[[contact]]``: what the asset is made of, and where its parts touch."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from twin3d.scene.frozen import Frozen
from twin3d.scene.mechanics import ElasticConstants
from twin3d.scene.parts import Axes
from twin3d.scene.quantities import Density, FilmCoefficient, Length
from twin3d.scene.written.properties import WrittenConductivity, WrittenSpecificHeat
from twin3d.scene.written.text import Name


class WrittenMaterial(ElasticConstants):
    """A material given in full."""

    name: str = ""
    conductivity: WrittenConductivity | None = None
    axes: Axes | None = None
    density: Density
    specific_heat: WrittenSpecificHeat | None = None
    source: str = ""


class WrittenPart(Frozen):
    """``[[part]]``: the material of the parts that a glob matches."""

    name: Annotated[str, Field(min_length=1)]
    material: Annotated[
        Annotated[str, Tag("name")] | Annotated[WrittenMaterial, Tag("full")],
        Discriminator(lambda value: "name" if isinstance(value, str) else "full"),
    ]


class WrittenContact(Frozen):
    """``[[contact]]``: two parts that touch through a thin resistance."""

    name: Name | None = None
    between: tuple[str, str]
    conductance: FilmCoefficient
    gap: Length | None = None
