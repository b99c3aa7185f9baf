"""Multigrid on the CPU: iterations stay few where the theory says so, and what is kept is kept."""

import numpy as np
import pytest
from linear_problems import elastic_problem, heat_problem
from scipy import sparse

from twin3d.backend import get_backend
from twin3d.errors import SolverError
from twin3d.fem.linear import Method, prepare

HOST = get_backend("numpy")


def prepared(problem, *, modes=True, prolongation=True):
    return prepare(
        problem.A,
        near_null_space=problem.modes if modes else None,
        prolongation=problem.prolongation if prolongation else None,
        method=Method.MULTIGRID,
        backend=HOST,
    )


@pytest.mark.parametrize("make", [heat_problem, elastic_problem])
def test_multigrid_finds_the_solution_of_a_factorisation(make):
    problem = make(10)
    direct = prepare(problem.A, near_null_space=problem.modes, method=Method.SUPERLU, backend=HOST).solve(problem.b)

    solved = prepared(problem).solve(problem.b)

    np.testing.assert_allclose(solved.x, direct.x, rtol=0, atol=1e-8 * np.abs(direct.x).max())
    assert solved.residual <= 1e-10


@pytest.mark.parametrize("make", [heat_problem, elastic_problem])
def test_the_linear_element_below_the_quadratic_one_saves_iterations(make):
    problem = make(7, is_quadratic=True)

    without, with_it = (prepared(problem, prolongation=p).solve(problem.b).n_iterations for p in (False, True))

    assert with_it < 0.7 * without


def test_rigid_body_modes_keep_iterations_few_while_the_mesh_grows():
    coarse, fine = elastic_problem(7), elastic_problem(14)

    few, more = (prepared(problem).solve(problem.b).n_iterations for problem in (coarse, fine))

    assert more <= few + 5
    assert more < 0.4 * prepared(fine, modes=False).solve(fine.b).n_iterations


def test_jumps_of_the_conductivity_cost_few_iterations():
    plain = heat_problem(16)
    jumping = heat_problem(16, conductivity=lambda x: np.where(np.floor(4.0 * x).sum(axis=0) % 2, 1e5, 1.0))

    few, more = (prepared(problem).solve(problem.b).n_iterations for problem in (plain, jumping))

    assert more <= 1.5 * few


def test_a_looser_tolerance_takes_fewer_iterations():
    problem = heat_problem(12)
    factor = prepared(problem)

    loose, tight = (factor.solve(problem.b, rtol=rtol) for rtol in (1e-3, 1e-10))

    assert loose.n_iterations < 0.5 * tight.n_iterations
    assert loose.residual <= 1e-3


def test_a_near_guess_saves_iterations():
    problem = heat_problem(12)
    factor = prepared(problem)
    near = 1.0001 * factor.solve(problem.b).x

    cold, warm = (factor.solve(problem.b, guess=guess).n_iterations for guess in (None, near))

    assert warm < 0.7 * cold


@pytest.mark.parametrize("n_columns", [2, 8, 13])
@pytest.mark.parametrize("make", [heat_problem, elastic_problem])
def test_a_block_of_loads_gives_the_solutions_of_single_ones(make, n_columns, rng):
    problem = make(10)
    factor, F = prepared(problem), rng.normal(size=(len(problem.b), n_columns))

    block = factor.solve(F).x

    single = np.column_stack([factor.solve(column).x for column in F.T])
    np.testing.assert_allclose(block, single, rtol=0, atol=1e-7 * np.abs(single).max())


@pytest.mark.parametrize("is_quadratic", [False, True])
def test_a_kept_hierarchy_serves_a_matrix_with_other_coefficients(is_quadratic):
    problem = elastic_problem(5, is_quadratic=is_quadratic)
    factor, changed = prepared(problem), 3.0 * problem.A
    changed.data *= np.random.default_rng(0).uniform(1.0, 1.0 + 1e-9, changed.nnz)
    changed = (changed + changed.T) / 2.0

    factor.refactor(changed)

    solved = factor.solve(problem.b)
    np.testing.assert_allclose(changed @ solved.x, problem.b, rtol=0, atol=1e-9 * np.linalg.norm(problem.b))
    assert solved.n_iterations <= prepared(problem).solve(problem.b).n_iterations + 3


def test_fixed_components_that_keep_their_rows_cost_no_iterations(rng):
    problem = elastic_problem(8)
    fixed = np.zeros(len(problem.b), dtype=bool)
    fixed[1::3] = rng.uniform(size=len(fixed[1::3])) < 0.3
    free = sparse.diags_array((~fixed).astype(float))
    diagonal = sparse.diags_array(np.where(fixed, problem.A.diagonal(), 0.0))
    A = sparse.csr_array(free @ problem.A @ free + diagonal)

    solved = prepare(A, near_null_space=problem.modes, method=Method.MULTIGRID, backend=HOST).solve(problem.b)

    np.testing.assert_allclose(A @ solved.x, problem.b, rtol=0, atol=1e-9 * np.linalg.norm(problem.b))
    assert solved.n_iterations <= prepared(problem).solve(problem.b).n_iterations + 8


def test_unknowns_that_belong_to_nothing_are_solved_too():
    problem = heat_problem(12)
    A = problem.A.copy()
    A.setdiag(1e4 * A.diagonal())

    solved = prepare(A, method=Method.MULTIGRID, backend=HOST).solve(problem.b)

    np.testing.assert_allclose(A @ solved.x, problem.b, rtol=0, atol=1e-9 * np.linalg.norm(problem.b))


def test_a_prolongation_without_shared_vertices_is_refused():
    problem = heat_problem(3, is_quadratic=True)

    with pytest.raises(SolverError, match="both elements must share vertices"):
        prepare(problem.A, prolongation=0.5 * problem.prolongation, method=Method.MULTIGRID, backend=HOST)
