"""The field solver against scikit-fem, SfePy, torch-fem, NGSolve, dolfinx and CalculiX: same mesh, same true residual.

``apt-get install python3-dolfinx calculix-ccx libopenblas0`` (without OpenBLAS, MUMPS is slow), then
``uv sync --extra mkl && uv pip install sfepy torch-fem`` and ``uv run --no-sync python benchmarks/solver.py``; it takes
hours on a quiet machine. ``--case`` and ``--threads`` do a part of it and keep what ``results/solver.json`` holds of
the rest. Each code runs in a process of its own; dolfinx gets an MPI process for each thread, codes that know one
thread are taken as they are.
"""

import argparse
import importlib.metadata
import json
import math
import subprocess
from collections.abc import Iterator, Sequence

from harness import RESULTS, Row, report
from solver_cases import AUTO, MANY, MKL, MULTIGRID, ONCE, OURS, PEERS, Case, cases, peers_of
from solver_runs import SYSTEM_PYTHON, Run, as_json, from_json, run_solver

PACKAGES = ("numpy", "scipy", "numba", "pyamg", "pypardiso", "scikit-fem", "sfepy", "torch", "torch-fem", "ngsolve")
COLUMNS = {
    "assembly": (ONCE, 2.0, 2.0),
    "first solve": (ONCE, 1.0, 1.0),
    "repeated solve": (AUTO, 1.0 / 0.6, 1.0),
    "100 time steps": (AUTO, 1.0 / 0.6, 1.0),
}
"""Column → which of our solvers, the goal, and the goal at a million unknowns."""
MKL_GOAL = 1.0 / 0.4
FACTORLESS_PEERS = {solver.title for solver in PEERS if not solver.factorises}
MULTIGRID_PEERS = {
    title for title in FACTORLESS_PEERS if title.split()[-1] in {"pyamg", "amg", "h1amg", "gamg", "hypre"}
}
TITLES = {"first solve": "first solve with set-up"}


def main() -> None:
    arguments = parse()
    wanted = [case for case in cases(quick=arguments.quick) if arguments.case in (None, case.name)]
    name = "solver-quick" if arguments.quick else "solver"
    kept = {} if arguments.quick else stored(name)
    for case in wanted:
        kept |= {key(run): run for run in runs_of(case, arguments.threads or [1, 2])}
        runs = list(kept.values())
        details = {"system_packages": system_versions(), "runs": [as_json(run) for run in runs]}
        report(name, list(rows_of(runs)), packages=installed(), quick=arguments.quick, details=details)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look")
    parser.add_argument("--case", help=f"only one of {', '.join(case.name for case in cases(quick=False))}")
    parser.add_argument("--threads", type=int, action="append", help="only so many threads")
    return parser.parse_args()


def key(run: Run) -> tuple[str, str, int]:
    return run.case, run.title, run.n_threads


def stored(name: str) -> dict[tuple[str, str, int], Run]:
    """Runs of an earlier call."""
    path = RESULTS / f"{name}.json"
    runs = [from_json(run) for run in json.loads(path.read_text())["runs"]] if path.is_file() else []
    return {key(run): run for run in runs}


def runs_of(case: Case, threads: Sequence[int]) -> Iterator[Run]:
    """All solvers on one case; ours come first, since the others are compared with it."""
    problem = case.problem()
    large = problem.n_unknowns > MANY
    print(f"{case.name}: {problem.n_unknowns:,} unknowns, {len(problem.cells):,} cells", flush=True)
    reference = {}
    for n_threads in threads:
        ours = [solver for solver in OURS if not (solver.factorises and large)]
        for solver in [*ours, *peers_of(case, n_unknowns=problem.n_unknowns)]:
            if n_threads > 1 and not solver.uses_threads and 1 in threads:
                continue
            run, solutions = run_solver(solver, case, problem, n_threads=n_threads, reference=reference)
            reference = reference or solutions
            print(f"  {n_threads} thread(s), {run.title}: {summary(run)}", flush=True)
            yield run


def summary(run: Run) -> str:
    times = ", ".join(f"{stage} {seconds:.3g} s" for stage, seconds in run.seconds.items())
    worst = max(run.residuals.values(), default=math.nan)
    return f"{times}; {run.peak_bytes / 1e9:.2f} GB, residual {worst:.0e} {run.reason}"


