"""Films and pictures of recorded frames."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from twin3d.export.video import VideoWriter
from twin3d.records import Frame
from twin3d.view.field import Shown
from twin3d.view.offscreen import OffscreenRenderer

FILM_FPS = 4.0
"""Pictures per second of a live film."""
FILM_SIZE = (1280, 720)


def spaced(frames: Sequence[Frame], step_s: float) -> list[Frame]:
    """The newest frame at each of equally spaced times; empty where there are none."""
    if not frames:
        return []
    times_ns = np.array([frame.time_ns for frame in frames])
    due_ns = np.arange(times_ns[0], times_ns[-1] + 1, max(1, round(step_s * 1e9)))
    return [frames[index] for index in np.searchsorted(times_ns, due_ns, side="right") - 1]


def write_film(
    renderer: OffscreenRenderer,
    frames: Sequence[Frame],
    path: Path,
    *,
    fps: float,
    show: Shown = "temperature",
    progress: Callable[[float, str], None] | None = None,
) -> None:
    """Draw every frame once."""
    with VideoWriter(path, fps) as video:
        for index, frame in enumerate(frames):
            video.append(renderer.render(frame, show=show))
            if progress is not None:
                progress((index + 1) / len(frames), "drawing the film")
