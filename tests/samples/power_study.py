"""A twin of the power module against plants that share nothing with it but the geometry, seed by seed."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from twin3d.assets import asset_path
from twin3d.backend import get_backend
from twin3d.estimation import Estimator
from twin3d.fem.heat import assemble_heat
from twin3d.fem.space import function_space
from twin3d.mesh import build_mesh
from twin3d.pipeline import sensor_rows
from twin3d.plant import Plant, draw_parameters
from twin3d.records import READING_DTYPE
from twin3d.reduction import lift, reduce_heat
from twin3d.reduction.march import discretise
from twin3d.scene import Estimation, SineSignal, StepsSignal, load_scene
from twin3d.score import NORMAL_90, part_interpolation

TWIN_CELL_M, TWIN_REFINE = 0.011, 0
PLANT_CELL_M, PLANT_REFINE = 0.009, 1
PLANT_MODES = 90
PLANT_TOLERANCE_K = 0.004
TICK_S = 0.04
DURATION_S = 60.0
TRUSTING = Estimation(source_scale=0.0)
"""Nothing but parameters is wrong in the twin's physics."""
SCORE_EVERY = 25
"""Ticks between two scored fields."""


@dataclass(frozen=True)
class SeedResult:
    """What one plant made of the twin."""

    coverage_90: float
    field_rmse_K: float
    openloop_rmse_K: float
    told_rmse_K: float
    """Of the open loop that is told the true powers."""


class PowerStudy:
    """Twin and plant, meshed and reduced once."""

    def __init__(self):
        scene = load_scene(asset_path("scenes", "power_module.toml"))
        feed = scene.feed.model_copy(update={"tick": TICK_S})
        self.scene = scene.model_copy(update={"feed": feed})
        backend = get_backend("numpy")
        self.twin = self._reduced(TWIN_CELL_M, TWIN_REFINE, backend, {})
        spread = self.scene.plant.spread
        widened = self.scene.uncertainty.model_copy(
            update={name: getattr(spread, name) for name in type(spread).model_fields}
        )
        accurate = scene.solver.model_copy(update={"reduction_tolerance": PLANT_TOLERANCE_K, "max_modes": PLANT_MODES})
        changes = {"uncertainty": widened, "solver": accurate}
        self.plant = self._reduced(PLANT_CELL_M, PLANT_REFINE, backend, changes)
        rows = part_interpolation(self.plant.mesh, self.twin.mesh)
        self._truth_basis = np.asarray(rows @ self.plant.model.basis)

    def _reduced(self, cell_m, refine, backend, changes):
        geometry = self.scene.geometry.model_copy(update={"cell_size": cell_m, "refine": refine})
        scene = self.scene.model_copy(update=changes)
        mesh = build_mesh(geometry, scene.contacts, cache_dir=None).mesh
        space = function_space(mesh)
        operators = assemble_heat(scene, space, backend=backend)
        model = reduce_heat(operators, space, scene, rng=np.random.default_rng(0), backend=backend)
        return SimpleNamespace(mesh=mesh, model=model, sensor_rows=sensor_rows(scene.sensors, space))

    def run(self, seed) -> SeedResult:
        """Sixty seconds of one plant: its own parameters, powers, biases and noise."""
        rng = np.random.default_rng(seed)
        scene = self._with_signals(rng)
        theta = draw_parameters(self.plant.model.parameters, scene.plant.spread, rng)
        plant = Plant(scene, self.plant, theta, rng=rng)
        twin = self.twin.model
        estimator = Estimator.prepare(
            twin, self.twin.sensor_rows, scene.inputs, scene.sensors, tick_s=TICK_S, settings=TRUSTING
        )
        estimator.start(0)
        prior = np.array([item.value for item in scene.inputs])
        step = discretise(twin, None, TICK_S)
        alone, told = np.zeros(twin.n_modes), np.zeros(twin.n_modes)
        inside, squares = [], []
        for tick in range(1, round(DURATION_S / TICK_S) + 1):
            before = plant.inputs
            batch = self._batch(plant, tick * TICK_S)
            estimate = estimator.advance(batch, round(tick * TICK_S * 1e9))
            alone = step.step(alone, prior, prior)
            told = step.step(told, before, plant.inputs)
            if tick % SCORE_EVERY:
                continue
            truth = self.plant.model.reference_temperature + self._truth_basis @ plant.coefficients
            field = lift.temperature(twin, estimate.coefficients, estimate.inputs)
            band = NORMAL_90 * lift.deviation(twin, estimate.covariance_factor)
            inside.append(np.mean(np.abs(field - truth) <= band))
            fields = (field, lift.temperature(twin, alone, prior), lift.temperature(twin, told, plant.inputs))
            squares.append([np.mean((values - truth) ** 2) for values in fields])
        return SeedResult(float(np.mean(inside)), *map(float, np.sqrt(np.mean(squares, axis=0))))

    def _batch(self, plant, until_s):
        index_of = {sensor.id: index for index, sensor in enumerate(self.scene.sensors)}
        readings = list(plant.advance(until_s))
        batch = np.zeros(len(readings), READING_DTYPE)
        for entry, reading in zip(batch, readings, strict=True):
            entry["sensor"], entry["value"] = index_of[reading.sensor.id], reading.value
            entry["time_ns"] = round(reading.time_s * 1e9)
        return batch

    def _with_signals(self, rng):
        """Three powers between 5 and 60 W, two that jump and one that swings, in any order, and another ambient."""
        signals = {"ambient": SineSignal(mean=298.15 + rng.uniform(-2, 2), amplitude=1.0, period=rng.uniform(60, 120))}
        for number, kind in enumerate(rng.permutation(3), start=1):
            if kind == 0:
                swing = SineSignal(mean=32.0, amplitude=rng.uniform(10, 25), period=rng.uniform(25, 60))
                signals[f"power_{number}"] = swing
            else:
                times = (0.0, *np.sort(rng.uniform(5.0, 55.0, 3)))
                signals[f"power_{number}"] = StepsSignal(times=times, values=tuple(rng.uniform(5.0, 60.0, 4)))
        return self.scene.model_copy(update={"plant": self.scene.plant.model_copy(update={"signals": signals})})
