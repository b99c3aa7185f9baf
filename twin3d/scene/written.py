"""What the user writes, table by table; `twin3d.scene.building` turns it into a `Scene`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Discriminator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, StrictInt, Tag
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from twin3d.errors import UnitError
from twin3d.scene.channels import Polyline, Stations
from twin3d.scene.cyclic import Cyclic
from twin3d.scene.enclosures import EnclosureFace, Patches
from twin3d.scene.forms import WrittenConductivity, WrittenFilmCoefficient, WrittenSpecificHeat
from twin3d.scene.frozen import Frozen
from twin3d.scene.geometry import Geometry, LocalSize
from twin3d.scene.inputs import InputUnit, Uncertainty
from twin3d.scene.mechanics import AnyMechanicalLoad, ElasticConstants, Structure
from twin3d.scene.outputs import Check, Feed, View
from twin3d.scene.parts import Axes
from twin3d.scene.plant import PlantSpread
from twin3d.scene.quantities import (
    QUANTITY_PATTERN,
    Angle,
    Density,
    Distance,
    Duration,
    FaceSelector,
    FilmCoefficient,
    Fraction,
    Length,
    MassFlow,
    PerKelvin,
    Point,
    PositiveDuration,
    SpecificHeat,
    Temperature,
    TemperatureDifference,
    is_number,
    problem,
)
from twin3d.scene.sensors import SensorQuantity, SensorRole
from twin3d.scene.solver import Solver
from twin3d.units import EXAMPLES, KINDS, parse_quantity

NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_-]*$"
"""Names of inputs, loads and contacts; the point is kept for automatic inputs."""

INPUT_UNITS: tuple[InputUnit, ...] = ("K", "W", "W/m^2", "W/m^3")

Name: TypeAlias = Annotated[str, Field(pattern=NAME_PATTERN)]


class InputReference(Frozen):
    """Names an input: ``{ input = "power_1" }``."""

    input: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A value whose unit decides its dimension."""

    value: float
    """In SI."""
    unit: InputUnit

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Parse text."""
        return core_schema.no_info_plain_validator_function(cls._parse)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """In a file it is text."""
        return {"type": "string", "pattern": QUANTITY_PATTERN, "description": "A temperature, W, W/m^2 or W/m^3."}

    @staticmethod
    def _parse(value: Any) -> "Measured":
        if not isinstance(value, str):
            raise problem(_no_unit(value, '"40 W" or "25 degC"'))
        message = ""
        for unit in INPUT_UNITS:
            try:
                return Measured(parse_quantity(value, unit), unit)
            except UnitError as error:
                message = message if "expected" in str(error) else str(error)
        kinds = ", ".join(f"{KINDS[unit]} ({unit})" for unit in INPUT_UNITS)
        raise problem(message or f'"{value}" cannot drive the model; expected one of {kinds}')


@dataclass(frozen=True, slots=True)
class Driver:
    """Marks a field of a load: a constant with its unit, or a reference to an input."""

    si_unit: InputUnit

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Parse text or a table."""
        return core_schema.no_info_plain_validator_function(self._parse)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Text, or a table that names an input."""
        reference = {
            "type": "object",
            "properties": {"input": {"type": "string"}},
            "required": ["input"],
            "additionalProperties": False,
        }
        return {
            "anyOf": [{"type": "string", "pattern": QUANTITY_PATTERN}, reference],
            "description": f'A constant in {self.si_unit}, or {{ input = "name" }}.',
        }

    def _parse(self, value: Any) -> float | InputReference:
        if isinstance(value, Mapping) and set(value) == {"input"} and isinstance(value["input"], str):
            return InputReference(input=value["input"])
        if not isinstance(value, str):
            raise problem(_no_unit(value, f'"{EXAMPLES[self.si_unit]}" or {{ input = "name" }}'))
        try:
            return parse_quantity(value, self.si_unit)
        except UnitError as error:
            raise problem(str(error)) from error


@dataclass(frozen=True, slots=True)
class TextMark:
    """Marks text with a quantity whose dimension another key decides."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Refuse bare numbers."""
        return core_schema.no_info_plain_validator_function(self._parse)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """In a file it is text."""
        return {"type": "string", "pattern": QUANTITY_PATTERN, "description": "A quantity with its unit."}

    @staticmethod
    def _parse(value: Any) -> str:
        if not isinstance(value, str):
            raise problem(_no_unit(value, f'"{value} K" or "{value} W"' if is_number(value) else '"40 W"'))
        return value


def _no_unit(value: Any, example: str) -> str:
    return (
        f"{value} has no unit; write for example {example}" if is_number(value) else f"expected text such as {example}"
    )


QuantityText: TypeAlias = Annotated[str, TextMark()]
DrivenTemperature: TypeAlias = Annotated[float | InputReference, Driver("K")]
DrivenPower: TypeAlias = Annotated[float | InputReference, Driver("W")]
DrivenFlux: TypeAlias = Annotated[float | InputReference, Driver("W/m^2")]
DrivenDensity: TypeAlias = Annotated[float | InputReference, Driver("W/m^3")]


