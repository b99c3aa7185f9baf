"""`twin3d render`: pictures and films without a window, from a scene or from a history."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from twin3d.backend import get_backend
from twin3d.bridge.packing import unpack_view_model
from twin3d.cli.films import spaced, write_film
from twin3d.cli.reporting import Reporter
from twin3d.cli.scenes import open_scene
from twin3d.errors import HistoryError, SceneError
from twin3d.export.picture import write_png
from twin3d.history import History
from twin3d.mesh.cache import default_cache_dir
from twin3d.pipeline import PreparedModel, prepare
from twin3d.records import SENSOR_STATE_DTYPE, Frame, ViewModel
from twin3d.reduction.march import steady
from twin3d.scene import Scene
from twin3d.view.offscreen import OffscreenRenderer
from twin3d.view.stage import Look
from twin3d.view.surface import build_view_model

PICTURES = (".png",)
FILMS = (".mp4", ".webp")


def render(
    source: Path,
    *,
    out: Path = Path("frame.png"),
    show: Literal["temperature", "deviation"] = "temperature",
    size: tuple[int, int] = (1280, 720),
    fps: float = 10.0,
    speed: float = 1.0,
    unit: Literal["degC", "K"] | None = None,
    method: Literal["shader", "cpu"] = "shader",
) -> int:
    """Draw without a window: the steady state of a scene, or the last frame or a film of a history.

    Args:
        source: A scene file (its steady state at nominal inputs), or a history.sqlite of a run.
        out: The picture (.png) or, from a history, the film (.mp4, .webp).
        show: The temperature or its standard deviation.
        size: Width and height in pixels.
        fps: Pictures per second of a film.
        speed: Recorded seconds per second of a film.
        unit: Of the scalar bar; default is the scene's.
        method: shader rebuilds the field on the graphics card, cpu before.
    """
    if out.suffix not in PICTURES + FILMS:
        raise SceneError(f"cannot write {out.name!r}; its name must end in {', '.join(PICTURES + FILMS)}")
    if source.suffix == ".sqlite":
        view_model, frames = _from_history(source, film=out.suffix in FILMS, step_s=speed / fps)
        bar_range = None
    else:
        if out.suffix in FILMS:
            raise SceneError(f"a scene file gives one picture; for a film name a history.sqlite, not {source.name!r}")
        scene = open_scene(source)
        view_model, frames = _from_scene(scene)
        bar_range = scene.view.range
    with (
        Reporter() as reporter,
        OffscreenRenderer(view_model, Look(unit, bar_range, method), size=size) as renderer,
    ):
        if out.suffix in PICTURES:
            write_png(out, renderer.render(frames[-1], show=show))
        else:
            write_film(renderer, frames, out, fps=fps, show=show, progress=reporter.progress)
    return 0


def nominal_frame(scene: Scene, prepared: PreparedModel) -> Frame:
    """The steady state of a scene at its nominal inputs."""
    inputs = np.array([item.value for item in scene.inputs])
    sensors = np.zeros(len(scene.sensors), SENSOR_STATE_DTYPE)
    sensors["measured"] = np.nan
    return Frame(
        sequence=0,
        time_ns=0,
        model_hash=prepared.model.model_hash,
        coefficients=steady(prepared.model, inputs),
        inputs=inputs,
        input_deviation=np.zeros(len(inputs)),
        covariance_factor=None,
        sensors=sensors,
        provenance="steady state at nominal inputs",
    )


def _from_scene(scene: Scene) -> tuple[ViewModel, Sequence[Frame]]:
    with Reporter() as reporter:
        prepared = prepare(
            scene, backend=get_backend("auto"), cache_dir=default_cache_dir(), progress=reporter.progress
        )
    return build_view_model(scene, prepared.mesh, prepared.model), [nominal_frame(scene, prepared)]


def _from_history(path: Path, *, film: bool, step_s: float) -> tuple[ViewModel, Sequence[Frame]]:
    with History(path, read_only=True) as history:
        last = history.last_frame()
        if last is None:
            raise HistoryError(f"the history {path} holds no frame")
        view_model = unpack_view_model(history.get_model(last.model_hash))
        if not film:
            return view_model, [last]
        frames = [frame for frame in history.frames(0, last.time_ns + 1) if frame.model_hash == last.model_hash]
    return view_model, spaced(frames, step_s)
