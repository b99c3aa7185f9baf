"""The reduced model against the full one, on what it never saw; its storage; its error estimate."""

from dataclasses import replace

import numpy as np
import pytest
from box_mesh import box_mesh, make_scene, temperature_input

from twin3d.backend import get_backend
from twin3d.errors import ReductionError
from twin3d.fem.elements import Element
from twin3d.fem.heat import assemble_heat
from twin3d.fem.march import Scheme, march
from twin3d.fem.rows import rows_at
from twin3d.fem.solve import steady
from twin3d.fem.space import function_space
from twin3d.mesh.locate import interpolation
from twin3d.reduction import lift, reduce_heat
from twin3d.reduction.discretisation import steady_discretisation_error
from twin3d.reduction.march import discretise
from twin3d.reduction.march import steady as reduced_steady
from twin3d.reduction.store import load_model, save_model
from twin3d.scene import Contact, Convection, HeatFlux, HeatSource, Input, Solver, UnknownPrior, selectors


def face(name):
    return selectors.parse(f"name {name}")


@pytest.fixture(scope="module")
def asset():
    mesh = box_mesh((10, 5, 4), (0.1, 0.04, 0.02), n_parts=2, contact=True)
    prior = UnknownPrior(spread=10.0, time_constant=20.0)
    scene = make_scene(
        loads=[
            HeatSource(name="heat", part="part_0", input="p"),
            HeatFlux(name="spot", face=face("z1"), input="q"),
            Convection(name="film", face=face("z0"), film_coefficient=200.0, input="air"),
        ],
        inputs=[
            Input(name="p", unit="W", value=20.0, unknown=prior),
            Input(name="q", unit="W", value=5.0),
            temperature_input("air", 300.0),
        ],
        contacts=[Contact(name="joint", between=("part_0", "part_1"), conductance=500.0)],
        solver=Solver(reduction_tolerance=2e-3),
    )
    return mesh, scene


@pytest.fixture(scope="module")
def reduced(asset):
    mesh, scene = asset
    backend = get_backend("numpy")
    space = function_space(mesh)
    operators = assemble_heat(scene, space, backend=backend)
    model = reduce_heat(operators, space, scene, rng=np.random.default_rng(1), backend=backend, max_modes=30)
    return operators, model, backend


def test_modes_are_mass_orthonormal_and_decay(reduced):
    operators, model, _ = reduced

    M = sum(operators.mass_terms)
    np.testing.assert_allclose(model.basis.T @ (M @ model.basis), np.eye(model.n_modes), atol=1e-7)
    assert (model.decay_rates > 0.0).all()
    assert (np.diff(model.decay_rates) >= 0.0).all()


def test_steady_states_agree_at_nominal_and_at_other_parameters(reduced):
    operators, model, backend = reduced
    u = np.array([35.0, 2.0, 305.0])
    for seed, limit in ((None, 1e-3), (3, 0.05), (4, 0.05)):
        theta = None
        if seed is not None:
            spread = np.array([parameter.spread for parameter in model.parameters])
            theta = np.exp(spread * np.random.default_rng(seed).normal(size=len(spread)))
        full = steady(operators, u, theta=theta, backend=backend)

        ours = lift.temperature(model, reduced_steady(model, u, theta), u)

        assert np.abs(ours - full).max() < limit * np.ptp(full), seed


def test_error_on_an_unseen_run_is_what_the_model_states(reduced):
    operators, model, backend = reduced
    u = np.array([45.0, -6.0, 292.0])
    dt_s, n_steps = 0.25, 120
    states = march(
        operators, np.full(operators.n_dofs, 300.0), lambda _: u, dt_s=dt_s, n_steps=n_steps,
        scheme=Scheme.BDF2, backend=backend,
    )  # fmt: skip
    step, a, squares = discretise(model, None, dt_s), np.zeros(model.n_modes), []
    for full in states:
        a = step.step(a, u, u)
        squares.append(np.mean((lift.temperature(model, a, u) - full) ** 2))

    rms = np.sqrt(np.mean(squares[4:]))
    assert model.error_rms < 0.05
    assert rms < max(5.0 * model.error_rms, 0.02)


def test_one_step_of_two_seconds_is_two_of_one(reduced):
    _, model, _ = reduced
    a = np.random.default_rng(0).normal(size=model.n_modes)
    u = np.array([10.0, 1.0, 301.0])

    once = discretise(model, None, 2.0).step(a, u, u)
    short = discretise(model, None, 1.0)

    np.testing.assert_allclose(short.step(short.step(a, u, u), u, u), once, rtol=1e-10, atol=1e-12)


def test_projected_terms_add_up_to_the_nominal_model(reduced):
    _, model, _ = reduced

    np.testing.assert_allclose(model.stiffness_terms.sum(axis=0), np.diag(model.decay_rates), atol=1e-6)
    np.testing.assert_allclose(model.mass_terms.sum(axis=0), np.eye(model.n_modes), atol=1e-7)
    np.testing.assert_allclose(model.load_terms.sum(axis=0) + model.constant_load, model.input_map, atol=1e-9)


def test_deviation_is_that_of_samples(reduced):
    _, model, _ = reduced
    rng = np.random.default_rng(2)
    L = rng.normal(size=(model.n_modes, 5)) * 0.1
    samples = model.basis @ (L @ rng.normal(size=(5, 20_000)))

    ours = lift.deviation(model, L)

    np.testing.assert_allclose(ours, np.sqrt(samples.var(axis=1) + model.point_error**2), rtol=0.03)


