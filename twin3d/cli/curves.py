"""The curves of a run's report: sensors and unknown inputs over time."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from twin3d.export.report import Curve
from twin3d.records import Frame
from twin3d.scene import Input, Scene, Sensor, SensorArray, SensorRole, arrays_in
from twin3d.score import Truth, interpolate_rows
from twin3d.units import affine_to_si

ROLE_NAMES = {SensorRole.CHECK: "held out, never used", SensorRole.OBSERVE: "used"}


def sensor_curves(scene: Scene, frames: Sequence[Frame], truth: Truth) -> list[Curve]:
    """Measured and estimated temperature at every sensor that looks at the field, held-out ones first.

    Of a sensor with many channels, the means over them.
    """
    looking = [
        array for array in arrays_in(scene.sensors) if scene.sensors[array.indices[0]].role is not SensorRole.DRIVE
    ]
    looking.sort(key=lambda array: scene.sensors[array.indices[0]].role is not SensorRole.CHECK)
    return [_sensor_curve(array, scene.sensors[array.indices[0]], frames, truth) for array in looking]


def input_curves(scene: Scene, frames: Sequence[Frame], truth: Truth) -> list[Curve]:
    """Estimated and true value of every unknown input."""
    unknown = [item for item in scene.inputs if item.unknown is not None]
    return [_input_curve(scene.input_index(item.name), item, frames, truth) for item in unknown]


def _sensor_curve(array: SensorArray, sensor: Sensor, frames: Sequence[Frame], truth: Truth) -> Curve:
    states = {key: _means(array, frames, key) for key in ("modelled", "deviation", "measured")}
    unit = affine_to_si(sensor.shown_unit, sensor.si_unit)
    name = array.id if array.is_single else f"{array.id}, mean of {len(array.indices)}"
    return Curve(
        title=f"{name} ({ROLE_NAMES[sensor.role]})",
        unit=sensor.shown_unit,
        time_s=_times_s(frames, truth),
        value=(states["modelled"] - unit.offset) / unit.scale,
        deviation=states["deviation"] / unit.scale,
        reference=(states["measured"] - unit.offset) / unit.scale,
        reference_name="measured",
    )


def _means(array: SensorArray, frames: Sequence[Frame], key: str) -> npt.NDArray[np.float64]:
    """Means over the channels that tell anything, NaN where none does, shape (n_frames,)."""
    values = np.array([frame.sensors[key][list(array.indices)] for frame in frames])
    told = np.isfinite(values)
    counts = told.sum(axis=1)
    return np.where(counts > 0, np.where(told, values, 0.0).sum(axis=1) / np.maximum(counts, 1), np.nan)


def _input_curve(index: int, item: Input, frames: Sequence[Frame], truth: Truth) -> Curve:
    return Curve(
        title=f"{item.name} (unknown to the twin)",
        unit=item.unit,
        time_s=_times_s(frames, truth),
        value=np.array([frame.inputs[index] for frame in frames]),
        deviation=np.array([frame.input_deviation[index] for frame in frames]),
        reference=np.array([interpolate_rows(frame.time_ns, truth.times_ns, truth.inputs)[index] for frame in frames]),
        reference_name="true",
    )


def _times_s(frames: Sequence[Frame], truth: Truth) -> np.ndarray:
    return np.array([(frame.time_ns - truth.start_ns) * 1e-9 for frame in frames])
