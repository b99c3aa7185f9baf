"""Rows of the benchmark of the GPU: shares of a copy, against the processor, against torch-fem and warp.fem there."""

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness import Row
from solver_cases import Case, Solver
from solver_peers.problem import PRODUCTS, Problem
from solver_runs import Run, empty_run, run_solver

GOAL = 0.6
"""Share of the bandwidth of a copy."""
SHARES = ("assembly", "product", "V-cycle in a graph")
NEW_COEFFICIENTS = "new coefficients"
SOLVES = ("set-up and first solve", "repeated solve", NEW_COEFFICIENTS)
"""Compared with the processor."""
DEVICE_PEERS = (
    Solver("torch-fem", "torch_fem", "cuda"),
    Solver("warp.fem", "warp_fem", "cuda diagonal"),
    Solver("warp.fem", "warp_fem", "cuda fsai"),
)
STAGES = {
    "assembly": ("assembly", 1),
    "product": ("products", PRODUCTS),
    "set-up and first solve": ("first solve", 1),
    "repeated solve": ("repeated solve", 1),
}
"""Work → the stage of a run in which it is measured, and how often it is done there."""
LIMIT_S = 300.0


def peer_rows(problem: Problem, ours: Mapping[str, float]) -> Iterator[Row]:
    """Every work against every peer, each in a process of its own; ``ours`` are seconds by work."""
    case = Case(f"{problem.physics}-cube", problem.physics, lambda: problem)
    for solver in DEVICE_PEERS:
        n_threads = len(os.sched_getaffinity(0))
        run, _ = run_solver(solver, case, problem, n_threads=n_threads, reference={}, limit_s=LIMIT_S)
        yield from rows_against(run, size_of(problem), ours)


def rows_against(run: Run, size: str, ours: Mapping[str, float]) -> Iterator[Row]:
    """Of one peer; what it could not do, or not as exactly as asked, is missing with the reason."""
    for work, (stage, count) in STAGES.items():
        theirs = run.time(stage) / count if run.comparable else math.nan
        mine = ours.get(work, math.nan)
        yield Row(work, size, "s", mine, theirs, run.title, 1.0, more_is_better=False, reason=run.reason)


def size_of(problem: Problem) -> str:
    """For a table."""
    return f"{problem.physics}, {problem.n_unknowns:,} unknowns"


def share(work: str, size: str, achieved: float, bandwidth: float) -> Row:
    """Bytes in a second of some work and of a copy."""
    return Row(work, size, "GB/s", achieved / 1e9, bandwidth / 1e9, "a copy", GOAL, more_is_better=True)


def against_cpu(work: str, size: str, ours: float, theirs: float) -> Row:
    """Seconds on the device and on the processor."""
    return Row(work, size, "s", ours, theirs, "twin3d on the CPU", 1.0, more_is_better=False)


def absent_rows(problem: Problem, reason: str) -> Iterator[Row]:
    """What cannot be measured without a device."""
    for work in SHARES:
        yield replace(share(work, size_of(problem), math.nan, math.nan), reason=reason)
    for work in SOLVES:
        yield replace(against_cpu(work, size_of(problem), math.nan, math.nan), reason=reason)
    for solver in DEVICE_PEERS:
        run = empty_run(solver, Case("", problem.physics, lambda: problem), problem, 1)
        yield from rows_against(replace(run, reason=reason), size_of(problem), {})
