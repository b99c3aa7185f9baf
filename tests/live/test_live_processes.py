"""Twin and feed as real processes: a killed feed, and a flood of malformed messages."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import zmq

from twin3d.bridge.state import StateSubscriber
from twin3d.cli.children import Child
from twin3d.records import Frame, SensorStatus

READY_S = 120.0
PERIOD_S = 0.2
N_OBSERVING = 2


@contextmanager
def running_twin(scene: Path, *options: str) -> Iterator[tuple[Child, dict[str, str]]]:
    anywhere = "tcp://127.0.0.1:*"
    words = ["run", str(scene), "--endpoint", anywhere, "--state-endpoint", anywhere, "--model-endpoint", anywhere]
    with Child("the twin", [*words, *options]) as twin:
        yield twin, twin.wait_for("ready", timeout_s=READY_S)


def start_feed(scene: Path, endpoint: str, *options: str) -> Child:
    feed = Child("the feed", ["feed", str(scene), "--endpoint", endpoint, *options])
    feed.wait_for("ready", timeout_s=READY_S)
    return feed


def wait_for_frame(subscriber: StateSubscriber, condition: Callable[[Frame], bool], *, timeout_s: float) -> Frame:
    end_s = time.monotonic() + timeout_s
    last = None
    while time.monotonic() < end_s:
        frame = subscriber.latest(0.5)
        if frame is not None:
            last = frame
            if condition(frame):
                return frame
    pytest.fail(f"no such frame within {timeout_s} s; the last says {None if last is None else last.sensors}")


def has_status(status: SensorStatus) -> Callable[[Frame], bool]:
    return lambda frame: bool((frame.sensors["status"][:N_OBSERVING] == status).all())


def test_a_killed_feed_greys_its_sensors_and_a_new_one_recovers(bar_scene):
    with running_twin(bar_scene) as (twin, ready):
        feed = start_feed(bar_scene, ready["endpoint"])
        with StateSubscriber(ready["state_endpoint"], ready["model_endpoint"]) as subscriber:
            subscriber.fetch_model(10.0)
            wait_for_frame(subscriber, has_status(SensorStatus.USED), timeout_s=20.0)
            settled = wait_for_frame(
                subscriber, lambda frame: bool((frame.sensors["deviation"][:3] < 1.0).all()), timeout_s=20.0
            )

            os.kill(feed.pid, signal.SIGKILL)
            stale = wait_for_frame(subscriber, has_status(SensorStatus.STALE), timeout_s=10.0)
            silence_s = (stale.time_ns - stale.sensors["time_ns"][:N_OBSERVING]) * 1e-9
            wider = wait_for_frame(
                subscriber,
                lambda frame: bool((frame.sensors["deviation"][:3] > 1.2 * settled.sensors["deviation"][:3]).all()),
                timeout_s=30.0,
            )

            feed.stop()
            with start_feed(bar_scene, ready["endpoint"]):
                wait_for_frame(subscriber, has_status(SensorStatus.USED), timeout_s=20.0)

        assert silence_s.max() <= 3 * PERIOD_S + 0.2
        assert wider.sequence > stale.sequence
        assert twin.is_alive


def malformed(rng: np.random.Generator, index: int) -> list[bytes]:
    kinds = (
        [b"{"],
        [b"\xff\xfe\x00"],
        [b'[{"n":"tc_hot","u":"Cel"}]'],
        [b'[{"n":"nobody","v":1.0,"u":"Cel","t":1.0}]'],
        [rng.bytes(int(rng.integers(1, 200)))],
        [b"", b"", b""],
        [b"T3/9", rng.bytes(40), rng.bytes(48)],
    )
    return list(kinds[index % len(kinds)])


def test_ten_thousand_malformed_messages_are_counted_and_nothing_is_lost(bar_scene, rng, tmp_path):
    with running_twin(bar_scene, "--out", str(tmp_path)) as (twin, ready):
        feed = start_feed(bar_scene, ready["endpoint"], "--seconds", "8")
        with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
            socket.connect(ready["endpoint"])
            for index in range(10_000):
                socket.send_multipart(malformed(rng, index))
        sent = feed.wait_for("done", timeout_s=60.0)
        feed.stop()
        twin.wait_for("first_frame", timeout_s=10.0)
        twin.interrupt()
        done = twin.wait_for("done", timeout_s=60.0)

    assert sum(done["rejected"].values()) == 10_000
    assert done["readings"] == sent["sent"] > 100
    assert json.loads((tmp_path / "twin.json").read_text())["readings"] == done["readings"]
