import numpy as np
import pytest
from box_asset import box_inputs, box_rows, box_sensors, dense_system

from twin3d.errors import EstimationError
from twin3d.estimation.observation import observe
from twin3d.estimation.problem import initial_state, state_problem
from twin3d.estimation.steady import steady_gain
from twin3d.estimation.transition import linearise


@pytest.fixture
def box_system(box_model):
    """The box with biases that leak in minutes to an hour, powers that revert, and an ambient that drifts freely."""
    sensors = box_sensors()
    problem = state_problem(box_model, observe(box_model, box_rows(), sensors), box_inputs(), sensors)
    x, _ = initial_state(problem)
    A, Q, C, _ = dense_system(problem, linearise(problem, x, 0.5))
    return A, C, Q, np.full(len(C), 0.04)


def recursion(A, C, Q, R, *, n_steps):
    P = np.zeros_like(Q)
    for _ in range(n_steps):
        X = A @ P @ A.T + Q
        K = np.linalg.solve(C @ X @ C.T + np.diag(R), C @ X).T
        P = (np.eye(len(A)) - K @ C) @ X
        P = 0.5 * (P + P.T)
    return K, P


def test_steady_gain_equals_a_long_recursion(box_system):
    A, C, Q, R = box_system

    K, P = steady_gain(A, C, Q, R)

    expected_K, expected_P = recursion(A, C, Q, R, n_steps=60_000)
    deviation = np.sqrt(np.diag(expected_P))
    np.testing.assert_allclose(K, expected_K, rtol=1e-5, atol=1e-6 * np.abs(expected_K).max())
    np.testing.assert_allclose(P, expected_P, rtol=0.0, atol=1e-6 * np.outer(deviation, deviation).max())
    np.testing.assert_allclose(np.diag(P), deviation**2, rtol=1e-5)


@pytest.mark.parametrize("noise_ratio", [1e-6, 1.0, 1e4])
def test_random_walk_has_the_covariance_of_its_quadratic_equation(noise_ratio):
    q, r = 0.3 * noise_ratio, 0.3
    one = np.ones((1, 1))

    K, P = steady_gain(one, one, q * one, r * np.ones(1))

    forecast = 0.5 * (q + np.sqrt(q * q + 4.0 * q * r))
    np.testing.assert_allclose(K, [[forecast / (forecast + r)]], rtol=1e-9)
    np.testing.assert_allclose(P, [[forecast * r / (forecast + r)]], rtol=1e-9)


def test_double_integrator_has_the_gains_of_kalata():
    dt, acceleration, noise = 0.4, 1.7, 0.25
    A = np.array([[1.0, dt], [0.0, 1.0]])
    push = np.array([0.5 * dt**2, dt])

    K, _ = steady_gain(A, np.array([[1.0, 0.0]]), acceleration**2 * np.outer(push, push), np.array([noise**2]))

    index = acceleration * dt**2 / noise  # P. R. Kalata, IEEE Trans. AES-20 (1984) 174
    root = np.sqrt(index**2 + 8.0 * index)
    alpha = -0.125 * (index**2 + 8.0 * index - (index + 4.0) * root)
    beta = 0.25 * (index**2 + 4.0 * index - index * root)
    np.testing.assert_allclose(K[:, 0], [alpha, beta / dt], rtol=1e-9)


def test_without_sensors_the_covariance_is_the_stationary_one():
    A, Q = np.diag([0.9, 0.999999]), np.diag([2.0, 3.0])

    K, P = steady_gain(A, np.zeros((0, 2)), Q, np.zeros(0))

    assert K.shape == (2, 0)
    np.testing.assert_allclose(P, np.diag([2.0 / (1.0 - 0.81), 3.0 / (1.0 - 0.999999**2)]), rtol=1e-9)


def test_noise_may_be_a_covariance(box_system):
    A, C, Q, R = box_system

    K, P = steady_gain(A, C, Q, np.diag(R))

    expected_K, expected_P = steady_gain(A, C, Q, R)
    np.testing.assert_allclose(K, expected_K, rtol=1e-6, atol=1e-9 * np.abs(K).max())
    np.testing.assert_allclose(P, expected_P, rtol=1e-6, atol=1e-9 * np.abs(P).max())


def test_drift_that_no_sensor_sees_is_refused():
    A, C, Q = np.diag([0.9, 1.0]), np.array([[1.0, 0.0]]), np.diag([0.1, 0.1])

    with pytest.raises(EstimationError, match="never settles"):
        steady_gain(A, C, Q, np.ones(1))


def test_growth_that_no_sensor_sees_is_refused():
    with pytest.raises(EstimationError, match="never settles"):
        steady_gain(np.diag([0.9, 1.5]), np.array([[1.0, 0.0]]), np.eye(2), np.ones(1))


def test_drifts_that_only_their_sum_is_seen_of_are_refused():
    C = np.array([[1.0, 1.0]])

    with pytest.raises(EstimationError, match="never settles"):
        steady_gain(np.eye(2), C, np.diag([0.1, 0.2]), np.ones(1))


def test_unseen_constant_without_noise_is_refused():
    A, C, Q = np.diag([0.9, 1.0]), np.array([[1.0, 0.0]]), np.diag([0.1, 0.0])

    with pytest.raises(EstimationError, match="never settles"):
        steady_gain(A, C, Q, np.ones(1))


@pytest.mark.parametrize("R", [np.array([1.0, 0.0]), np.diag([1.0, -1.0])])
def test_observation_without_noise_is_refused(R):
    with pytest.raises(EstimationError, match="give every sensor a noise"):
        steady_gain(0.5 * np.eye(2), np.eye(2), np.eye(2), R)
