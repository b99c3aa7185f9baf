"""``[[input]]``: a quantity that drives the model, known or unknown."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from twin3d.errors import UnitError
from twin3d.scene.frozen import Frozen
from twin3d.scene.inputs import InputUnit
from twin3d.scene.quantities import QUANTITY_PATTERN, PositiveDuration, problem
from twin3d.scene.written.text import Name, QuantityText, no_unit
from twin3d.units import KINDS, parse_quantity

INPUT_UNITS: tuple[InputUnit, ...] = ("K", "W", "W/m^2", "W/m^3")


@dataclass(frozen=True, slots=True)
class Measured:
    """A value whose unit decides its dimension."""

    value: float
    """In SI."""
    unit: InputUnit

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Parse text."""
        return core_schema.no_info_plain_validator_function(cls._parse)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """In a file it is text."""
        return {"type": "string", "pattern": QUANTITY_PATTERN, "description": "A temperature, W, W/m^2 or W/m^3."}

    @staticmethod
    def _parse(value: Any) -> "Measured":
        if not isinstance(value, str):
            raise problem(no_unit(value, '"40 W" or "25 degC"'))
        message = ""
        for unit in INPUT_UNITS:
            try:
                return Measured(parse_quantity(value, unit), unit)
            except UnitError as error:
                message = message if "expected" in str(error) else str(error)
        kinds = ", ".join(f"{KINDS[unit]} ({unit})" for unit in INPUT_UNITS)
        raise problem(message or f'"{value}" cannot drive the model; expected one of {kinds}')


class WrittenPrior(Frozen):
    """``unknown = { ... }`` of an input."""

    spread: QuantityText
    time_constant: PositiveDuration
    minimum: QuantityText | None = None
    maximum: QuantityText | None = None


class WrittenInput(Frozen):
    """``[[input]]``: a quantity that drives the model."""

    name: Name
    value: Measured
    unknown: WrittenPrior | None = None
