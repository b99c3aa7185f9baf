"""The simulated asset that stands in for the real one."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StrictInt

from twin3d.scene.frozen import Frozen
from twin3d.scene.geometry import LocalSize
from twin3d.scene.quantities import Fraction, Length, TemperatureDifference
from twin3d.scene.signals import Signal


class PlantSpread(Frozen):
    """How far the simulated asset differs from the twin: relative half-widths."""

    conductivity: Fraction = 0.0
    film_coefficient: Fraction = 0.0
    contact_conductance: Fraction = 0.0
    heat_capacity: Fraction = 0.0


class Plant(Frozen):
    """The simulated asset behind `twin3d feed`: another mesh, other physics than the twin's."""

    cell_size: Length
    """Longest edge wanted [m]."""
    refine: Annotated[StrictInt, Field(ge=0, le=4)] = 0
    """Uniform refinements after meshing."""
    local_sizes: tuple[LocalSize, ...] = ()
    """Parts that are meshed finer."""
    seed: Annotated[StrictInt, Field(ge=0)] = 0
    """Of all random draws."""
    spread: PlantSpread = PlantSpread()
    bias: TemperatureDifference = 0.0
    """Standard deviation of the constant errors of its thermometers [K]."""
    lag_error: Fraction = 0.0
    """How far the true lags may be from the stated ones, relative."""
    signals: Mapping[str, Signal] = {}
    """Name of an input → how it goes with time; other inputs keep their nominal value."""