def rows_of(runs: Sequence[Run]) -> Iterator[Row]:
    for case in dict.fromkeys(run.case for run in runs):
        for n_threads in sorted({run.n_threads for run in runs if run.case == case}):
            of_case = [run for run in runs if run.case == case]
            yield from rows_of_case(at_threads(of_case, n_threads), f"{case}, {n_threads} thread{'s'[: n_threads - 1]}")


def at_threads(runs: Sequence[Run], n_threads: int) -> list[Run]:
    """Runs at this number of threads, and those of codes that know one thread only."""
    single = {solver.title for solver in PEERS if not solver.uses_threads}
    return [run for run in runs if run.n_threads == n_threads or (run.n_threads == 1 and run.title in single)]


def rows_of_case(runs: Sequence[Run], where: str) -> Iterator[Row]:
    ours = {run.solver: run for run in runs if run.code == "twin3d"}
    peers = [run for run in runs if run.code != "twin3d"]
    comparable = [run for run in peers if run.comparable]
    n_unknowns = runs[0].n_unknowns
    size = f"{n_unknowns:,} unknowns"
    for column, (solver, goal, large_goal) in COLUMNS.items():
        if column == "100 time steps" and not runs[0].n_steps:
            continue
        best = min(comparable, key=lambda run: _or_infinite(run.time(column)), default=None)
        work = f"{TITLES.get(column, column)}, {where}" + scaled(column, runs[0])
        goal = large_goal if n_unknowns > MANY else goal
        yield seconds_row(work, size, ours.get(solver.name), best, column, goal)
        if solver is AUTO and MKL.name in ours:
            yield seconds_row(f"{work}, PARDISO of the extra mkl", size, ours[MKL.name], best, column, MKL_GOAL)
    for kind, kinds in (("multigrid", MULTIGRID_PEERS), ("all without factors", FACTORLESS_PEERS)):
        kept = [run for run in comparable if run.title in kinds]
        yield memory_row(f"peak memory against {kind}, {where}", size, ours.get(MULTIGRID.name), kept)
    for run in peers:
        if not run.comparable:
            yield left_out_row(run, ours.get(ONCE.name), where, size)


def scaled(column: str, run: Run) -> str:
    return f", {run.n_steps} steps scaled" if column == "100 time steps" and run.n_steps < 100 else ""


def seconds_row(work: str, size: str, ours: Run | None, best: Run | None, column: str, goal: float) -> Row:
    mine = ours.time(column) if ours is not None and ours.comparable else math.nan
    theirs, peer = (math.nan, "none") if best is None else (best.time(column), best.title)
    reason = "twin3d was not run" if ours is None else ours.reason
    return Row(work, size, "s", mine, theirs, peer, goal, more_is_better=False, reason=reason)


def memory_row(work: str, size: str, ours: Run | None, peers: Sequence[Run]) -> Row:
    """Of whole runs; what a process held before the problem is taken off."""
    best = min(peers, key=lambda run: run.peak_bytes, default=None)
    mine = ours.peak_bytes / 1e9 if ours is not None and ours.comparable else math.nan
    theirs, peer = (math.nan, "none") if best is None else (best.peak_bytes / 1e9, best.title)
    reason = "twin3d was not run" if ours is None else ours.reason
    return Row(work, size, "GB", mine, theirs, peer, 1.0, more_is_better=False, reason=reason)


def left_out_row(run: Run, ours: Run | None, where: str, size: str) -> Row:
    """A peer that is not among the others: its first solve where it has one, and why."""
    mine = math.nan if ours is None else ours.time("first solve")
    work = f"first solve with set-up, not as exact, {where}" if run.seconds else f"all, {where}"
    return Row(work, size, "s", mine, run.time("first solve"), run.title, 1.0, more_is_better=False, reason=run.reason)


def _or_infinite(seconds: float) -> float:
    return math.inf if math.isnan(seconds) else seconds


def installed() -> list[str]:
    names = {distribution.name.lower() for distribution in importlib.metadata.distributions()}
    return [package for package in PACKAGES if package in names]


def system_versions() -> dict[str, str]:
    """Of the peers that are Debian's."""
    commands = {"dolfinx": [SYSTEM_PYTHON, "-c", "import dolfinx; print(dolfinx.__version__)"], "ccx": ["ccx", "-v"]}
    return {name: _answer(command) for name, command in commands.items()}


def _answer(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return "not installed"


if __name__ == "__main__":
    main()
