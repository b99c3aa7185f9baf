"""What the asset of the benchmark does: how its powers and its ambient run over time."""

import numpy as np

from twin3d.scene import Scene

ON_S = 50.0
"""The asset is cold until then [s]."""
POWER_RANGE_W = (0.0, 80.0)
COMMISSIONING = ((30.0, 380.0, 45.0), (210.0, 560.0, 35.0), (400.0, 750.0, 40.0))
"""When each power is switched on and off [s], and how large it is [W], while the asset is calibrated."""


def draw_inputs(scene: Scene, times_s: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """True inputs, shape (n_times, n_inputs): powers that step, swing and wander, and an ambient that drifts."""
    inputs = np.tile([item.value for item in scene.inputs], (len(times_s), 1))
    kinds = (_steps, _swing, _wander)
    powers = [index for index, item in enumerate(scene.inputs) if item.unknown is not None]
    for number, index in zip(rng.permutation(len(powers)), powers, strict=True):
        power = np.clip(kinds[number % len(kinds)](times_s, rng), *POWER_RANGE_W)
        inputs[:, index] = np.where(times_s > ON_S, power, 0.0)
    inputs[:, scene.input_index("ambient")] += _drift(times_s, rng)
    return inputs


def commissioning_inputs(scene: Scene, times_s: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """True inputs while the asset is calibrated, shape (n_times, n_inputs): each power alone, then two together."""
    inputs = np.tile([item.value for item in scene.inputs], (len(times_s), 1))
    powers = [index for index, item in enumerate(scene.inputs) if item.unknown is not None]
    for index, (on_s, off_s, power) in zip(powers, COMMISSIONING, strict=True):
        inputs[:, index] = np.where((times_s > on_s) & (times_s <= off_s), power, 0.0)
    inputs[:, scene.input_index("ambient")] += _drift(times_s, rng)
    return inputs


def _steps(times_s: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    ends = np.cumsum(rng.uniform(100.0, 500.0, 20))
    return rng.uniform(5.0, 65.0, 21)[np.searchsorted(ends, times_s)]


def _swing(times_s: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    phase = 2.0 * np.pi * times_s / rng.uniform(200.0, 400.0)
    fall = rng.uniform(600.0, 1400.0)
    mean = rng.uniform(25.0, 40.0) - 15.0 * ((times_s > fall) & (times_s < fall + 200.0))
    return np.asarray(mean + rng.uniform(8.0, 15.0) * np.sin(phase))


def _wander(times_s: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(20.0, 35.0) + _autoregressive(times_s, 150.0, 16.0, rng)


def _drift(times_s: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    phase = 2.0 * np.pi * times_s / rng.uniform(1800.0, 3000.0)
    drift = 1.5 * np.sin(phase) + _autoregressive(times_s, 300.0, 0.6, rng)
    return np.asarray(drift - drift[0])


def _autoregressive(
    times_s: np.ndarray, time_constant_s: float, deviation: float, rng: np.random.Generator
) -> np.ndarray:
    """An Ornstein-Uhlenbeck process from zero, of a given stationary deviation."""
    keep = np.exp(-np.diff(times_s) / time_constant_s)
    values = np.zeros(len(times_s))
    for index, (a, shock) in enumerate(zip(keep, rng.normal(size=len(keep)), strict=True)):
        values[index + 1] = a * values[index] + deviation * np.sqrt(1.0 - a * a) * shock
    return values
