"""Multigrid: answers of a direct solver in a bounded number of iterations, on the host and the way of the GPU."""

import numpy as np
import pytest
import skfem
from emulated_device import backend_or_skip
from multigrid_samples import elastic_system, heat_system, quadratic_from_linear, rigid_body_modes
from scipy import sparse
from scipy.sparse.linalg import eigsh, spsolve

from twin3d.backend import get_backend
from twin3d.errors import SolverError
from twin3d.fem.multigrid import hierarchy, multigrid_solver

HOST = get_backend("numpy")


@pytest.fixture(params=["numpy", "emulated", pytest.param("cupy", marks=pytest.mark.gpu)])
def backend(request):
    """Array code on the host, the kernels on an emulated device, and CuPy where a device answers."""
    return backend_or_skip(request.param)


def assert_solves(solver, A, F, *, most_iterations):
    solution = solver.solve(F)

    exact = spsolve(sparse.csc_array(A), F)
    np.testing.assert_allclose(solution.x, exact, rtol=0, atol=1e-8 * np.abs(exact).max())
    assert solution.n_iterations <= most_iterations
    assert solution.residual <= 1e-10


def elastic_solver(system, backend):
    modes = rigid_body_modes(system.basis.mesh.p.T, system.free)
    return multigrid_solver(system.A, modes, backend=backend)


def test_heat_is_that_of_a_direct_solver(backend):
    system = heat_system((10, 10, 10))

    assert_solves(multigrid_solver(system.A, backend=backend), system.A, system.load, most_iterations=15)


def test_displacements_are_those_of_a_direct_solver(backend):
    system = elastic_system((8, 8, 8))

    assert_solves(elastic_solver(system, backend), system.A, system.load, most_iterations=22)


def test_a_jump_of_ten_thousand_in_conductivity_costs_few_iterations(backend):
    system = heat_system((12, 8, 8), conductivity=lambda c: np.where(np.floor(4 * c[0]) % 2, 1e4, 1.0))
    solver = multigrid_solver(system.A, backend=backend)
    exact = spsolve(sparse.csc_array(system.A), system.load)

    solution = solver.solve(system.load)

    np.testing.assert_allclose(solution.x, exact, rtol=0, atol=1e-8 * np.abs(exact).max())
    assert solution.n_iterations <= 20


@pytest.mark.parametrize("conductance", [1e-4, 1.0, 1e4])
def test_a_contact_of_any_conductance_costs_few_iterations(backend, conductance):
    part = heat_system((6, 8, 8))
    n, x = part.A.shape[0], part.basis.mesh.p[0]
    first, second = np.flatnonzero(np.isclose(x, 1.0)), n + np.flatnonzero(np.isclose(x, 0.0))
    jump = sparse.coo_array((np.ones(len(first)), (first, second)), shape=(2 * n, 2 * n))
    touching = np.bincount([*first, *second], minlength=2 * n).astype(float)
    links = conductance * (sparse.diags_array(touching) - jump - jump.T)
    A = sparse.csr_array(sparse.block_diag([part.A, part.A]) + links)

    solver = multigrid_solver(A, backend=backend)

    assert_solves(solver, A, np.concatenate([part.load, part.load]), most_iterations=20)


@pytest.mark.parametrize("thickness", [0.01, 0.1])
def test_a_thin_plate_costs_few_iterations(thickness):
    system = heat_system((40, 40, 3), (1.0, 1.0, thickness))

    assert_solves(multigrid_solver(system.A, backend=HOST), system.A, system.load, most_iterations=22)


def test_several_right_hand_sides_are_solved_side_by_side(backend, rng):
    system, x = heat_system((10, 10, 8)), rng.normal(size=(1089, 5))
    x[:, 2] = 0.0

    solution = multigrid_solver(system.A, backend=backend).solve(system.A @ x)

    np.testing.assert_allclose(solution.x, x, rtol=0, atol=1e-8)
    np.testing.assert_array_equal(solution.x[:, 2], 0.0)


def test_more_right_hand_sides_than_fit_side_by_side_are_solved_too(rng):
    system, x = heat_system((8, 8, 12)), rng.normal(size=(1053, 40))

    solution = multigrid_solver(system.A, backend=HOST).solve(system.A @ x)

    np.testing.assert_allclose(solution.x, x, rtol=0, atol=1e-8)


def test_a_good_guess_saves_iterations(backend):
    system = heat_system((10, 10, 10))
    solver = multigrid_solver(system.A, backend=backend)
    first = solver.solve(system.load)

    again = solver.solve(system.load * 1.001, first.x)

    assert again.n_iterations < first.n_iterations
    assert solver.solve(system.load, first.x).n_iterations == 0


