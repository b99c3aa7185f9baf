"""The benchmark of the GPU: it says when there is none, and runs through the way of the GPU."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from emulated_device import emulated_device

from twin3d.backend import get_backend
from twin3d.errors import CapabilityError

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "gpu.py"


def has_device():
    try:
        get_backend("cupy")
    except CapabilityError:
        return False
    return True


@pytest.mark.skipif(has_device(), reason="a GPU answers here")
def test_without_a_gpu_it_says_so_with_the_remedy():
    done = subprocess.run([sys.executable, SCRIPT, "--quick"], capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 3
    assert done.stderr.startswith("there is no GPU to measure: ")
    assert done.stdout == ""


def test_it_measures_shares_and_solves(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPT.parent)
    spec = importlib.util.spec_from_file_location("gpu_benchmark", SCRIPT)
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    monkeypatch.setattr(benchmark.seconds, "__kwdefaults__", {"repeats": 1})

    rows = list(benchmark.rows_of(emulated_device(), n_heat=9, n_elastic=6, copied=1000))

    assert [row.work for row in rows if row.unit == "GB/s"] == ["assembly", "product", "V-cycle in a graph"] * 2
    assert [row.work for row in rows if row.unit == "s"] == [
        "set-up and first solve", "repeated solve", "new coefficients",
    ] * 2  # fmt: skip
    assert all(row.ours > 0.0 and row.best_peer > 0.0 for row in rows)
