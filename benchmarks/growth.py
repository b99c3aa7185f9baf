"""How twin3d's time and memory grow from 30,000 to 3,000,000 unknowns of steady heat, on one picture.

``uv run --no-sync python benchmarks/growth.py`` writes ``results/growth.json`` after every size and draws
``docs/growth.png`` from it; the largest needs 12 GB. ``--size 3M`` does one size and keeps what the file holds of the
others, ``--draw`` only draws. ``--quick`` takes small sizes and leaves both files under ``results/growth-quick``.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from harness import RESULTS, save
from solver_cases import ONCE, Case
from solver_peers.problem import cube_problem
from solver_runs import Run, as_json, from_json, run_solver

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter

SIZES = {"30k": 30, "100k": 45, "300k": 66, "1M": 99, "3M": 143}
"""Name → cells along an edge of the cube."""
QUICK_SIZES = {"12k": 22, "22k": 27, "43k": 34, "80k": 42}
STAGES = {
    "space": "pattern of the matrix",
    "assembly": "assembly",
    "first solve": "first solve, with set-up",
    "repeated solve": "repeated solve",
}
"""Stage → name in the picture."""
MEMORY = "peak of all of it"
TICKS = {10_000: "10k", 30_000: "30k", 100_000: "100k", 300_000: "300k", 1_000_000: "1M", 3_000_000: "3M"}
LIMIT_S = 900.0
PICTURE = Path(__file__).parents[1] / "docs" / "growth.png"
Curve = tuple[np.ndarray, np.ndarray]


def main() -> None:
    arguments = parse()
    name, sizes = ("growth-quick", QUICK_SIZES) if arguments.quick else ("growth", SIZES)
    runs = stored(name)
    for size in [] if arguments.draw else arguments.size or sizes:
        runs = merged(runs, measured(sizes[size]))
        keep(name, runs, quick=arguments.quick)
    draw(curves_of(runs), RESULTS / f"{name}.png" if arguments.quick else PICTURE)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look")
    parser.add_argument("--size", action="append", choices=[*SIZES, *QUICK_SIZES], help="only this one")
    parser.add_argument("--draw", action="store_true", help="measure nothing, draw what is on file")
    arguments = parser.parse_args()
    known = QUICK_SIZES if arguments.quick else SIZES
    wrong = [size for size in arguments.size or () if size not in known]
    if wrong:
        parser.error(f"no size {wrong[0]}; choose of {', '.join(known)}, or the other way about --quick")
    return arguments


def measured(n: int) -> Run:
    """One cube by multigrid, which twin3d chooses at all these sizes."""
    problem = cube_problem("heat", n)
    case = Case(f"heat-cube-{n}", "heat", lambda: problem)
    run, _ = run_solver(ONCE, case, problem, n_threads=1, reference={}, limit_s=LIMIT_S)
    print(f"{run.n_unknowns:,} unknowns: {run.seconds} {run.peak_bytes / 1e9:.2f} GB {run.reason}", flush=True)
    return run


def stored(name: str) -> list[Run]:
    """Runs of an earlier call."""
    path = RESULTS / f"{name}.json"
    return [from_json(run) for run in json.loads(path.read_text())["runs"]] if path.is_file() else []


def merged(runs: Sequence[Run], run: Run) -> list[Run]:
    """By size; a new run takes the place of an old one."""
    return sorted([old for old in runs if old.case != run.case] + [run], key=lambda run: run.n_unknowns)


def keep(name: str, runs: Sequence[Run], *, quick: bool) -> None:
    exponents = {label: exponent(*curve) for label, curve in curves_of(runs).items()}
    details = {"exponents": exponents, "runs": [as_json(run) for run in runs]}
    save(name, [], packages=("numpy", "scipy", "numba"), quick=quick, details=details)


def curves_of(runs: Sequence[Run]) -> dict[str, Curve]:
    """Unknowns and seconds of each stage, and unknowns and gigabytes, of the runs that succeeded."""
    good = [run for run in runs if run.comparable]
    unknowns = np.array([float(run.n_unknowns) for run in good])
    times = {label: (unknowns, np.array([run.time(stage) for run in good])) for stage, label in STAGES.items()}
    return times | {MEMORY: (unknowns, np.array([run.peak_bytes / 1e9 for run in good]))}


def exponent(unknowns: np.ndarray, values: np.ndarray) -> float:
    """Of the power law that fits best, all sizes weighted alike; NaN for less than two sizes."""
    return float(np.polyfit(np.log(unknowns), np.log(values), 1)[0]) if len(unknowns) > 1 else float("nan")


def draw(curves: dict[str, Curve], path: Path) -> None:
    figure, (times, memory) = plt.subplots(1, 2, figsize=(11.0, 4.8), layout="constrained")
    for label, (unknowns, values) in curves.items():
        axes = memory if label == MEMORY else times
        power = f"{label}: $n^{{{exponent(unknowns, values):.2f}}}$"
        (line,) = axes.loglog(unknowns, values, "o-", label=power, color="black" if label == MEMORY else None)
        if len(values):
            name_last(axes, unknowns[-1], values[-1], color=line.get_color(), unit="GB" if label == MEMORY else "s")
    describe(times, "time, one thread [s]")
    describe(memory, "memory beyond that of the idle process [GB]")
    figure.suptitle("Steady heat in a cube of linear tetrahedra, multigrid to a residual of $10^{-8}$", fontsize=11)
    figure.savefig(path, dpi=130)
    print(path)


def name_last(axes: plt.Axes, x: float, y: float, *, color: str, unit: str) -> None:
    axes.annotate(f"{y:.3g} {unit}", (x, y), (6, 0), textcoords="offset points", va="center", color=color, fontsize=9)


def describe(axes: plt.Axes, quantity: str) -> None:
    axes.set_xlabel("unknowns n")
    axes.set_ylabel(quantity)
    axes.margins(x=0.16)
    axes.xaxis.set_major_locator(FixedLocator([*TICKS]))
    axes.xaxis.set_major_formatter(FixedFormatter([*TICKS.values()]))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(visible=True, which="major", alpha=0.35)
    axes.legend(title="fitted power of n", fontsize=9, title_fontsize=9)


if __name__ == "__main__":
    main()
