"""The sensors of the real asset."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from twin3d.scene.frozen import Frozen
from twin3d.scene.inputs import InputUnit
from twin3d.scene.quantities import Distance, Duration, FaceSelector, Point, PositiveDuration
from twin3d.units import affine_to_si

PLACING_TOLERANCE = 1e-3
"""How far outside the asset a sensor may be where the scene says nothing else [m]."""


class SensorRole(StrEnum):
    """What the twin does with a sensor."""

    OBSERVE = "observe"
    """Its readings correct the estimate."""
    DRIVE = "drive"
    """Its readings are the value of a known input."""
    CHECK = "check"
    """Held out: compared with the estimate, never used."""


class SensorQuantity(StrEnum):
    """What a sensor measures."""

    TEMPERATURE = "temperature"
    POWER = "power"
    HEAT_FLUX = "heat_flux"
    HEAT_SOURCE = "heat_source"

    @property
    def si_unit(self) -> InputUnit:
        """The SI unit of the quantity."""
        units: dict[SensorQuantity, InputUnit] = {
            SensorQuantity.TEMPERATURE: "K",
            SensorQuantity.POWER: "W",
            SensorQuantity.HEAT_FLUX: "W/m^2",
            SensorQuantity.HEAT_SOURCE: "W/m^3",
        }
        return units[self]


class Sensor(Frozen):
    """A sensor of the real asset."""

    id: str
    quantity: SensorQuantity = SensorQuantity.TEMPERATURE
    unit: str
    """Unit of the readings on the wire, where a message does not say another."""
    position: Point | None = None
    """Where it sits [m]."""
    face: FaceSelector | None = None
    """Faces whose mean it measures, for a sensor without a position."""
    part: str | None = None
    """Glob on the names of the parts that it sits on or in; None takes any."""
    depth: Distance | None = None
    """How deep it sits below the outer face nearest to the position [m]; None leaves it at the position itself."""
    tolerance: Distance = PLACING_TOLERANCE
    """How far outside the asset, or its parts, the position may be [m]."""
    noise: Annotated[float, Field(gt=0.0)]
    """Standard deviation of one reading, in SI."""
    bias: Annotated[float, Field(ge=0.0)] = 0.0
    """Standard deviation of its constant error, in SI."""
    lag: Duration = 0.0
    """Time constant of its first-order response [s]."""
    period: PositiveDuration
    """Expected time between readings [s]."""
    role: SensorRole = SensorRole.OBSERVE
    drives: str | None = None
    """The input that a driving sensor gives."""

    @property
    def si_unit(self) -> InputUnit:
        """SI unit of what it measures."""
        return self.quantity.si_unit

    @property
    def scale(self) -> float:
        """SI value = `offset` + `scale` · value in `unit`."""
        return affine_to_si(self.unit, self.si_unit).scale

    @property
    def offset(self) -> float:
        """SI value of a reading of zero."""
        return affine_to_si(self.unit, self.si_unit).offset
