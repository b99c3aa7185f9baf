"""Channels of one sensor share a bias, so that thousands of them are no states."""

import numpy as np
from box_asset import box_inputs, box_rows, box_sensors

from twin3d.estimation.observation import observe
from twin3d.estimation.problem import state_problem


def problem_of(model, sensors):
    return state_problem(model, observe(model, box_rows(), sensors), box_inputs(), sensors)


def test_the_channels_of_a_sensor_are_one_bias(box_model):
    apart = box_sensors()
    joined = [s.model_copy(update={"array": "image"}) if 1 <= k <= 3 else s for k, s in enumerate(apart)]

    own, shared = problem_of(box_model, apart), problem_of(box_model, joined)

    assert own.n_state - shared.n_state == 2
    assert len(set(shared.bias_states[1:4])) == 1
    assert len(set(shared.bias_states)) == len(shared.bias_spread) == len(own.bias_spread) - 2
    np.testing.assert_allclose(shared.bias_spread, own.bias_spread[[0, 1, *range(4, len(own.bias_spread))]])
