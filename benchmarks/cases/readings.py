"""What imperfect sensors make of the truth: misplaced, late, biased, noisy and rounded."""

from collections.abc import Sequence

import numpy as np
from cases.truth import DT_S, TruthRun
from scipy.signal import lfilter

from twin3d.records import READING_DTYPE
from twin3d.scene import Scene, Sensor, SensorRole

LAG_RATIO = 1.2
"""A sensor's lag over what the scene states."""
MISPLACED_M = 1e-3
"""How far a sensor is from where the scene says, along its level surface [m]."""
STEP_K = 0.0625
"""Readings are multiples of this [K]."""


def read_sensors(truth: TruthRun, scene: Scene, *, seed: int, run: int = 0) -> np.ndarray:
    """Readings of every sensor from the second time on, as values in SI, shape (n_times - 1, n_sensors).

    Args:
        truth: What they look at.
        scene: Says what they are.
        seed: Draws their bias and where they really are.
        run: Draws their noise together with the seed.
    """
    own, noise = np.random.default_rng([7, seed]), np.random.default_rng([8, seed, run])
    shown = [_shown_by(sensor, truth, scene, own) + sensor.noise * noise.normal(size=len(truth.times_s))
             for sensor in scene.sensors]  # fmt: skip
    return np.round(np.column_stack(shown) / STEP_K)[1:] * STEP_K


def batch(values: np.ndarray, time_ns: int) -> np.ndarray:
    """Readings of all sensors at one time, as the estimator takes them."""
    readings = np.zeros(len(values), READING_DTYPE)
    readings["sensor"], readings["value"], readings["time_ns"] = np.arange(len(values)), values, time_ns
    return readings


def zeroed(values: np.ndarray, *, n_cold: int) -> np.ndarray:
    """Rises over what each sensor showed on average while the asset was cold, which takes its bias away."""
    return np.asarray(values - values[:n_cold].mean(axis=0))


def _shown_by(sensor: Sensor, truth: TruthRun, scene: Scene, rng: np.random.Generator) -> np.ndarray:
    bias, angle = sensor.bias * rng.normal(), rng.uniform(0.0, 2.0 * np.pi)
    if sensor.role is SensorRole.DRIVE:
        true = truth.inputs[:, scene.input_index(sensor.drives)]
    else:
        aside = MISPLACED_M * np.array([np.cos(angle), np.sin(angle), 0.0])
        true = truth.at_position(np.asarray(sensor.position) + aside)
    return lagged(true, LAG_RATIO * sensor.lag, DT_S) + bias


def lagged(values: np.ndarray, lag_s: float, dt_s: float) -> np.ndarray:
    """The response of first order to values that run straight between the times, at rest before the first."""
    if lag_s == 0.0:
        return values
    decay = np.exp(-dt_s / lag_s)
    slope = (1.0 - decay) * lag_s / dt_s
    shown, _ = lfilter([1.0 - slope, slope - decay], [1.0, -decay], values - values[0], zi=[0.0])
    return np.asarray(values[0] + shown)


def positions_of(sensors: Sequence[Sensor]) -> np.ndarray:
    """Where the scene says the sensors with a position are [m], shape (n_placed, 3)."""
    return np.array([sensor.position for sensor in sensors if sensor.position is not None])
