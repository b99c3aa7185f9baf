import dataclasses

import numpy as np
import pytest
from box_asset import AMBIENT_K, box_inputs, box_rows, box_sensors
from scipy import linalg
from scipy.integrate import quad

from twin3d.estimation.observation import observe
from twin3d.estimation.problem import initial_state, state_problem
from twin3d.estimation.responses import three_in_series, two_in_series
from twin3d.estimation.transition import change_frame, linearise, operators_at, sensitivities

RATES = [(1.0, 2.0, 3.0), (1.0, 1.0, 1.0), (0.0, 0.0, 3.0), (1.0, 1.01, 1.02), (1e4, 0.03, 2.0), (0.0, 1e-3, 1e5)]


@pytest.mark.parametrize("rates", RATES)
@pytest.mark.parametrize("time_s", [0.02, 0.5])
def test_series_of_first_order_systems_equals_its_convolution(rates, time_s):
    a, b, c = rates
    breaks = time_s * np.array([1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.9, 0.99, 0.999, 0.9999])

    def integrand(s):
        return float(two_in_series(a, b, s)) * np.exp(-c * (time_s - s))

    expected = quad(integrand, 0.0, time_s, points=breaks, limit=1000, epsabs=1e-18, epsrel=1e-11)[0]

    np.testing.assert_allclose(three_in_series(a, b, c, time_s), expected, rtol=1e-8)


@pytest.fixture
def problem(box_model):
    keep = 8  # slow modes alone, so that a matrix exponential is a fair judge
    small = dataclasses.replace(
        box_model,
        basis=box_model.basis[:, :keep],
        decay_rates=box_model.decay_rates[:keep],
        input_map=box_model.input_map[:keep],
        lifting_rate_map=box_model.lifting_rate_map[:keep],
        mass_terms=box_model.mass_terms[:, :keep, :keep],
        stiffness_terms=box_model.stiffness_terms[:, :keep, :keep],
        load_terms=box_model.load_terms[:, :keep],
        constant_load=box_model.constant_load[:keep],
        error_load=np.random.default_rng(5).normal(size=(keep, 2)),
    )
    sensors = box_sensors()
    return state_problem(small, observe(small, box_rows(), sensors), box_inputs(), sensors)


def continuous_matrix(problem):
    """The same dynamics as one matrix on [z, l, q, w] at nominal parameters."""
    model, seen = problem.model, problem.observation
    n = problem.sources.stop
    A = np.zeros((n, n))
    modes, lags, inputs = slice(0, problem.n_modes), problem.lags, problem.inputs
    A[modes, modes] = -np.diag(model.decay_rates)
    A[modes, inputs] = model.input_map[:, problem.uncertain]
    A[lags, modes] = problem.lag_rates[:, None] * seen.modes[problem.lagged]
    A[lags, inputs] = problem.lag_rates[:, None] * seen.inputs[np.ix_(problem.lagged, problem.uncertain)]
    A[lags, lags] = -np.diag(problem.lag_rates)
    A[inputs, inputs] = -np.diag(problem.input_rates)
    A[modes, problem.sources] = problem.error_load
    A[problem.sources, problem.sources] = -problem.source_rate * np.eye(2)
    noise = np.zeros(n)
    noise[inputs] = problem.input_noise
    noise[problem.sources] = 2.0 * problem.source_rate
    return A, np.diag(noise)


def test_transition_and_noise_equal_van_loan(problem):
    dt_s = 0.05
    A, noise = continuous_matrix(problem)
    n = len(A)
    both = linalg.expm(dt_s * np.block([[-A, noise], [np.zeros((n, n)), A.T]]))
    expected_A = both[n:, n:].T
    expected_Q = expected_A @ both[:n, n:]

    transition = linearise(problem, np.zeros(problem.n_state), dt_s)

    sign = np.sign(np.diag(transition.frame))
    turn = np.concatenate([sign, np.ones(n - problem.n_modes)])
    fast = transition.fast_from_all[:, :n] * turn * turn[: problem.n_fast, None]
    np.testing.assert_allclose(fast, expected_A[: problem.n_fast], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(transition.noise * np.outer(turn, turn), expected_Q, rtol=1e-7, atol=1e-13)


def test_noise_of_a_step_of_many_time_constants_is_that_of_many_steps(problem):
    step = linearise(problem, np.zeros(problem.n_state), 50.0 / 64)
    n, n_fast = len(step.noise), problem.n_fast
    A = np.diag(np.concatenate([np.zeros(n_fast), step.slow_decay[: n - n_fast]]))
    A[:n_fast] = step.fast_from_all[:, :n]
    Q = step.noise
    for _ in range(6):
        A, Q = A @ A, A @ Q @ A.T + Q

    transition = linearise(problem, np.zeros(problem.n_state), 50.0)

    assert step.rates.max() * 50.0 > 100.0
    size = np.sqrt(np.diag(Q))
    np.testing.assert_allclose(transition.noise / np.outer(size, size), Q / np.outer(size, size), rtol=0.0, atol=1e-5)


def test_held_input_is_stepped_exactly(problem):
    transition = linearise(problem, np.zeros(problem.n_state), 0.5)
    u = problem.mean_input
    model = problem.model
    expected = (1.0 - np.exp(-0.5 * model.decay_rates)) / model.decay_rates * (model.input_map @ u)

    np.testing.assert_allclose(
        transition.frame @ transition.constant[: problem.n_modes], expected, rtol=1e-12, atol=1e-14
    )


def test_sensitivities_are_derivatives_of_the_heat_rate(
    problem,
):
    rng = np.random.default_rng(3)
    x = np.zeros(problem.n_state)
    x[: problem.n_modes] = rng.normal(size=problem.n_modes)
    x[problem.inputs] = 10.0 * rng.normal(size=len(problem.uncertain))
    x[problem.sources] = rng.normal(size=2)
    transition = linearise(problem, x, 0.02)

    def rate(log_parameters):
        shifted = x.copy()
        shifted[problem.log_parameters] = log_parameters
        M, K, F = operators_at(problem, problem.theta(shifted))
        y = transition.frame @ x[: problem.n_modes]
        heat = F @ problem.input_values(x) - K @ y + problem.error_load @ x[problem.sources]
        return transition.frame.T @ np.linalg.solve(M, heat)

    step = 1e-5 * np.eye(len(problem.parameters))
    expected = np.array([(rate(d) - rate(-d)) / 2e-5 for d in step]).T

    actual = sensitivities(problem, transition, x)

    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())


def test_change_of_frame_keeps_the_field(problem):
    x, P = initial_state(problem)
    shifted = x.copy()
    shifted[: problem.n_modes] = np.arange(1.0, problem.n_modes + 1.0)
    shifted[problem.log_parameters] = 0.7
    old, new = linearise(problem, x, 0.02), linearise(problem, shifted, 0.02)

    moved, P_moved = change_frame(old.frame, new.frame, shifted, P)

    n = problem.n_modes
    np.testing.assert_allclose(new.frame @ moved[:n], old.frame @ shifted[:n], rtol=1e-10)
    expected = old.frame @ P[:n, :n] @ old.frame.T
    np.testing.assert_allclose(new.frame @ P_moved[:n, :n] @ new.frame.T, expected, rtol=1e-8, atol=1e-10)
    assert problem.observation.constant[0] == AMBIENT_K
