"""What the model gets wrong: structures no parameter expresses, and sources that stand for them."""

from dataclasses import replace

import numpy as np
import pytest
from hidden_asset import hidden_operators, two_boxes

from twin3d.backend import get_backend
from twin3d.fem.heat import assemble_heat
from twin3d.fem.march import Scheme, march
from twin3d.fem.space import function_space
from twin3d.reduction import reduce_heat
from twin3d.reduction.structures import SOURCE_SHIFT, hidden_structures
from twin3d.scene import CalibratedParameter, ParameterFile

DT_S, HOLD, N_STEPS = 5.0, 20, 200


@pytest.fixture(scope="module")
def asset():
    mesh, scene = two_boxes()
    space = function_space(mesh)
    return scene, space, assemble_heat(scene, space, backend=get_backend("numpy"))


@pytest.fixture(scope="module")
def model(asset):
    scene, space, operators = asset
    return reduce_heat(
        operators, space, scene, rng=np.random.default_rng(0), backend=get_backend("numpy"), max_modes=30
    )


def defects(model, operators, hidden, rng):
    """How far the true asset leaves the model's equation in each step of a run, by the temperature it makes."""
    held = rng.normal(size=(N_STEPS // HOLD, 2)) * [10.0, 2.0] + [20.0, 300.0]
    inputs = np.repeat(held, HOLD, axis=0)
    states = march(
        hidden, np.full(hidden.n_dofs, 300.0), lambda t: inputs[round(t / DT_S) - 1], dt_s=DT_S, n_steps=N_STEPS,
        scheme=Scheme.BACKWARD_EULER, backend=get_backend("numpy"),
    )  # fmt: skip
    a = np.array([(T - 300.0) @ (sum(operators.mass_terms) @ model.basis) for T in states])
    rates = np.diff(a, axis=0, prepend=np.zeros((1, model.n_modes))) / DT_S
    return (rates + a * model.decay_rates - (inputs - model.input_reference) @ model.input_map.T) * warming(model)


def warming(model):
    return 1.0 / (model.decay_rates + model.decay_rates[0])


@pytest.mark.parametrize("seed", [100, 101, 102, 103])
def test_sources_span_what_unseen_physics_does_to_the_model(asset, model, seed):
    scene, space, operators = asset
    rng = np.random.default_rng(seed)
    hidden = hidden_operators(scene, space, rng, get_backend("numpy"))

    D = defects(model, operators, hidden, rng)

    Q, _ = np.linalg.qr(model.error_load * warming(model)[:, None])
    assert model.error_load.shape[1] <= 10
    assert np.sum((D @ Q) ** 2) > 0.95 * np.sum(D**2)


def test_sources_are_as_strong_as_what_unseen_physics_does(asset, model):
    scene, space, operators = asset
    weighted = model.error_load * warming(model)[:, None]
    amplitudes = []
    for seed in range(100, 104):
        rng = np.random.default_rng(seed)
        hidden = hidden_operators(scene, space, rng, get_backend("numpy"))
        amplitudes.append(defects(model, operators, hidden, rng) @ np.linalg.pinv(weighted).T)

    rms = np.sqrt(np.mean(np.square(amplitudes), axis=(0, 1)))

    assert (rms < 1.2).all()
    assert rms.max() > 0.2


def test_a_model_at_its_own_parameters_has_no_sources(asset):
    scene, space, operators = asset
    theta = np.full(len(operators.parameters), 1.1)

    model = reduce_heat(
        operators, space, scene, theta0=theta, max_modes=8, rng=np.random.default_rng(0), backend=get_backend("numpy")
    )

    assert model.error_load.shape == (8, 0)


def test_structures_of_conduction_and_contacts_make_no_heat(asset, rng):
    scene, space, operators = asset

    found = hidden_structures(operators, space, scene, rng)

    inner = [item for item in found if item.name.startswith(("random conductivity", "random contact"))]
    assert len(inner) == 4
    for item in inner:
        size = abs(item.stiffness).sum(axis=1).max()
        np.testing.assert_allclose(item.stiffness.sum(axis=1), 0.0, atol=1e-9 * size)


def test_a_shifted_source_keeps_its_heat_and_moves_its_middle(asset, rng):
    scene, space, operators = asset
    shares = operators.constant_load[:, 0]

    first = next(item for item in hidden_structures(operators, space, scene, rng) if item.name.startswith("sources"))

    moved = first.load[:, 0] @ space.dof_points
    np.testing.assert_allclose(first.load[:, 0].sum(), 0.0, atol=1e-12)
    np.testing.assert_allclose(abs(moved[0]), SOURCE_SHIFT * 0.05 * shares.sum(), rtol=0.02)


def test_what_has_no_spread_is_not_varied(asset, rng):
    scene, space, operators = asset
    certain = tuple(replace(parameter, spread=0.0) for parameter in operators.parameters)

    found = hidden_structures(replace(operators, parameters=certain), space, scene, rng)

    assert {item.name.split()[0] for item in found} == {"sources", "radiation"}


def test_a_calibration_does_not_make_parts_even(asset):
    scene, space, operators = asset
    found = [
        CalibratedParameter(name=item.name, nominal="", factor=1.0, deviation=1e-3, prior_deviation=item.spread)
        for item in operators.parameters
    ]
    head = {"version": 1, "scene": "", "data": "", "data_hash": "", "made": "", "twin3d": ""}
    known = scene.model_copy(update={"parameters": ParameterFile(**head, parameter=tuple(found))})

    stated = hidden_structures(operators, space, scene, np.random.default_rng(1))
    after = hidden_structures(
        assemble_heat(known, space, backend=get_backend("numpy")), space, known, np.random.default_rng(1)
    )

    assert len(after) == len(stated) > 5
    for one, other in zip(after, stated, strict=True):
        np.testing.assert_allclose(one.stiffness.toarray(), other.stiffness.toarray(), rtol=1e-12)
