"""`twin3d replay`: recorded readings again, to a twin that runs."""

import signal
import threading
from pathlib import Path

from twin3d.bridge.replay import load_recording
from twin3d.bridge.replay import replay as send_again
from twin3d.bridge.zeromq import Publisher
from twin3d.cli.reporting import Reporter
from twin3d.cli.scenes import open_scene
from twin3d.clock import WallClock
from twin3d.errors import BridgeError


def replay(recording: Path, scene: Path, *, endpoint: str | None = None, speed: float = 1.0) -> int:
    """Send recorded readings again in their rhythm, as if they were measured now, to a twin that runs.

    Args:
        recording: history.sqlite of an earlier run, a .csv file (time, sensor, value, unit) or SenML lines (.jsonl).
        scene: The scene whose sensors they belong to.
        endpoint: Where the twin receives readings; default is the scene's.
        speed: Recorded seconds per second; other than 1 the asset seems faster than it is.
    """
    checked = open_scene(scene)
    loaded = load_recording(recording, checked.sensors)
    if not len(loaded.readings):
        raise BridgeError(
            f"{recording} holds no reading of a sensor of {checked.name!r}; skipped: {dict(loaded.skipped)}"
        )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    target = endpoint or checked.feed.endpoint
    with Reporter() as reporter, Publisher(target) as publisher:
        reporter.close()
        reporter.say(
            f"sending {len(loaded.readings):,} readings to {target}; skipped: {dict(loaded.skipped) or 'none'}"
        )
        report = send_again(loaded.readings, checked.sensors, publisher, clock=WallClock(), speed=speed, stop=stop)
        reporter.say(f"sent {report.sent:,}, dropped {report.dropped:,}")
    return 0
