"""`twin3d feed`: the simulated asset of a scene, publishing its sensors."""

import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter

from twin3d.backend import get_backend
from twin3d.bridge.batches import RECORD_DTYPE
from twin3d.bridge.forms import status_of_quality
from twin3d.bridge.zeromq import Publisher
from twin3d.cli.reporting import Reporter
from twin3d.cli.scenes import open_scene
from twin3d.clock import Clock, WallClock
from twin3d.mesh.cache import default_cache_dir
from twin3d.plant import Fault, Plant, PlantReading, TruthRecorder, parse_fault, plant_section, prepare_plant
from twin3d.scene import Scene, Sensor, arrays_in

TRUTH_PERIOD_S = 0.2
"""How often the true state is kept."""


def feed(
    scene: Path,
    *,
    endpoint: str | None = None,
    seconds: float | None = None,
    seed: int | None = None,
    fault: tuple[str, ...] = (),
    truth: Path | None = None,
    wait: Annotated[bool, Parameter(negative="")] = False,
    events: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Simulate the asset of a scene from another model than the twin's, and publish its sensors.

    Args:
        scene: The scene file; its [plant] section says how the asset differs from the twin.
        endpoint: Where the twin receives readings; default is the scene's.
        seconds: Stop after so many seconds; without it, run until interrupted.
        seed: Of the perturbations, biases and noise; default is the scene's.
        fault: SENSOR:KIND[=VALUE][@START[-END]], KIND one of stuck, offset, drift, spike, silent, bad; VALUE in SI.
        truth: Where to write what really happened (.npz), for scoring.
        wait: Get ready, then read the endpoint from standard input before starting.
        events: Write events as JSON lines on standard output.
    """
    checked = open_scene(scene)
    faults = tuple(_checked_fault(checked, text) for text in fault)
    rng = np.random.default_rng(plant_section(checked).seed if seed is None else seed)
    with Reporter(json_lines=events) as reporter:
        prepared, theta = prepare_plant(
            checked,
            backend=get_backend("auto"),
            cache_dir=default_cache_dir(),
            rng=rng,
            progress=reporter.progress,
        )
        reporter.close()
        plant = Plant(checked, prepared, theta, rng=rng)
        plant.faults = faults
        reporter.event("ready", n_points=prepared.mesh.n_points, theta=theta.tolist())
        if wait:
            endpoint = sys.stdin.readline().strip() or endpoint
        clock = WallClock()
        recorder = TruthRecorder(plant, prepared, theta, start_ns=clock.now_ns())
        with Publisher(endpoint or checked.feed.endpoint) as publisher:
            reporter.say(f"publishing {len(arrays_in(checked.sensors))} sensors to {endpoint or checked.feed.endpoint}")
            publisher.declare([(sensor.id, sensor.unit) for sensor in _channels(checked)])
            _stream(plant, publisher, recorder, clock=clock, seconds=seconds)
        if truth is not None:
            recorder.save(truth)
        reporter.event("done", sent=publisher.sent, dropped=publisher.dropped)
    return 0


def _checked_fault(scene: Scene, text: str) -> Fault:
    fault = parse_fault(text)
    scene.channels_of(fault.sensor)
    return fault


def _channels(scene: Scene) -> list[Sensor]:
    """The channels that are sent in batches, all of a sensor at once."""
    return [sensor for sensor in scene.sensors if sensor.array is not None]


def publish(
    readings: Sequence[PlantReading], publisher: Publisher, numbers: Mapping[str, int], *, start_ns: int
) -> None:
    """Send readings: those of channels in one batch, all others each for itself.

    Args:
        readings: Of the asset.
        publisher: Knows the channels by their numbers.
        numbers: Id of a channel → its number.
        start_ns: When the asset started, UTC [ns].
    """
    records = np.zeros(sum(reading.sensor.id in numbers for reading in readings), dtype=RECORD_DTYPE)
    n_records = 0
    for reading in readings:
        sensor, time_ns = reading.sensor, start_ns + round(reading.time_s * 1e9)
        value = sensor.si_from(sensor.unit).from_si(reading.value)
        if sensor.id in numbers:
            records[n_records] = (numbers[sensor.id], status_of_quality(reading.quality), time_ns, value)
            n_records += 1
        else:
            publisher.send(sensor.id, sensor.unit, value, time_ns=time_ns, quality=reading.quality)
    if n_records:
        publisher.send_batch(records)


def _stream(
    plant: Plant, publisher: Publisher, recorder: TruthRecorder, *, clock: Clock, seconds: float | None
) -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    recorder.record()
    start_ns, next_record_s = clock.now_ns(), TRUTH_PERIOD_S
    numbers = {sensor.id: number for number, sensor in enumerate(_channels(plant.scene))}
    while not stop.is_set() and (seconds is None or plant.time_s < seconds):
        elapsed_s = (clock.now_ns() - start_ns) * 1e-9
        publish(list(plant.advance(elapsed_s)), publisher, numbers, start_ns=start_ns)
        if plant.time_s >= next_record_s:
            recorder.record()
            next_record_s += TRUTH_PERIOD_S
        clock.sleep(0.005)
    recorder.record()
