"""What drives a load, a channel or an enclosure: a constant with its unit, or a reference to an input."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from twin3d.errors import UnitError
from twin3d.scene.frozen import Frozen
from twin3d.scene.inputs import InputUnit
from twin3d.scene.quantities import QUANTITY_PATTERN, problem
from twin3d.scene.written.text import no_unit
from twin3d.units import EXAMPLES, parse_quantity


class InputReference(Frozen):
    """Names an input: ``{ input = "power_1" }``."""

    input: str


@dataclass(frozen=True, slots=True)
class Driver:
    """Marks a field of a load: a constant with its unit, or a reference to an input."""

    si_unit: InputUnit

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Parse text or a table."""
        return core_schema.no_info_plain_validator_function(self._parse)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Text, or a table that names an input."""
        reference = {
            "type": "object",
            "properties": {"input": {"type": "string"}},
            "required": ["input"],
            "additionalProperties": False,
        }
        return {
            "anyOf": [{"type": "string", "pattern": QUANTITY_PATTERN}, reference],
            "description": f'A constant in {self.si_unit}, or {{ input = "name" }}.',
        }

    def _parse(self, value: Any) -> float | InputReference:
        if isinstance(value, Mapping) and set(value) == {"input"} and isinstance(value["input"], str):
            return InputReference(input=value["input"])
        if not isinstance(value, str):
            raise problem(no_unit(value, f'"{EXAMPLES[self.si_unit]}" or {{ input = "name" }}'))
        try:
            return parse_quantity(value, self.si_unit)
        except UnitError as error:
            raise problem(str(error)) from error


DrivenTemperature: TypeAlias = Annotated[float | InputReference, Driver("K")]
DrivenPower: TypeAlias = Annotated[float | InputReference, Driver("W")]
DrivenFlux: TypeAlias = Annotated[float | InputReference, Driver("W/m^2")]
DrivenDensity: TypeAlias = Annotated[float | InputReference, Driver("W/m^3")]
