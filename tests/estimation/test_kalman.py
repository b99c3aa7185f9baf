import dataclasses

import numpy as np
import pytest
from box_asset import box_inputs, box_rows, box_sensors, dense_system
from scipy import linalg

from twin3d.estimation.correction import Observed
from twin3d.estimation.kalman import Filter
from twin3d.estimation.observation import observe
from twin3d.estimation.problem import initial_state, state_problem
from twin3d.estimation.transition import linearise
from twin3d.records import Parameter


@pytest.fixture
def certain(box_model):
    """The problem without parameters and lags: linear, so that a textbook filter is exact."""
    model = dataclasses.replace(
        box_model, parameters=tuple(Parameter(p.name, p.kind, 0.0) for p in box_model.parameters)
    )
    sensors = box_sensors(lag=0.0)
    return state_problem(model, observe(model, box_rows(), sensors), box_inputs(), sensors)


def test_filter_equals_a_textbook_filter(certain):
    rng = np.random.default_rng(1)
    x0, P0 = initial_state(certain)
    transition = linearise(certain, x0, 0.02)
    A, Q, H, constant = dense_system(certain, transition)
    filter_ = Filter(certain, x0, P0)
    filter_.change_frame(np.eye(certain.n_modes), transition.frame)
    x, P = filter_.x.copy(), filter_.P.copy()
    jacobian = filter_.jacobian(transition)
    noise = np.full(len(H), 0.04)

    for _ in range(40):
        y = rng.normal(size=len(H))
        filter_.forecast(transition, jacobian)
        filter_.correct(filter_.observe(H, y, noise)[0])
        x, P = A @ x + constant, A @ P @ A.T + Q
        S = H @ P @ H.T + 0.04 * np.eye(len(H))
        K = np.linalg.solve(S, H @ P).T
        x, P = x + K @ (y - H @ x), (np.eye(len(x)) - K @ H) @ P

    np.testing.assert_allclose(filter_.x, x, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(filter_.P, P, rtol=1e-6, atol=1e-8 * np.abs(P).max())


def test_covariance_settles_at_the_riccati_solution(certain):
    x0, P0 = initial_state(certain)
    transition = linearise(certain, x0, 5.0)
    A, Q, H, _ = dense_system(certain, transition)
    observed = [*range(certain.n_fast + 3)]  # without the driven input and the biases, which never settle
    A, Q, H = A[np.ix_(observed, observed)], Q[np.ix_(observed, observed)], H[:7, observed]
    expected = linalg.solve_discrete_are(A.T, H.T, Q + 1e-9 * np.eye(len(A)), 0.04 * np.eye(7))
    rest = np.setdiff1d(np.arange(certain.n_state), observed)
    P0[rest], P0[:, rest] = 0.0, 0.0
    transition.slow_noise[:] = 0.0
    transition.noise[certain.inputs.stop - 1] = transition.noise[:, certain.inputs.stop - 1] = 0.0
    filter_ = Filter(certain, x0, P0)
    filter_.change_frame(np.eye(certain.n_modes), transition.frame)
    jacobian = filter_.jacobian(transition)

    for _ in range(100):
        filter_.forecast(transition, jacobian)
        forecast = filter_.P[np.ix_(observed, observed)].copy()
        for row in H:
            wide = np.zeros(certain.n_state)
            wide[observed] = row
            filter_.correct(Observed(wide[None], np.zeros(1), np.full(1, 0.04)))

    np.testing.assert_allclose(forecast, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_considered_states_keep_mean_and_variance(box_model):
    sensors = box_sensors()
    problem = state_problem(box_model, observe(box_model, box_rows(), sensors), box_inputs(), sensors)
    rng = np.random.default_rng(2)
    root = rng.normal(size=(problem.n_state, problem.n_state))
    P = root @ root.T
    filter_ = Filter(problem, np.zeros(problem.n_state), P.copy())
    row = rng.normal(size=problem.n_state)
    gain = P @ row / (row @ P @ row + 0.04)
    gain[problem.considered] = 0.0
    keep = np.eye(len(P)) - np.outer(gain, row)
    joseph = keep @ P @ keep.T + 0.04 * np.outer(gain, gain)

    filter_.correct(Observed(row[None], np.ones(1), np.full(1, 0.04)))

    np.testing.assert_allclose(filter_.P, joseph, rtol=1e-9, atol=1e-9 * np.abs(P).max())
    assert (filter_.x[problem.considered] == 0.0).all()


def test_input_outside_its_bounds_is_pulled_back_along_the_covariance(certain):
    x, P = initial_state(certain)
    column = certain.inputs.start
    x[column] = -60.0
    P[0, column] = P[column, 0] = 0.5 * P[column, column]
    before = x[0]
    filter_ = Filter(certain, x, P)

    outside = filter_.pull_inside()

    assert outside == [0]
    np.testing.assert_allclose(filter_.x[column], -40.0)
    np.testing.assert_allclose(filter_.x[0] - before, 10.0)
