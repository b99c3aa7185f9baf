"""Records of the live path: readings in, estimates, frames out."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt


class Quality(IntEnum):
    """What the producer says of a reading."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


class SensorStatus(IntEnum):
    """What the estimator made of a sensor's last reading."""

    WAITING = 0
    """No reading has arrived yet."""
    USED = 1
    """The last reading corrected the estimate, or drove its input."""
    CHECKED = 2
    """A held-out sensor: compared with the estimate, never used."""
    GATED = 3
    """The last reading was too far from the forecast and was left out."""
    STALE = 4
    """Nothing has arrived for three expected periods."""
    BAD = 5
    """The producer marks its readings as bad."""


READING_DTYPE = np.dtype(
    [
        ("sensor", "<i4"),  # index into the scene's sensors
        ("quality", "<i4"),  # Quality
        ("time_ns", "<i8"),  # when it was measured, UTC
        ("value", "<f8"),  # in SI
        ("sequence", "<i8"),  # counts up within an epoch of its producer
        ("sent_ns", "<i8"),  # the time stamped on the wire, UTC
    ]
)
"""One reading. A batch of readings is an array of these, in time order."""

SENSOR_STATE_DTYPE = np.dtype(
    [
        ("status", "<i4"),  # SensorStatus
        ("time_ns", "<i8"),  # of the last reading, 0 before the first
        ("measured", "<f8"),  # last reading, in SI, NaN before the first
        ("modelled", "<f8"),  # what the estimate says the true value there is, in SI
        ("deviation", "<f8"),  # standard deviation of `modelled`, in SI
        ("innovation", "<f8"),  # last innovation over its own standard deviation
    ]
)
"""What a frame says of one sensor."""


def empty_readings(n_readings: int = 0) -> npt.NDArray[np.void]:
    """A zeroed batch of readings, shape (n_readings,)."""
    return np.zeros(n_readings, dtype=READING_DTYPE)


@dataclass(frozen=True, eq=False, slots=True)
class Estimate:
    """The corrected state at one time."""

    time_ns: int
    """Time of the state, UTC [ns]."""
    coefficients: npt.NDArray[np.float64]
    """Reduced coordinates a, shape (n_modes,)."""
    inputs: npt.NDArray[np.float64]
    """All inputs u in SI: known, driven and estimated, shape (n_inputs,)."""
    input_deviation: npt.NDArray[np.float64]
    """Standard deviation of each input in its SI unit, 0 where known, shape (n_inputs,)."""
    covariance_factor: npt.NDArray[np.float64]
    """L with P = L Lᵀ for [a, ũ], coefficients and deviations of inputs, shape (n_modes + n_inputs, n_factor).

    Rows of inputs that prescribe no temperature are zero: the field follows them through the coefficients alone."""
    sensors: npt.NDArray[np.void]
    """One `SENSOR_STATE_DTYPE` per sensor of the scene, shape (n_sensors,)."""


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """What the twin publishes: coefficients, not nodal values."""

    sequence: int
    """Counts up from 0 since the twin started."""
    time_ns: int
    """Time that the frame describes, UTC [ns]."""
    model_hash: str
    """The reduced model that the coefficients belong to."""
    coefficients: npt.NDArray[np.float64]
    """Reduced coordinates a, shape (n_modes,)."""
    inputs: npt.NDArray[np.float64]
    """All inputs u in SI, shape (n_inputs,)."""
    input_deviation: npt.NDArray[np.float64]
    """Standard deviation of each input, shape (n_inputs,)."""
    covariance_factor: npt.NDArray[np.float64] | None
    """L with P = L Lᵀ, as in `Estimate`; None when it has not changed since the last frame that had one."""
    sensors: npt.NDArray[np.void]
    """One `SENSOR_STATE_DTYPE` per sensor of the scene, shape (n_sensors,)."""
    provenance: str
    """``open loop`` before any reading corrected the state, ``corrected`` after, ``replay`` from history."""
    flags: tuple[str, ...] = ()
    """Plain words for what limits trust now, for example ``power_1 beyond its stated maximum``."""
