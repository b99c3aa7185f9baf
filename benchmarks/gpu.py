"""The GPU's product, V-cycle and assembly as shares of the bandwidth of a copy, and its solves against others.

``uv sync --extra gpu-cuda13 --inexact`` (``--extra gpu`` for CUDA 12), ``uv pip install torch-fem warp-lang``, then
``uv run --no-sync python benchmarks/gpu.py``. Bytes are what the work must move if every array passes once; a share of
60 % of what a copy reaches is the goal. The others are torch-fem and warp.fem on the same device, and twin3d on the
processor. Without a device every row is there, not met and with the reason; figures on file are kept then.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from gpu_rows import NEW_COEFFICIENTS, absent_rows, against_cpu, peer_rows, share, size_of
from harness import RESULTS, Row, is_quick, report, table
from scipy import sparse
from solver_peers import truth
from solver_peers.problem import POISSONS_RATIO, RTOL, YOUNGS_MODULUS, Problem, cube_problem
from solver_peers.rigid_modes import rigid_modes
from solver_runs import SLACK

from twin3d.backend import Array, Backend, get_backend
from twin3d.errors import CapabilityError
from twin3d.fem.cell_kernels import add_conduction, add_elasticity
from twin3d.fem.linear import Method, prepare
from twin3d.fem.mechanics.vector_pattern import vector_pattern_of
from twin3d.fem.multigrid import MultigridSolver, multigrid_solver
from twin3d.fem.multigrid.cycle import cycle_work, v_cycle
from twin3d.fem.multigrid.hierarchy import Level
from twin3d.fem.multigrid.sliced import SlicedMatrix
from twin3d.fem.pattern import pattern_of


def main() -> int:
    quick = is_quick(__doc__ or "")
    name = "gpu-quick" if quick else "gpu"
    problems = cube_problem("heat", 20 if quick else 99), cube_problem("elasticity", 12 if quick else 68)
    try:
        backend = get_backend("cupy")
    except CapabilityError as error:
        print(f"there is no GPU to measure: {error}", file=sys.stderr)
        keep(name, [row for problem in problems for row in absent_rows(problem, str(error))], device="")
        return CapabilityError.exit_code
    keep(name, list(rows_of(problems, copied=2**26, backend=backend)), device=backend.reason)
    return 0


def keep(name: str, rows: Sequence[Row], *, device: str) -> None:
    """On file; rows without a device never take the place of those of one."""
    if device or not device_on_file(RESULTS / f"{name}.json"):
        report(name, rows, packages=("numpy", "scipy"), quick=name != "gpu", details={"device": device})
    else:
        print(table(rows))


def device_on_file(path: Path) -> str:
    return str(json.loads(path.read_text())["device"]) if path.is_file() else ""


def rows_of(problems: Sequence[Problem], *, copied: int, backend: Backend) -> Iterator[Row]:
    """All rows; ``copied`` is the count of numbers that the copy moves."""
    bandwidth = copy_bandwidth(copied, backend)
    print(f"copy: {bandwidth / 1e9:.4g} GB/s on {backend.reason}")
    for problem in problems:
        ours: dict[str, float] = {}
        yield from own_rows(problem, bandwidth=bandwidth, ours=ours, backend=backend)
        yield from peer_rows(problem, ours)


def copy_bandwidth(n: int, backend: Backend) -> float:
    """Bytes read and written in a second by a copy of n numbers."""
    source = backend.xp.ones(n)
    target = backend.xp.zeros(n)

    def copy() -> None:
        target[...] = source

    return 2.0 * source.nbytes / seconds(copy, backend)


def seconds(work: Callable[[], object], backend: Backend, *, repeats: int = 20) -> float:
    """Mean time of a run, the first not counted; reading an array back waits for the device."""
    wait = backend.xp.zeros(1)
    work()
    backend.to_host(wait)
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    backend.to_host(wait)
    return (time.perf_counter() - start) / repeats


def own_rows(problem: Problem, *, bandwidth: float, ours: dict[str, float], backend: Backend) -> Iterator[Row]:
    """Shares of the bandwidth, and the processor's solves; seconds by work are left in ``ours``."""
    size = size_of(problem)
    assemble, moved, matrix = (heat_assembly if problem.physics == "heat" else elastic_assembly)(problem, backend)
    ours["assembly"] = seconds(assemble, backend)
    yield share("assembly", size, moved / ours["assembly"], bandwidth)
    A, modes = held(matrix(), problem)
    yield from solver_rows(problem, A, modes, bandwidth=bandwidth, ours=ours, backend=backend)


