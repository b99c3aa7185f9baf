"""What a demo leaves: the score against the truth, the fields, the pictures and the report."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from twin3d.backend import get_backend
from twin3d.bridge.packing import unpack_view_model
from twin3d.cli.curves import input_curves, sensor_curves
from twin3d.cli.films import FILM_FPS, FILM_SIZE, spaced, write_film
from twin3d.export.picture import write_png
from twin3d.export.report import Z_90, Report, write_report
from twin3d.export.vtkhdf import TimeSeriesWriter
from twin3d.history import History
from twin3d.mesh.cache import default_cache_dir
from twin3d.pipeline import prepare
from twin3d.records import Frame, SensorStatus
from twin3d.reduction import lift
from twin3d.scene import Scene, SensorArray, arrays_in
from twin3d.score import load_truth, score
from twin3d.units import affine_to_si, from_si
from twin3d.view.gl import GlProbe
from twin3d.view.offscreen import OffscreenRenderer
from twin3d.view.stage import Look

PICTURE_SIZE = (1600, 900)
FIELD_PERIOD_S = 1.0
"""Between two fields in run.vtkhdf."""
CURVE_PERIOD_S = 0.2
"""Between two points of the report's curves."""


class Aftermath:
    """Reads back what a run recorded and writes what people look at."""

    def __init__(self, scene: Scene, out: Path) -> None:
        self._scene = scene
        self._out = out
        self._prepared = prepare(scene, backend=get_backend("auto"), cache_dir=default_cache_dir())
        self._truth = load_truth(out / "truth.npz")
        with History(out / "history.sqlite", read_only=True) as history:
            first_ns, last_ns = int(self._truth.times_ns[0]), int(self._truth.times_ns[-1])
            self._frames = history.frames(first_ns, last_ns + 1)
            self._events = history.events(0, 2**63 - 1)
            self._view_model = unpack_view_model(history.get_model(self._frames[0].model_hash))

    def write(
        self, counted: dict[str, Any], sent: dict[str, Any], milestones: dict[str, float], *, drawing: GlProbe
    ) -> dict[str, Any]:
        """Write summary.json, run.vtkhdf, frame.png and report.html; the answer is the summary."""
        summary = self._summary(counted, sent, milestones, drawing)
        (self._out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
        self._write_fields()
        picture = self._out / "frame.png" if drawing.ok else None
        if picture is not None:
            self._draw(picture)
            self._film_if_missing()
        write_report(self._out / "report.html", self._report(summary, picture))
        return summary

    def _summary(
        self, counted: dict[str, Any], sent: dict[str, Any], milestones: dict[str, float], drawing: GlProbe
    ) -> dict[str, Any]:
        prior = np.array([item.value for item in self._scene.inputs])
        mesh, model = self._prepared.mesh, self._prepared.model
        result = score(model, mesh, spaced(self._frames, FIELD_PERIOD_S), self._truth, prior=prior)
        perturbations = {name: round(value - 1.0, 3) for name, value in self._truth.theta.items()}
        return {
            **{key: value for key, value in counted.items() if key != "event"},
            "sent": sent["sent"],
            "dropped_by_feed": sent["dropped"],
            "field_rmse_K": result.field_rmse_K,
            "openloop_rmse_K": result.openloop_rmse_K,
            "openloop_true_inputs_rmse_K": result.openloop_true_inputs_rmse_K,
            "coverage_90": result.coverage_90,
            "hottest_error_K": result.hottest_error_K,
            "scored_frames": result.n_times,
            "plant_points": self._truth.mesh.n_points,
            "plant_perturbations": perturbations,
            "milestones_s": milestones,
            "renderer": drawing.renderer if drawing.ok else None,
        }

    def _write_fields(self) -> None:
        model, at_points = self._prepared.model, slice(self._prepared.mesh.n_points)
        with TimeSeriesWriter(self._out / "run.vtkhdf", self._prepared.mesh) as writer:
            for frame in spaced(self._frames, FIELD_PERIOD_S):
                time_s = (frame.time_ns - self._truth.start_ns) * 1e-9
                factor = frame.covariance_factor
                field = lift.temperature(model, frame.coefficients, frame.inputs, dofs=at_points)
                deviation = np.zeros_like(field) if factor is None else lift.deviation(model, factor, dofs=at_points)
                writer.append(time_s, field, deviation)

    def _draw(self, path: Path) -> None:
        with OffscreenRenderer(self._view_model, self._look(), size=PICTURE_SIZE) as renderer:
            write_png(path, renderer.render(self._frames[-1]))
            write_png(path.with_name("deviation.png"), renderer.render(self._frames[-1], show="deviation"))

    def _film_if_missing(self) -> None:
        """A run that was watched in a window has no film yet."""
        path = self._out / "run.mp4"
        if not path.exists():
            with OffscreenRenderer(self._view_model, self._look(), size=FILM_SIZE) as renderer:
                write_film(renderer, spaced(self._frames, 1.0 / FILM_FPS), path, fps=FILM_FPS)

    def _look(self) -> Look:
        return Look(scalar_range=self._scene.view.range)

    def _report(self, summary: dict[str, Any], picture: Path | None) -> Report:
        frames = spaced(self._frames, CURVE_PERIOD_S)
        return Report(
            title=f"twin3d: {self._scene.name}",
            summary=self._scene.description,
            facts=[(key, _shown(value)) for key, value in summary.items()],
            curves=[*sensor_curves(self._scene, frames, self._truth), *input_curves(self._scene, frames, self._truth)],
            sensor_columns=("sensor", "role", "status", "measured", "estimated", "± 90 %", "unit"),
            sensor_rows=_sensor_rows(self._scene, self._frames[-1]),
            events=[(f"{(t - self._truth.start_ns) * 1e-9:.2f} s", kind, text) for t, kind, text in self._events],
            picture=picture,
        )


def _sensor_rows(scene: Scene, frame: Frame) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for array in arrays_in(scene.sensors):
        if not array.is_single:
            rows.append(_array_row(array, scene, frame))
            continue
        sensor, state = scene.sensors[array.indices[0]], frame.sensors[array.indices[0]]
        measured, estimated = (
            f"{from_si(float(state[key]), sensor.shown_unit, sensor.si_unit):.2f}" for key in ("measured", "modelled")
        )
        scale = affine_to_si(sensor.shown_unit, sensor.si_unit).scale
        bar = f"{Z_90 * float(state['deviation']) / scale:.2f}"
        status = SensorStatus(int(state["status"])).name.lower()
        rows.append((sensor.id, sensor.role.value, status, measured, estimated, bar, sensor.shown_unit))
    return rows


def _array_row(array: SensorArray, scene: Scene, frame: Frame) -> tuple[str, ...]:
    """The channels of one sensor: how many are in which state, and the means of those that have been read."""
    sensor, states = scene.sensors[array.indices[0]], frame.sensors[list(array.indices)]
    shown = affine_to_si(sensor.shown_unit, sensor.si_unit)
    counts = Counter(SensorStatus(int(status)).name.lower() for status in states["status"])
    told = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    seen = states[np.isfinite(states["measured"]) & np.isfinite(states["modelled"])]
    measured, estimated, deviation = (
        float(seen[key].mean()) if len(seen) else float("nan") for key in ("measured", "modelled", "deviation")
    )
    values = (f"{shown.from_si(measured):.2f}", f"{shown.from_si(estimated):.2f}")
    bar = f"{Z_90 * deviation / shown.scale:.2f}"
    return (f"{array.id}, mean of {len(states)}", sensor.role.value, told, *values, bar, sensor.shown_unit)


def _shown(value: Any) -> str:
    match value:
        case float():
            return f"{value:.4g}"
        case dict():
            return ", ".join(f"{key}: {_shown(item)}" for key, item in value.items()) or "none"
        case _:
            return str(value)
