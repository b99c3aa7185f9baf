"""The estimator against an asset whose physics it does not know, and against interpolation, in one run.

Every run is one draw of the hidden physics with one seed of the sensors' errors. Nothing is tuned to these runs.
"""

import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from cases.calibrating import calibrated_twin
from cases.readings import read_sensors
from cases.scoring import FieldScore, point_volumes, pooled, score_field
from cases.truth import FULL, QUICK, TruthRun, draw_asset
from cases.twin_side import TwinSide, estimated, interpolated, is_scored, open_loop, prepare_twin
from harness import Row, is_quick, report

from twin3d.backend import Backend, get_backend
from twin3d.fem.space import function_space
from twin3d.mesh.cache import default_cache_dir

OURS, CALIBRATED = "twin3d", "twin3d, calibrated"
DESIGN, TOLD, KRIGING = "open loop, design powers", "open loop, told powers", "kriging"
SENSOR_SETS = {"8 sensors": "tc_", "8 sensors and one per chip": "tc_ ntc_"}


@dataclass(frozen=True, slots=True)
class Run:
    """One method in one run."""

    sensors: str
    draw: int
    seed: int
    method: str
    score: FieldScore


def scored_runs(
    side: TwinSide,
    truth: TruthRun,
    early: TruthRun,
    draw: int,
    *,
    seeds: range,
    backend: Backend,
    cache_dir: Path | None,
) -> list[Run]:
    """All methods on all sets of sensors against one asset, which was calibrated early with all sensors."""
    true = truth.at_points_of(side.prepared.mesh, is_scored(truth.times_s))
    weights = point_volumes(function_space(side.prepared.mesh))
    runs = []
    for seed in seeds:
        readings, first = (
            read_sensors(run, side.scene, seed=1000 * draw + seed, run=number)
            for number, run in enumerate((truth, early))
        )
        known = calibrated_twin(side, early, first, backend=backend, cache_dir=cache_dir)
        for name, words in SENSOR_SETS.items():
            chosen = side.with_sensors(words)
            some = readings[:, [side.scene.sensors.index(sensor) for sensor in chosen.scene.sensors]]
            found = {
                OURS: estimated(chosen, some, truth.times_s),
                CALIBRATED: estimated(known.with_sensors(words), some, truth.times_s),
                DESIGN: open_loop(chosen, some, truth, told_powers=False),
                TOLD: open_loop(chosen, some, truth, told_powers=True),
                **interpolated(chosen, some, truth.times_s),
            }
            for method, fields in found.items():
                score = score_field(fields.temperature, true, weights, deviation=fields.deviation)
                runs.append(Run(name, draw, seed, method, score))
    return runs


def main() -> None:
    quick = is_quick(__doc__ or "")
    size = QUICK if quick else FULL
    backend, cache_dir = get_backend("numpy"), default_cache_dir()
    side = prepare_twin(size, backend=backend, cache_dir=cache_dir)
    runs: list[Run] = []
    for draw in range(size.n_draws):
        start = time.perf_counter()
        asset = draw_asset(side.scene, size, draw=draw, cache_dir=cache_dir)
        truth, early = (
            asset.run(inputs, backend=backend, cache_dir=cache_dir)
            for inputs in (asset.live_inputs, asset.commissioning_inputs)
        )
        ready = time.perf_counter()
        runs += scored_runs(side, truth, early, draw, seeds=range(size.n_seeds), backend=backend, cache_dir=cache_dir)
        ended = time.perf_counter()
        print(f"asset {draw}: truth {ready - start:.0f} s, {size.n_seeds} runs {ended - ready:.0f} s", flush=True)
    points = f"{side.prepared.mesh.n_points} points, truth {truth.mesh.n_points}"
    print(f"twin {points}, {side.prepared.model.n_modes} modes")
    print_scores(runs)
    rows = [row for name in SENSOR_SETS for row in rows_of(runs, name)]
    details = {
        "case": f"{size.n_draws} assets, {size.n_seeds} seeds each, {size.duration_s:.0f} s, twin {points}",
        "methods": {name: _pooled_by_method(runs, name) for name in SENSOR_SETS},
        "runs": [asdict(run) for run in runs if run.method in {OURS, CALIBRATED}],
    }
    report("estimation_case", rows, packages=("numpy", "scipy"), quick=quick, details=details)


def rows_of(runs: list[Run], sensors: str) -> list[Row]:
    """What the case asks of the estimator with one set of sensors, as stated in the scene and calibrated."""
    by_method = scores_by_method(runs, sensors)
    errors = {name: pooled(scores).rmse_K for name, scores in by_method.items()}
    blind = {name: error for name, error in errors.items() if name not in {OURS, CALIBRATED, TOLD}}
    goals = {DESIGN: 1 / (0.05 if "chip" in sensors else 0.12), KRIGING: 5.0, min(blind, key=blind.__getitem__): 1.0}
    n_runs = len(by_method[OURS])
    rows = []
    for method in (OURS, CALIBRATED):
        work = f"{method}, {sensors}"
        for peer, goal in goals.items():
            compared = (errors[method], errors[peer], peer, goal)
            rows.append(Row(f"{work}: field error", f"{n_runs} runs", "K", *compared, more_is_better=False))
        held = sum(0.85 <= score.coverage_90 <= 0.95 for score in by_method[method])
        good = (held, n_runs, "all runs", 1.0)
        rows.append(Row(f"{work}: 90 % bands hold 85 to 95 %", f"{n_runs} runs", "runs", *good, more_is_better=True))
    return rows


def scores_by_method(runs: list[Run], sensors: str) -> dict[str, list[FieldScore]]:
    """Scores of every method with one set of sensors, in the order of the runs."""
    found = defaultdict(list)
    for run in runs:
        if run.sensors == sensors:
            found[run.method].append(run.score)
    return dict(found)


def _pooled_by_method(runs: list[Run], sensors: str) -> dict[str, dict[str, float]]:
    return {method: asdict(pooled(scores)) for method, scores in scores_by_method(runs, sensors).items()}


def print_scores(runs: list[Run]) -> None:
    """Every method over all runs, and the estimator run by run."""
    for sensors in SENSOR_SETS:
        print(f"\n{sensors}: error [K] over volume and time, worst run, of the hottest point; 90 % bands hold; z rms")
        for method, scores in scores_by_method(runs, sensors).items():
            whole, worst = pooled(scores), max(score.rmse_K for score in scores)
            bands = "" if np.isnan(whole.z_rms) else f"{whole.coverage_90:8.3f} {whole.z_rms:6.2f}"
            print(f"{method:26s} {whole.rmse_K:7.3f} {worst:7.3f} {whole.hottest_K:7.2f} {bands}")
        for method in (OURS, CALIBRATED):
            held = [f"{run.draw}.{run.seed} {run.score.rmse_K:.2f} K {run.score.coverage_90:.2f}" for run in runs
                    if run.method == method and run.sensors == sensors]  # fmt: skip
            print(f"{method} by asset and seed: " + ", ".join(held))
        print()


if __name__ == "__main__":
    main()
