"""What the twin makes of the readings: its estimator as a user runs it, its model alone, and its modes for peers."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from cases import baselines
from cases.readings import batch, positions_of, zeroed
from cases.scenario import ON_S
from cases.truth import DT_S, Size, TruthRun
from scipy import sparse

from twin3d.backend import Backend
from twin3d.estimation import Estimator
from twin3d.fem.heat import assemble_heat
from twin3d.fem.linear import prepare as prepare_system
from twin3d.fem.space import function_space
from twin3d.fem.system import system_at
from twin3d.pipeline import PreparedModel, prepare
from twin3d.reduction import lift
from twin3d.reduction.march import discretise
from twin3d.scene import Scene, SensorRole, load_scene

SCENE = Path(__file__).parent / "heated_module.toml"
SETTLING_S = 60
"""Scored from then on [s]."""
SCORE_EVERY = 10
"""Seconds between two scored fields."""
N_PRIOR_RUNS, PRIOR_STEP_S, N_PRIOR_STEPS = 12, 10.0, 180
"""Runs of the twin's model from its priors, whose fields give peers their modes."""
RIESZ_RATE = 3e-3
"""The inner product of the Riesz representers is K + this rate times M [1/s]."""


@dataclass(frozen=True, eq=False, slots=True)
class TwinSide:
    """The twin of the case, made as a user makes it."""

    scene: Scene
    prepared: PreparedModel
    representers: np.ndarray
    """Riesz representers of the placed sensors, shape (n_points, n_placed)."""
    prior_modes: np.ndarray
    """Modes of fields that the priors of the scene give, most energy first, shape (n_points, n_modes)."""

    @property
    def placed(self) -> np.ndarray:
        """Indices of the sensors that have a position."""
        return np.array([index for index, sensor in enumerate(self.scene.sensors) if sensor.position is not None])

    def with_sensors(self, keep: str) -> "TwinSide":
        """The same twin with the air sensor and those sensors alone whose names start with one of some words."""
        words = tuple(keep.split())
        kept = [i for i, sensor in enumerate(self.scene.sensors) if sensor.id.startswith(("air", *words))]
        placed = [list(self.placed).index(i) for i in kept if i in self.placed]
        scene = self.scene.model_copy(update={"sensors": tuple(self.scene.sensors[i] for i in kept)})
        prepared = replace(self.prepared, sensor_rows=sparse.csr_array(self.prepared.sensor_rows[kept]))
        return replace(self, scene=scene, prepared=prepared, representers=self.representers[:, placed])


@dataclass(frozen=True, eq=False, slots=True)
class Fields:
    """An estimate at the scored times."""

    temperature: np.ndarray
    """Shape (n_times, n_points) [K]."""
    deviation: np.ndarray | None = None
    """Standard deviation, as `temperature`; None where the method gives none."""


def prepare_twin(size: Size, *, backend: Backend, cache_dir: Path | None) -> TwinSide:
    """Mesh and reduce the twin of the case, and make what peers take from its full model."""
    scene = load_scene(SCENE)
    geometry = scene.geometry.model_copy(update={"cell_size": size.twin_cell_m})
    scene = scene.model_copy(update={"geometry": geometry})
    prepared = prepare(scene, backend=backend, cache_dir=cache_dir)
    system = system_at(assemble_heat(scene, function_space(prepared.mesh), backend=backend))
    inner = sparse.csr_array(system.stiffness + RIESZ_RATE * system.mass)
    placed = [index for index, sensor in enumerate(scene.sensors) if sensor.position is not None]
    rows = prepared.sensor_rows[placed].toarray()
    representers = prepare_system(inner, backend=backend).solve(np.ascontiguousarray(rows.T)).x
    modes = _prior_modes(scene, prepared, np.random.default_rng(11))
    return TwinSide(scene, prepared, representers, modes)


def is_scored(times_s: np.ndarray) -> np.ndarray:
    """Which times are scored."""
    return (times_s >= SETTLING_S) & (np.round(times_s) % SCORE_EVERY == 0)


