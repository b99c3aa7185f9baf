"""Units of the wire to SI, per sensor, prepared before the first message arrives."""

import math
from collections.abc import Sequence

from twin3d.errors import UnitError
from twin3d.scene import Sensor
from twin3d.units import Affine, affine_to_si

SENML_UNITS = {
    "Cel": "degC",
    "°C": "degC",
    "W/m2": "W/m^2",
    "W/m3": "W/m^3",
    "kW/m2": "kW/m^2",
    "Ohm": "ohm",
}
"""SenML's names (RFC 8428 and 8798) where they differ from those of `twin3d.units`."""

COMMON_UNITS = (
    *("Cel", "degC", "degF", "K", "mW", "W", "kW", "MW"),
    *("W/m2", "kW/m2", "W/m^2", "W/m3", "W/m^3", "Ohm", "ohm", "mohm"),
)
_DIFFERENCES = ("delta_", "Δ")
"""A sensor measures a temperature, never a difference of two."""

MAX_LEARNT = 256
"""Units tried beyond the common ones; a flood of invented units must not keep the receiver busy."""


def to_senml(unit: str) -> str:
    """SenML's name of a unit, or the unit itself."""
    return {"degC": "Cel", "°C": "Cel", "W/m^2": "W/m2", "ohm": "Ohm"}.get(unit, unit)


class UnitTable:
    """How the values of each sensor become SI."""

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self._declared = [Affine(sensor.scale, sensor.offset) for sensor in sensors]
        self._si_units = [sensor.quantity.si_unit for sensor in sensors]
        self._from_ohm = [None if sensor.winding is None else sensor.winding.kelvin_from_ohm for sensor in sensors]
        self._floors = [0.0 if sensor.si_unit == "K" else -math.inf for sensor in sensors]
        self._known: dict[tuple[str, str], Affine | None] = {}
        for si_unit in set(self._si_units):
            for unit in COMMON_UNITS:
                self._known[unit, si_unit] = _affine(unit, si_unit)
        for unit, si_unit in {(sensor.unit, sensor.quantity.si_unit) for sensor in sensors}:
            self._known[unit, si_unit] = affine_to_si(unit, si_unit)
        self._n_limit = len(self._known) + MAX_LEARNT

    def affine(self, sensor: int, unit: str | None) -> Affine | None:
        """How values in a unit become SI at a sensor; without a unit the scene's holds; None when it does not fit."""
        if unit is None:
            return self._declared[sensor]
        measured, from_ohm = self._measured(unit, self._si_units[sensor]), self._from_ohm[sensor]
        return measured if measured is None or from_ohm is None else from_ohm.after(measured)

    def si_unit(self, sensor: int) -> str:
        """SI unit of what a sensor measures."""
        return self._si_units[sensor]

    def floor(self, sensor: int) -> float:
        """Smallest possible value of a sensor within the twin: 0 for a temperature, else minus infinity."""
        return self._floors[sensor]

    def _measured(self, unit: str, si_unit: str) -> Affine | None:
        """How a value in a unit becomes one in the SI unit; remembered, None where it does not fit."""
        key = unit, si_unit
        if key in self._known:
            return self._known[key]
        if len(self._known) >= self._n_limit:
            return None
        affine = self._known[key] = _affine(*key)
        return affine


def _affine(unit: str, si_unit: str) -> Affine | None:
    if unit.startswith(_DIFFERENCES):
        return None
    try:
        return affine_to_si(SENML_UNITS.get(unit, unit), si_unit)
    except UnitError:
        return None
