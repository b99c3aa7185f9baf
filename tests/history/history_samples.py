"""Readings and frames for the tests of the history."""

import numpy as np

from twin3d.records import SENSOR_STATE_DTYPE, Frame, empty_readings

START_NS = 1_790_000_000_000_000_000
SENSOR_IDS = ("tc1", "tc2", "heater")


def make_readings(first, n_readings, *, period_ns=10_000_000):
    """Readings of all sensors in turn; the value is the number of the reading."""
    number = np.arange(first, first + n_readings)
    readings = empty_readings(n_readings)
    readings["sensor"] = number % len(SENSOR_IDS)
    readings["quality"] = number % 3
    readings["time_ns"] = START_NS + number * period_ns
    readings["value"] = number
    readings["sequence"] = number
    readings["sent_ns"] = readings["time_ns"] + 1000
    return readings


def make_frame(sequence, *, factor=None, n_modes=4, flags=(), model_hash="model a"):
    sensors = np.zeros(len(SENSOR_IDS), dtype=SENSOR_STATE_DTYPE)
    sensors["measured"] = [300.0 + sequence, np.nan, 40.0]
    return Frame(
        sequence=sequence,
        time_ns=START_NS + sequence * 200_000_000,
        model_hash=model_hash,
        coefficients=np.arange(n_modes) + 0.5 * sequence,
        inputs=np.array([1.0, 2.0]),
        input_deviation=np.array([0.1, 0.0]),
        covariance_factor=factor,
        sensors=sensors,
        provenance="corrected",
        flags=flags,
    )