def test_an_update_keeps_the_aggregates_and_gives_the_new_solution(backend):
    before, after = (
        heat_system((10, 10, 10), conductivity=lambda c, k=k: np.where(c[0] < 0.5, 1.0, k)) for k in (2.0, 50.0)
    )
    solver = multigrid_solver(before.A, backend=backend)
    solver.solve(before.load)
    sizes = solver.level_sizes

    solver.update(after.A)

    assert solver.level_sizes == sizes
    assert_solves(solver, after.A, after.load, most_iterations=20)


def test_quadratic_elements_above_linear_ones(backend):
    system = heat_system((5, 5, 5), element=skfem.ElementTetP2())
    P = quadratic_from_linear(system.basis)
    free = system.free @ P > 0.0
    P = sparse.csr_array(sparse.diags_array(system.free) @ P)[:, free]

    solver = multigrid_solver(system.A, prolongation=P, backend=backend)

    assert solver.level_sizes[:2] == [1331, 216]
    assert_solves(solver, system.A, system.load, most_iterations=20)


def test_single_precision_in_the_cycle_costs_no_iterations(monkeypatch):
    system = elastic_system((8, 8, 8))
    single = elastic_solver(system, HOST).solve(system.load)
    monkeypatch.setattr("numpy.float32", np.float64)

    double = elastic_solver(system, HOST).solve(system.load)

    assert single.n_iterations == double.n_iterations


def test_the_smoother_of_every_level_of_a_flat_plate_knows_its_spectrum():
    system = heat_system((30, 30, 3), (1.0, 1.0, 0.01))

    levels = multigrid_solver(system.A, backend=HOST).system.levels

    for level in levels:
        root = sparse.diags_array(np.sqrt(level.inverse_diagonal.astype(float)))
        scaled = sparse.csr_array(root @ level.operator.matrix.astype(float) @ root)
        greatest = eigsh(scaled, 1, return_eigenvectors=False, tol=1e-6)[0]
        centre, ratio = 1.0 / level.steps[0][1], hierarchy.RATIO
        assert greatest <= 2.0 * centre / (1.0 + 1.0 / ratio) <= 1.06 * greatest


@pytest.mark.parametrize("n", [12, 30])
def test_iterations_hardly_grow_with_the_size(n):
    system = heat_system((n, n, n))

    assert multigrid_solver(system.A, backend=HOST).solve(system.load).n_iterations <= 18


def test_a_matrix_that_smoothing_solves_needs_no_levels(rng):
    A = sparse.csr_array(sparse.diags_array(np.linspace(1.0, 9.0, 3000)) + 1e-6 * sparse.eye_array(3000, k=1))
    A, x = sparse.csr_array(A + A.T), rng.normal(size=3000)

    solver = multigrid_solver(A, backend=HOST)

    assert solver.level_sizes == [3000]
    np.testing.assert_allclose(solver.solve(A @ x).x, x, rtol=0, atol=1e-9)


def test_an_indefinite_matrix_is_refused(backend, rng):
    A = sparse.diags_array([-np.ones(999), np.linspace(0.1, 2.0, 1000), -np.ones(999)], offsets=[-1, 0, 1])

    with pytest.raises(SolverError, match="not positive definite; check the materials"):
        multigrid_solver(sparse.csr_array(A), backend=backend).solve(rng.normal(size=1000))


@pytest.mark.parametrize("entry", [0.0, np.nan])
def test_a_diagonal_that_is_not_positive_is_refused(entry):
    A = sparse.csr_array(sparse.diags_array(np.array([1.0, 2.0, entry])))

    with pytest.raises(SolverError, match=f"row 2 has {entry} on its diagonal; check the materials"):
        multigrid_solver(A, backend=HOST)


def test_too_few_iterations_are_an_error_with_the_remedy(monkeypatch):
    system = heat_system((10, 10, 10))
    monkeypatch.setattr("twin3d.fem.multigrid.solver.MAX_ITERATIONS", 5)

    with pytest.raises(SolverError, match=r"residual of .* after 5 iterations; .* take a direct solver"):
        multigrid_solver(system.A, backend=HOST).solve(system.load)


def test_a_load_that_is_not_finite_is_refused():
    system = heat_system((10, 10, 10))

    with pytest.raises(SolverError, match="right-hand side holds a number that is not finite; check the loads"):
        multigrid_solver(system.A, backend=HOST).solve(system.load * np.nan)


def test_a_near_null_space_of_another_size_is_refused():
    with pytest.raises(SolverError, match="has 5 rows for 1331 unknowns"):
        multigrid_solver(heat_system((10, 10, 10)).A, np.ones((5, 1)), backend=HOST)


def test_unknowns_without_points_are_refused():
    with pytest.raises(SolverError, match="1331 unknowns are not three to a point; say which"):
        multigrid_solver(heat_system((10, 10, 10)).A, np.ones((1331, 6)), backend=HOST)
