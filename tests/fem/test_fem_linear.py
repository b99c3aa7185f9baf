"""Linear systems: every method gives the same answer, and none fails in silence."""

import numpy as np
import pytest
from emulated_device import emulated_device
from linear_problems import elastic_problem
from scipy import sparse

from twin3d.backend import get_backend
from twin3d.errors import SolverError
from twin3d.fem.linear import Method, SolveStatus, choice, device, fill_reducing_order, prepare
from twin3d.fem.linear.direct import SuperLU
from twin3d.fem.linear.iteration import Rules, block_conjugate_gradients

HOST = get_backend("numpy")
METHODS = [method for method in Method if method is not Method.PARDISO or choice.has_pardiso()]


def grid_laplacian(n=12):
    line = sparse.diags_array([-np.ones(n - 1), 2.0 * np.ones(n), -np.ones(n - 1)], offsets=[-1, 0, 1])
    one = sparse.eye_array(n)
    kron = sparse.kron
    total = kron(kron(line, one), one) + kron(kron(one, line), one) + kron(kron(one, one), line)
    return sparse.csr_array(total)


@pytest.mark.parametrize("shape", [(1728,), (1728, 3)])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_solution(method, shape, rng):
    A, x = grid_laplacian(), rng.normal(size=shape)

    solved = prepare(A, method=method, backend=HOST).solve(A @ x)

    np.testing.assert_allclose(solved.x, x, rtol=0, atol=1e-7)
    assert solved.residual <= 1e-10


def test_stored_zeros_do_not_fill_a_factor():
    A = grid_laplacian()
    far = sparse.csr_array(A @ A)
    rows = np.repeat(np.arange(1728), np.diff(far.indptr))
    entries = np.concatenate([A.tocoo().data, np.zeros(far.nnz)])
    places = [np.concatenate(both) for both in zip(A.tocoo().coords, (rows, far.indices), strict=True)]
    with_zeros = sparse.csr_array((entries, places), shape=A.shape)

    factors = [SuperLU(matrix, reason="asked for")._factor for matrix in (A, with_zeros)]

    assert with_zeros.nnz > A.nnz
    assert factors[1].nnz <= 1.01 * factors[0].nnz


def test_the_way_of_the_backend_finds_the_solution(backend, rng):
    A, x = grid_laplacian(), rng.normal(size=(1728, 3))

    ours = prepare(A, backend=backend).solve(A @ x).x

    np.testing.assert_allclose(ours, x, rtol=0, atol=1e-7)


@pytest.mark.parametrize("is_quadratic", [False, True])
def test_the_way_of_the_gpu_is_multigrid(is_quadratic):
    device, problem = emulated_device(), elastic_problem(4, is_quadratic=is_quadratic)
    spaces = {"near_null_space": problem.modes, "prolongation": problem.prolongation}

    factor = prepare(problem.A, **spaces, backend=device)
    solved = factor.solve(problem.b)

    assert factor.method is Method.MULTIGRID
    expected = prepare(problem.A, method=Method.SUPERLU, backend=HOST).solve(problem.b).x
    np.testing.assert_allclose(solved.x, expected, rtol=0, atol=1e-8 * np.abs(expected).max())
    assert solved.n_iterations <= 25


def test_a_tolerance_below_rounding_ends_there_on_the_gpu_too(rng):
    A = grid_laplacian()

    solved = prepare(A, backend=emulated_device()).solve(rng.normal(size=1728), rtol=1e-18)

    assert solved.status is SolveStatus.ROUNDING
    assert solved.residual < 1e-13


def test_a_new_matrix_is_served_on_the_gpu_too(rng):
    A, b = grid_laplacian(), rng.normal(size=1728)
    factor, changed = prepare(A, backend=emulated_device()), sparse.csr_array(2.0 * A + sparse.eye_array(1728))

    factor.refactor(changed)

    np.testing.assert_allclose(changed @ factor.solve(b).x, b, rtol=0, atol=1e-8)


def test_one_right_hand_side_is_solved_by_multigrid_where_that_is_cheaper(monkeypatch):
    monkeypatch.setattr(choice, "has_pardiso", lambda: False)
    A = grid_laplacian(24)

    once, often = (prepare(A, once=once, backend=HOST).method for once in (True, False))

    assert (once, often) == (Method.MULTIGRID, Method.SUPERLU)


def test_one_order_serves_matrices_of_the_same_pattern(rng):
    A = grid_laplacian()
    order = fill_reducing_order(A, backend=HOST)
    shifted = sparse.csr_array(A + 3.0 * sparse.eye_array(A.shape[0]))
    b = rng.normal(size=A.shape[0])

    x = prepare(shifted, order=order, backend=HOST).solve(b).x

    np.testing.assert_allclose(shifted @ x, b, rtol=0, atol=1e-12)


def test_a_diagonal_matrix_needs_no_order():
    A = sparse.csr_array(sparse.diags_array(np.array([1.0, 2.0, 4.0])))

    np.testing.assert_allclose(prepare(A, backend=HOST).solve(np.ones(3)).x, [1.0, 0.5, 0.25], rtol=1e-14)


def test_a_system_that_nothing_holds_is_refused():
    A = grid_laplacian()
    loose = sparse.csr_array(A - sparse.diags_array(A @ np.ones(A.shape[0])))

    with pytest.raises(SolverError, match="nothing holds the temperature; add a convection"):
        prepare(loose, backend=HOST)


