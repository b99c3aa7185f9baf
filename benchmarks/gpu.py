"""The GPU's product, V-cycle and assembly as shares of the bandwidth of a copy, and its solves against our own CPU.

``uv run --extra gpu-cuda13 python benchmarks/gpu.py`` (``--extra gpu`` for CUDA 12). Bytes are what the work must move
if every array passes once; a share of 60 % of what a copy reaches is the goal.
"""

import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
from harness import Row, is_quick, report
from scipy import sparse

from twin3d.backend import Backend, get_backend
from twin3d.errors import CapabilityError
from twin3d.fem.cell_kernels import add_conduction, add_elasticity
from twin3d.fem.linear import Method, prepare
from twin3d.fem.mechanics.vector_pattern import vector_pattern_of
from twin3d.fem.multigrid import MultigridSolver, multigrid_solver
from twin3d.fem.multigrid.cycle import cycle_work, v_cycle
from twin3d.fem.multigrid.hierarchy import Level
from twin3d.fem.multigrid.sliced import SlicedMatrix
from twin3d.fem.pattern import pattern_of

GOAL = 0.6
"""Share of the bandwidth of a copy."""
CORNERS = np.array([[0, 1, 3, 7], [0, 5, 1, 7], [0, 4, 5, 7], [0, 2, 6, 7], [0, 3, 2, 7], [0, 6, 4, 7]])
"""Six tetrahedra of a cube whose corners are numbered x fastest."""


def main() -> int:
    quick = is_quick(__doc__ or "")
    try:
        backend = get_backend("cupy")
    except CapabilityError as error:
        print(f"there is no GPU to measure: {error}", file=sys.stderr)
        return CapabilityError.exit_code
    rows = list(rows_of(backend, n_heat=20 if quick else 100, n_elastic=12 if quick else 68, copied=2**26))
    report("gpu", rows, packages=("numpy", "scipy"), quick=quick, details={"device": backend.reason})
    return 0


def rows_of(backend: Backend, *, n_heat: int, n_elastic: int, copied: int) -> Iterator[Row]:
    """All rows; ``copied`` is the count of numbers that the copy moves."""
    bandwidth = copy_bandwidth(copied, backend)
    print(f"copy: {bandwidth / 1e9:.4g} GB/s on {backend.reason}")
    yield from heat_rows(n_heat, bandwidth, backend)
    yield from elastic_rows(n_elastic, bandwidth, backend)


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


def heat_rows(n: int, bandwidth: float, backend: Backend) -> Iterator[Row]:
    xp, (points, cells) = backend.xp, cube(n)
    pattern = pattern_of(cells, len(points))
    entries, k = xp.zeros(len(pattern.indices)), xp.ones(len(cells))
    arrays = xp.asarray(points), xp.asarray(cells), k, xp.asarray(pattern.slots)

    def assemble() -> None:
        add_conduction(entries, *arrays[:2], conductivity=arrays[2], slots=arrays[3], backend=backend)

    size = f"heat, {len(points):,} unknowns"
    moved = sum(array.nbytes for array in arrays) + 2 * entries.nbytes
    yield share("assembly", size, moved / seconds(assemble, backend), bandwidth)
    entries[...] = 0.0
    assemble()
    A = held(pattern.matrix(backend.to_host(entries)), points)
    yield from solver_rows(A, None, size, bandwidth, backend)


def elastic_rows(n: int, bandwidth: float, backend: Backend) -> Iterator[Row]:
    xp, (points, cells) = backend.xp, cube(n)
    pattern = vector_pattern_of(cells, len(points))
    entries, lame = xp.zeros(len(pattern.indices)), xp.asarray(np.tile([577.0, 385.0], (len(cells), 1)))
    arrays = [xp.asarray(array) for array in (points, cells, lame, pattern.scalar.indptr, pattern.scalar.slots)]

    def assemble() -> None:
        materials, starts, slots = arrays[2:]
        add_elasticity(
            entries, *arrays[:2], materials=materials, row_starts=starts, slots=slots, backend=backend
        )  # fmt: skip

    size = f"elasticity, {3 * len(points):,} unknowns"
    moved = sum(array.nbytes for array in arrays) + 2 * entries.nbytes
    yield share("assembly", size, moved / seconds(assemble, backend), bandwidth)
    entries[...] = 0.0
    assemble()
    A = held(pattern.matrix(backend.to_host(entries)), np.repeat(points, 3, axis=0))
    yield from solver_rows(A, rigid_body_modes(points), size, bandwidth, backend)


