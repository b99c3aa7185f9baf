"""The checked scene, in SI: what every other room reads."""

import math
from bisect import bisect_right
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, field_serializer, model_validator

from twin3d.errors import SceneError
from twin3d.scene import selectors
from twin3d.scene.quantities import (
    Angle,
    CheckTime,
    Conductivity,
    Density,
    Direction,
    Distance,
    Duration,
    FaceSelector,
    FilmCoefficient,
    Fraction,
    Length,
    Point,
    PositiveDuration,
    Ratio,
    SpecificHeat,
    Temperature,
    TemperatureDifference,
    TemperatureRange,
    problem,
)
from twin3d.units import affine_to_si

STEFAN_BOLTZMANN = 5.670374419e-8
"""σ [W/(m² K⁴)], CODATA 2018 (exact)."""

PLACING_TOLERANCE = 1e-3
"""How far outside the asset a sensor may be where the scene says nothing else [m]."""

InputUnit: TypeAlias = Literal["K", "W", "W/m^2", "W/m^3"]
"""SI unit of an input."""


class Frozen(BaseModel):
    """What all parts of a scene share: they never change and know no stray keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False)


class LocalSize(Frozen):
    """A finer mesh in some parts, or at some faces."""

    part: str | None = None
    """Glob on part names; exactly one of `part` and `face` is given."""
    face: FaceSelector | None = None
    """Faces; CAD files only."""
    cell_size: Length
    """Longest edge wanted there [m]."""

    @model_validator(mode="after")
    def _check_place(self) -> "LocalSize":
        if (self.part is None) == (self.face is None):
            raise problem('expected exactly one of part and face, such as part = "chip_*"')
        return self

    @field_serializer("face")
    def _face_as_text(self, face: selectors.Selector | None) -> str | None:
        return None if face is None else str(face)


class Geometry(Frozen):
    """The CAD, surface or volume mesh file and how finely to mesh it."""

    file: Path
    """The file; `load_scene` resolves it beside the scene, then among the shipped meshes."""
    unit: str | None = None
    """Unit of the coordinates; None takes it from the file, files that do not say theirs need it."""
    cell_size: Length | None = None
    """Longest edge wanted [m]; None makes some 20 000 cells. A volume mesh has its cells already."""
    refine: Annotated[StrictInt, Field(ge=0, le=4)] = 0
    """Uniform refinements after meshing; each halves the edges."""
    local_sizes: tuple[LocalSize, ...] = ()
    """Parts and faces that are meshed finer."""
    sensor_cell_size: Length | None = None
    """Longest edge wanted at the positions of the sensors [m]."""
    curvature_cells: Annotated[float, Field(gt=0.0, le=20.0)] | None = None
    """Cells for each radius of curvature; None leaves it to the mesher, which takes 2."""
    wall_cells: Annotated[StrictInt, Field(ge=0, le=8)] = 0
    """Cells across thin walls, at least; 0 does not look for them."""
    curved: StrictBool = False
    """Whether edges on curved faces of a CAD file follow them, for quadratic elements and exact volumes."""


class Material(Frozen):
    """Thermal properties of one material."""

    name: str
    conductivity: Conductivity
    """k [W/(m K)]."""
    density: Density
    """ρ [kg/m³]."""
    specific_heat: SpecificHeat
    """c_p [J/(kg K)]."""
    source: str = ""
    """Where the numbers come from."""


class PartMaterial(Frozen):
    """The material of the parts that a glob matches; later entries override earlier ones."""

    part: str
    """Glob on the names of CAD parts."""
    material: Material


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


class HeatSource(Frozen):
    """Heat made within parts."""

    kind: Literal["heat_source"] = "heat_source"
    name: str
    part: str
    """Glob on part names."""
    input: str
    """Name of the input: W spread over the volume of all matched parts, or W/m³."""


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
    film_coefficient: FilmCoefficient
    """h [W/(m² K)]."""
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
    """Radiation to large surroundings, linearised into a film."""

    kind: Literal["radiation"] = "radiation"
    name: str
    face: FaceSelector
    emissivity: Annotated[float, Field(gt=0.0, le=1.0)]
    """ε [–]."""
    around: Temperature
    """Temperature of the linearisation [K]."""
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


class Contact(Frozen):
    """Two parts that touch through a thin resistance; undeclared neighbours are bonded."""

    name: str
    between: tuple[str, str]
    """Globs on the names of the two parts."""
    conductance: FilmCoefficient
    """Heat flux per temperature step [W/(m² K)]."""
    gap: Length | None = None
    """How far apart faces may be that still exchange heat [m]; None where the parts touch."""


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


class Uncertainty(Frozen):
    """Relative standard deviations of the model's parameters, log-normal around their nominal values."""

    conductivity: Ratio = 0.10
    heat_capacity: Ratio = 0.05
    film_coefficient: Ratio = 0.20
    contact_conductance: Ratio = 0.20


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


