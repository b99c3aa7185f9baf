"""The heat solver against SciPy and pyamg on the power module: steady state, many time steps, and the reduced model."""

import time
from collections.abc import Callable

import numpy as np
import pyamg
from harness import Row, is_quick, report
from scipy import sparse
from scipy.sparse.linalg import splu

from twin3d.assets import asset_path
from twin3d.backend import get_backend
from twin3d.fem.heat import assemble_heat
from twin3d.fem.linear import prepare
from twin3d.fem.system import system_at
from twin3d.mesh import build_mesh
from twin3d.reduction import lift, reduce_heat
from twin3d.reduction.march import discretise
from twin3d.scene import load_scene

N_STEPS = 100
DT_S = 0.1


def seconds(work: Callable[[], object], *, repeats: int = 3) -> float:
    """Best wall time of a few runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    quick = is_quick(__doc__ or "")
    scene = load_scene(asset_path("scenes", "power_module.toml"))
    sizes = {"cell_size": 0.012, "refine": 0} if quick else {}
    mesh = build_mesh(scene.geometry.model_copy(update=sizes), scene.contacts, cache_dir=None).mesh
    backend = get_backend("numpy")
    operators = assemble_heat(scene, mesh, backend=backend)
    size = f"{mesh.n_points} points"
    rows = [*solver_rows(operators, size, backend), *reduced_rows(operators, mesh, scene, size, backend)]
    report("heat", rows, packages=("numpy", "scipy", "pyamg", "pymetis"), quick=quick)


def solver_rows(operators, size, backend):
    system = system_at(operators)
    u = np.array([298.15, 25.0, 25.0, 25.0])
    b = system.load @ u
    A = sparse.csr_array(system.mass + DT_S * system.stiffness)
    K = sparse.csc_array(system.stiffness)

    def with_amg(matrix, rhs, tol=1e-10):
        return pyamg.smoothed_aggregation_solver(sparse.csr_matrix(matrix)).solve(rhs, tol=tol, accel="cg")

    peers = {
        "scipy splu, MMD": seconds(lambda: splu(K, permc_spec="MMD_AT_PLUS_A").solve(b), repeats=1),
        "pyamg CG": seconds(lambda: with_amg(system.stiffness, b)),
    }
    best = min(peers, key=peers.get)
    ours = seconds(lambda: prepare(system.stiffness, backend=backend)(b))
    yield Row("steady state", size, "s", ours, peers[best], best, 0.3, more_is_better=False)

    hierarchy = pyamg.smoothed_aggregation_solver(sparse.csr_matrix(A))
    solve = prepare(A, backend=backend)
    state = np.full(len(b), 298.15)
    rhs = system.mass @ state + DT_S * b
    ours = seconds(lambda: solve(rhs))
    theirs = seconds(lambda: hierarchy.solve(rhs, x0=state, tol=1e-8, accel="cg"))
    yield Row("one time step, prepared", size, "s", ours, theirs, "pyamg CG, warm", 1.0, more_is_better=False)


def reduced_rows(operators, mesh, scene, size, backend):
    model = reduce_heat(operators, mesh, scene, rng=np.random.default_rng(0), backend=backend)
    system = system_at(operators)
    solve = prepare(system.mass + DT_S * system.stiffness, backend=backend)
    u = np.array([298.15, 40.0, 10.0, 25.0])
    b = DT_S * (system.load @ u)

    def full() -> None:
        state = np.full(operators.n_points, 298.15)
        for _ in range(N_STEPS):
            state = solve(system.mass @ state + b)

    def reduced() -> None:
        step, a = discretise(model, None, DT_S), np.zeros(model.n_modes)
        for _ in range(N_STEPS):
            a = step.step(a, u, u)
            lift.temperature(model, a, u)

    ours, theirs = seconds(reduced), seconds(full, repeats=1)
    name = f"{N_STEPS} steps with their fields, {model.n_modes} modes"
    yield Row(name, size, "s", ours, theirs, "our own full order", 10.0, more_is_better=False)


if __name__ == "__main__":
    main()
