"""Text that many tables hold: names, and quantities whose dimension another key decides."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from twin3d.scene.quantities import QUANTITY_PATTERN, is_number, problem

NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_-]*$"
"""Names of inputs, loads and contacts; the point is kept for automatic inputs."""
Name: TypeAlias = Annotated[str, Field(pattern=NAME_PATTERN)]


@dataclass(frozen=True, slots=True)
class TextMark:
    """Marks text with a quantity whose dimension another key decides."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Refuse bare numbers."""
        return core_schema.no_info_plain_validator_function(self._parse)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """In a file it is text."""
        return {"type": "string", "pattern": QUANTITY_PATTERN, "description": "A quantity with its unit."}

    @staticmethod
    def _parse(value: Any) -> str:
        if not isinstance(value, str):
            raise problem(no_unit(value, f'"{value} K" or "{value} W"' if is_number(value) else '"40 W"'))
        return value


def no_unit(value: Any, example: str) -> str:
    """What to say of a value that is not text with a unit; `example` shows one that is."""
    return (
        f"{value} has no unit; write for example {example}" if is_number(value) else f"expected text such as {example}"
    )


QuantityText: TypeAlias = Annotated[str, TextMark()]