def solver_rows(A, modes, size: str, bandwidth: float, backend: Backend) -> Iterator[Row]:
    F = np.where(np.arange(A.shape[0]) % 3 == 2, -1.0, 0.5)
    start = time.perf_counter()
    solver = multigrid_solver(A, modes, backend=backend)
    set_up = time.perf_counter() - start
    start = time.perf_counter()
    solution = solver.solve(F)
    first = time.perf_counter() - start
    print(f"{size}: levels {solver.level_sizes}, {solution.n_iterations} iterations, set-up {set_up:.3g} s")
    yield from shares(solver, size, bandwidth, backend)
    host = get_backend("numpy")
    start = time.perf_counter()
    factor = prepare(A, near_null_space=modes, method=Method.MULTIGRID, backend=host)
    peer_set_up = time.perf_counter() - start
    peer = seconds(lambda: factor.solve(F), host, repeats=1)
    again = seconds(lambda: solver.solve(F), backend, repeats=3)
    update = seconds(lambda: solver.update(A), backend, repeats=1)
    cpu = "twin3d on the CPU"
    yield Row("set-up and first solve", size, "s", set_up + first, peer_set_up + peer, cpu, 1.0, more_is_better=False)
    yield Row("repeated solve", size, "s", again, peer, cpu, 1.0, more_is_better=False)
    yield Row("new coefficients", size, "s", update, peer_set_up, cpu, 1.0, more_is_better=False)


def shares(solver: MultigridSolver, size: str, bandwidth: float, backend: Backend) -> Iterator[Row]:
    """The product in double precision and the V-cycle, one vector."""
    xp, system = backend.xp, solver.system
    x = xp.ones((len(system.diagonal), 1))
    y = xp.zeros_like(x)
    moved = matrix_bytes(system.levels[0].operator, n_bytes=8) + 2 * x.nbytes
    yield share("product", size, moved / seconds(lambda: system.product(x, y), backend), bandwidth)
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


def share(work: str, size: str, achieved: float, bandwidth: float) -> Row:
    return Row(work, size, "GB/s", achieved / 1e9, bandwidth / 1e9, "a copy", GOAL, more_is_better=True)


def cube(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Points and cells of a unit cube of n cubes each way."""
    z, y, x = np.meshgrid(*[np.arange(n + 1)] * 3, indexing="ij")
    place = np.column_stack([x.ravel(), y.ravel(), z.ravel()])
    first = np.flatnonzero((place < n).all(axis=1))
    bits = np.array([[corner & 1, corner >> 1 & 1, corner >> 2] for corner in range(8)])
    offsets = bits @ np.array([1, n + 1, (n + 1) ** 2])
    return place / n, (first[:, None, None] + offsets[CORNERS]).reshape(-1, 4).astype(np.int32)


def held(A, points):
    """The matrix with the unknowns at x = 0 held, as rows with a diagonal alone."""
    free = sparse.diags_array((points[:, 0] > 0.0).astype(float))
    diagonal = np.where(points[:, 0] > 0.0, 0.0, A.diagonal().mean())
    system = sparse.csr_array(free @ A @ free + sparse.diags_array(diagonal))
    system.eliminate_zeros()
    return system


def rigid_body_modes(points):
    modes = np.zeros((len(points), 3, 6))
    for axis in range(3):
        modes[:, axis, axis] = 1.0
        modes[:, :, 3 + axis] = np.cross(np.eye(3)[axis], points - points.mean(axis=0))
    return (modes * (points[:, 0] > 0.0)[:, None, None]).reshape(-1, 6)


if __name__ == "__main__":
    sys.exit(main())
