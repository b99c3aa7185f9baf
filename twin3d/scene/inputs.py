"""What drives the model, and what is known of it beforehand."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import PositiveDuration, Ratio

InputUnit: TypeAlias = Literal["K", "W", "W/m^2", "W/m^3"]
"""SI unit of an input."""


class UnknownPrior(Frozen):
    """What is known beforehand of an input that the estimator must find: an Ornstein–Uhlenbeck process."""

    spread: Annotated[float, Field(gt=0.0)]
    """Standard deviation around the mean, in the SI unit of the input."""
    time_constant: PositiveDuration
    """Correlation time [s]: how fast the input may change."""
    minimum: float | None = None
    """Smallest possible value, in SI."""
    maximum: float | None = None
    """Largest possible value, in SI."""


class Input(Frozen):
    """A quantity that drives the model: known, driven by a sensor, or unknown."""

    name: str
    unit: InputUnit
    value: float
    """Nominal value, or prior mean of an unknown, in SI."""
    unknown: UnknownPrior | None = None
    """None where the value is known or a sensor drives it."""

    @property
    def is_temperature(self) -> bool:
        """Whether it is a temperature [K]."""
        return self.unit == "K"


class Uncertainty(Frozen):
    """Relative standard deviations of the model's parameters, log-normal around their nominal values."""

    conductivity: Ratio = 0.10
    heat_capacity: Ratio = 0.05
    film_coefficient: Ratio = 0.20
    contact_conductance: Ratio = 0.20
