"""The simulated asset behind `twin3d feed`: another mesh and other physics than the twin's, with real-world sensors.

The plant shares nothing with the twin but the geometry file: its mesh has another cell size, every conductivity, film
and contact is off by at least ten per cent (where the scene allows it), its sensors have bias, a lag that the scene
does not state exactly, and noise. It is reduced at its own parameters to a high accuracy so that it runs in real time.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from twin3d.backend import Backend
from twin3d.errors import SceneError
from twin3d.pipeline import PreparedModel, prepare
from twin3d.records import Parameter, ParameterKind, Quality
from twin3d.reduction.march import discretise
from twin3d.scene import Plant as PlantSection
from twin3d.scene import PlantSpread, Scene, Sensor, arrays_in

MIN_PERTURBATION = 0.10
"""No perturbed parameter is closer to its nominal value than this, unless the scene's spread is smaller."""

PLANT_MODES = 60
"""The plant keeps as many modes as the twin may, at its own parameters, so its truncation error is far smaller."""

BIAS_LIMIT = math.sqrt(3.0)
"""Biases are uniform within this many standard deviations: the tolerance class of a thermometer (IEC 60584-1 for
thermocouples) is a limit."""

FAULT_KINDS = ("stuck", "offset", "drift", "spike", "silent", "bad")


@dataclass(frozen=True, slots=True)
class Fault:
    """A sensor fault on request."""

    sensor: str
    """A channel, or a sensor with all its channels."""
    kind: str
    """One of `FAULT_KINDS`."""
    value: float
    """Offset [SI], drift [SI/s] or spike height [SI]; unused for the others."""
    start_s: float
    end_s: float


def parse_fault(text: str) -> Fault:
    """Read a fault like ``tc3:offset=5@20-40``: sensor, kind, value in SI, from 20 s to 40 s after the start.

    Raises:
        SceneError: The text has another form, or names an unknown kind.
    """
    head, _, window = text.partition("@")
    sensor, _, action = head.partition(":")
    kind, _, value = action.partition("=")
    if kind not in FAULT_KINDS:
        raise SceneError(f"unknown fault {text!r}; write SENSOR:KIND[=VALUE][@START[-END]], KIND one of {FAULT_KINDS}")
    start, _, end = window.partition("-")
    try:
        return Fault(sensor, kind, float(value or 0.0), float(start or 0.0), float(end or "inf"))
    except ValueError as error:
        raise SceneError(f"fault {text!r} has a number that cannot be read: {error}") from error