@pytest.mark.parametrize(
    ("entry", "message"), [(np.nan, "not finite; check the materials"), (0.0, "row 2 of the system has no positive")]
)
def test_a_damaged_diagonal_is_refused(entry, message):
    diagonal = np.ones(5)
    diagonal[2] = entry

    with pytest.raises(SolverError, match=message):
        prepare(sparse.csr_array(sparse.diags_array(diagonal)), backend=HOST)


def test_a_matrix_that_is_singular_otherwise_is_refused():
    A = sparse.csr_array(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]))

    with pytest.raises(SolverError, match="cannot be factorised"):
        prepare(A, method=Method.SUPERLU, backend=HOST)


def test_an_iteration_that_does_not_converge_says_how_far_it_came(rng, monkeypatch):
    monkeypatch.setattr(device, "MAX_ITERATIONS", 5)
    A, b = grid_laplacian(), rng.normal(size=(1728, 2))
    factor = prepare(A, method=Method.CONJUGATE_GRADIENTS, backend=HOST)

    with pytest.raises(SolverError, match=r"limit of iterations at a relative residual of .* after 5 steps; look for"):
        factor.solve(b)


@pytest.mark.parametrize("method", METHODS)
def test_a_new_matrix_of_the_same_pattern_is_served(method, rng):
    A, b = grid_laplacian(), rng.normal(size=1728)
    factor, changed = prepare(A, method=method, backend=HOST), sparse.csr_array(2.0 * A + sparse.eye_array(1728))

    factor.refactor(changed)

    np.testing.assert_allclose(changed @ factor.solve(b).x, b, rtol=0, atol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_another_size_is_refused_with_the_remedy(method):
    factor = prepare(grid_laplacian(5), method=method, backend=HOST)

    with pytest.raises(SolverError, match=r"cannot replace one of 125 unknowns; prepare it anew"):
        factor.refactor(grid_laplacian(6))


@pytest.mark.parametrize("method", METHODS)
def test_a_load_that_is_not_finite_is_refused(method):
    factor = prepare(grid_laplacian(5), method=method, backend=HOST)

    with pytest.raises(SolverError, match="2 numbers that are not finite; check the loads"):
        factor.solve(np.where(np.arange(125) < 2, np.nan, 1.0))


@pytest.mark.parametrize("method", METHODS)
def test_a_load_of_another_size_is_refused(method):
    factor = prepare(grid_laplacian(5), method=method, backend=HOST)

    with pytest.raises(SolverError, match=r"shape \(124,\) does not fit a system of 125 unknowns"):
        factor.solve(np.ones(124))


@pytest.mark.parametrize("method", [Method.MULTIGRID, Method.CONJUGATE_GRADIENTS])
def test_an_indefinite_matrix_breaks_down_with_the_remedy(method, rng):
    A = sparse.csr_array(grid_laplacian() - 2.0 * sparse.eye_array(1728))

    with pytest.raises(SolverError, match=r"broke down .* not positive definite; look for loose parts"):
        prepare(A, method=method, backend=HOST).solve(rng.normal(size=1728))


@pytest.mark.parametrize("method", METHODS)
def test_a_tolerance_below_rounding_ends_there_and_says_so(method, rng):
    A = grid_laplacian()

    solved = prepare(A, method=method, backend=HOST).solve(rng.normal(size=1728), rtol=1e-18)

    assert solved.status is SolveStatus.ROUNDING
    assert solved.residual < 1e-13


def test_a_body_that_can_still_turn_is_refused():
    problem = elastic_problem(3)
    turn = problem.modes[:, 3:4] / np.linalg.norm(problem.modes[:, 3])
    without_turn = np.eye(len(turn)) - turn @ turn.T
    loose = without_turn @ problem.A.toarray() @ without_turn

    with pytest.raises(SolverError, match="nothing holds a rigid motion; add fixed or symmetry"):
        prepare(sparse.csr_array(loose), near_null_space=problem.modes, backend=HOST)


def test_a_loose_second_body_is_refused_by_its_size():
    held, loose = elastic_problem(2), elastic_problem(2)
    Q, _ = np.linalg.qr(loose.modes)
    without_motion = np.eye(len(Q)) - Q @ Q.T
    A = sparse.csr_array(sparse.block_diag([held.A, without_motion @ loose.A.toarray() @ without_motion]))

    with pytest.raises(SolverError, match="rigid motion of a piece of 54 of 108 unknowns; add fixed"):
        prepare(A, near_null_space=np.vstack([held.modes, loose.modes]), backend=HOST)


def test_a_body_of_two_points_is_not_taken_for_loose():
    problem = elastic_problem(2)
    A = sparse.csr_array(sparse.block_diag([problem.A, np.diag(np.full(6, 5.0)) + 0.1]))
    modes = np.vstack([problem.modes, problem.modes[:6]])

    solved = prepare(A, near_null_space=modes, backend=HOST).solve(np.ones(60))

    np.testing.assert_allclose(A @ solved.x, 1.0, rtol=1e-9)


def test_a_column_of_zeros_stays_zero(rng):
    A, b = grid_laplacian(), rng.normal(size=(1728, 2))
    b[:, 1] = 0.0

    x, _, status = block_conjugate_gradients(lambda x: A @ x, lambda r: r / 6.0, b, rules=Rules(), xp=np)

    assert status is SolveStatus.CONVERGED
    np.testing.assert_allclose(A @ x[:, 0], b[:, 0], rtol=0, atol=1e-7)
    np.testing.assert_array_equal(x[:, 1], 0.0)