class PlantSpread(Frozen):
    """How far the simulated asset differs from the twin: relative half-widths."""

    conductivity: Fraction = 0.0
    film_coefficient: Fraction = 0.0
    contact_conductance: Fraction = 0.0
    heat_capacity: Fraction = 0.0


class ConstantSignal(Frozen):
    """An input that stays as it is."""

    kind: Literal["constant"] = "constant"
    value: float
    """In the SI unit of the input."""

    def value_at(self, time_s: float) -> float:
        """Value at a time since the start, in SI."""
        return self.value


class StepsSignal(Frozen):
    """An input that jumps from value to value."""

    kind: Literal["steps"] = "steps"
    times: tuple[float, ...]
    """Start of each value, ascending, the first is 0 [s]."""
    values: tuple[float, ...]
    """In the SI unit of the input."""
    repeat: float | None = None
    """Length of the pattern when it repeats [s]."""

    def value_at(self, time_s: float) -> float:
        """Value at a time since the start, in SI."""
        time_s = time_s if self.repeat is None else time_s % self.repeat
        return self.values[max(0, bisect_right(self.times, time_s) - 1)]


class SineSignal(Frozen):
    """An input that swings: mean + amplitude · sin(2π t / period + phase)."""

    kind: Literal["sine"] = "sine"
    mean: float
    """In the SI unit of the input."""
    amplitude: float
    """In the SI unit of the input, as a difference."""
    period: PositiveDuration
    """Duration of one swing [s]."""
    phase: Angle = 0.0
    """At the start [deg]."""

    def value_at(self, time_s: float) -> float:
        """Value at a time since the start, in SI."""
        angle = 2.0 * math.pi * time_s / self.period + math.radians(self.phase)
        return self.mean + self.amplitude * math.sin(angle)


Signal: TypeAlias = Annotated[ConstantSignal | StepsSignal | SineSignal, Field(discriminator="kind")]
"""How an input of the simulated asset goes with time."""


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
    field: Literal["temperature"] = "temperature"
    statistic: Statistic = Statistic.VALUE
    """``value`` at a point or sensor; ``max``, ``min`` or ``mean`` over parts."""
    between: tuple[Temperature, Temperature]
    """Lowest and highest allowed value, in SI."""


class View(Frozen):
    """How the asset is shown."""

    unit: Literal["degC", "K"] = "degC"
    """Of the scalar bar."""
    camera: Direction = (1.0, -1.0, 0.8)
    """Direction from the asset to the camera."""
    range: TemperatureRange | None = None
    """Ends of the scalar bar [K]; None follows the data."""


class Scene(Frozen):
    """One asset: its geometry, physics, sensors and feeds, in SI."""

    name: str
    description: str = ""
    path: Path | None = None
    """The scene file; None for a scene made in Python."""
    geometry: Geometry
    initial_temperature: Temperature = 298.15
    """Uniform temperature at the start [K]."""
    parts: tuple[PartMaterial, ...]
    """Later entries override earlier ones."""
    faces: Mapping[str, FaceSelector] = {}
    """Selections by name; where a selector names one, it carries the meaning with it."""
    inputs: tuple[Input, ...]
    """Declared inputs first, then the automatic ones of constants in loads, named ``<load>.<field>``."""
    loads: tuple[Load, ...]
    contacts: tuple[Contact, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    uncertainty: Uncertainty = Uncertainty()
    feed: Feed = Feed()
    plant: Plant | None = None
    checks: tuple[Check, ...] = ()
    view: View = View()

    @model_validator(mode="after")
    def _check_names(self) -> "Scene":
        inputs = tuple(item.name for item in self.inputs)
        for names, what in ((inputs, "input"), (tuple(sensor.id for sensor in self.sensors), "sensor")):
            if len(set(names)) < len(names):
                raise SceneError(f"two {what}s share a name: {', '.join(names)}")
        for name in (*(load.input for load in self.loads), *(sensor.drives for sensor in self.sensors)):
            if name is not None:
                _index(name, inputs, "input")
        return self

    def input_index(self, name: str) -> int:
        """Position of an input in `inputs`."""
        return _index(name, tuple(entry.name for entry in self.inputs), "input")

    def sensor_index(self, sensor_id: str) -> int:
        """Position of a sensor in `sensors`."""
        return _index(sensor_id, tuple(sensor.id for sensor in self.sensors), "sensor")


def _index(name: str, names: tuple[str, ...], what: str) -> int:
    if name not in names:
        raise SceneError(f"no {what} is named {name!r}; there are {', '.join(names) or 'none'}")
    return names.index(name)