def test_discretisation_error_is_that_against_a_finer_mesh(asset):
    mesh, scene = asset
    fine = box_mesh((30, 15, 12), (0.1, 0.04, 0.02), n_parts=2, contact=True)
    backend = get_backend("numpy")
    operators, fine_operators = (assemble_heat(scene, function_space(m), backend=backend) for m in (mesh, fine))
    u = np.array([60.0, 0.0, 300.0])
    away = mesh.points[np.abs(mesh.points[:, 0] - 0.05) > 1e-3]
    chosen = np.abs(mesh.points[:, 0] - 0.05) > 1e-3
    rows = interpolation(fine, away)
    true = np.abs(rows @ steady(fine_operators, u, backend=backend) - steady(operators, u, backend=backend)[chosen])

    stated = steady_discretisation_error(
        operators,
        function_space(mesh),
        scene,
        np.array([60.0, 0.0, 0.0]),
        theta=np.ones(len(operators.parameters)),
        backend=backend,
    )[chosen]

    assert 0.4 < np.sqrt(np.mean(stated**2)) / np.sqrt(np.mean(true**2)) < 2.5


def test_the_error_of_quadratic_elements_is_not_understated(asset):
    mesh, scene = asset
    fine = box_mesh((12, 6, 6), (0.1, 0.04, 0.02), n_parts=2, contact=True)
    backend, u = get_backend("numpy"), np.array([60.0, 0.0, 300.0])
    spaces = [function_space(m, Element.TET10) for m in (mesh, fine)]
    operators = [assemble_heat(scene, space, backend=backend) for space in spaces]
    found, better = (steady(of_mesh, u, backend=backend) for of_mesh in operators)
    chosen = np.flatnonzero(np.abs(mesh.points[:, 0] - 0.05) > 1e-3)
    true = np.abs(rows_at(spaces[1], mesh.points[chosen]) @ better - found[chosen])

    stated = steady_discretisation_error(
        operators[0],
        spaces[0],
        scene,
        np.array([60.0, 0.0, 0.0]),
        theta=np.ones(len(operators[0].parameters)),
        backend=backend,
    )[chosen]

    assert np.mean(true <= 1.645 * stated) > 0.9
    assert np.sqrt(np.mean(stated**2)) < 0.1


def test_a_model_of_quadratic_elements_follows_its_full_order(asset):
    mesh, scene = asset
    backend, u = get_backend("numpy"), np.array([60.0, 0.0, 300.0])
    space = function_space(mesh, Element.TET10)
    operators = assemble_heat(scene, space, backend=backend)

    model = reduce_heat(operators, space, scene, rng=np.random.default_rng(1), backend=backend, max_modes=20)

    full, ours = steady(operators, u, backend=backend), lift.temperature(model, reduced_steady(model, u), u)
    assert model.n_dofs == space.n_dofs > mesh.n_points
    np.testing.assert_allclose(ours, full, atol=0.05)
    np.testing.assert_array_equal(lift.temperature(model, reduced_steady(model, u), u, dofs=slice(9)), ours[:9])


def test_a_model_survives_the_disk(reduced, tmp_path):
    _, model, _ = reduced

    save_model(tmp_path / "m.npz", model)
    back = load_model(tmp_path / "m.npz")

    assert back.model_hash == model.model_hash
    np.testing.assert_array_equal(back.basis, model.basis)
    assert back.parameters == model.parameters
    assert back.tolerance == model.tolerance
    assert [run.error_max for run in back.validation] == [run.error_max for run in model.validation]
    np.testing.assert_array_equal(back.validation[1].theta, model.validation[1].theta)


def test_a_damaged_model_is_refused(reduced, tmp_path):
    _, model, _ = reduced
    save_model(tmp_path / "m.npz", replace(model, basis=model.basis * 1.01))

    with pytest.raises(ReductionError, match="its hash differs"):
        load_model(tmp_path / "m.npz")


def test_a_model_whose_parameters_were_changed_is_refused(reduced, tmp_path):
    _, model, _ = reduced
    save_model(tmp_path / "m.npz", replace(model, stiffness_terms=1.01 * model.stiffness_terms))

    with pytest.raises(ReductionError, match="its hash differs"):
        load_model(tmp_path / "m.npz")


def test_a_body_that_nothing_holds_is_reduced_and_stores_all_heat():
    mesh = box_mesh((6, 4, 2), (0.06, 0.04, 0.02), n_parts=2, contact=True)
    scene = make_scene(
        loads=[HeatSource(name="heat", part="part_0", input="p")],
        inputs=[Input(name="p", unit="W", value=20.0)],
        contacts=[Contact(name="joint", between=("part_0", "part_1"), conductance=500.0)],
    )
    backend = get_backend("numpy")
    space = function_space(mesh)
    operators = assemble_heat(scene, space, backend=backend)
    model = reduce_heat(operators, space, scene, rng=np.random.default_rng(1), backend=backend, max_modes=20)
    u, heat = np.array([20.0]), 20.0 * 300.0

    a = discretise(model, None, 300.0).step(np.zeros(model.n_modes), u, u)

    M = sum(operators.mass_terms)
    stored = (M @ (lift.temperature(model, a, u) - 300.0)).sum()
    np.testing.assert_allclose(stored, heat, rtol=1e-3)
    with pytest.raises(ReductionError, match="nothing holds the temperature"):
        reduced_steady(model, u)


def test_garbage_is_no_model(tmp_path):
    (tmp_path / "m.npz").write_bytes(b"nothing")

    with pytest.raises(ReductionError, match="delete it"):
        load_model(tmp_path / "m.npz")
