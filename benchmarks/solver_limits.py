"""Which codes are not started on a large case, by what they took for the smaller one of the same shape."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from solver_cases import MANY, Solver
from solver_peers.problem import ASSEMBLIES, REPEATS
from solver_runs import Run

LIMIT_S = 300.0
SHARE_OF_MEMORY = 0.85
SET_UP_POWER, SOLVE_POWER = 2.0, 4.0 / 3.0
"""How factors of three-dimensional meshes grow in nested dissection: work of making them; memory, and work of a solve.

George, Liu, Computer Solution of Large Sparse Positive Definite Systems (1981), chapter 8."""
COUNTS = {"space": 1, "assembly": ASSEMBLIES, "first solve": 1, "repeated solve": REPEATS, "step set-up": 1}
FACTORISING = ("first solve", "step set-up")
SOLVING = ("repeated solve", "steps")


@dataclass(frozen=True, slots=True)
class Budget:
    """What one code may take for one case."""

    seconds: float
    """Of its whole process."""
    n_bytes: float
    """Of memory."""


def machine_budget(limit_s: float) -> Budget:
    """With most of the memory of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Budget(limit_s, SHARE_OF_MEMORY * memory)


def estimate(run: Run, *, n_unknowns: int, n_steps: int, factorises: bool) -> Budget:
    """What a code will take at least: without factors everything is taken to grow with the unknowns."""
    growth = n_unknowns / run.n_unknowns
    seconds = 0.0
    for stage, count in _counts(run, n_steps).items():
        seconds += count * run.seconds.get(stage, 0.0) * growth ** (_power(stage) if factorises else 1.0)
    return Budget(seconds, run.peak_bytes * growth ** (SOLVE_POWER if factorises else 1.0))


def _counts(run: Run, n_steps: int) -> Mapping[str, float]:
    return COUNTS | {"steps": n_steps / run.n_steps if run.n_steps else 0.0}


def _power(stage: str) -> float:
    if stage in FACTORISING:
        return SET_UP_POWER
    return SOLVE_POWER if stage in SOLVING else 1.0


def refusal(solver: Solver, large: Run, smaller: Run | None, budget: Budget) -> str:
    """Why a code is not started on a large case; empty where it is.

    Args:
        solver: Who would solve.
        large: The run that is asked for, still empty.
        smaller: What it took on the smaller case, if that is known.
        budget: What it may take.
    """
    if large.n_unknowns <= MANY:
        return ""
    if smaller is None or not smaller.seconds:
        return f"not started: {_unknown(smaller)}" if solver.factorises else ""
    expected = estimate(smaller, n_unknowns=large.n_unknowns, n_steps=large.n_steps, factorises=solver.factorises)
    by = f"by its {smaller.n_unknowns:,} unknowns"
    if not expected.n_bytes <= budget.n_bytes:
        return f"not started: {by} it takes {expected.n_bytes / 1e9:.0f} GB, {budget.n_bytes / 1e9:.0f} are to be had"
    if not expected.seconds <= budget.seconds:
        return f"not started: {by} it takes {expected.seconds:.0f} s, {budget.seconds:g} are given"
    return ""


def _unknown(smaller: Run | None) -> str:
    if smaller is None:
        return "its factors may not fit; run the smaller case first, by which they are estimated"
    return f"on {smaller.n_unknowns:,} unknowns it failed: {smaller.reason}"
