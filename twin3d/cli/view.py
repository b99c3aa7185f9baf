"""`twin3d view`: a scene, or a twin that already runs, in a window."""

from pathlib import Path
from urllib.parse import urlsplit

from twin3d.bridge.state import StateSubscriber
from twin3d.cli.children import Child, start_twin
from twin3d.cli.reporting import Reporter
from twin3d.cli.scenes import open_scene, scene_path
from twin3d.clock import WallClock
from twin3d.errors import BridgeError, CapabilityError
from twin3d.view.gl import probe
from twin3d.view.stage import Look
from twin3d.view.window import run_window

MODEL_TIMEOUT_S = 10.0
"""A twin that runs answers within this time."""
READY_TIMEOUT_S = 600.0
"""A twin that must first mesh and reduce is ready within this time."""


def view(
    target: str, model_endpoint: str | None = None, *, seconds: float | None = None, unit: str | None = None
) -> int:
    """Watch a scene, or a twin that already runs, in a window.

    Args:
        target: A scene file, whose twin is started; or the state endpoint of a twin that runs (tcp://host:port).
        model_endpoint: Where that twin gives out its view model; default is the port after the state endpoint's.
        seconds: Close after so many seconds; without it, stay until closed.
        unit: Of the scalar bar, degC or K; default is the scene's.
    """
    answer = probe(window=True)
    if not answer.ok:
        raise CapabilityError(f"{answer.message} Without a window, `twin3d render` draws pictures.")
    if "://" in target:
        _watch(target, model_endpoint or next_port(target), seconds=seconds, unit=unit)
        return 0
    path = scene_path(Path(target))
    scene = open_scene(path)
    with Reporter() as reporter, start_twin(path, endpoint=scene.feed.endpoint) as twin:
        ready = _wait_until_ready(twin, reporter)
        reporter.close()
        reporter.say(f"readings in at {ready['endpoint']}")
        _watch(ready["state_endpoint"], ready["model_endpoint"], seconds=seconds, unit=unit)
    return 0


def next_port(endpoint: str) -> str:
    """The endpoint with the next port.

    Raises:
        BridgeError: It has no port.
    """
    parts = urlsplit(endpoint)
    if parts.port is None:
        raise BridgeError(f"endpoint {endpoint!r} has no port; write for example tcp://127.0.0.1:5556")
    return f"{parts.scheme}://{parts.hostname}:{parts.port + 1}"


def _wait_until_ready(twin: Child, reporter: Reporter) -> dict[str, str]:
    return twin.wait_for(
        "ready",
        timeout_s=READY_TIMEOUT_S,
        on_event=lambda event: reporter.progress(event.get("fraction", 0.0), event.get("text", "")),
    )


def _watch(state_endpoint: str, model_endpoint: str, *, seconds: float | None, unit: str | None) -> None:
    clock = WallClock()
    end_ns = None if seconds is None else clock.now_ns() + round(seconds * 1e9)
    with StateSubscriber(state_endpoint, model_endpoint) as subscriber:

        def is_time_up() -> bool:
            return end_ns is not None and clock.now_ns() >= end_ns

        while True:
            run_window(
                subscriber.fetch_model(MODEL_TIMEOUT_S),
                lambda: subscriber.latest(0.0),
                Look(unit=unit),
                is_over=lambda: is_time_up() or subscriber.model_changed,
            )
            if is_time_up() or not subscriber.model_changed:
                return
