"""Calibrates the twin of the case on a run of the asset whose powers are known, with all sensors in place."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from cases.truth import TruthRun
from cases.twin_side import TwinSide
from scipy import sparse

from twin3d.backend import Backend
from twin3d.estimation.calibrated import CalibrationSettings
from twin3d.estimation.calibration import calibrate
from twin3d.estimation.recorded import on_grid, recordable
from twin3d.pipeline import prepare
from twin3d.records import READING_DTYPE
from twin3d.scene import ParameterFile, nominal_values

GAIN_ERROR = 0.01
"""Relative error of the power meters, alike for the whole run [–]."""


def calibrated_twin(
    side: TwinSide, early: TruthRun, readings: np.ndarray, *, backend: Backend, cache_dir: Path | None
) -> TwinSide:
    """The twin with the parameters and the spreads that a calibration on an early run found."""
    scene, model = side.scene, side.prepared.model
    sensors = recordable(scene.inputs, scene.sensors)
    meters = [scene.input_index(sensor.id) for sensor in sensors[len(scene.sensors) :]]
    gains = 1.0 + GAIN_ERROR * np.random.default_rng(9).normal(size=len(meters))
    values = np.column_stack([readings, early.inputs[1:, meters] * gains])
    none = sparse.csr_array((len(meters), side.prepared.sensor_rows.shape[1]))
    rows = sparse.csr_array(sparse.vstack([side.prepared.sensor_rows, none], format="csr"))
    recorded = on_grid(_recording(values, early.times_s[1:]), scene.inputs, sensors)
    found = calibrate(model, rows, recorded, scene.inputs, sensors, CalibrationSettings())
    file = ParameterFile(
        version=1,
        scene=scene.name,
        data="a run with known powers",
        data_hash="",
        made="",
        twin3d="",
        parameter=found.as_parameters(nominal_values(scene)),
    )
    known = scene.model_copy(update={"parameters": file})
    return replace(side, prepared=prepare(known, backend=backend, cache_dir=cache_dir))


def _recording(values: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    n_times, n_sensors = values.shape
    readings = np.zeros(values.size, READING_DTYPE)
    readings["sensor"], readings["value"] = np.tile(np.arange(n_sensors), n_times), values.ravel()
    readings["time_ns"] = np.repeat(np.round(times_s * 1e9).astype(np.int64), n_sensors)
    return readings
