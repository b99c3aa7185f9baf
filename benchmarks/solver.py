"""The field solver against scikit-fem, SfePy, torch-fem, NGSolve, dolfinx and CalculiX: same mesh, same true residual.

``apt-get install python3-dolfinx calculix-ccx libopenblas0`` (without OpenBLAS, MUMPS is slow), then
``uv sync --extra mkl && uv pip install sfepy torch-fem`` and ``uv run --no-sync python benchmarks/solver.py``; it takes
hours on a quiet machine. ``--case``, ``--threads`` and ``--solver`` do a part of it and keep what
``results/solver.json`` holds of the rest; it is written after every code. Each code runs in a process of its own, for
``--limit`` seconds at most; dolfinx gets an MPI process for each thread, codes that know one thread are taken as they
are. At a million unknowns a code is not started where its run at a hundred thousand says that it will take more time or
memory than there is, so run those cases first.
"""

import argparse
import functools
import importlib.metadata
import json
import math
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from harness import RESULTS, Row, save, table
from solver_cases import AUTO, MANY, MKL, MULTIGRID, ONCE, OURS, PEERS, Case, Solver, cases, solvers_of
from solver_limits import LIMIT_S, machine_budget, refusal
from solver_runs import SYSTEM_PYTHON, Run, as_json, empty_run, from_json, run_solver

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
        for run in runs_of(case, kept, arguments):
            kept[key(run)] = run
            keep(name, list(kept.values()), quick=arguments.quick)
    print(table([row for case in wanted for row in rows_of([run for run in kept.values() if run.case == case.name])]))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look")
    parser.add_argument("--case", help=f"only one of {', '.join(case.name for case in cases(quick=False))}")
    parser.add_argument("--threads", type=int, action="append", help="only so many threads")
    titles = [solver.title for solver in (*OURS, *PEERS)]
    parser.add_argument("--solver", choices=titles, help="only this one and ours, with which it is compared")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds for a code and a case (%(default)g)")
    arguments = parser.parse_args()
    names = [case.name for case in cases(quick=arguments.quick)]
    if arguments.case not in (None, *names):
        parser.error(f"no case {arguments.case!r}; choose one of {', '.join(names)}")
    return arguments


def keep(name: str, runs: Sequence[Run], *, quick: bool) -> None:
    details = {"system_packages": system_versions(), "runs": [as_json(run) for run in runs]}
    save(name, list(rows_of(runs)), packages=installed(), quick=quick, details=details)


Key = tuple[str, str, int]
"""Case, solver and threads."""


def key(run: Run) -> Key:
    return run.case, run.title, run.n_threads


def stored(name: str) -> dict[Key, Run]:
    """Runs of an earlier call."""
    path = RESULTS / f"{name}.json"
    runs = [from_json(run) for run in json.loads(path.read_text())["runs"]] if path.is_file() else []
    return {key(run): run for run in runs}


def runs_of(case: Case, kept: Mapping[Key, Run], arguments: argparse.Namespace) -> Iterator[Run]:
    """Solvers on one case, each as soon as it is done."""
    problem, budget = case.problem(), machine_budget(arguments.limit)
    print(f"{case.name}: {problem.n_unknowns:,} unknowns, {len(problem.cells):,} cells", flush=True)
    reference = {}
    for solver, n_threads in work_of(case, arguments):
        run, solutions = empty_run(solver, case, problem, n_threads), {}
        reason = refusal(solver, run, smaller_run(run, case, kept), budget)
        if reason:
            run = replace(run, reason=reason)
        else:
            options = {"n_threads": n_threads, "reference": reference, "limit_s": arguments.limit}
            run, solutions = run_solver(solver, case, problem, **options)
        reference = reference or solutions
        print(f"  {n_threads} thread(s), {run.title}: {summary(run)}", flush=True)
        yield run


def work_of(case: Case, arguments: argparse.Namespace) -> Iterator[tuple[Solver, int]]:
    """Solvers and threads; codes that know one thread are not run again with more."""
    threads = arguments.threads or [1, 2]
    for n_threads in threads:
        for solver in solvers_of(case):
            known = n_threads > 1 and not solver.uses_threads and 1 in threads
            if not known and (arguments.solver in (None, solver.title) or solver is ONCE):
                yield solver, n_threads


def smaller_run(run: Run, case: Case, kept: Mapping[Key, Run]) -> Run | None:
    """What the same solver took on the smaller case, with one thread where it was not run with as many."""
    return kept.get((case.smaller, run.title, run.n_threads)) or kept.get((case.smaller, run.title, 1))


def summary(run: Run) -> str:
    if not run.seconds:
        return run.reason
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
            mkl_goal = large_goal if n_unknowns > MANY else MKL_GOAL
            yield seconds_row(f"{work}, PARDISO of the extra mkl", size, ours[MKL.name], best, column, mkl_goal)
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
    reason = missing(ours, best)
    return Row(work, size, "s", mine, theirs, peer, goal, more_is_better=False, reason=reason)


def memory_row(work: str, size: str, ours: Run | None, peers: Sequence[Run]) -> Row:
    """Of whole runs; what a process held before the problem is taken off."""
    best = min(peers, key=lambda run: run.peak_bytes, default=None)
    mine = ours.peak_bytes / 1e9 if ours is not None and ours.comparable else math.nan
    theirs, peer = (math.nan, "none") if best is None else (best.peak_bytes / 1e9, best.title)
    reason = missing(ours, best)
    return Row(work, size, "GB", mine, theirs, peer, 1.0, more_is_better=False, reason=reason)


def missing(ours: Run | None, best: Run | None) -> str:
    """Why a row has not both of its numbers."""
    if ours is None or not ours.comparable:
        return "twin3d was not run" if ours is None else ours.reason
    return "no peer was run to its end, as exactly" if best is None else ""


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


@functools.cache
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
