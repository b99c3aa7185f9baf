"""The forms in which a file may give a property: a number, a table, or numbers along axes."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from twin3d.scene.frozen import Frozen
from twin3d.scene.parts import Directional
from twin3d.scene.quantities import Conductivity, Duration, FilmCoefficient, SpecificHeat, Temperature
from twin3d.scene.tables import check_table

AtLeastTwo = Field(json_schema_extra={"minItems": 2})
"""Told to editors; `check_table` refuses less, as pydantic would count broken entries as missing ones too."""
Temperatures: TypeAlias = Annotated[tuple[Temperature, ...], AtLeastTwo]


class ConductivityTable(Frozen):
    """A conductivity by temperature."""

    temperatures: Temperatures
    values: Annotated[tuple[Conductivity, ...], AtLeastTwo]

    @model_validator(mode="after")
    def _check(self) -> "ConductivityTable":
        check_table(self.temperatures, self.values, "temperatures")
        return self


class SpecificHeatTable(Frozen):
    """A specific heat by temperature."""

    temperatures: Temperatures
    values: Annotated[tuple[SpecificHeat, ...], AtLeastTwo]

    @model_validator(mode="after")
    def _check(self) -> "SpecificHeatTable":
        check_table(self.temperatures, self.values, "temperatures")
        return self


class FilmTable(Frozen):
    """A film coefficient by time."""

    times: Annotated[tuple[Duration, ...], AtLeastTwo]
    values: Annotated[tuple[FilmCoefficient, ...], AtLeastTwo]

    @model_validator(mode="after")
    def _check(self) -> "FilmTable":
        check_table(self.times, self.values, "times")
        return self


def _form(value: Any) -> str:
    if isinstance(value, Mapping | Frozen):
        return "table"
    return "axes" if isinstance(value, list | tuple) else "number"


WrittenConductivity: TypeAlias = Annotated[
    Annotated[Conductivity, Tag("number")]
    | Annotated[ConductivityTable, Tag("table")]
    | Annotated[Directional, Tag("axes")],
    Discriminator(_form),
]
"""A number, a table, or a number along each axis."""


def _number_or_table(value: Any) -> str:
    return "table" if isinstance(value, Mapping | Frozen) else "number"


WrittenSpecificHeat: TypeAlias = Annotated[
    Annotated[SpecificHeat, Tag("number")] | Annotated[SpecificHeatTable, Tag("table")],
    Discriminator(_number_or_table),
]
"""A number or a table."""
WrittenFilmCoefficient: TypeAlias = Annotated[
    Annotated[FilmCoefficient, Tag("number")] | Annotated[FilmTable, Tag("table")], Discriminator(_number_or_table)
]
"""A number or a table."""
