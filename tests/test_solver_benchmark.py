"""The benchmark of the solver: what it starts, what it keeps, and what it says of codes that were left out."""

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import harness
import solver as benchmark
import solver_runs
from solver_cases import AUTO, MKL, MULTIGRID, ONCE, PEERS, Case, cases
from solver_limits import Budget, estimate, refusal
from solver_peers.problem import cube_problem
from solver_runs import Run, checked

N_SMALL, N_LARGE = 100_000, 800_000
BUDGET = Budget(seconds=300.0, n_bytes=20e9)
MUMPS = next(solver for solver in PEERS if solver.name == "mumps")
GAMG = next(solver for solver in PEERS if solver.name == "gamg")


def run_of(solver, *, case="heat-cube-100k", n_unknowns=N_SMALL, n_bytes=1e9, reason="", **seconds):
    stages = {stage.replace("_", " "): value for stage, value in seconds.items()}
    return Run(case, solver.code, solver.name, 1, n_unknowns, seconds=stages, peak_bytes=n_bytes, reason=reason)


def large_run(solver):
    return Run("heat-cube-1M", solver.code, solver.name, 1, N_LARGE, n_steps=10)


def test_an_estimate_for_factors_grows_as_those_of_three_dimensional_meshes():
    small = run_of(MUMPS, assembly=1.0, first_solve=2.0, repeated_solve=0.5)

    result = estimate(small, n_unknowns=N_LARGE, n_steps=0, factorises=True)

    assert result.seconds == pytest.approx(2 * 1.0 * 8 + 2.0 * 64 + 3 * 0.5 * 16)
    assert result.n_bytes == pytest.approx(16e9)


def test_an_estimate_without_factors_grows_with_the_unknowns_and_counts_steps_that_are_done():
    small = replace(run_of(GAMG, first_solve=2.0, steps=10.0), n_steps=100)

    result = estimate(small, n_unknowns=N_LARGE, n_steps=10, factorises=False)

    assert result.seconds == pytest.approx(8 * (2.0 + 1.0))
    assert result.n_bytes == pytest.approx(8e9)


@pytest.mark.parametrize(
    ("small", "words"),
    [
        (run_of(MUMPS, first_solve=10.0), "takes 640 s, 300 are given"),
        (run_of(MUMPS, n_bytes=2e9, first_solve=1.0), "takes 32 GB, 20 are to be had"),
        (run_of(MUMPS, reason="want of memory"), "it failed: want of memory"),
        (None, "run the smaller case first"),
    ],
)
def test_factors_that_are_too_much_are_not_started_and_the_reason_is_told(small, words):
    result = refusal(MUMPS, large_run(MUMPS), small, BUDGET)

    assert result.startswith("not started: ")
    assert words in result


def test_factors_that_fit_are_started_on_a_large_case():
    small = run_of(MUMPS, first_solve=1.0)

    assert refusal(MUMPS, large_run(MUMPS), small, BUDGET) == ""


def test_a_small_case_and_a_code_without_factors_need_no_estimate():
    assert refusal(MUMPS, replace(large_run(MUMPS), n_unknowns=N_SMALL), None, BUDGET) == ""
    assert refusal(GAMG, large_run(GAMG), None, BUDGET) == ""


def test_a_large_case_names_the_one_that_it_is_estimated_by():
    named = {case.name: case.smaller for case in cases(quick=False)}

    assert all(smaller in named for smaller in named.values() if smaller)
    assert [name for name, smaller in named.items() if smaller] == ["heat-cube-1M", "elasticity-cube-1M"]


def test_a_code_that_was_not_started_has_a_row_that_is_not_met():
    ours = run_of(ONCE, first_solve=1.0)
    absent = run_of(MUMPS, reason="not started: too much")

    row = list(benchmark.rows_of([ours, absent]))[-1]

    assert (row.work, row.peer, row.reason) == (
        "all, heat-cube-100k, 1 thread",
        "dolfinx mumps",
        "not started: too much",
    )
    assert not row.met


def test_our_own_factors_that_were_not_started_have_rows_that_are_not_met():
    runs = [run_of(ONCE, assembly=1.0), run_of(AUTO, repeated_solve=1.0), run_of(GAMG, repeated_solve=5.0)]
    runs.append(run_of(MKL, reason="not started: too much"))

    rows = [row for row in benchmark.rows_of(runs) if "PARDISO" in row.work]

    assert [(row.met, row.reason) for row in rows] == [(False, "not started: too much")]


