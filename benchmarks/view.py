"""A new frame on the screen: coefficients to the vertex shader, against PyVista's usual update of scalars."""

import sys
import time
from pathlib import Path

import numpy as np
import pyvista
from harness import Row, is_quick, report

from twin3d.view.offscreen import OffscreenRenderer
from twin3d.view.stage import Look

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "samples"))
from view_samples import make_frame, make_view_model

SIZE = (1280, 720)


def ours(view_model, frames, method: str) -> float:
    """Median time from a frame to its image [s]."""
    with OffscreenRenderer(view_model, Look(method=method, smooths_edges=False), size=SIZE) as renderer:
        return median_time(frames, renderer.render)


def with_pyvista(view_model, frames) -> float:
    """The same with a plotter: field on the CPU, scalars, render, screenshot [s]."""
    faces = np.column_stack([np.full(len(view_model.triangles), 3), view_model.triangles]).ravel()
    surface = pyvista.PolyData(view_model.points, faces)
    surface["T"] = np.zeros(len(view_model.points), np.float32)
    plotter = pyvista.Plotter(off_screen=True, window_size=SIZE)
    plotter.render_window.SetMultiSamples(0)
    plotter.add_mesh(surface, scalars="T", clim=(290.0, 310.0), cmap="inferno")
    plotter.show(auto_close=False)

    def draw(frame) -> None:
        surface["T"] = 300.0 + view_model.basis @ frame.coefficients.astype(np.float32)
        plotter.render()
        plotter.screenshot(return_img=True)

    result = median_time(frames, draw)
    plotter.close()
    return result


def median_time(frames, draw) -> float:
    times = []
    for frame in frames:
        start = time.perf_counter()
        draw(frame)
        times.append(time.perf_counter() - start)
    return float(np.median(times[2:]))


def main() -> None:
    quick = is_quick(__doc__ or "")
    view_model = make_view_model(48, n=50 if quick else 130)
    frames = [make_frame(view_model, seed=seed, factor=False) for seed in range(12 if quick else 40)]
    peer = with_pyvista(view_model, frames)
    size = f"{len(view_model.triangles)} triangles"
    rows = [
        Row(f"frame to image, {method}", size, "s", ours(view_model, frames, method), peer, "pyvista", 0.8,
            more_is_better=False)
        for method in ("shader", "cpu")
    ]  # fmt: skip
    report("view", rows, packages=("vtk", "pyvista", "numpy"), quick=quick)


if __name__ == "__main__":
    main()
