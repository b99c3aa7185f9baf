"""The estimator against an asset whose physics it does not know, and against interpolation, in one run.

Every run is one draw of the hidden physics with one seed of the sensors' errors. Nothing is tuned to these runs.
"""

import time
from collections import defaultdict
from dataclasses import asdict, dataclass

import numpy as np
from cases.readings import read_sensors
from cases.scoring import FieldScore, point_volumes, pooled, score_field
from cases.truth import FULL, QUICK, TruthRun, make_truth
from cases.twin_side import TwinSide, estimated, interpolated, is_scored, open_loop, prepare_twin
from harness import Row, is_quick, report

from twin3d.backend import get_backend
from twin3d.fem.space import function_space
from twin3d.mesh.cache import default_cache_dir

OURS, DESIGN, TOLD, KRIGING = "twin3d", "open loop, design powers", "open loop, told powers", "kriging"
SENSOR_SETS = {"8 sensors": "tc_", "8 sensors and one per chip": "tc_ ntc_"}


@dataclass(frozen=True, slots=True)
class Run:
    """One method in one run."""

    sensors: str
    draw: int
    seed: int
    method: str
    score: FieldScore


def scored_runs(side: TwinSide, truth: TruthRun, draw: int, seeds: range) -> list[Run]:
    """All methods on all sets of sensors against one asset."""
    true = truth.at_points_of(side.prepared.mesh, is_scored(truth.times_s))
    weights = point_volumes(function_space(side.prepared.mesh))
    runs = []
    for seed in seeds:
        readings = read_sensors(truth, side.scene, seed=1000 * draw + seed)
        for name, words in SENSOR_SETS.items():
            chosen = side.with_sensors(words)
            some = readings[:, [side.scene.sensors.index(sensor) for sensor in chosen.scene.sensors]]
            found = {
                OURS: estimated(chosen, some, truth.times_s),
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
        truth = make_truth(side.scene, size, draw=draw, backend=backend, cache_dir=cache_dir)
        ready = time.perf_counter()
        runs += scored_runs(side, truth, draw, range(size.n_seeds))
        ended = time.perf_counter()
        print(f"asset {draw}: truth {ready - start:.0f} s, {size.n_seeds} runs {ended - ready:.0f} s", flush=True)
    points = f"{side.prepared.mesh.n_points} points, truth {truth.mesh.n_points}"
    print(f"twin {points}, {side.prepared.model.n_modes} modes")
    print_scores(runs)
    rows = [row for name in SENSOR_SETS for row in rows_of(runs, name)]
    details = {
        "case": f"{size.n_draws} assets, {size.n_seeds} seeds each, {size.duration_s:.0f} s, twin {points}",
        "methods": {name: _pooled_by_method(runs, name) for name in SENSOR_SETS},
        "runs": [asdict(run) for run in runs if run.method == OURS],
    }
    report("estimation_case", rows, packages=("numpy", "scipy"), quick=quick, details=details)


def rows_of(runs: list[Run], sensors: str) -> list[Row]:
    """What the case asks of the estimator with one set of sensors."""
    by_method = scores_by_method(runs, sensors)
    ours, n_runs = pooled(by_method[OURS]).rmse_K, len(by_method[OURS])
    errors = {name: pooled(scores).rmse_K for name, scores in by_method.items()}
    blind = {name: error for name, error in errors.items() if name not in {OURS, TOLD}}
    best = min(blind, key=blind.__getitem__)
    goals = [(DESIGN, 1 / (0.05 if "chip" in sensors else 0.12)), (KRIGING, 5.0), (best, 1.0)]
    compared = [
        Row(f"field error, {sensors}", f"{n_runs} runs", "K", ours, errors[peer], peer, goal, more_is_better=False)
        for peer, goal in goals
    ]
    held = sum(0.85 <= score.coverage_90 <= 0.95 for score in by_method[OURS])
    work = f"90 % bands that hold 85 to 95 %, {sensors}"
    return [*compared, Row(work, f"{n_runs} runs", "runs", held, n_runs, "all runs", 1.0, more_is_better=True)]


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
        held = [f"{run.draw}.{run.seed} {run.score.rmse_K:.2f} K {run.score.coverage_90:.2f}" for run in runs
                if run.method == OURS and run.sensors == sensors]  # fmt: skip
        print("twin3d by asset and seed: " + ", ".join(held) + "\n")


if __name__ == "__main__":
    main()
