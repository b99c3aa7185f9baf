"""`twin3d demo`: the main job, end to end: CAD file, live feed from another process, corrected field, report."""

import json
import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from twin3d.bridge.state import StateSubscriber
from twin3d.cli.aftermath import Aftermath
from twin3d.cli.children import Child, start_twin
from twin3d.cli.conductor import PUMP_S, Conductor, Milestones
from twin3d.cli.films import FILM_FPS, FILM_SIZE
from twin3d.cli.reporting import Reporter
from twin3d.cli.scenes import open_scene, scene_path
from twin3d.clock import Clock, WallClock
from twin3d.export.video import VideoWriter
from twin3d.records import ViewModel
from twin3d.scene import Scene
from twin3d.view.gl import GlProbe, probe
from twin3d.view.offscreen import OffscreenRenderer
from twin3d.view.stage import Look
from twin3d.view.window import run_window

DEFAULT_SECONDS = 60.0
READY_TIMEOUT_S = 900.0
DONE_TIMEOUT_S = 60.0
MODEL_TIMEOUT_S = 20.0
VIEWER_NICENESS = 15
"""The viewer yields the processor to the twin."""
FEED_NICENESS = 10
"""The twin comes first, also while both get ready."""
OUR_FILES = (
    "frame.png", "deviation.png", "run.mp4", "run.vtkhdf", "history.sqlite", "history.sqlite-wal", "history.sqlite-shm",
    "report.html", "summary.json", "truth.npz", "twin.json",
)  # fmt: skip
"""What an earlier run may have left."""


def demo(
    *,
    seconds: float | None = None,
    out: Path = Path("twin3d-out"),
    scene: Path | None = None,
    window: bool | None = None,
    seed: int | None = None,
) -> int:
    """Run a scene's twin against its simulated asset in another process, live, and score it against the truth.

    Args:
        seconds: Length of the live run; default 60, or until the window is closed.
        out: Folder for frame.png, run.mp4, run.vtkhdf, history.sqlite, report.html and summary.json.
        scene: A scene with a [plant] section; default is the power module.
        window: Show a window; default is to do so where there is a display.
        seed: Of the simulated asset; default is the scene's.
    """
    clock = WallClock()
    milestones = Milestones(clock, clock.now_ns())
    path = scene_path(scene or Path("power_module.toml"))
    checked = open_scene(path)
    _clear(out)
    with ExitStack() as stack:
        reporter = stack.enter_context(Reporter())
        twin = stack.enter_context(start_twin(path, out=out, endpoint="tcp://127.0.0.1:*"))
        feed = stack.enter_context(Child("the feed", _feed_words(path, out, seed), niceness=FEED_NICENESS))
        conductor = Conductor(twin, feed, reporter=reporter, milestones=milestones)
        display = _display(reporter, window=window)
        _watch(checked, conductor, display, milestones, seconds=seconds, out=out)
        sent = conductor.finish("feed", timeout_s=DONE_TIMEOUT_S)
        counted = conductor.finish("twin", timeout_s=DONE_TIMEOUT_S)
        reporter.progress(1.0, "scoring against the truth")
        summary = Aftermath(checked, out).write(counted, sent, milestones.reached_s, drawing=display)
        reporter.close()
        reporter.say(json.dumps(summary, indent=2))
        reporter.say(f"see {out / 'report.html'}")
    return 0


def _feed_words(scene: Path, out: Path, seed: int | None) -> list[str]:
    words = ["feed", str(scene), "--wait", "--truth", str(out / "truth.npz")]
    return words if seed is None else [*words, "--seed", str(seed)]


def _clear(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name in OUR_FILES:
        (out / name).unlink(missing_ok=True)


def _display(reporter: Reporter, *, window: bool | None) -> GlProbe:
    """Where to draw: in a window where one is wanted and possible, else off screen, else nowhere."""
    if window is not False:
        answer = probe(window=True)
        if answer.ok:
            return answer
        if window:
            reporter.say(f"no window: {answer.message}")
    answer = probe()
    if not answer.ok:
        reporter.say(f"no pictures: {answer.message}")
    return answer


def _watch(
    scene: Scene,
    conductor: Conductor,
    display: GlProbe,
    milestones: Milestones,
    *,
    seconds: float | None,
    out: Path,
) -> None:
    ready = conductor.wait_ready("twin", timeout_s=READY_TIMEOUT_S)
    os.nice(VIEWER_NICENESS)
    os.environ.setdefault("LP_NUM_THREADS", "1")  # Mesa's software renderer would take every processor
    with StateSubscriber(ready["state_endpoint"], ready["model_endpoint"]) as subscriber:
        view_model = subscriber.fetch_model(MODEL_TIMEOUT_S)
        until_s = DEFAULT_SECONDS if seconds is None and not display.has_window else seconds

        def is_over() -> bool:
            conductor.pump()
            return until_s is not None and conductor.feeding_s >= until_s

        if not display.ok:
            _wait(is_over, milestones.clock)
        elif display.has_window:
            run_window(view_model, lambda: subscriber.latest(0.0), Look(scalar_range=scene.view.range), is_over=is_over)
        else:
            _film(scene, view_model, subscriber, is_over, milestones, out / "run.mp4")


def _wait(is_over: Callable[[], bool], clock: Clock) -> None:
    while not is_over():
        clock.sleep(PUMP_S)


def _film(
    scene: Scene,
    view_model: ViewModel,
    subscriber: StateSubscriber,
    is_over: Callable[[], bool],
    milestones: Milestones,
    path: Path,
) -> None:
    """Draw the newest frame at a steady rate; where drawing is slower, a picture stands for longer."""
    clock = milestones.clock
    with (
        OffscreenRenderer(view_model, Look(scalar_range=scene.view.range), size=FILM_SIZE) as renderer,
        VideoWriter(path, FILM_FPS) as video,
    ):
        start_ns, n_written = clock.now_ns(), 0
        while not is_over():
            n_due = int((clock.now_ns() - start_ns) * 1e-9 * FILM_FPS) + 1 - n_written
            frame = subscriber.latest(PUMP_S) if n_due > 0 else None
            if frame is None:
                clock.sleep(PUMP_S)
                continue
            image = renderer.render(frame)
            milestones.reach("first_picture_s")
            for _ in range(n_due):
                video.append(image)
            n_written += n_due