def draw_parameters(
    parameters: Sequence[Parameter], spread: PlantSpread, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Draw the plant's own parameters θ, shape (n_parameters,), each off by at least `MIN_PERTURBATION`."""
    half_width = {
        ParameterKind.CONDUCTIVITY: spread.conductivity,
        ParameterKind.HEAT_CAPACITY: spread.heat_capacity,
        ParameterKind.FILM: spread.film_coefficient,
        ParameterKind.CONTACT: spread.contact_conductance,
    }
    widths = np.array([half_width[parameter.kind] for parameter in parameters])
    size = rng.uniform(np.minimum(MIN_PERTURBATION, widths), widths)
    return np.asarray(1.0 + size * rng.choice([-1.0, 1.0], size=len(parameters)))


def prepare_plant(
    scene: Scene,
    *,
    backend: Backend,
    cache_dir: Path | None,
    rng: np.random.Generator,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[PreparedModel, npt.NDArray[np.float64]]:
    """Mesh, perturb and reduce the plant of a scene.

    Returns:
        The plant's model and its parameters θ.

    Raises:
        SceneError: The scene has no ``[plant]`` section.
    """
    section = plant_section(scene)
    geometry = scene.geometry.model_copy(
        update={"cell_size": section.cell_size, "refine": section.refine, "local_sizes": section.local_sizes}
    )
    theta: list[npt.NDArray[np.float64]] = []

    def draw(parameters: Sequence[Parameter]) -> npt.NDArray[np.float64]:
        theta.append(draw_parameters(parameters, section.spread, rng))
        return theta[0]

    prepared = prepare(
        scene, geometry=geometry, draw_theta=draw, backend=backend, cache_dir=cache_dir, progress=progress
    )
    return prepared, theta[0]


def plant_section(scene: Scene) -> PlantSection:
    """The ``[plant]`` section of a scene.

    Raises:
        SceneError: There is none.
    """
    if scene.plant is None:
        raise SceneError(f"{scene.path}: the scene has no [plant] section, so there is no asset to simulate")
    return scene.plant


def first_of_array(sensors: Sequence[Sensor]) -> npt.NDArray[np.intp]:
    """For each channel, the first one of its sensor: channels share what their sensor has once, shape (n_sensors,)."""
    first = np.arange(len(sensors))
    for array in arrays_in(sensors):
        first[list(array.indices)] = array.indices[0]
    return first


class SensorModel:
    """What the plant's sensors make of the true values: lag, bias and noise."""

    def __init__(self, scene: Scene, *, rng: np.random.Generator, start: npt.NDArray[np.float64]) -> None:
        section = plant_section(scene)
        sensors = scene.sensors
        self._rng = rng
        self._noise = np.array([sensor.noise for sensor in sensors])
        spread = [section.bias if sensor.si_unit == "K" else 0.0 for sensor in sensors]
        whole = first_of_array(sensors)
        self.bias = BIAS_LIMIT * rng.uniform(-1.0, 1.0, size=len(sensors))[whole] * spread
        off = rng.choice([-1.0, 1.0], size=len(sensors))[whole] * section.lag_error
        self.lag_s = np.array([sensor.lag for sensor in sensors]) * (1.0 + off)
        self._lagged = start.copy()

    def advance(self, true_values: npt.NDArray[np.float64], dt_s: float) -> None:
        """Let every sensor follow its true value for a step [s], first order."""
        follow = np.where(self.lag_s > 0.0, -np.expm1(-dt_s / np.maximum(self.lag_s, 1e-9)), 1.0)
        self._lagged += follow * (true_values - self._lagged)

    def read(self, index: int) -> float:
        """What one sensor shows now, in SI."""
        return float(self._lagged[index] + self.bias[index] + self._noise[index] * self._rng.normal())


@dataclass(frozen=True, slots=True)
class PlantReading:
    """One reading on its way out."""

    sensor: Sensor
    value: float
    """In SI."""
    quality: Quality
    time_s: float
    """Since the plant started."""


class Plant:
    """A running simulated asset: call `advance` and publish what it yields."""

    def __init__(
        self, scene: Scene, prepared: PreparedModel, theta: npt.NDArray[np.float64], *, rng: np.random.Generator
    ) -> None:
        self.scene = scene
        """What the asset is a simulation of."""
        self._model = prepared.model
        self._rows = np.asarray(prepared.sensor_rows @ prepared.model.basis)
        self._lift_rows = np.asarray(prepared.sensor_rows @ prepared.model.lifting)
        self._dt_s = scene.feed.tick
        self._step = discretise(prepared.model, theta, self._dt_s)
        phases = rng.uniform(0.1, 1.0, len(scene.sensors))[first_of_array(scene.sensors)]
        self._next_s = np.array([sensor.period for sensor in scene.sensors]) * phases
        self._rng = rng
        self._held: dict[int, float] = {}
        self.time_s = 0.0
        self.inputs = self.inputs_at(0.0)
        self.coefficients = np.zeros(prepared.model.n_modes)
        self.sensors = SensorModel(scene, rng=rng, start=self.true_values())
        self.faults: tuple[Fault, ...] = ()

    def inputs_at(self, time_s: float) -> npt.NDArray[np.float64]:
        """True inputs u at a time, shape (n_inputs,)."""
        signals = plant_section(self.scene).signals
        return np.array(
            [signals[item.name].value_at(time_s) if item.name in signals else item.value for item in self.scene.inputs]
        )

    def true_values(self) -> npt.NDArray[np.float64]:
        """What perfect sensors would show now, in SI, shape (n_sensors,)."""
        deviation = self.inputs - self._model.input_reference
        values = self._model.reference_temperature + self._rows @ self.coefficients + self._lift_rows @ deviation
        for index, sensor in enumerate(self.scene.sensors):
            if sensor.drives is not None:
                values[index] = self.inputs[self.scene.input_index(sensor.drives)]
        return np.asarray(values)

    def advance(self, until_s: float) -> Iterator[PlantReading]:
        """Step the asset to a time since its start [s], yielding readings as they fall due."""
        while self.time_s + self._dt_s <= until_s + 1e-9:
            after = self.inputs_at(self.time_s + self._dt_s)
            self.coefficients = self._step.step(self.coefficients, self.inputs, after)
            self.inputs = after
            self.time_s += self._dt_s
            self.sensors.advance(self.true_values(), self._dt_s)
            yield from self._due_readings()

    def _due_readings(self) -> Iterator[PlantReading]:
        for index in np.flatnonzero(self._next_s <= self.time_s + 1e-9):
            sensor = self.scene.sensors[index]
            self._next_s[index] += sensor.period
            reading = PlantReading(sensor, self.sensors.read(int(index)), Quality.GOOD, self.time_s)
            faulty = self._apply_faults(int(index), reading)
            if faulty is not None:
                yield faulty

    def _apply_faults(self, index: int, reading: PlantReading) -> PlantReading | None:
        result = reading
        for fault in self.faults:
            is_meant = fault.sensor in (reading.sensor.id, reading.sensor.array)
            if not is_meant or not fault.start_s <= self.time_s < fault.end_s:
                continue
            if fault.kind == "silent":
                return None
            result = self._apply_fault(fault, index, result)
        return result

    def _apply_fault(self, fault: Fault, index: int, reading: PlantReading) -> PlantReading:
        match fault.kind:
            case "stuck":
                return replace(reading, value=self._held.setdefault(index, reading.value))
            case "offset":
                return replace(reading, value=reading.value + fault.value)
            case "drift":
                return replace(reading, value=reading.value + fault.value * (self.time_s - fault.start_s))
            case "spike":
                hit = self._rng.random() < 0.05
                return replace(reading, value=reading.value + fault.value * hit)
            case _:
                return replace(reading, quality=Quality.BAD)


class TruthRecorder:
    """Keeps what really happened, for scoring; the twin never reads it."""

    def __init__(self, plant: Plant, prepared: PreparedModel, theta: npt.NDArray[np.float64], *, start_ns: int) -> None:
        self._plant = plant
        self._prepared = prepared
        self._theta = theta
        self._start_ns = start_ns
        self._times_ns: list[int] = []
        self._coefficients: list[npt.NDArray[np.float64]] = []
        self._inputs: list[npt.NDArray[np.float64]] = []

    def record(self) -> None:
        """Keep the plant's state of now."""
        self._times_ns.append(self._start_ns + round(self._plant.time_s * 1e9))
        self._coefficients.append(self._plant.coefficients.copy())
        self._inputs.append(self._plant.inputs.copy())

    def save(self, path: Path) -> None:
        """Write the truth as an .npz file, whole or not at all."""
        mesh, model = self._prepared.mesh, self._prepared.model
        temporary = path.with_suffix(".part.npz")
        np.savez(
            temporary,
            points=mesh.points,
            cells=mesh.cells,
            cell_region=mesh.cell_region,
            part_names=np.array(mesh.part_names),
            basis=model.basis[: mesh.n_points].astype(np.float32),
            lifting=model.lifting[: mesh.n_points].astype(np.float32),
            input_reference=model.input_reference,
            input_names=np.array(model.input_names),
            reference_temperature=model.reference_temperature,
            parameter_names=np.array([parameter.name for parameter in model.parameters]),
            theta=self._theta,
            bias=self._plant.sensors.bias,
            start_ns=self._start_ns,
            times_ns=np.array(self._times_ns, dtype=np.int64),
            coefficients=np.array(self._coefficients).reshape(-1, model.n_modes),
            inputs=np.array(self._inputs).reshape(-1, model.n_inputs),
        )
        temporary.replace(path)