def estimated(side: TwinSide, readings: np.ndarray, times_s: np.ndarray) -> Fields:
    """The fields of the estimator, which is told what the scene says and given the readings as they come."""
    model = side.prepared.model
    estimator = Estimator.prepare(
        model, side.prepared.sensor_rows, side.scene.inputs, side.scene.sensors, tick_s=side.scene.feed.tick
    )
    estimator.start(0)
    fields, deviations = [], []
    for values, time_s, scored in zip(readings, times_s[1:], is_scored(times_s)[1:], strict=True):
        time_ns = round(time_s * 1e9)
        estimate = estimator.advance(batch(values, time_ns), time_ns)
        if scored:
            fields.append(lift.temperature(model, estimate.coefficients, estimate.inputs))
            deviations.append(lift.deviation(model, estimate.covariance_factor))
    return Fields(np.array(fields), np.array(deviations))


def open_loop(side: TwinSide, readings: np.ndarray, truth: TruthRun, *, told_powers: bool) -> Fields:
    """The twin's model alone with the measured ambient, at design powers or told the true ones."""
    scene, model = side.scene, side.prepared.model
    inputs = np.tile([item.value for item in scene.inputs], (len(truth.times_s), 1))
    if told_powers:
        unknown = [index for index, item in enumerate(scene.inputs) if item.unknown is not None]
        inputs[:, unknown] = truth.inputs[:, unknown]
    for index, sensor in enumerate(scene.sensors):
        if sensor.role is SensorRole.DRIVE:
            inputs[1:, scene.input_index(sensor.drives)] = readings[:, index]
    step, a, fields = discretise(model, None, DT_S), np.zeros(model.n_modes), []
    scored = is_scored(truth.times_s)
    for index in range(1, len(inputs)):
        between = 0.5 * (inputs[index - 1] + inputs[index])
        a = step.step(a, between, between)
        if scored[index]:
            fields.append(lift.temperature(model, a, inputs[index]))
    return Fields(np.array(fields))


def interpolated(side: TwinSide, readings: np.ndarray, times_s: np.ndarray) -> dict[str, Fields]:
    """The fields of all peers without dynamics, by their names."""
    points, rows = side.prepared.mesh.points, side.prepared.sensor_rows[side.placed]
    positions = positions_of(side.scene.sensors)
    rises = zeroed(readings[:, side.placed], n_cold=round(0.8 * ON_S))[is_scored(times_s)[1:]]
    found = {
        "RBF thin plate": baselines.radial(rises, positions, points, kernel="thin_plate_spline"),
        "RBF linear": baselines.radial(rises, positions, points, kernel="linear"),
        "kriging": baselines.kriging(rises, positions, points),
    }
    gram = rows @ side.representers
    for n_modes in sorted({3, len(positions) // 2, 5}):
        modes = side.prior_modes[:, :n_modes]
        found[f"gappy POD {n_modes}"] = baselines.gappy_pod(rises, rows @ modes, modes)
        found[f"PBDW {n_modes}"] = baselines.pbdw(rises, rows @ modes, modes, representers=side.representers, gram=gram)
    return {name: Fields(side.scene.initial_temperature + field) for name, field in found.items()}


def _prior_modes(scene: Scene, prepared: PreparedModel, rng: np.random.Generator) -> np.ndarray:
    """Principal modes of runs with parameters and powers from the priors of the scene."""
    model = prepared.model
    spreads = np.array([parameter.spread for parameter in model.parameters])
    kept = []
    for _ in range(N_PRIOR_RUNS):
        step = discretise(model, np.exp(spreads * rng.normal(size=len(spreads))), PRIOR_STEP_S)
        a, u = np.zeros(model.n_modes), np.array([item.value for item in scene.inputs])
        for _ in range(N_PRIOR_STEPS):
            u = _next_inputs(scene, u, rng)
            a = step.step(a, u, u)
            kept.append(a)
    _, _, directions = np.linalg.svd(np.array(kept), full_matrices=False)
    return np.asarray(model.basis @ directions.T)


def _next_inputs(scene: Scene, u: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Unknown inputs a step later, by their Ornstein-Uhlenbeck priors."""
    after = u.copy()
    for index, item in enumerate(scene.inputs):
        if item.unknown is not None:
            keep = np.exp(-PRIOR_STEP_S / item.unknown.time_constant)
            shock = np.sqrt(1.0 - keep**2) * item.unknown.spread * rng.normal()
            after[index] = max(0.0, item.value + keep * (u[index] - item.value) + shock)
    return after
