import dataclasses

import numpy as np
import pytest
from box_asset import AMBIENT_K, box_inputs, box_rows, box_sensors, make_readings

from twin3d.estimation import Estimator
from twin3d.estimation.observation import observe
from twin3d.estimation.problem import initial_state, state_problem
from twin3d.estimation.start import warm_state
from twin3d.estimation.transition import linearise
from twin3d.records import empty_readings
from twin3d.reduction import lift
from twin3d.reduction.march import steady
from twin3d.scene import Estimation

TICK_S = 0.02


@pytest.fixture
def problem(box_model):
    model = dataclasses.replace(box_model, error_load=np.random.default_rng(5).normal(size=(box_model.n_modes, 2)))
    sensors = box_sensors()[:8]  # without the driving one, which never settles
    return state_problem(model, observe(model, box_rows()[:8], sensors), box_inputs(), sensors)


def test_wandering_inputs_leave_the_covariance_that_the_forecast_settles_at(problem):
    x, P = warm_state(problem, wandering=True)

    transition = linearise(problem, x, 5.0)
    n, n_fast = problem.driving.stop, problem.n_fast
    A = np.diag(np.append(np.zeros(n_fast), transition.slow_decay[: n - n_fast]))
    A[:n_fast] = transition.fast_from_all[:, :n]
    turn = np.eye(n)
    turn[: problem.n_modes, : problem.n_modes] = transition.frame
    now = np.linalg.solve(turn, np.linalg.solve(turn, (P - start_spread(problem))[:n, :n]).T)
    np.testing.assert_allclose(A @ now @ A.T + transition.noise, now, rtol=0.0, atol=1e-5 * np.abs(now).max())


def start_spread(problem):
    """What the stated initial temperature may be off, which every start allows for."""
    P = initial_state(problem)[1]
    P[problem.driving, problem.driving] = 0.0
    return P


def start_at(model, word):
    settings = Estimation(start=word, source_scale=0.0)
    estimator = Estimator.prepare(model, box_rows(), box_inputs(), box_sensors(), tick_s=TICK_S, settings=settings)
    estimator.start(0)
    return estimator


def test_a_warm_start_is_the_steady_state_of_the_mean_inputs(box_model):
    expected = steady(box_model, np.array([item.value for item in box_inputs()]))

    for word in ("steady", "unknown"):
        estimate = start_at(box_model, word).advance(empty_readings(), 0)
        np.testing.assert_allclose(estimate.coefficients, expected, rtol=1e-9, atol=1e-9)


def test_a_hot_asset_is_believed_at_once_unless_it_is_said_to_be_cold(box_model):
    hot = np.array([70.0, 20.0, 55.0, AMBIENT_K])
    a = steady(box_model, hot)
    values = AMBIENT_K + np.append(box_rows()[:8] @ box_model.basis @ a, 0.0)
    errors = {}
    for word in ("rest", "steady", "unknown"):
        estimator = start_at(box_model, word)
        for tick in range(1, 26):
            batch = make_readings([(index, tick * TICK_S, value) for index, value in enumerate(values)])
            estimate = estimator.advance(batch, round(tick * TICK_S * 1e9))
        field = lift.temperature(box_model, estimate.coefficients, estimate.inputs)
        errors[word] = np.sqrt(np.mean((field - lift.temperature(box_model, a, hot)) ** 2))

    assert errors["steady"] < 0.5
    assert errors["unknown"] < 0.5
    assert errors["rest"] > 3.0 * max(errors["steady"], errors["unknown"])
