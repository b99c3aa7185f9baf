"""The curves of a run's report: sensors and unknown inputs over time."""

from collections.abc import Sequence

import numpy as np

from twin3d.export.report import Curve
from twin3d.records import Frame
from twin3d.scene import Input, Scene, Sensor, SensorRole
from twin3d.score import Truth, interpolate_rows
from twin3d.units import affine_to_si

ROLE_NAMES = {SensorRole.CHECK: "held out, never used", SensorRole.OBSERVE: "used"}


def sensor_curves(scene: Scene, frames: Sequence[Frame], truth: Truth) -> list[Curve]:
    """Measured and estimated temperature at every sensor that looks at the field, held-out ones first."""
    looking = [index for index, sensor in enumerate(scene.sensors) if sensor.role is not SensorRole.DRIVE]
    looking.sort(key=lambda index: scene.sensors[index].role is not SensorRole.CHECK)
    return [_sensor_curve(index, scene.sensors[index], frames, truth) for index in looking]


def input_curves(scene: Scene, frames: Sequence[Frame], truth: Truth) -> list[Curve]:
    """Estimated and true value of every unknown input."""
    unknown = [item for item in scene.inputs if item.unknown is not None]
    return [_input_curve(scene.input_index(item.name), item, frames, truth) for item in unknown]


def _sensor_curve(index: int, sensor: Sensor, frames: Sequence[Frame], truth: Truth) -> Curve:
    states = np.array([frame.sensors[index] for frame in frames])
    unit = affine_to_si(sensor.shown_unit, sensor.si_unit)
    return Curve(
        title=f"{sensor.id} ({ROLE_NAMES[sensor.role]})",
        unit=sensor.shown_unit,
        time_s=_times_s(frames, truth),
        value=(states["modelled"] - unit.offset) / unit.scale,
        deviation=states["deviation"] / unit.scale,
        reference=(states["measured"] - unit.offset) / unit.scale,
        reference_name="measured",
    )


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
