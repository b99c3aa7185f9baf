import numpy as np
import pytest
from box_asset import box_inputs, box_rows, box_sensors

from twin3d.estimation.correction import Observed, condensed
from twin3d.estimation.kalman import Filter
from twin3d.estimation.observation import observe
from twin3d.estimation.problem import initial_state, state_problem
from twin3d.estimation.transition import linearise


@pytest.fixture
def problem(box_model):
    sensors = box_sensors()
    return state_problem(box_model, observe(box_model, box_rows(), sensors), box_inputs(), sensors)


@pytest.fixture
def filter_(problem, rng):
    root = rng.normal(size=(problem.n_state, problem.n_state))
    return Filter(problem, rng.normal(size=problem.n_state), root @ root.T)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def draw_observed(rng, n_observations, n_state):
    variances = rng.uniform(0.01, 4.0, n_observations)
    return Observed(rng.normal(size=(n_observations, n_state)), rng.normal(size=n_observations), variances)


def textbook(filter_, observed, considered):
    """Schmidt's gain and Joseph's form, with explicit matrices."""
    x, P, H, R = filter_.x, filter_.P, observed.rows, np.diag(observed.variances)
    K = np.linalg.solve(H @ P @ H.T + R, H @ P).T
    K[considered] = 0.0
    keep = np.eye(len(x)) - K @ H
    return x + K @ observed.innovations, keep @ P @ keep.T + K @ R @ K.T


def assert_same_state(filter_, x, P):
    np.testing.assert_allclose(filter_.x, x, rtol=1e-8, atol=1e-8 * np.abs(x).max())
    np.testing.assert_allclose(filter_.P, P, rtol=1e-8, atol=1e-10 * np.abs(P).max())


@pytest.mark.parametrize("n_observations", [1, 8, 60, 400])
def test_batch_equals_the_textbook_with_considered_states(filter_, problem, rng, n_observations):
    observed = draw_observed(rng, n_observations, problem.n_state)
    x, P = textbook(filter_, observed, problem.considered)

    filter_.correct(observed)

    assert_same_state(filter_, x, P)
    np.testing.assert_array_equal(filter_.P, filter_.P.T)


def test_batch_equals_one_reading_after_another(filter_, problem, rng):
    # With considered states only the batch is optimal: readings one by one are correlated through what they leave out.
    problem.__dict__["is_considered"] = np.zeros(problem.n_state, dtype=bool)
    one_by_one, observed = filter_.copy(), draw_observed(rng, 9, problem.n_state)
    start = filter_.x.copy()
    for row, innovation, variance in zip(observed.rows, observed.innovations, observed.variances, strict=True):
        value = innovation + row @ start
        one_by_one.correct(one_by_one.observe(row[None], np.array([value]), np.array([variance]))[0])

    filter_.correct(observed)

    assert_same_state(filter_, one_by_one.x, one_by_one.P)


def test_many_readings_equal_the_information_form(filter_, problem, rng):
    problem.__dict__["is_considered"] = np.zeros(problem.n_state, dtype=bool)
    observed = draw_observed(rng, 1000, problem.n_state)
    weighted = observed.rows.T / observed.variances
    P = np.linalg.inv(np.linalg.inv(filter_.P) + weighted @ observed.rows)
    x = filter_.x + P @ (weighted @ observed.innovations)

    filter_.correct(observed)

    assert_same_state(filter_, x, P)


def test_condensed_readings_hold_the_same_information(rng):
    observed = draw_observed(rng, 300, 40)
    observed.rows[:, 30:] = observed.rows[:, :10]  # ten directions that no reading tells from others

    few = condensed(observed)

    weighted = observed.rows.T / observed.variances
    assert len(few.innovations) == 30
    np.testing.assert_allclose(few.rows.T @ few.rows, weighted @ observed.rows, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(few.rows.T @ few.innovations, weighted @ observed.innovations, rtol=1e-8, atol=1e-8)


def test_covariance_stays_positive_over_a_hundred_thousand_steps(problem, rng):
    x, P = initial_state(problem)
    filter_ = Filter(problem, x, P)
    transition = linearise(problem, x, 0.02)
    filter_.change_frame(np.eye(problem.n_modes), transition.frame)
    jacobian = filter_.jacobian(transition)
    rows = np.zeros((3, problem.n_state))
    rows[:, : problem.n_modes] = transition.modes_seen[:3]
    precise = Observed(rows, np.zeros(3), np.full(3, 1e-6))

    for _ in range(100_000):
        filter_.forecast(transition, jacobian)
        filter_.correct(precise)

    scale = 1.0 / np.sqrt(np.diag(filter_.P))
    assert np.linalg.eigvalsh(filter_.P * np.outer(scale, scale)).min() > -1e-10
    np.testing.assert_array_equal(filter_.P, filter_.P.T)
