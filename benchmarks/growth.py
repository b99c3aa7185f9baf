"""How twin3d's time and memory grow from 30,000 to 3,000,000 unknowns of steady heat, on one plot.

``python benchmarks/growth.py`` writes ``results/growth.json`` and ``results/growth.png``; the largest needs 16 GB.
"""

import argparse
import json
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from harness import RESULTS, report
from solver_cases import AUTO, MULTIGRID, ONCE, Case, Solver
from solver_peers.problem import cube_problem
from solver_runs import Run, as_json, run_solver

mpl.use("Agg")
import matplotlib.pyplot as plt

SIZES = (30, 45, 66, 99, 143)
"""Cells along an edge of the cube."""
QUICK_SIZES = (22, 27, 34, 42)
CURVES = {
    "mesh arrays to pattern": (ONCE, "space"),
    "assembly": (ONCE, "assembly"),
    "first solve with set-up": (ONCE, "first solve"),
    "repeated solve": (AUTO, "repeated solve"),
    "repeated solve, multigrid": (MULTIGRID, "repeated solve"),
}
"""Name → which of our solvers and which stage."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look")
    quick = parser.parse_args().quick
    runs = [measured(n, solver) for n in (QUICK_SIZES if quick else SIZES) for solver in (ONCE, AUTO, MULTIGRID)]
    name = "growth-quick" if quick else "growth"
    curves = curves_of(runs)
    exponents = {label: exponent(unknowns, values) for label, (unknowns, values) in curves.items()}
    print(json.dumps(exponents, indent=2))
    details = {"exponents": exponents, "runs": [as_json(run) for run in runs]}
    report(name, [], packages=("numpy", "scipy", "numba", "pyamg", "matplotlib"), quick=quick, details=details)
    draw(curves, exponents, name)


def measured(n: int, solver: Solver) -> Run:
    case = Case(f"heat-cube-{n}", "heat", lambda: cube_problem("heat", n))
    run, _ = run_solver(solver, case, cube_problem("heat", n), n_threads=1, reference={})
    print(f"{run.n_unknowns:,} {run.solver}: {run.seconds} {run.peak_bytes / 1e9:.2f} GB {run.reason}", flush=True)
    return run


Curve = tuple[np.ndarray, np.ndarray]


def curves_of(runs: Sequence[Run]) -> dict[str, Curve]:
    """Unknowns and seconds of each stage, and unknowns and gigabytes."""
    curves = {label: curve(runs, solver, stage) for label, (solver, stage) in CURVES.items()}
    chosen = [run for run in runs if run.solver == MULTIGRID.name and run.comparable]
    memory = np.array([run.n_unknowns for run in chosen]), np.array([run.peak_bytes / 1e9 for run in chosen])
    return curves | {"peak memory, multigrid [GB]": memory}


def curve(runs: Sequence[Run], solver: Solver, stage: str) -> Curve:
    chosen = [run for run in runs if run.solver == solver.name and run.comparable]
    return np.array([run.n_unknowns for run in chosen]), np.array([run.seconds[stage] for run in chosen])


def exponent(unknowns: np.ndarray, values: np.ndarray) -> float:
    """Of the power law that fits best, all sizes weighted alike."""
    return float(np.polyfit(np.log(unknowns), np.log(values), 1)[0])


def draw(curves: dict[str, Curve], exponents: dict[str, float], name: str) -> None:
    figure, (times, memory) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    for label, (unknowns, values) in curves.items():
        axes = memory if "GB" in label else times
        axes.loglog(unknowns, values, "o-", label=f"{label}: n^{exponents[label]:.2f}")
    times.set_ylabel("seconds, one thread")
    memory.set_ylabel("gigabytes above the process")
    for axes in (times, memory):
        axes.set_xlabel("unknowns n of steady heat, linear tetrahedra")
        axes.grid(visible=True, which="both", alpha=0.25)
        axes.legend(fontsize=8)
    figure.suptitle("How twin3d grows; legend: fitted power of n", fontsize=10)
    figure.savefig(RESULTS / f"{name}.png", dpi=130)


if __name__ == "__main__":
    main()
