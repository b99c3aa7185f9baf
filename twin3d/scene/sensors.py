"""The sensors of the real asset."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from twin3d.scene.cameras import Camera
from twin3d.scene.channels import Polyline
from twin3d.scene.frozen import Frozen
from twin3d.scene.inputs import InputUnit
from twin3d.scene.quantities import (
    Distance,
    Duration,
    FaceSelector,
    Point,
    PositiveDuration,
    Resistance,
    RisePerKelvin,
    Temperature,
)
from twin3d.units import Affine, affine_to_si

PLACING_TOLERANCE = 1e-3
"""How far outside the asset a sensor may be where the scene says nothing else [m]."""


COPPER_COEFFICIENT = 3.93e-3
"""Of annealed copper at 20 °C (IEC 60028) [1/K]."""


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
    RESISTANCE = "resistance"

    @property
    def si_unit(self) -> str:
        """The SI unit of the quantity."""
        units = {
            SensorQuantity.TEMPERATURE: "K",
            SensorQuantity.POWER: "W",
            SensorQuantity.HEAT_FLUX: "W/m^2",
            SensorQuantity.HEAT_SOURCE: "W/m^3",
            SensorQuantity.RESISTANCE: "ohm",
        }
        return units[self]


class SensorKind(StrEnum):
    """What a sensor looks at."""

    POINT = "point"
    FACE = "face"
    """The mean over faces."""
    PART = "part"
    """The mean over the volume of parts."""
    LINE = "line"
    """The mean along a line, or along a share of it."""
    IMAGE = "image"
    """A pixel of an infrared camera."""
    INPUT = "input"
    """Nothing of the field: it drives an input."""


class Winding(Frozen):
    """A resistance that tells a temperature, R = R₀ (1 + α (T - T₀)): a winding, or a resistance thermometer."""

    resistance: Resistance
    """R₀ [Ω]."""
    reference_temperature: Temperature = 293.15
    """T₀ [K]."""
    temperature_coefficient: RisePerKelvin = COPPER_COEFFICIENT
    """α at T₀ [1/K]."""

    @property
    def kelvin_from_ohm(self) -> Affine:
        """Temperature [K] from resistance [Ω]: T = T₀ + (R / R₀ - 1) / α."""
        return Affine(
            1.0 / (self.temperature_coefficient * self.resistance),
            self.reference_temperature - 1.0 / self.temperature_coefficient,
        )


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
    line: Polyline | None = None
    """Points from one end to the other whose mean it measures, for a sensor without a position [m]."""
    span: tuple[float, float] = (0.0, 1.0)
    """From where to where along the line it measures, in parts of its length."""
    camera: Camera | None = None
    """The camera that it is a pixel of, for a sensor without a position."""
    pixel: tuple[int, int] = (0, 0)
    """Row and column of the pixel in the picture, counted from the top left."""
    part: str | None = None
    """Glob on the names of the parts that it sits on or in; None takes any. Without a position it measures the mean
    over their volume."""
    depth: Distance | None = None
    """How deep it sits below the outer face nearest to the position [m]; None leaves it at the position itself."""
    tolerance: Distance = PLACING_TOLERANCE
    """How far outside the asset, or its parts, the position may be [m]."""
    noise: Annotated[float, Field(gt=0.0)]
    """Standard deviation of one reading, in `si_unit`."""
    bias: Annotated[float, Field(ge=0.0)] = 0.0
    """Standard deviation of its constant error, in `si_unit`."""
    lag: Duration = 0.0
    """Time constant of its first-order response [s]."""
    period: PositiveDuration
    """Expected time between readings [s]."""
    role: SensorRole = SensorRole.OBSERVE
    drives: str | None = None
    """The input that a driving sensor gives."""
    array: str | None = None
    """The sensor that it is one channel of; None where it has a value alone. The channels share one bias."""
    winding: Winding | None = None
    """How its resistance tells a temperature; None for a sensor of another quantity."""

    @property
    def kind(self) -> SensorKind:
        """What it looks at."""
        if self.role is SensorRole.DRIVE:
            return SensorKind.INPUT
        if self.position is not None:
            return SensorKind.POINT
        if self.line is not None:
            return SensorKind.LINE
        if self.camera is not None:
            return SensorKind.IMAGE
        return SensorKind.PART if self.face is None else SensorKind.FACE

    @property
    def si_unit(self) -> InputUnit:
        """SI unit of its readings within the twin; a resistance has become a temperature there."""
        units: dict[SensorQuantity, InputUnit] = {
            SensorQuantity.POWER: "W",
            SensorQuantity.HEAT_FLUX: "W/m^2",
            SensorQuantity.HEAT_SOURCE: "W/m^3",
        }
        return units.get(self.quantity, "K")

    @property
    def shown_unit(self) -> str:
        """Unit in which people are shown its value: that of its readings, but °C for a resistance."""
        return self.unit if self.winding is None else "degC"

    def si_from(self, unit: str) -> Affine:
        """How a reading in a unit becomes one in `si_unit`.

        Raises:
            UnitError: The unit is unknown, or does not fit the quantity.
        """
        measured = affine_to_si(unit, self.quantity.si_unit)
        return measured if self.winding is None else self.winding.kelvin_from_ohm.after(measured)

    @property
    def scale(self) -> float:
        """SI value = `offset` + `scale` · value in `unit`."""
        return self.si_from(self.unit).scale

    @property
    def offset(self) -> float:
        """SI value of a reading of zero."""
        return self.si_from(self.unit).offset
