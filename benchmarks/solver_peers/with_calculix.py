"""CalculiX, ``apt-get install calculix-ccx``: reads a text file, assembles, solves and writes in one go.

Its stages are told apart by what it prints and when. Its iterative solver stops at a tolerance of its own, and its
results have six digits, so its residual cannot be held to that of the others.
"""

import contextlib
import os
import pty
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import worker
from problem import POISSONS_RATIO, YOUNGS_MODULUS, load_problem

CELLS = {"heat": "DC3D4", "elasticity": "C3D4"}
STEPS = {
    "heat": "*HEAT TRANSFER, STEADY STATE, SOLVER={solver}\n*BOUNDARY\nHELD, 11, 11, 0.\n*DFLUX\nALL, BF, 1.\n"
    "*NODE FILE\nNT\n*END STEP\n",
    "elasticity": "*STATIC, SOLVER={solver}\n*BOUNDARY\nHELD, 1, 3\n*DLOAD\nALL, GRAV, 1., 0., 0., -1.\n"
    "*NODE FILE\nU\n*END STEP\n",
}
STRUCTURE = ("Determining the structure of the matrix",)
SOLVING = ("Cholesky preconditioning", "Factoring the system of equations")
AFTER_SOLVING = ("# of iterations", "stress calculation")
FIELD_NAMES = {"heat": "NDTEMP", "elasticity": "DISP"}


def write_input(problem, path):
    number = np.arange(1, len(problem.points) + 1)
    with path.open("w") as file:
        file.write("*NODE, NSET=NALL\n")
        np.savetxt(file, np.column_stack([number, problem.points]), fmt="%d, %.12g, %.12g, %.12g")
        file.write(f"*ELEMENT, TYPE={CELLS[problem.physics]}, ELSET=ALL\n")
        cells = np.column_stack([np.arange(1, len(problem.cells) + 1), problem.cells + 1])
        np.savetxt(file, cells, fmt="%d", delimiter=", ")
        file.write("*NSET, NSET=HELD\n")
        np.savetxt(file, number[problem.held], fmt="%d")
        file.write(f"*MATERIAL, NAME=M\n*ELASTIC\n{YOUNGS_MODULUS}, {POISSONS_RATIO}\n*CONDUCTIVITY\n1.\n")
        file.write("*DENSITY\n1.\n*SPECIFIC HEAT\n1.\n*SOLID SECTION, ELSET=ALL, MATERIAL=M\n")
        if problem.physics == "heat":
            file.write("*INITIAL CONDITIONS, TYPE=TEMPERATURE\nNALL, 0.\n")
        file.write("*STEP\n" + STEPS[problem.physics].format(solver=problem.solver))


def run(folder):
    """What it prints, line by line with the second at which it came."""
    start, lines = time.perf_counter(), []
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvp("ccx", ["ccx", "job"])
    # A terminal says by an error that its process has ended.
    with contextlib.suppress(OSError), open(terminal, errors="replace") as output:  # noqa: PTH123 - it has no path
        lines.extend((time.perf_counter() - start, line.strip()) for line in output)
    os.waitpid(child, 0)
    return lines


def read_field(problem, path):
    width = problem.n_components
    rows, inside = [], False
    for line in path.open():
        if line.startswith(" -4"):
            inside = FIELD_NAMES[problem.physics] in line
        elif line.startswith(" -3"):
            inside = False
        elif inside and line.startswith(" -1"):
            rows.append([float(line[13 + 12 * k : 25 + 12 * k]) for k in range(width)])
    return np.array(rows)


def record_stages(clock, lines):
    """Wall seconds of assembly, matrix structure included, and of the first solve; CPU time is known of all only."""
    structure, solve = at_first(lines, STRUCTURE), at_first(lines, SOLVING)
    end = at_first([(at, line) for at, line in lines if at > solve], AFTER_SOLVING)
    clock.seconds |= {"assembly": solve - structure, "first solve": end - solve}


def at_first(lines, words):
    """When one of these was first said, in the order in which they are looked for."""
    for word in words:
        for at, line in lines:
            if word in line:
                return at
    raise SystemExit(f"ccx says none of {words}")


def main():
    problem, out = load_problem(Path(sys.argv[1])), Path(sys.argv[2])
    clock, folder = worker.Clock(), Path(tempfile.mkdtemp())
    write_input(problem, folder / "job.inp")
    lines = run(folder)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if len(sys.argv) > 3:
        print("\n".join(f"{at:8.3f} {line}" for at, line in lines if line))
    if not any("Job finished" in line for _, line in lines):
        sys.exit("ccx ends early: " + (lines[-1][1] if lines else "it says nothing"))
    record_stages(clock, lines)
    clock.record("all of it", lines[-1][0], used.ru_utime + used.ru_stime)
    solutions = {"first": read_field(problem, folder / "job.frd")}
    shutil.rmtree(folder)
    worker.write(out, clock, used.ru_maxrss * 1024, solutions)


if __name__ == "__main__":
    main()