Assembly = tuple[Callable[[], None], int, Callable[[], sparse.csr_array]]
"""Assembles, the bytes that it moves, and the matrix of one assembly."""


def heat_assembly(problem: Problem, backend: Backend) -> Assembly:
    xp, pattern = backend.xp, pattern_of(problem.cells, len(problem.points))
    entries, k = xp.zeros(len(pattern.indices)), xp.ones(len(problem.cells))
    arrays = xp.asarray(problem.points), xp.asarray(problem.cells), k, xp.asarray(pattern.slots)

    def assemble() -> None:
        add_conduction(entries, *arrays[:2], conductivity=arrays[2], slots=arrays[3], backend=backend)

    return assemble, bytes_of(arrays, entries), lambda: once(assemble, entries, pattern, backend)


def elastic_assembly(problem: Problem, backend: Backend) -> Assembly:
    xp, pattern = backend.xp, vector_pattern_of(problem.cells, len(problem.points))
    shear = YOUNGS_MODULUS / (2.0 * (1.0 + POISSONS_RATIO))
    first_lame = 2.0 * shear * POISSONS_RATIO / (1.0 - 2.0 * POISSONS_RATIO)
    lame = np.tile([first_lame, shear], (len(problem.cells), 1))
    given = problem.points, problem.cells, lame, pattern.scalar.indptr, pattern.scalar.slots
    entries, arrays = xp.zeros(len(pattern.indices)), [xp.asarray(array) for array in given]

    def assemble() -> None:
        materials, starts, slots = arrays[2:]
        add_elasticity(
            entries, *arrays[:2], materials=materials, row_starts=starts, slots=slots, backend=backend
        )  # fmt: skip

    return assemble, bytes_of(arrays, entries), lambda: once(assemble, entries, pattern, backend)


def bytes_of(arrays: Sequence[Array], entries: Array) -> int:
    """What an assembly reads, and adds to."""
    return sum(array.nbytes for array in arrays) + 2 * entries.nbytes


def once(assemble: Callable[[], None], entries: Array, pattern, backend: Backend) -> sparse.csr_array:
    """The matrix of one assembly, on the host."""
    entries[...] = 0.0
    assemble()
    return pattern.matrix(backend.to_host(entries))


def solver_rows(
    problem: Problem, A, modes, *, bandwidth: float, ours: dict[str, float], backend: Backend
) -> Iterator[Row]:
    xp, size = backend.xp, size_of(problem)
    free = np.repeat(~problem.held, problem.n_components)
    load = truth.external_load(problem)
    F, other = load.ravel() * free, problem.other_load.ravel() * free
    device_F, device_other = xp.asarray(F), xp.asarray(other)
    # What is compiled is not counted, as it is not of the others.
    multigrid_solver(A, modes, backend=backend).solve(device_F, rtol=RTOL)
    start = time.perf_counter()
    solver = multigrid_solver(A, modes, backend=backend)
    set_up = time.perf_counter() - start
    solution = solver.solve(device_F, rtol=RTOL)
    ours["set-up and first solve"] = time.perf_counter() - start
    x = backend.to_host(solution.x).reshape(load.shape)
    residual = truth.relative_residual(problem, x, load)
    print(f"{size}: levels {solver.level_sizes}, {solution.n_iterations} iterations, set-up {set_up:.3g} s")
    yield from shares(solver, size, bandwidth=bandwidth, ours=ours, backend=backend)
    ours["repeated solve"] = seconds(lambda: solver.solve(device_other, rtol=RTOL), backend, repeats=3)
    ours[NEW_COEFFICIENTS] = seconds(lambda: solver.update(A), backend, repeats=1)
    reason = "" if residual <= SLACK * RTOL else f"twin3d stops at a true residual of {residual:.1e}"
    for work, theirs in on_the_cpu(A, modes, F, other).items():
        yield replace(against_cpu(work, size, ours[work], theirs), reason=reason)


