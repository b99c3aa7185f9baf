"""A recording on a regular grid of times: what drove the asset, and what its sensors said."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin3d.errors import EstimationError
from twin3d.records import Quality
from twin3d.scene import Input, Sensor, SensorQuantity, SensorRole

Array = npt.NDArray[np.float64]

MAX_STEPS = 3000
"""Most steps of the grid; readings that are denser are averaged, which loses nothing that a calibration needs."""
LONG_RAMP = 10.0
"""An input that changes between readings so many grid steps apart is said to, since a jump would look the same."""


@dataclass(frozen=True, eq=False, slots=True)
class Recorded:
    """What a calibration compares the model with; times count from the first reading."""

    start_ns: int
    """Time of the first reading, UTC [ns]."""
    dt_s: float
    """Step of the grid [s]."""
    inputs: Array
    """u in SI at the grid's times, linear between them, shape (n_times, n_inputs)."""
    measured_input: npt.NDArray[np.bool_]
    """Whether an input was recorded; others keep their nominal value, shape (n_inputs,)."""
    sensor: npt.NDArray[np.int32]
    """Sensor of each observation, ascending, shape (n_observations,)."""
    time_s: Array
    """Mean time of the readings that an observation averages [s], shape (n_observations,)."""
    value: Array
    """Their mean, in SI, shape (n_observations,)."""
    count: Array
    """How many they are, shape (n_observations,)."""
    doubts: tuple[str, ...]
    """Sentences on inputs that may not be what they seem."""

    @property
    def duration_s(self) -> float:
        """From the first reading to the last [s]."""
        return float(self.time_s.max()) if len(self.time_s) else 0.0


def recordable(inputs: Sequence[Input], sensors: Sequence[Sensor]) -> tuple[Sensor, ...]:
    """The sensors that a recording may hold: those of the scene, and one by the name of each input that none drives."""
    driven = {sensor.drives for sensor in sensors} | {sensor.id for sensor in sensors}
    quantity = {item.si_unit: item for item in SensorQuantity}
    gauges = [
        Sensor(
            id=item.name,
            quantity=quantity[item.unit],
            unit=item.unit,
            noise=1e-9,
            period=1.0,
            role=SensorRole.DRIVE,
            drives=item.name,
        )
        for item in inputs
        if item.name not in driven
    ]
    return (*sensors, *gauges)


def on_grid(readings: npt.NDArray[np.void], inputs: Sequence[Input], sensors: Sequence[Sensor]) -> Recorded:
    """Put a recording on a grid.

    Args:
        readings: `READING_DTYPE` in SI, their sensors index `sensors`.
        inputs: The scene's.
        sensors: From `recordable`.

    Raises:
        EstimationError: No sensor has readings, or an unknown input was not recorded.
    """
    good = readings[(readings["quality"] == Quality.GOOD) & np.isfinite(readings["value"])]
    seeing = [index for index, sensor in enumerate(sensors) if sensor.role is not SensorRole.DRIVE]
    dense = good[np.isin(good["sensor"], seeing)]
    if not len(dense):
        names = ", ".join(sensors[index].id for index in seeing)
        raise EstimationError(f"the recording holds no good reading of a sensor; the scene's are {names or 'none'}")
    start_ns = int(good["time_ns"].min())
    time_s = (good["time_ns"] - start_ns) * 1e-9
    duration = float(time_s.max())
    dt_s = max(_shortest_period(dense), duration / MAX_STEPS)
    averaged = [_averaged(time_s[mask], good["value"][mask], dt_s) for mask in _masks(good, len(sensors))]
    grid: Array = dt_s * np.arange(int(np.ceil(duration / dt_s)) + 2, dtype=np.float64)
    columns = [_input_on(grid, item, averaged, sensors) for item in inputs]
    observed = [averaged[index] for index in seeing]
    return Recorded(
        start_ns=start_ns,
        dt_s=dt_s,
        inputs=np.column_stack([column for column, _, _ in columns]),
        measured_input=np.array([measured for _, measured, _ in columns]),
        sensor=np.repeat(seeing, [len(times) for times, _, _ in observed]).astype(np.int32),
        time_s=np.concatenate([times for times, _, _ in observed]),
        value=np.concatenate([values for _, values, _ in observed]),
        count=np.concatenate([counts for _, _, counts in observed]),
        doubts=tuple(doubt for _, _, doubt in columns if doubt),
    )


def _masks(readings: npt.NDArray[np.void], n_sensors: int) -> list[npt.NDArray[np.bool_]]:
    return [readings["sensor"] == index for index in range(n_sensors)]


def _shortest_period(readings: npt.NDArray[np.void]) -> float:
    """The shortest median time between two readings of one sensor [s]."""
    times = (np.unique(readings["time_ns"][readings["sensor"] == index]) for index in np.unique(readings["sensor"]))
    periods = [float(np.median(np.diff(each))) * 1e-9 for each in times if len(each) > 1]
    if not periods:
        raise EstimationError("every sensor has one reading at most; a calibration needs a recording over time")
    return min(periods)


def _averaged(time_s: Array, values: Array, dt_s: float) -> tuple[Array, Array, Array]:
    """Mean times, mean values and numbers of the readings around each time of the grid."""
    _, place, counts = np.unique(np.round(time_s / dt_s).astype(np.int64), return_inverse=True, return_counts=True)
    sums = (np.bincount(place, weights=each, minlength=len(counts)) for each in (time_s, values))
    times, means = (each / counts for each in sums)
    return times, means, counts.astype(np.float64)


def _input_on(
    grid: Array, item: Input, averaged: Sequence[tuple[Array, Array, Array]], sensors: Sequence[Sensor]
) -> tuple[Array, bool, str]:
    """An input at the times of the grid, whether it was recorded, and what is doubtful about it."""
    gauges = [index for index, sensor in enumerate(sensors) if sensor.drives == item.name and len(averaged[index][0])]
    if not gauges:
        if item.unknown is not None:
            raise EstimationError(
                f"the input {item.name!r} is unknown and the recording does not hold it; record it under that name "
                f"in {item.unit}, or give it a sensor with the role 'drive'"
            )
        return np.full(len(grid), item.value), False, ""
    times, values, _ = averaged[gauges[0]]
    return np.interp(grid, times, values), True, _doubt(item, times, values, LONG_RAMP * float(grid[1] - grid[0]))


def _doubt(item: Input, times: Array, values: Array, long_s: float) -> str:
    change = np.abs(np.diff(values))
    doubtful = np.flatnonzero((np.diff(times) > long_s) & (change > 0.05 * max(float(np.ptp(values)), 1e-12)))
    if not doubtful.size:
        return ""
    first = doubtful[0]
    low, high, gap_s = values[first], values[first + 1], times[first + 1] - times[first]
    return (
        f"the input {item.name!r} goes from {low:.6g} to {high:.6g} {item.unit} in readings {gap_s:.3g} s apart and is "
        "taken as a ramp; record a jump before and after it"
    )
