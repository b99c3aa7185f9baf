"""Units of the wire to SI, per sensor, prepared before the first message arrives."""

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
}
"""SenML's names (RFC 8428 and 8798) where they differ from those of `twin3d.units`."""

COMMON_UNITS = ("Cel", "degC", "degF", "K", "mW", "W", "kW", "MW", "W/m2", "kW/m2", "W/m^2", "W/m3", "W/m^3")
_DIFFERENCES = ("delta_", "Δ")
"""A sensor measures a temperature, never a difference of two."""

MAX_LEARNT = 256
"""Units tried beyond the common ones; a flood of invented units must not keep the receiver busy."""


def to_senml(unit: str) -> str:
    """SenML's name of a unit, or the unit itself."""
    return {"degC": "Cel", "°C": "Cel", "W/m^2": "W/m2"}.get(unit, unit)


class UnitTable:
    """How the values of each sensor become SI."""

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self._declared = [Affine(sensor.scale, sensor.offset) for sensor in sensors]
        self._si_units = [str(sensor.si_unit) for sensor in sensors]
        self._known: dict[tuple[str, str], Affine | None] = {}
        for si_unit in set(self._si_units):
            for unit in COMMON_UNITS:
                self._known[unit, si_unit] = _affine(unit, si_unit)
        for sensor, declared in zip(sensors, self._declared, strict=True):
            self._known[sensor.unit, str(sensor.si_unit)] = declared
        self._n_limit = len(self._known) + MAX_LEARNT

    def affine(self, sensor: int, unit: str | None) -> Affine | None:
        """How values in a unit become SI at a sensor; without a unit the scene's holds; None when it does not fit."""
        if unit is None:
            return self._declared[sensor]
        key = unit, self._si_units[sensor]
        if key in self._known:
            return self._known[key]
        if len(self._known) >= self._n_limit:
            return None
        affine = self._known[key] = _affine(*key)
        return affine

    def si_unit(self, sensor: int) -> str:
        """SI unit of a sensor."""
        return self._si_units[sensor]


def _affine(unit: str, si_unit: str) -> Affine | None:
    if unit.startswith(_DIFFERENCES):
        return None
    try:
        return affine_to_si(SENML_UNITS.get(unit, unit), si_unit)
    except UnitError:
        return None