def on_the_cpu(A, modes, F, other) -> dict[str, float]:
    """Seconds of the same work by twin3d on the processor."""
    host = get_backend("numpy")
    prepare(A, near_null_space=modes, method=Method.MULTIGRID, backend=host).solve(F, rtol=RTOL)
    start = time.perf_counter()
    factor = prepare(A, near_null_space=modes, method=Method.MULTIGRID, backend=host)
    set_up = time.perf_counter() - start
    factor.solve(F, rtol=RTOL)
    first = time.perf_counter() - start
    again = seconds(lambda: factor.solve(other, rtol=RTOL), host, repeats=1)
    return {"set-up and first solve": first, "repeated solve": again, NEW_COEFFICIENTS: set_up}


def shares(
    solver: MultigridSolver, size: str, *, bandwidth: float, ours: dict[str, float], backend: Backend
) -> Iterator[Row]:
    """The product in double precision and the V-cycle, one vector."""
    xp, system = backend.xp, solver.system
    x = xp.ones((len(system.diagonal), 1))
    y = xp.zeros_like(x)
    moved = matrix_bytes(system.levels[0].operator, n_bytes=8) + 2 * x.nbytes
    ours["product"] = seconds(lambda: system.product(x, y), backend)
    yield share("product", size, moved / ours["product"], bandwidth)
    work = cycle_work(system.levels, 1, backend=backend)
    work[0].b[...] = 1.0

    def cycle() -> None:
        v_cycle(system.levels, work, backend=backend)

    moved = sum(cycle_bytes(level) for level in system.levels)
    yield share("V-cycle in a graph", size, moved / seconds(backend.graph(cycle), backend), bandwidth)


def matrix_bytes(form: SlicedMatrix | None, *, n_bytes: int = 4) -> int:
    """What a pass over a matrix reads."""
    assert form is not None
    return int(form.rows.nbytes + form.slice_starts.nbytes + form.columns.nbytes + form.entries.size * n_bytes)


def cycle_bytes(level: Level) -> int:
    """What a level moves in a cycle, for one vector: smoothing, residual, transfers, or the dense inverse."""
    vector = level.inverse_diagonal.nbytes
    if level.coarse_inverse is not None:
        return int(level.coarse_inverse.nbytes + 2 * vector)
    matrix, n_steps = matrix_bytes(level.operator), len(level.steps)
    smoothing = 4 * vector + (2 * n_steps - 1) * (matrix + 6 * vector)
    if level.restriction is None:
        return int(smoothing)
    transfers = matrix_bytes(level.restriction) + matrix_bytes(level.prolongation) + 3 * vector
    return int(smoothing + matrix + 3 * vector + transfers)


def held(A, problem: Problem):
    """The matrix with the held unknowns as rows with a diagonal alone, and its rigid-body modes (none for heat)."""
    loose = np.repeat(~problem.held, problem.n_components)
    free = sparse.diags_array(loose.astype(float))
    diagonal = np.where(loose, 0.0, A.diagonal().mean())
    system = sparse.csr_array(free @ A @ free + sparse.diags_array(diagonal))
    system.eliminate_zeros()
    return system, None if problem.physics == "heat" else rigid_modes(problem.points) * loose[:, None]


if __name__ == "__main__":
    sys.exit(main())
