"""The main job on a small asset: the demo verb, end to end, and what it leaves."""

import json
import subprocess
import sys

import numpy as np
import pytest

from twin3d.history import History
from twin3d.view.gl import probe

KEYS = {
    "backend", "n_points", "n_cells", "n_modes", "reduction_error_K", "readings", "rejected", "frames",
    "heldout_rmse_K", "openloop_rmse_K", "openloop_true_inputs_rmse_K", "field_rmse_K", "coverage_90", "latency_ms",
}  # fmt: skip


@pytest.fixture(scope="module")
def finished(bar_scene, tmp_path_factory):
    out = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "twin3d", "demo", "--scene", str(bar_scene), "--seconds", "12", "--out", str(out)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert answer.returncode == 0, answer.stderr[-3000:]
    return out, json.loads((out / "summary.json").read_text())


def test_the_summary_says_what_it_must(finished):
    _, summary = finished

    assert set(summary) >= KEYS
    assert summary["rejected"] == {}
    assert summary["readings"] == summary["sent"] > 100
    assert summary["frames"] > 300
    assert all(np.isfinite(summary[key]) for key in KEYS if key.endswith("_K"))


def test_the_plant_is_not_the_twin(finished):
    _, summary = finished

    assert summary["plant_points"] != summary["n_points"]
    assert all(abs(value) >= 0.0999 for value in summary["plant_perturbations"].values())


def test_the_corrected_field_is_better_than_the_open_loop(finished):
    _, summary = finished

    assert summary["field_rmse_K"] < summary["openloop_rmse_K"]


def test_it_leaves_what_it_promises(finished):
    out, summary = finished
    pictures = {"frame.png", "run.mp4"} if summary["renderer"] else set()

    left = {path.name for path in out.iterdir()}

    assert left >= {"history.sqlite", "run.vtkhdf", "report.html", "summary.json"} | pictures
    with History(out / "history.sqlite", read_only=True) as history:
        assert history.last_frame().provenance == "corrected"
        assert history.counts()["readings"] == summary["readings"]


def test_the_history_can_be_drawn_again(finished, tmp_path):
    out, _ = finished
    if not probe().ok:
        pytest.skip(probe().message)
    command = [sys.executable, "-m", "twin3d", "render", str(out / "history.sqlite"), "--out", "again.png"]

    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)

    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "again.png").stat().st_size > 10_000