class WrittenMaterial(ElasticConstants):
    """A material given in full."""

    name: str = ""
    conductivity: WrittenConductivity
    axes: Axes | None = None
    density: Density
    specific_heat: WrittenSpecificHeat
    source: str = ""


class WrittenPart(Frozen):
    """``[[part]]``: the material of the parts that a glob matches."""

    name: Annotated[str, Field(min_length=1)]
    material: Annotated[
        Annotated[str, Tag("name")] | Annotated[WrittenMaterial, Tag("full")],
        Discriminator(lambda value: "name" if isinstance(value, str) else "full"),
    ]


class WrittenPrior(Frozen):
    """``unknown = { ... }`` of an input."""

    spread: QuantityText
    time_constant: PositiveDuration
    minimum: QuantityText | None = None
    maximum: QuantityText | None = None


class WrittenInput(Frozen):
    """``[[input]]``: a quantity that drives the model."""

    name: Name
    value: Measured
    unknown: WrittenPrior | None = None


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


class WrittenContact(Frozen):
    """``[[contact]]``: two parts that touch through a thin resistance."""

    name: Name | None = None
    between: tuple[str, str]
    conductance: FilmCoefficient
    gap: Length | None = None


class WrittenChannel(Frozen):
    """``[[channel]]``: a coolant along a face."""

    name: Name | None = None
    face: FaceSelector
    path: Polyline
    mass_flow: MassFlow
    fluid: str | None = None
    specific_heat: SpecificHeat | None = None
    film_coefficient: WrittenFilmCoefficient
    inlet: DrivenTemperature
    stations: Stations | None = None


class WrittenEnclosure(Frozen):
    """``[[enclosure]]``: faces that radiate to each other."""

    name: Name | None = None
    faces: Annotated[tuple[EnclosureFace, ...], Field(min_length=1)]
    ambient: DrivenTemperature | None = None
    patches: Patches = 400


class WrittenSensor(Frozen):
    """``[[sensor]]``."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/-]*$", max_length=120)]
    quantity: SensorQuantity = SensorQuantity.TEMPERATURE
    unit: str
    position: Point | None = None
    face: FaceSelector | None = None
    part: Annotated[str, Field(min_length=1)] | None = None
    depth: Distance | None = None
    tolerance: Distance | None = None
    noise: QuantityText
    bias: QuantityText | None = None
    lag: Duration = 0.0
    period: PositiveDuration
    role: SensorRole = SensorRole.OBSERVE
    drives: str | None = None


class WrittenConstant(Frozen):
    """A signal that stays as it is."""

    kind: Literal["constant"]
    value: QuantityText


class WrittenSteps(Frozen):
    """A signal that jumps from value to value."""

    kind: Literal["steps"]
    times: Annotated[tuple[Duration, ...], Field(min_length=1)]
    values: Annotated[tuple[QuantityText, ...], Field(min_length=1)]
    repeat: PositiveDuration | None = None


class WrittenSine(Frozen):
    """A signal that swings."""

    kind: Literal["sine"]
    mean: QuantityText
    amplitude: QuantityText
    period: PositiveDuration
    phase: Angle = 0.0


WrittenSignal: TypeAlias = Annotated[WrittenConstant | WrittenSteps | WrittenSine, Field(discriminator="kind")]


class WrittenPlant(Frozen):
    """``[plant]``: the simulated asset behind `twin3d feed`."""

    cell_size: Length
    refine: Annotated[StrictInt, Field(ge=0, le=4)] = 0
    local_sizes: tuple[LocalSize, ...] = ()
    seed: Annotated[StrictInt, Field(ge=0)] = 0
    spread: PlantSpread = PlantSpread()
    bias: TemperatureDifference = 0.0
    lag_error: Fraction = 0.0
    signals: dict[str, WrittenSignal] = Field(default_factory=dict)


class WrittenTables(Frozen):
    """The tables of a scene file, none of them needed: what is left when broken ones are left out."""

    name: Annotated[str, Field(min_length=1)] | None = None
    description: str = ""
    initial_temperature: Temperature = 298.15
    geometry: Geometry | None = None
    part: tuple[WrittenPart, ...] = ()
    faces: dict[str, FaceSelector] = Field(default_factory=dict)
    input: tuple[WrittenInput, ...] = ()
    load: tuple[WrittenLoad, ...] = ()
    contact: tuple[WrittenContact, ...] = ()
    channel: tuple[WrittenChannel, ...] = ()
    enclosure: tuple[WrittenEnclosure, ...] = ()
    cyclic: Cyclic | None = None
    sensor: tuple[WrittenSensor, ...] = ()
    uncertainty: Uncertainty = Uncertainty()
    solver: Solver = Solver()
    structure: Structure = Structure()
    feed: Feed = Feed()
    plant: WrittenPlant | None = None
    check: tuple[Check, ...] = ()
    view: View = View()


class WrittenScene(WrittenTables):
    """A scene file for twin3d. Every quantity is text with its unit, such as "2 mm", "25 W/(m^2 K)" or "25 degC"."""

    geometry: Geometry
    part: Annotated[tuple[WrittenPart, ...], Field(min_length=1)]
    load: Annotated[tuple[WrittenLoad, ...], Field(min_length=1)]
