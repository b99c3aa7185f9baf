"""Calibrates the twin of the case on a run of the asset whose powers are known, with all sensors in place."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from cases.truth import TruthRun
from cases.twin_side import TwinSide
from scipy import sparse

from twin3d.backend import Backend
from twin3d.estimation.calibrated import CalibrationSettings, FlagKind
from twin3d.estimation.calibration import calibrate
from twin3d.estimation.recorded import on_grid, recordable
from twin3d.pipeline import prepare
from twin3d.records import READING_DTYPE, Parameter
from twin3d.scene import Convection, Scene

GAIN_ERROR = 0.01
"""Relative error of the power meters, alike for the whole run [–]."""
DISTRUST = 2.0
"""Deviations are this much larger where the residuals show that the model is wrong."""


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
    prepared = prepare(
        scaled(scene, {item.name: item.factor for item in found.parameters}), backend=backend, cache_dir=cache_dir
    )
    wider = DISTRUST if any(flag.kind is FlagKind.DISCREPANCY for flag in found.flags) else 1.0
    left = {item.name: min(wider * item.deviation, item.prior_deviation) for item in found.parameters}
    parameters = tuple(_with_spread(parameter, left) for parameter in prepared.model.parameters)
    return replace(side, prepared=replace(prepared, model=replace(prepared.model, parameters=parameters)))


def scaled(scene: Scene, factors: Mapping[str, float]) -> Scene:
    """A scene whose materials, films and contacts are multiplied by the factors of its parameters."""
    parts = [
        part.model_copy(
            update={
                "material": part.material.model_copy(
                    update={
                        "conductivity": part.material.conductivity * factors[f"conductivity of {part.part}"],
                        "specific_heat": part.material.specific_heat * factors[f"heat capacity of {part.part}"],
                    }
                )
            }
        )
        for part in scene.parts
    ]
    loads = [
        load.model_copy(update={"film_coefficient": load.film_coefficient * factors[f"film of {load.name}"]})
        if isinstance(load, Convection)
        else load
        for load in scene.loads
    ]
    contacts = [
        contact.model_copy(update={"conductance": contact.conductance * factors[f"contact {contact.name}"]})
        for contact in scene.contacts
    ]
    return scene.model_copy(update={"parts": tuple(parts), "loads": tuple(loads), "contacts": tuple(contacts)})


def _with_spread(parameter: Parameter, left: Mapping[str, float]) -> Parameter:
    return replace(parameter, spread=left[parameter.name])


def _recording(values: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    n_times, n_sensors = values.shape
    readings = np.zeros(values.size, READING_DTYPE)
    readings["sensor"], readings["value"] = np.tile(np.arange(n_sensors), n_times), values.ravel()
    readings["time_ns"] = np.repeat(np.round(times_s * 1e9).astype(np.int64), n_sensors)
    return readings
