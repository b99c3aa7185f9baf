"""Runs one solver of one code in a process of its own and checks what it found."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
from solver_cases import Case, Solver
from solver_peers import truth
from solver_peers.problem import RTOL, Problem

FOLDER = Path(__file__).parent / "solver_peers"
SYSTEM_PYTHON = "/usr/bin/python3"
PR_SET_PDEATHSIG = 1
SLACK = 1.2
"""How far above the tolerance a residual may be: conjugate gradients know theirs by recurrence."""
SAME = 1e-6
"""Largest difference of two solutions of the same problem, relative to the largest value."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one solver of one code took; everything but the names is empty where it failed."""

    case: str
    code: str
    solver: str
    n_threads: int
    n_unknowns: int
    n_steps: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    """Of each stage."""
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    peak_bytes: float = float("nan")
    """Most memory above what the process held when it had read the mesh and solved a small problem."""
    residuals: dict[str, float] = field(default_factory=dict)
    """True relative residuals of the first and the repeated solve and of the last step."""
    largest: dict[str, float] = field(default_factory=dict)
    """Largest absolute values of the solutions."""
    difference: float = float("nan")
    """Largest difference from twin3d's solutions, relative to their largest value."""
    reason: str = ""
    """Why it failed, or is not comparable."""

    @property
    def title(self) -> str:
        """Name for a table."""
        return f"{self.code} {self.solver}"

    @property
    def comparable(self) -> bool:
        """Whether it solved the same problem as exactly as asked."""
        return not self.reason

    def time(self, column: str) -> float:
        """Seconds of a column; NaN where it has none. All steps are counted, those that were not done by scaling."""
        if column != "100 time steps":
            return self.seconds.get(column, float("nan"))
        if "steps" not in self.seconds:
            return float("nan")
        return self.seconds["step set-up"] + self.seconds["steps"] * 100.0 / self.n_steps


Reference = dict[str, np.ndarray]


def empty_run(solver: Solver, case: Case, problem: Problem, n_threads: int) -> Run:
    """Before anything was done."""
    return Run(case.name, solver.code, solver.name, n_threads, problem.n_unknowns, problem.n_steps)


def run_solver(
    solver: Solver, case: Case, problem: Problem, *, n_threads: int, reference: Reference, limit_s: float
) -> tuple[Run, Reference]:
    """Run and check; returns the solutions too.

    Args:
        solver: Who solves.
        case: For the names.
        problem: What is solved.
        n_threads: Threads, or processes where the code knows no threads.
        reference: Solutions to agree with; empty for none.
        limit_s: The code is stopped after this [s].
    """
    run = empty_run(solver, case, problem, n_threads)
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "problem.npz", Path(folder) / "out"
        replace(problem, solver=solver.name).save(file)
        reason = _execute(_command(solver, n_threads, file, out), n_threads=n_threads, limit_s=limit_s)
        if reason:
            return replace(run, reason=reason), {}
        with np.load(out.with_suffix(".npz")) as data:
            solutions = dict(data)
        measured = json.loads(out.with_suffix(".json").read_text())
    return checked(replace(run, **measured), problem, solutions, reference, digits=solver.digits), solutions


def _command(solver: Solver, n_threads: int, file: Path, out: Path) -> list[str]:
    script = str(FOLDER / f"with_{solver.module}.py")
    if solver.module != "dolfinx":
        return [sys.executable, script, str(file), str(out)]
    ranks = ["mpirun", "--allow-run-as-root", "--bind-to", "none", "-n", str(n_threads)] if n_threads > 1 else []
    return [*ranks, SYSTEM_PYTHON, script, str(file), str(out)]


def _execute(command: list[str], *, n_threads: int, limit_s: float) -> str:
    """Run a command on so many cores; returns why it failed."""
    if "with_calculix" in command[1] and shutil.which("ccx") is None:
        return "ccx is not installed: apt-get install calculix-ccx"
    libraries = ("OMP", "OPENBLAS", "MKL", "NUMBA")
    one_each = "1" if command[0] == "mpirun" else str(n_threads)
    environment = os.environ | {f"{library}_NUM_THREADS": one_each for library in libraries}
    cores = sorted(os.sched_getaffinity(0))[:n_threads]
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: _settle(cores),
    )
    try:
        _, errors = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        end(process)
        return f"stopped, not finished after {limit_s:g} s"
    if process.returncode < 0:
        return f"ended by signal {-process.returncode}; 9 is mostly a want of memory"
    return "" if process.returncode == 0 else (errors.strip().splitlines() or ["failed without a word"])[-1][:200]


def _settle(cores: Sequence[int]) -> None:
    """Take some cores, end when this process ends, and be the first to go where memory is short."""
    os.sched_setaffinity(0, cores)
    ctypes.CDLL("libc.so.6").prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    Path("/proc/self/oom_score_adj").write_text("1000")


def end(process: subprocess.Popen[str]) -> None:
    """Ask first, so that mpirun and a terminal can end what they started."""
    process.terminate()
    try:
        process.communicate(timeout=20.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def checked(run: Run, problem: Problem, solutions: Reference, reference: Reference, *, digits: float) -> Run:
    """The run with its residuals and its distance from the reference, and what is wrong with them."""
    largest = {name: float(np.abs(values).max()) for name, values in solutions.items()}
    common = [name for name in solutions if name in reference]
    difference = float(np.max([_difference(solutions[name], reference[name]) for name in common] or np.nan))
    run = replace(run, largest=largest, difference=difference)
    if digits:
        reason = "" if difference <= digits else f"its tolerance cannot be set: it stops {difference:.0e} away"
        return replace(run, reason=reason)
    residuals = residuals_of(problem, solutions)
    worst = float(np.max(list(residuals.values())))
    if not worst <= SLACK * RTOL:
        return replace(run, residuals=residuals, reason=f"stops at a true residual of {worst:.1e}")
    reason = f"another solution: {difference:.1e} away" if difference > SAME else ""
    return replace(run, residuals=residuals, reason=reason)


def residuals_of(problem: Problem, solutions: Reference) -> dict[str, float]:
    """True relative residuals, none of it by the code that is judged."""
    load = truth.external_load(problem)
    other = problem.other_load.reshape(load.shape)
    result = {
        "first": truth.relative_residual(problem, solutions["first"], load),
        "other": truth.relative_residual(problem, solutions["other"], other),
    }
    if "stepped" in solutions:
        result["step"] = truth.step_residual(problem, solutions["before"], solutions["stepped"], load)
    return result


def _difference(values: np.ndarray, reference: np.ndarray) -> float:
    return float(np.abs(values - reference).max() / np.abs(reference).max())


def as_json(run: Run) -> dict[str, object]:
    """For a file."""
    return asdict(run)


def from_json(content: dict[str, object]) -> Run:
    """What `as_json` made, with NaN where the file holds null."""
    return Run(**{key: float("nan") if value is None else value for key, value in content.items()})
