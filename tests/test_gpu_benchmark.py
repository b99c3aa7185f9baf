"""The benchmark of the GPU: it says when there is none, and runs through the way of the GPU."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from emulated_device import emulated_device

from twin3d.backend import get_backend
from twin3d.errors import CapabilityError

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import gpu
import harness
from gpu_rows import STAGES, rows_against
from solver_peers.problem import PRODUCTS, cube_problem
from solver_runs import Run


def has_device():
    try:
        get_backend("cupy")
    except CapabilityError:
        return False
    return True


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(harness, "RESULTS", tmp_path)
    monkeypatch.setattr(gpu, "RESULTS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--quick"])
    return tmp_path


@pytest.mark.skipif(has_device(), reason="a GPU answers here")
def test_without_a_gpu_every_row_is_there_unmet_and_with_the_reason(results, capsys):
    code = gpu.main()

    rows = json.loads((results / "gpu-quick.json").read_text())["rows"]
    assert code == 3
    assert capsys.readouterr().err.startswith("there is no GPU to measure: ")
    assert len(rows) == 2 * (3 + 3 + 3 * 4)
    assert all(not row["met"] and row["reason"] for row in rows)
    assert {row["peer"] for row in rows} >= {"torch-fem cuda", "warp.fem cuda diagonal", "warp.fem cuda fsai", "a copy"}


@pytest.mark.skipif(has_device(), reason="a GPU answers here")
def test_without_a_gpu_the_figures_of_one_are_kept(results):
    measured = json.dumps({"device": "a GPU of yesterday", "rows": []})
    (results / "gpu-quick.json").write_text(measured)

    gpu.main()

    assert (results / "gpu-quick.json").read_text() == measured


def test_it_measures_shares_and_solves(monkeypatch):
    monkeypatch.setattr(gpu.seconds, "__kwdefaults__", {"repeats": 1})
    monkeypatch.setattr(gpu, "peer_rows", peers_that_take_one_second)
    problems = cube_problem("heat", 9), cube_problem("elasticity", 6)

    rows = list(gpu.rows_of(problems, copied=1000, backend=emulated_device()))

    assert [row.work for row in rows if row.unit == "GB/s"] == ["assembly", "product", "V-cycle in a graph"] * 2
    assert [row.work for row in rows if row.peer == "twin3d on the CPU"] == [
        "set-up and first solve", "repeated solve", "new coefficients",
    ] * 2  # fmt: skip
    assert [row.work for row in rows if row.peer == "torch-fem cuda"] == [*STAGES] * 2
    assert all(row.ours > 0.0 and row.best_peer > 0.0 and not row.reason for row in rows)


def peers_that_take_one_second(problem, ours):
    yield from rows_against(peer_run(), gpu.size_of(problem), ours)


def peer_run(**changes):
    seconds = {"assembly": 1.0, "products": 1.0, "first solve": 1.0, "repeated solve": 1.0}
    return replace(Run("heat-cube", "torch-fem", "cuda", 1, 8, seconds=seconds), **changes)


def test_a_product_of_a_peer_is_one_of_those_that_were_measured_together():
    rows = {row.work: row for row in rows_against(peer_run(), "small", {"product": 0.1})}

    assert rows["product"].best_peer == pytest.approx(1.0 / PRODUCTS)
    assert rows["product"].ratio == pytest.approx(0.5)


def test_a_peer_that_is_not_as_exact_has_rows_that_are_not_met():
    rows = list(rows_against(peer_run(reason="stops at a true residual of 1e-5"), "small", {"assembly": 0.1}))

    assert [(row.met, row.reason) for row in rows] == [(False, "stops at a true residual of 1e-5")] * 4
