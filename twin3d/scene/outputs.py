"""What comes of a twin: checked facts, pictures, and the sockets that it speaks on."""

from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import (
    QUANTITY_PATTERN,
    CheckTime,
    Direction,
    Point,
    PositiveDuration,
    Quantity,
    TemperatureRange,
)

FIELD_UNITS = {"temperature": "K", "von_mises": "Pa", "displacement": "m"}
"""SI unit of each field that can be checked."""


def _bounds_of_field(value: Any, info: ValidationInfo) -> Any:
    unit = Quantity(FIELD_UNITS[info.data.get("field", "temperature")])
    return tuple(unit.parse(bound, info) for bound in value) if isinstance(value, list | tuple) else value


Bounds: TypeAlias = Annotated[
    tuple[float, float],
    BeforeValidator(_bounds_of_field),
    WithJsonSchema(
        {"type": "array", "items": {"type": "string", "pattern": QUANTITY_PATTERN}, "minItems": 2, "maxItems": 2}
    ),
]
"""Two values in the unit of the field."""


class Statistic(StrEnum):
    """What a check takes of a field."""

    MAX = "max"
    MIN = "min"
    MEAN = "mean"
    VALUE = "value"


class Check(Frozen):
    """A fact that must hold in the full-order solution with all inputs at their nominal values."""

    name: str = ""
    """Says what is checked; made from the other keys where the file gives none."""
    position: Point | None = None
    """A point [m]; exactly one of `position`, `part` and `sensor` is given."""
    part: str | None = None
    """Glob on part names."""
    sensor: str | None = None
    """Id of a sensor."""
    time: CheckTime
    """Time since the start [s], or ``steady``."""
    field: Literal["temperature", "von_mises", "displacement"] = "temperature"
    """The displacement is its magnitude."""
    statistic: Statistic = Statistic.VALUE
    """``value`` at a point or sensor; ``max``, ``min`` or ``mean`` over parts."""
    between: Bounds
    """Lowest and highest allowed value, in SI."""


class View(Frozen):
    """How the asset is shown."""

    unit: Literal["degC", "K"] = "degC"
    """Of the scalar bar."""
    camera: Direction = (1.0, -1.0, 0.8)
    """Direction from the asset to the camera."""
    range: TemperatureRange | None = None
    """Ends of the scalar bar [K]; None follows the data."""


class Feed(Frozen):
    """Where readings come in and frames go out."""

    endpoint: str = "tcp://127.0.0.1:5555"
    """Readings: a PULL socket binds here."""
    state_endpoint: str = "tcp://127.0.0.1:5556"
    """Frames: a PUB socket binds here."""
    model_endpoint: str = "tcp://127.0.0.1:5557"
    """The view model: a REP socket binds here."""
    tick: PositiveDuration = 0.02
    """Step of the filter [s]."""
