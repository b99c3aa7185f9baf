"""Sudden changes of unknown inputs, on readings without noise of the asset's own model."""

import numpy as np
import pytest
from box_asset import AMBIENT_K, box_inputs, box_rows, box_sensors, play, simulate

from twin3d.estimation import Estimator


def follow(model, powers, *, seed=0, duration_s=8.0):
    """Last estimate and all events of a twin whose asset is its own model."""
    rng, sensors = np.random.default_rng(seed), box_sensors(bias=0.0)
    run = simulate(
        model, box_rows(), sensors, rng, powers=powers, duration_s=duration_s, ambient=0.0, lag_error=0.0, bias=0.0
    )
    estimator = Estimator.prepare(model, box_rows(), box_inputs(), sensors, tick_s=0.02)
    estimator.start(0)
    *_, (_, estimate) = play(estimator, run.readings, duration_s)
    return estimate, estimator.events()


def stepping_power(time_s):
    return np.array([40.0, 90.0 if time_s >= 4.0 else 40.0, 40.0])


@pytest.fixture(scope="module")
def after_a_step(box_model):
    return follow(box_model, stepping_power)


def test_a_step_is_found_and_its_input_named(after_a_step):
    _, events = after_a_step

    jumps = [(time_ns, text) for time_ns, kind, text in events if kind == "jump"]

    assert len(jumps) == 1
    time_ns, text = jumps[0]
    assert "input power_2 jumped" in text
    assert 4.0 < time_ns * 1e-9 < 6.0


def test_after_a_step_the_input_is_right_within_its_bars(after_a_step):
    estimate, _ = after_a_step

    errors = np.abs(estimate.inputs - [40.0, 90.0, 40.0, AMBIENT_K])

    assert (errors < 3.0 * estimate.input_deviation).all()
    assert errors[1] < 25.0


def test_steady_powers_make_no_jump(box_model):
    _, events = follow(box_model, lambda time_s: np.full(3, 40.0), seed=1)

    assert [text for _, kind, text in events if kind == "jump"] == []