def test_without_a_peer_a_goal_is_not_met_and_that_is_the_reason():
    rows = list(benchmark.rows_of([run_of(ONCE, assembly=1.0)]))

    row = next(row for row in rows if row.work.startswith("assembly"))
    assert (row.met, row.reason) == (False, "no peer was run to its end, as exactly")


def test_a_solution_that_is_not_finite_is_not_comparable():
    problem = cube_problem("heat", 2)
    broken = np.full((27, 1), np.nan)

    run = checked(run_of(GAMG), problem, {"first": broken, "other": broken}, {}, digits=0.0)

    assert not run.comparable


def test_results_in_text_are_not_comparable_where_there_is_nothing_to_compare_them_with():
    problem = cube_problem("elasticity", 1)

    run = checked(run_of(GAMG), problem, {"first": np.ones((8, 3))}, {}, digits=1e-5)

    assert not run.comparable


def test_a_code_over_its_time_is_stopped_and_says_so():
    command = [sys.executable, "-c", "import time; time.sleep(60)"]

    reason = solver_runs._execute(command, n_threads=1, limit_s=0.3)

    assert reason == "stopped, not finished after 0.3 s"


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(harness, "RESULTS", tmp_path)
    monkeypatch.setattr(benchmark, "RESULTS", tmp_path)
    return tmp_path


def test_runs_of_one_case_are_merged_with_those_that_are_kept(results, monkeypatch):
    small = Case("heat-cube-small", "heat", lambda: cube_problem("heat", 2))
    benchmark.keep("solver", [run_of(ONCE), run_of(ONCE, case=small.name, first_solve=9.0)], quick=False)
    monkeypatch.setattr(benchmark, "cases", lambda *, quick: [small])
    monkeypatch.setattr(benchmark, "solvers_of", lambda case: [ONCE, MULTIGRID])
    monkeypatch.setattr(benchmark, "run_solver", lambda solver, *_, **__: (run_of(solver, case=small.name), {}))
    monkeypatch.setattr(sys, "argv", ["solver.py", "--threads", "1"])

    benchmark.main()

    kept = benchmark.stored("solver").values()
    assert [(run.case, run.solver) for run in kept] == [
        ("heat-cube-100k", "once"), ("heat-cube-small", "once"), ("heat-cube-small", "multigrid"),
    ]  # fmt: skip
    assert all(math.isnan(run.time("first solve")) for run in kept)


def test_a_code_that_is_refused_is_not_started_and_is_kept_with_its_reason(results, monkeypatch):
    small = Case("heat-cube-small", "heat", lambda: cube_problem("heat", 2))
    monkeypatch.setattr(benchmark, "cases", lambda *, quick: [small])
    monkeypatch.setattr(benchmark, "solvers_of", lambda case: [MUMPS])
    monkeypatch.setattr(benchmark, "refusal", lambda *_: "not started: too much")
    monkeypatch.setattr(benchmark, "run_solver", lambda *_, **__: pytest.fail("it was started"))
    monkeypatch.setattr(sys, "argv", ["solver.py", "--threads", "1"])

    benchmark.main()

    assert [(run.solver, run.reason) for run in benchmark.stored("solver").values()] == [
        ("mumps", "not started: too much")
    ]


def test_what_was_done_is_on_file_when_the_next_code_breaks_the_run_off(results, monkeypatch):
    def run_one(solver, case, *_, **__):
        if solver is not ONCE:
            raise KeyboardInterrupt
        return run_of(solver, case=case.name, first_solve=1.0), {}

    small = Case("heat-cube-small", "heat", lambda: cube_problem("heat", 2))
    monkeypatch.setattr(benchmark, "cases", lambda *, quick: [small])
    monkeypatch.setattr(benchmark, "run_solver", run_one)
    monkeypatch.setattr(sys, "argv", ["solver.py"])

    with pytest.raises(KeyboardInterrupt):
        benchmark.main()

    content = json.loads((results / "solver.json").read_text())
    assert [run["solver"] for run in content["runs"]] == ["once"]
    assert [row["work"] for row in content["rows"]][:1] == ["assembly, heat-cube-small, 1 thread"]
