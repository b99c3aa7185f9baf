"""``[[load]]``: heat into parts and through faces; mechanical loads are written as they are checked."""

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from twin3d.scene.frozen import Frozen
from twin3d.scene.inputs import InputUnit
from twin3d.scene.mechanics import AnyMechanicalLoad
from twin3d.scene.quantities import FaceSelector, PerKelvin, Temperature
from twin3d.scene.written.drivers import DrivenDensity, DrivenFlux, DrivenPower, DrivenTemperature
from twin3d.scene.written.properties import WrittenFilmCoefficient
from twin3d.scene.written.text import Name


class WrittenHeatSource(Frozen):
    """``[[load]]`` of heat within parts: ``power`` in all, or ``density`` per volume."""

    drivers: ClassVar[dict[str, InputUnit]] = {"power": "W", "density": "W/m^3"}
    kind: Literal["heat_source"]
    name: Name | None = None
    part: Annotated[str, Field(min_length=1)]
    power: DrivenPower | None = None
    density: DrivenDensity | None = None
    temperature_coefficient: PerKelvin = 0.0
    reference_temperature: Temperature = 293.15


class WrittenHeatFlux(Frozen):
    """``[[load]]`` of heat through faces: ``flux`` per area, or ``rate`` in all."""

    drivers: ClassVar[dict[str, InputUnit]] = {"flux": "W/m^2", "rate": "W"}
    kind: Literal["heat_flux"]
    name: Name | None = None
    face: FaceSelector
    flux: DrivenFlux | None = None
    rate: DrivenPower | None = None


class WrittenConvection(Frozen):
    """``[[load]]`` of exchange with a fluid."""

    drivers: ClassVar[dict[str, InputUnit]] = {"ambient": "K"}
    kind: Literal["convection"]
    name: Name | None = None
    face: FaceSelector
    film_coefficient: WrittenFilmCoefficient
    ambient: DrivenTemperature


class WrittenFixedTemperature(Frozen):
    """``[[load]]`` of a prescribed temperature."""

    drivers: ClassVar[dict[str, InputUnit]] = {"temperature": "K"}
    kind: Literal["fixed_temperature"]
    name: Name | None = None
    face: FaceSelector
    temperature: DrivenTemperature


class WrittenRadiation(Frozen):
    """``[[load]]`` of radiation to large surroundings."""

    drivers: ClassVar[dict[str, InputUnit]] = {"surroundings": "K"}
    kind: Literal["radiation"]
    name: Name | None = None
    face: FaceSelector
    emissivity: Annotated[float, Field(gt=0.0, le=1.0)]
    around: Temperature | None = None
    surroundings: DrivenTemperature


WrittenHeatLoad: TypeAlias = (
    WrittenHeatSource | WrittenHeatFlux | WrittenConvection | WrittenFixedTemperature | WrittenRadiation
)
WrittenLoad: TypeAlias = Annotated[WrittenHeatLoad | AnyMechanicalLoad, Field(discriminator="kind")]
