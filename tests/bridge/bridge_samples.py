"""Sensors, frames and view models for the tests of the bridge."""

import numpy as np

from twin3d.records import SENSOR_STATE_DTYPE, Frame, SensorGlyph, ViewModel
from twin3d.scene import Sensor, SensorQuantity

NOW_NS = 1_790_000_000_250_000_000
"""A day in 2026."""

SENSORS = (
    Sensor(id="tc1", unit="degC", noise=0.1, period=1.0),
    Sensor(id="tc2", unit="K", noise=0.1, period=1.0),
    Sensor(id="heater", quantity=SensorQuantity.POWER, unit="kW", noise=1.0, period=1.0),
)


def temperature_sensors(n_sensors):
    return [Sensor(id=f"tc{index}", unit="degC", noise=0.1, period=1.0) for index in range(n_sensors)]


def make_frame(sequence=0, *, model_hash="model a", factor=None, time_ns=None, n_modes=4, n_inputs=2, flags=()):
    sensors = np.zeros(3, dtype=SENSOR_STATE_DTYPE)
    sensors["measured"] = [300.0, np.nan, 40.0]
    sensors["time_ns"] = NOW_NS
    return Frame(
        sequence=sequence,
        time_ns=NOW_NS + sequence * 20_000_000 if time_ns is None else time_ns,
        model_hash=model_hash,
        coefficients=np.arange(n_modes) + 0.5 * sequence,
        inputs=np.linspace(1.0, 2.0, n_inputs),
        input_deviation=np.full(n_inputs, 0.1),
        covariance_factor=factor,
        sensors=sensors,
        provenance="corrected",
        flags=flags,
    )


def make_view_model(rng, *, model_hash="model a", n_visible=7, n_modes=4, n_inputs=2):
    return ViewModel(
        model_hash=model_hash,
        title="Kühlkörper",
        points=rng.normal(size=(n_visible, 3)).astype(np.float32),
        triangles=rng.integers(0, n_visible, size=(5, 3)).astype(np.int32),
        triangle_part=np.zeros(5, dtype=np.int32),
        part_names=("base", "die"),
        basis=np.asfortranarray(rng.normal(size=(n_visible, n_modes)).astype(np.float32)),
        lifting=rng.normal(size=(n_visible, n_inputs)).astype(np.float32),
        input_names=("power", "ambient")[:n_inputs],
        input_reference=rng.normal(size=n_inputs),
        reference_temperature=293.15,
        point_error=rng.random(n_visible).astype(np.float32),
        sensors=(
            SensorGlyph("tc1", "temperature", "degC", 1.0, 273.15, (0.1, 0.2, 0.3), "observe"),
            SensorGlyph("heater", "power", "kW", 1000.0, 0.0, None, "drive"),
        ),
        unit="degC",
        camera=(1.0, -1.0, 0.5),
    )
