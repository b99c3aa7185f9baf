"""`twin3d run`: the twin of a scene, headless."""

import json
import signal
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter

from twin3d.backend import get_backend
from twin3d.bridge.inbox import Inbox
from twin3d.bridge.packing import pack_view_model
from twin3d.bridge.state import StatePublisher
from twin3d.bridge.zeromq import Receiver
from twin3d.cli.reporting import Reporter
from twin3d.cli.scenes import open_scene
from twin3d.clock import WallClock
from twin3d.history import History
from twin3d.mesh.cache import default_cache_dir
from twin3d.pipeline import PreparedModel, prepare
from twin3d.records import Frame
from twin3d.scene import Scene
from twin3d.twin import LiveLoop, Twin
from twin3d.view.surface import build_view_model

INBOX_CAPACITY = 100_000


class FirstFrames:
    """A sink that reports the first open-loop and the first corrected frame."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._seen: set[str] = set()

    def publish(self, frame: Frame) -> None:
        """Report a frame when it is the first of its kind."""
        if frame.provenance not in self._seen:
            self._seen.add(frame.provenance)
            self._reporter.event("first_frame", provenance=frame.provenance, time_ns=frame.time_ns)
            self._reporter.say(f"first {frame.provenance} frame")


def run(
    scene: Path,
    *,
    seconds: float | None = None,
    out: Path | None = None,
    endpoint: str | None = None,
    state_endpoint: str | None = None,
    model_endpoint: str | None = None,
    backend: str = "auto",
    allow_remote: Annotated[bool, Parameter(negative="")] = False,
    events: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Run the twin of a scene: receive readings, publish frames, keep history.

    Args:
        scene: The scene file.
        seconds: Stop after so many seconds; without it, run until interrupted.
        out: Folder for history.sqlite and twin.json; without it nothing is kept.
        endpoint: Where readings come in; default is the scene's.
        state_endpoint: Where frames go out; default is the scene's.
        model_endpoint: Where viewers fetch the view model; default is the scene's.
        backend: auto, numpy or cupy.
        allow_remote: Let endpoints listen beyond this machine; nothing is encrypted and nobody is asked who they are.
        events: Write events as JSON lines on standard output.
    """
    checked = open_scene(scene)
    updates = {"endpoint": endpoint, "state_endpoint": state_endpoint, "model_endpoint": model_endpoint}
    feed = checked.feed.model_copy(update={key: value for key, value in updates.items() if value is not None})
    checked = checked.model_copy(update={"feed": feed})
    with ExitStack() as stack:
        reporter = stack.enter_context(Reporter(json_lines=events))
        history = None if out is None else stack.enter_context(_open_history(out, checked))
        chosen = get_backend(backend)
        prepared = prepare(checked, backend=chosen, cache_dir=default_cache_dir(), progress=reporter.progress)
        reporter.close()
        reporter.say(describe(checked, prepared, chosen.reason))
        served = _serve(checked, prepared, history, seconds=seconds, reporter=reporter, allow_remote=allow_remote)
        summary = {"backend": chosen.name, **served}
        if out is not None:
            (out / "twin.json").write_text(json.dumps(summary, indent=2) + "\n")
    reporter.event("done", **summary)
    reporter.say(json.dumps(summary, indent=2))
    return 0


def describe(scene: Scene, prepared: PreparedModel, reason: str) -> str:
    """One paragraph on what was prepared."""
    mesh, model = prepared.mesh, prepared.model
    return (
        f"{scene.name}: {mesh.n_points:,} points, {mesh.n_cells:,} cells, {model.n_modes} modes, "
        f"reduction error {model.error_rms:.3f} K rms, {model.error_max:.3f} K max; {reason}"
    )


def _serve(
    scene: Scene,
    prepared: PreparedModel,
    history: History | None,
    *,
    seconds: float | None,
    reporter: Reporter,
    allow_remote: bool,
) -> dict[str, Any]:
    """Run until the end; the answer is what there is to say of the run."""
    clock = WallClock()
    twin = Twin(scene, prepared, rng=np.random.default_rng(0))
    inbox = Inbox(INBOX_CAPACITY)
    view_model = build_view_model(scene, prepared.mesh, prepared.model)
    if history is not None:
        history.put_model(view_model.model_hash, pack_view_model(view_model))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    feed = scene.feed
    with (
        Receiver(scene.sensors, inbox, endpoint=feed.endpoint, clock=clock, allow_remote=allow_remote) as receiver,
        StatePublisher(feed.state_endpoint, feed.model_endpoint, view_model, allow_remote=allow_remote) as state,
    ):
        reporter.event(
            "ready",
            endpoint=receiver.endpoint,
            state_endpoint=state.frame_endpoint,
            model_endpoint=state.model_endpoint,
        )
        reporter.say(f"readings in at {receiver.endpoint}, frames out at {state.frame_endpoint}")
        loop = LiveLoop(scene, twin, inbox, sinks=[state, FirstFrames(reporter)], history=history, clock=clock)
        loop.run(stop, duration_s=seconds)
        accepted, rejected = receiver.accepted, receiver.rejected
    return {
        "n_points": prepared.mesh.n_points,
        "n_cells": prepared.mesh.n_cells,
        "n_modes": prepared.model.n_modes,
        "reduction_error_K": prepared.model.error_rms,
        "readings": accepted,
        "rejected": dict(rejected),
        "decisions": dict(twin.counts),
        "frames": loop.statistics.frames,
        "heldout_rmse_K": loop.statistics.heldout_rmse_K(),
        "latency_ms": loop.statistics.latency_ms(),
    }


def _open_history(out: Path, scene: Scene) -> History:
    out.mkdir(parents=True, exist_ok=True)
    history = History(out / "history.sqlite", sensor_ids=[sensor.id for sensor in scene.sensors])
    if scene.path is not None:
        history.put_scene(WallClock().now_ns(), scene.path.read_text(encoding="utf-8"))
    return history
