"""A model knows where it was made, and what leaving that costs."""

import numpy as np
import pytest
from hidden_asset import two_boxes

from twin3d.backend import get_backend
from twin3d.fem.heat import assemble_heat
from twin3d.fem.solve import steady
from twin3d.fem.space import function_space
from twin3d.reduction import lift, reduce_heat
from twin3d.reduction.march import steady as reduced_steady
from twin3d.reduction.store import load_model, save_model
from twin3d.reduction.trained import outside, widening


@pytest.fixture(scope="module")
def case():
    mesh, scene = two_boxes((10, 6, 3))
    space, backend = function_space(mesh), get_backend("numpy")
    operators = assemble_heat(scene, space, backend=backend)
    return operators, reduce_heat(operators, space, scene, rng=np.random.default_rng(0), backend=backend)


def spreads(model):
    return np.array([parameter.spread for parameter in model.parameters])


def test_nothing_is_outside_within_two_deviations(case):
    _, model = case
    for sign in (-1.0, 1.0):
        theta = np.exp(sign * 1.99 * spreads(model))

        assert outside(model, np.array([20.0 + sign * 20.0, 300.0 + sign * 15.0]), theta) == {}


def test_what_is_outside_is_named_with_its_distance(case):
    _, model = case
    theta = np.ones(len(model.parameters))
    theta[2] = np.exp(3.0 * spreads(model)[2])

    found = outside(model, np.array([20.0, 340.0]), theta)

    assert found == pytest.approx({"air": 1.0, model.parameters[2].name: 0.5})


def test_bars_grow_as_the_error_does(case):
    operators, model = case
    u = np.array([20.0, 300.0])
    errors = {1.0: [], 2.0: []}
    for seed in range(6):
        signs = np.sign(np.random.default_rng(seed).normal(size=len(model.parameters)))
        for times in errors:
            theta = np.exp(2.0 * times * spreads(model) * signs)
            full = steady(operators, u, theta=theta, backend=get_backend("numpy"))
            error = lift.temperature(model, reduced_steady(model, u, theta), u) - full
            errors[times].append(np.mean(error**2))

    growth = np.sqrt(np.mean(errors[2.0]) / np.mean(errors[1.0]))

    assert growth <= 1.5 * widening({"all": 1.0})
    assert growth >= 0.5 * widening({"all": 1.0})
    assert widening({}) == 1.0


def test_range_and_bound_survive_the_disk(case, tmp_path):
    _, model = case

    save_model(tmp_path / "m.npz", model)
    back = load_model(tmp_path / "m.npz")

    np.testing.assert_array_equal(back.trained.inputs, model.trained.inputs)
    np.testing.assert_array_equal(back.trained.log_theta, model.trained.log_theta)
    np.testing.assert_array_equal(back.residual.gram, model.residual.gram)
    assert back.residual.rate == model.residual.rate
