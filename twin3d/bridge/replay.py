"""Recorded readings again, in their rhythm: through a socket to a twin that runs, or straight into an inbox."""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from twin3d.bridge.inbox import Inbox
from twin3d.bridge.recordings import Recording, load_recording
from twin3d.bridge.zeromq import Publisher
from twin3d.clock import Clock
from twin3d.errors import BridgeError
from twin3d.records import Quality
from twin3d.scene import Sensor

__all__ = ["Recording", "ReplayReport", "load_recording", "replay", "replay_file"]

MAX_SLEEP_S: Final = 0.1
"""A replay notices within this time that it should stop."""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay did."""

    sent: int
    """Readings that went out."""
    dropped: int
    """Readings that found a full queue or inbox."""


def replay(
    readings: npt.NDArray[np.void],
    sensors: Sequence[Sensor],
    target: Inbox | Publisher,
    *,
    clock: Clock,
    speed: float = 1.0,
    restamp: bool = True,
    stop: threading.Event | None = None,
) -> ReplayReport:
    """Give out readings in their original rhythm.

    Args:
        readings: `READING_DTYPE` in time order, shape (n_readings,).
        sensors: Of the scene.
        target: Where they go.
        clock: Sets the rhythm; a `ManualClock` is moved along and nothing waits.
        speed: Recorded seconds per second of the clock; infinite gives out all at once, as recorded.
        restamp: Whether the first reading is measured now and the others follow, as a live twin needs; otherwise
            times stay as recorded. With a speed other than 1 the asset seems faster than it is.
        stop: Ends the replay early.
    """
    if not speed > 0.0:
        raise BridgeError(f"a replay at speed {speed:g}; it must be above 0")
    start_ns, sent, dropped = clock.now_ns(), 0, 0
    due_ns = start_ns + _offsets_ns(readings, speed)
    given = 0
    while given < len(readings) and not (stop is not None and stop.is_set()):
        n_due = int(np.searchsorted(due_ns, clock.now_ns(), side="right"))
        if n_due > given:
            batch = readings[given:n_due].copy()
            if restamp and math.isfinite(speed):
                batch["time_ns"] = due_ns[given:n_due]
            batch["sent_ns"] = clock.now_ns()
            n_lost = _give(batch, sensors, target)
            sent, dropped, given = sent + len(batch) - n_lost, dropped + n_lost, n_due
        else:
            clock.sleep(min(MAX_SLEEP_S, (int(due_ns[given]) - clock.now_ns()) * 1e-9))
    return ReplayReport(sent, dropped)


def replay_file(
    path: Path, sensors: Sequence[Sensor], target: Inbox | Publisher, *, clock: Clock, speed: float = 1.0
) -> tuple[Recording, ReplayReport]:
    """Load a recording and replay it, restamped to now."""
    recording = load_recording(path, sensors)
    return recording, replay(recording.readings, sensors, target, clock=clock, speed=speed)


def _offsets_ns(readings: npt.NDArray[np.void], speed: float) -> npt.NDArray[np.int64]:
    if not len(readings) or math.isinf(speed):
        return np.zeros(len(readings), dtype=np.int64)
    return np.asarray(np.round((readings["time_ns"] - readings["time_ns"][0]) / speed), dtype=np.int64)


def _give(batch: npt.NDArray[np.void], sensors: Sequence[Sensor], target: Inbox | Publisher) -> int:
    if isinstance(target, Inbox):
        return target.put(batch)
    n_lost = 0
    for index, quality, time_ns, value, *_ in batch.tolist():
        sensor = sensors[index]
        shown = (value - sensor.offset) / sensor.scale
        n_lost += not target.send(sensor.id, sensor.unit, shown, time_ns=time_ns, quality=Quality(quality))
    return n_lost
