"""What every code's own process does: ``python with_CODE.py PROBLEM.npz OUT``, which writes OUT.json and OUT.npz.

Small problems first, so that compiling and loading are not counted; then the one that was asked for.
"""

import collections
import ctypes
import gc
import json
import operator
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from problem import ASSEMBLIES, PRODUCTS, REPEATS, TIME_STEP, Problem, load_problem, small_like


class Code(Protocol):
    """A finite element code, made from a problem: what it takes to solve it, in its own matrices and vectors."""

    def assemble(self) -> Any:
        """The stiffness matrix, held unknowns eliminated or made trivial."""

    def load(self) -> Any:
        """The load vector of the problem."""

    def vector(self, nodal: np.ndarray) -> Any:
        """A load vector given at the points."""

    def stepper(self, stiffness: Any) -> Any:
        """M + dt K."""

    def step_load(self, state: Any, load: Any) -> Any:
        """M state + dt load."""

    def prepare(self, matrix: Any) -> Callable[[Any, Any], Any]:
        """From a load and a guess (or None) to the solution, to the tolerance of the problem."""

    def at_points(self, solution: Any) -> np.ndarray:
        """Values at the points of the mesh, in its order."""


def at_once() -> None:
    """The waiting of codes whose calls return when their work is done."""


class Clock:
    """Wall and CPU seconds of pieces of work, the best of several; waits for work that a device was given."""

    def __init__(self, wait: Callable[[], None] = at_once) -> None:
        self.wait = wait
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}

    @contextmanager
    def measure(self, work: str) -> Iterator[None]:
        self.wait()
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wait()
        self.record(work, time.perf_counter() - wall, time.process_time() - cpu)

    def take_off(self, work: str, part: str) -> None:
        """Do not count a part that was counted elsewhere."""
        self.seconds[work] -= self.seconds[part]
        self.cpu_seconds[work] -= self.cpu_seconds[part]

    def record(self, work: str, seconds: float, cpu_seconds: float) -> None:
        if seconds < self.seconds.get(work, np.inf):
            self.seconds[work], self.cpu_seconds[work] = seconds, cpu_seconds


def solve_all(make: Callable[[Problem], Code], problem: Problem, clock: Clock) -> dict[str, np.ndarray]:
    """Assemble, solve, solve again and march, each measured; products too where a code has them.

    A code that holds unknowns in a way that is no part of its assembly does so uncounted."""
    with clock.measure("space"):
        code = make(problem)
    for _ in range(ASSEMBLIES):
        stiffness = None
        with clock.measure("assembly"):
            stiffness = code.assemble()
    stiffness = code.hold(stiffness) if hasattr(code, "hold") else stiffness
    load = code.load()
    with clock.measure("first solve"):
        solve = code.prepare(stiffness)
        first = solve(load, None)
    if getattr(code, "assembles_in_set_up", False):
        clock.take_off("first solve", "assembly")
    other_load = code.vector(problem.other_load)
    for _ in range(REPEATS):
        with clock.measure("repeated solve"):
            other = solve(other_load, None)
    if hasattr(code, "product"):
        multiply(code, stiffness, first, clock)
    solutions = {"first": code.at_points(first), "other": code.at_points(other)}
    if problem.n_steps:
        del solve, first, other
        before, after = march(code, stiffness, load, problem.n_steps, clock)
        solutions |= {"before": code.at_points(before), "stepped": code.at_points(after)}
    return solutions


def multiply(code: Any, matrix: Any, x: Any, clock: Clock) -> None:
    """Many products, so that the time of a call counts as little as within a solve."""
    for _ in range(REPEATS):
        with clock.measure("products"):
            for _ in range(PRODUCTS):
                code.product(matrix, x)


def march(code: Code, stiffness: Any, load: Any, n_steps: int, clock: Clock) -> tuple[Any, Any]:
    """Backward Euler from zero, each step starting where the code starts its own steps, else from the last state.

    Returns the last two states."""
    matrix = code.stepper(stiffness)
    with clock.measure("step set-up"):
        solve = code.prepare(matrix)
    if getattr(code, "assembles_in_set_up", False):
        clock.take_off("step set-up", "assembly")
    recent = collections.deque([code.vector(np.zeros(0))], maxlen=3)
    guess_of = getattr(code, "guess_of", operator.itemgetter(-1))
    with clock.measure("steps"):
        for _ in range(n_steps):
            recent.append(solve(code.step_load(recent[-1], load), guess_of(recent)))
    return recent[-2], recent[-1]


def one_small(problem: Problem) -> list[Problem]:
    """The warm-up of codes that do the same at all sizes."""
    return [small_like(problem)]


def main(
    make: Callable[[Problem], Code],
    *,
    warm_ups: Callable[[Problem], list[Problem]] = one_small,
    wait: Callable[[], None] = at_once,
) -> None:
    """Run a code on the problem of the command line, after smaller ones."""
    problem, out = load_problem(Path(sys.argv[1])), Path(sys.argv[2])
    for small in warm_ups(problem):
        solve_all(make, small, Clock(wait))
    clock, memory = Clock(wait), reset_peak()
    solutions = solve_all(make, problem, clock)
    write(out, clock, peak_bytes() - memory, solutions)


def write(out: Path, clock: Clock, peak: float, solutions: dict[str, np.ndarray]) -> None:
    """Leave what was measured, and the solutions, which others check."""
    content = {"seconds": clock.seconds, "cpu_seconds": clock.cpu_seconds, "peak_bytes": peak}
    out.with_suffix(".json").write_text(json.dumps(content))
    np.savez(out.with_suffix(".npz"), **solutions)


def reset_peak() -> int:
    """Give back what is free and forget the peak of memory so far; returns what is held now [bytes]."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return peak_bytes()


def peak_bytes() -> int:
    """Most memory held since `reset_peak` [bytes]; unlike ru_maxrss it knows nothing of the parent process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def dt_times(value: Any) -> Any:
    """What a step multiplies the stiffness and the load by."""
    return TIME_STEP * value
