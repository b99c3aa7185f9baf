"""The benchmark of growth: exponents, merging of sizes, and a picture from what is on file."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import growth
import harness
from solver_runs import Run


def run_of(n_unknowns, *, solve_s=1.0, reason=""):
    seconds = {"space": 1.0, "assembly": 1.0, "first solve": solve_s, "repeated solve": 1.0}
    case = f"heat-cube-{n_unknowns}"
    return Run(case, "twin3d", "once", 1, n_unknowns, seconds=seconds, peak_bytes=1e9, reason=reason)


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(harness, "RESULTS", tmp_path)
    monkeypatch.setattr(growth, "RESULTS", tmp_path)
    monkeypatch.setattr(growth, "PICTURE", tmp_path / "growth.png")
    return tmp_path


def test_the_exponent_of_a_power_law_is_found():
    unknowns = np.array([3e4, 1e5, 3e6])

    assert growth.exponent(unknowns, 2e-5 * unknowns**1.2) == pytest.approx(1.2, abs=1e-12)


def test_one_size_has_no_exponent():
    assert np.isnan(growth.exponent(np.array([3e4]), np.array([1.0])))


def test_a_size_that_is_run_again_takes_the_place_of_the_old_one():
    runs = [run_of(100), run_of(10_000)]

    result = growth.merged(growth.merged(runs, run_of(1000)), run_of(100, solve_s=7.0))

    assert [(run.n_unknowns, run.time("first solve")) for run in result] == [(100, 7.0), (1000, 1.0), (10_000, 1.0)]


def test_a_run_that_failed_is_on_file_and_not_in_the_picture(results):
    growth.keep("growth", [run_of(100), run_of(1000, reason="stopped")], quick=False)

    runs = growth.stored("growth")

    assert [run.reason for run in runs] == ["", "stopped"]
    assert all(list(unknowns) == [100.0] for unknowns, _ in growth.curves_of(runs).values())


def test_what_is_on_file_of_a_run_that_was_cut_off_is_drawn(results, monkeypatch):
    growth.keep("growth", [run_of(100), run_of(1000)], quick=False)
    monkeypatch.setattr(sys, "argv", ["growth.py", "--draw"])

    growth.main()

    assert (results / "growth.png").read_bytes().startswith(b"\x89PNG")
