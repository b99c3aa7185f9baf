"""Quantities given at some temperatures or times, linear between them and held beyond the ends."""

from itertools import pairwise

from pydantic import model_validator

from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import Duration, Temperature, problem

Values = tuple[float, ...]
"""Numbers in SI, one for each temperature or time."""


class PropertyTable(Frozen):
    """A property of a material that depends on the temperature."""

    temperatures: tuple[Temperature, ...]
    """Ascending [K]."""
    values: Values
    """Above 0, in the SI unit of the property."""

    @model_validator(mode="after")
    def _check(self) -> "PropertyTable":
        check_table(self.temperatures, self.values, "temperatures")
        return self

    def at(self, temperature: float) -> float:
        """The value at a temperature [K]."""
        return _between(self.temperatures, self.values, temperature)


class TimeTable(Frozen):
    """A coefficient that changes with time."""

    times: tuple[Duration, ...]
    """Since the start, ascending [s]."""
    values: Values
    """Above 0, in the SI unit of the coefficient."""

    @model_validator(mode="after")
    def _check(self) -> "TimeTable":
        check_table(self.times, self.values, "times")
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


def check_table(places: tuple[float, ...], values: tuple[float, ...], name: str) -> None:
    """Raise an error that pydantic passes on where places do not ascend or values do not fit them."""
    if len(places) != len(values):
        raise problem(f"{len(places)} {name} and {len(values)} values; give one value for each")
    if len(places) < 2:
        raise problem(f"a table of {len(places)} {name} says no more than a number; give two or more")
    if any(after <= before for before, after in pairwise(places)):
        raise problem(f"{name} must ascend")
    if min(values) <= 0.0:
        raise problem(f"the values hold {min(values):g}; they must be above 0")


def _between(places: tuple[float, ...], values: tuple[float, ...], place: float) -> float:
    if place <= places[0]:
        return values[0]
    for (start, end), (low, high) in zip(pairwise(places), pairwise(values), strict=True):
        if place <= end:
            return low + (high - low) * (place - start) / (end - start)
    return values[-1]
