"""Quantities given at some temperatures or times, linear between them and held beyond the ends."""

from itertools import pairwise
from typing import Annotated, Any

from pydantic import Field, model_validator

from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import Duration, Temperature, problem

Values = Annotated[tuple[float, ...], Field(min_length=2)]
"""Numbers in SI, one for each temperature or time."""


class PropertyTable(Frozen):
    """A property of a material that depends on the temperature."""

    temperatures: Annotated[tuple[Temperature, ...], Field(min_length=2)]
    """Ascending [K]."""
    values: Values
    """Above 0, in the SI unit of the property."""

    @model_validator(mode="after")
    def _check(self) -> "PropertyTable":
        _check_table(self.temperatures, self.values, "temperatures")
        return self

    def at(self, temperature: float) -> float:
        """The value at a temperature [K]."""
        return _between(self.temperatures, self.values, temperature)


class TimeTable(Frozen):
    """A coefficient that changes with time."""

    times: Annotated[tuple[Duration, ...], Field(min_length=2)]
    """Since the start, ascending [s]."""
    values: Values
    """Above 0, in the SI unit of the coefficient."""

    @model_validator(mode="after")
    def _check(self) -> "TimeTable":
        _check_table(self.times, self.values, "times")
        return self

    def at(self, time_s: float) -> float:
        """The value at a time since the start."""
        return _between(self.times, self.values, time_s)


def at_temperature(value: float | PropertyTable, temperature: float) -> float:
    """A property at a temperature [K], given as a number or a table."""
    return value.at(temperature) if isinstance(value, PropertyTable) else value


def at_time(value: float | TimeTable, time_s: float) -> float:
    """A coefficient at a time since the start, given as a number or a table."""
    return value.at(time_s) if isinstance(value, TimeTable) else value


def _check_table(places: tuple[float, ...], values: tuple[float, ...], name: str) -> None:
    if len(places) != len(values):
        raise _wrong(f"{len(places)} {name} and {len(values)} values; give one value for each")
    if any(after <= before for before, after in pairwise(places)):
        raise _wrong(f"{name} must ascend")
    if min(values) <= 0.0:
        raise _wrong(f"the values hold {min(values):g}; they must be above 0")


def _wrong(message: str) -> Any:
    return problem(message)


def _between(places: tuple[float, ...], values: tuple[float, ...], place: float) -> float:
    if place <= places[0]:
        return values[0]
    for (start, end), (low, high) in zip(pairwise(places), pairwise(values), strict=True):
        if place <= end:
            return low + (high - low) * (place - start) / (end - start)
    return values[-1]
