"""What acts on parts and faces."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import FaceSelector, FilmCoefficient, Temperature
from twin3d.scene.tables import TimeTable

STEFAN_BOLTZMANN = 5.670374419e-8
"""σ [W/(m² K⁴)], CODATA 2018 (exact)."""


class HeatSource(Frozen):
    """Heat made within parts."""

    kind: Literal["heat_source"] = "heat_source"
    name: str
    part: str
    """Glob on part names."""
    input: str
    """Name of the input: W spread over the volume of all matched parts, or W/m³."""
    temperature_coefficient: float = 0.0
    """α [1/K]: where the part is warm, its source is 1 + α (T - reference_temperature) times as strong."""
    reference_temperature: Temperature = 293.15
    """Temperature at which the source is as the input says [K]."""


class HeatFlux(Frozen):
    """Heat that enters through faces."""

    kind: Literal["heat_flux"] = "heat_flux"
    name: str
    face: FaceSelector
    input: str
    """Name of the input: W/m², or W spread over the area of all selected faces."""


class Convection(Frozen):
    """Heat exchange with a fluid: q = h (T_ambient - T)."""

    kind: Literal["convection"] = "convection"
    name: str
    face: FaceSelector
    film_coefficient: FilmCoefficient | TimeTable
    """h [W/(m² K)], one or by time."""
    input: str
    """Name of the input: the ambient temperature."""


class FixedTemperature(Frozen):
    """Faces held at a temperature."""

    kind: Literal["fixed_temperature"] = "fixed_temperature"
    name: str
    face: FaceSelector
    input: str
    """Name of the input: the temperature."""


class Radiation(Frozen):
    """Radiation to large surroundings: q = ε σ (T_surroundings⁴ - T⁴)."""

    kind: Literal["radiation"] = "radiation"
    name: str
    face: FaceSelector
    emissivity: Annotated[float, Field(gt=0.0, le=1.0)]
    """ε [–]."""
    around: Temperature
    """Temperature at which the live twin linearises it [K]."""
    input: str
    """Name of the input: the temperature of the surroundings."""

    @property
    def film_coefficient(self) -> float:
        """The film 4 ε σ T³ that radiation is near `around` [W/(m² K)]."""
        return 4.0 * self.emissivity * STEFAN_BOLTZMANN * self.around**3


Load: TypeAlias = Annotated[
    HeatSource | HeatFlux | Convection | FixedTemperature | Radiation, Field(discriminator="kind")
]
"""Any load; `kind` tells which."""
