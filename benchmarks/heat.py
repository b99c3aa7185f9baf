"""The heat solver against SciPy and pyamg on the power module: steady states, time steps, and the reduced model."""

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
from twin3d.fem.space import function_space
from twin3d.fem.system import system_at
from twin3d.mesh import build_mesh
from twin3d.reduction import lift, reduce_heat
from twin3d.reduction.march import discretise
from twin3d.scene import load_scene

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
    operators = assemble_heat(scene, function_space(mesh), backend=backend)
    size = f"{mesh.n_points} points"
    rows = [*solver_rows(operators, size, backend), *reduced_rows(operators, mesh, scene, size, backend)]
    report("heat", rows, packages=("numpy", "scipy", "pyamg", "pymetis"), quick=quick)


def solver_rows(operators, size, backend):
    system = system_at(operators)
    b = system.load @ np.array([298.15, 25.0, 25.0, 25.0])
    K, A = system.stiffness, sparse.csr_array(system.mass + DT_S * system.stiffness)
    many = np.random.default_rng(0).normal(size=(len(b), 32))
    peers = {
        "SciPy splu, COLAMD": lambda: splu(sparse.csc_array(K)).solve(b),
        "pyamg CG": lambda: multigrid(K).solve(b, tol=1e-10, accel="cg"),
    }
    yield row("steady state", size, lambda: prepare(K, once=True, backend=backend).solve(b), peers, repeats=3, goal=0.8)

    hierarchy, factor = multigrid(K), prepare(K, backend=backend)
    peers = {"pyamg CG": lambda: [hierarchy.solve(column, tol=1e-10, accel="cg") for column in many.T]}
    yield row("32 more steady states, prepared", size, lambda: factor.solve(many), peers, repeats=1, goal=5.0)

    hierarchy, factor, state = multigrid(A), prepare(A, backend=backend), np.full(len(b), 298.15)
    rhs = system.mass @ state + DT_S * b
    peers = {"pyamg CG from the last state": lambda: hierarchy.solve(rhs, x0=state, tol=1e-8, accel="cg")}
    yield row("one time step, prepared", size, lambda: factor.solve(rhs, guess=state), peers, goal=1.0)


def reduced_rows(operators, mesh, scene, size, backend):
    start = time.perf_counter()
    model = reduce_heat(operators, function_space(mesh), scene, rng=np.random.default_rng(0), backend=backend)
    print(
        f"reduction: {time.perf_counter() - start:.1f} s, {model.error_rms:.4f} K rms, {model.error_max:.3f} K at most"
    )
    system = system_at(operators)
    factor = prepare(system.mass + DT_S * system.stiffness, backend=backend)
    u, size = np.array([298.15, 40.0, 10.0, 25.0]), f"{size}, {model.n_modes} modes"
    b = DT_S * (system.load @ u)
    step, a = discretise(model, None, DT_S), np.zeros(model.n_modes)
    L = np.random.default_rng(0).normal(size=(model.n_modes, 30))

    def full_step():
        return factor.solve(system.mass @ np.full(operators.n_dofs, 298.15) + b)

    def full_deviation():
        return np.sqrt(((model.basis @ L) ** 2).sum(axis=1) + model.point_error**2)

    def reduced_step_and_field():
        return lift.temperature(model, step.step(a, u, u), u)

    peers = {"our own full order": full_step}
    yield row("one time step", size, lambda: step.step(a, u, u), peers, goal=500.0)
    yield row("one time step and its field", size, reduced_step_and_field, peers, goal=5.0)
    peers = {"plain NumPy": full_deviation}
    yield row("deviations of rank 30", size, lambda: lift.deviation(model, L), peers, goal=1.5)


def multigrid(A):
    return pyamg.smoothed_aggregation_solver(sparse.csr_matrix(A))


def row(work, size, ours, peers, *, goal, repeats=5):
    """Best of a few runs of ours and of each peer."""
    durations = {name: seconds(peer, repeats=repeats) for name, peer in peers.items()}
    best = min(durations, key=durations.get)
    for name, duration in durations.items():
        print(f"{work}: {name} {duration:.4g} s")
    return Row(work, size, "s", seconds(ours, repeats=repeats), durations[best], best, goal, more_is_better=False)


if __name__ == "__main__":
    main()
