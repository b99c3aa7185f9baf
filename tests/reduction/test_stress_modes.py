"""Stress of the reduced state is the stress of its temperature, with all that the full-order solution knows."""

from dataclasses import fields, replace

import numpy as np
import pytest
from box_mesh import box_mesh
from strained_parts import STIFF, reduced_parts

from twin3d.errors import ReductionError, SceneError
from twin3d.fem.elements import Element
from twin3d.fem.mechanics.gauges import strain_gauge
from twin3d.fem.mechanics.problem import moved_temperature, prepare_stress, solve_stress
from twin3d.fem.solve import steady
from twin3d.fem.space import function_space
from twin3d.pipeline import PreparedModel, prepare_stress_modes
from twin3d.reduction import lift
from twin3d.reduction.march import steady as reduced_steady
from twin3d.reduction.stress import stress_modes
from twin3d.reduction.stress_lift import displacement_at, strain_of_stress, stress_at
from twin3d.reduction.stress_store import load_stress_modes, save_stress_modes, stress_key
from twin3d.scene import PartMaterial

SINGLE = 3e-6
"""Relative to the largest value: a few roundings of single precision."""


@pytest.fixture(scope="module", params=[True, False], ids=["contact", "bonded"])
def strained(request):
    return reduced_parts(contact=request.param)


@pytest.fixture(scope="module")
def gauge(strained):
    mesh, own = strained.space.mesh, function_space(strained.space.mesh, Element.TET10)
    top = mesh.facets[mesh.facet_region == mesh.face_names.index("z1")]
    return strain_gauge(own, top, position=np.array([0.03, 0.02, 0.02]), direction=np.array([1.0, 0.5, 0.0]))


@pytest.fixture(scope="module")
def modes(strained, gauge):
    return stress_modes(
        strained.scene, strained.space, strained.model, displacement_rows=gauge, backend=strained.backend
    )


@pytest.fixture(scope="module")
def problem(strained):
    own = function_space(strained.space.mesh, Element.TET10)
    return prepare_stress(strained.scene, own, backend=strained.backend)


def prepared_of(strained):
    return PreparedModel(strained.space.mesh, None, strained.model, sensor_rows=None, from_cache=False)


STATES = [
    (0, (20.0, 300.0, 300.0)),
    (1, (55.0, 340.0, 290.0)),
    (2, (0.0, 300.0, 330.0)),
]


@pytest.mark.parametrize(("seed", "inputs"), STATES)
def test_stress_of_a_state_is_that_of_its_temperature(strained, gauge, modes, problem, seed, inputs):
    a = 30.0 * np.random.default_rng(seed).normal(size=strained.model.n_modes)
    u = np.array(inputs)
    temperature = moved_temperature(strained.space, problem.space, lift.temperature(strained.model, a, u))
    full = solve_stress(problem, temperature, backend=strained.backend)

    stress, moved = stress_at(modes, a, u), displacement_at(modes, a, u)

    limit = SINGLE * np.abs(full.stress).max()
    for part, field in enumerate(full.parts):
        own = modes.part == part
        expected = field.values[np.searchsorted(field.dofs, modes.points[own])]
        np.testing.assert_allclose(stress[own], expected, rtol=0, atol=limit)
    expected = full.displacement[modes.points]
    np.testing.assert_allclose(moved, expected, rtol=0, atol=SINGLE * np.abs(expected).max())
    state = np.concatenate([a, u - modes.input_reference, [1.0]])
    read = gauge @ full.solution.displacement
    np.testing.assert_allclose(modes.gauges @ state, read, rtol=1e-8)


def test_every_outer_point_has_one_owner_and_an_entry_for_each_part(strained, modes):
    mesh = strained.space.mesh
    outer = np.unique(mesh.facets[mesh.facet_parts[:, 1] < 0])
    n_parts = np.array([len(np.unique(mesh.cell_region[(mesh.cells == point).any(axis=1)])) for point in outer])

    owned = np.sort(modes.points[modes.is_owner])

    np.testing.assert_array_equal(owned, outer)
    assert modes.n_entries == n_parts.sum()
    shared = np.isin(modes.points, outer[n_parts > 1])
    assert (modes.part[shared & modes.is_owner] == 0).all()


def test_strain_is_what_stress_and_warmth_make(strained, modes, problem):
    a, u = np.zeros(strained.model.n_modes), np.array([0.0, 300.0, 300.0])
    stress = stress_at(modes, a, u)
    temperature = lift.temperature(strained.model, a, u)[modes.points]

    strain = strain_of_stress(modes, stress, temperature)

    stiffness = np.array([material.stiffness for material in problem.materials])[modes.part]
    back = np.einsum("eij,ej->ei", stiffness, strain + 10.0 * modes.expansion[modes.part])
    np.testing.assert_allclose(back, stress, rtol=0, atol=1e-9 * np.abs(stress).max())
    assert np.abs(strain).max() > 1e-5


def test_stress_kept_at_chosen_points_is_the_same(strained, modes):
    some, u = modes.points[[3, 40]], np.array([35.0, 310.0, 295.0])
    a = np.ones(strained.model.n_modes)

    few = stress_modes(strained.scene, strained.space, strained.model, points=some, backend=strained.backend)

    there = np.isin(modes.points, some)
    np.testing.assert_array_equal(few.points, modes.points[there])
    np.testing.assert_allclose(stress_at(few, a, u), stress_at(modes, a, u)[there], rtol=1e-5, atol=1.0)


def test_stress_of_the_reduced_model_follows_that_of_the_full_one(strained, modes, problem):
    u = np.array([45.0, 320.0, 295.0])
    temperature = moved_temperature(
        strained.space, problem.space, steady(strained.operators, u, backend=strained.backend)
    )
    full = solve_stress(problem, temperature, backend=strained.backend)

    stress = stress_at(modes, reduced_steady(strained.model, u), u)

    for part, field in enumerate(full.parts):
        own = modes.part == part
        expected = field.values[np.searchsorted(field.dofs, modes.points[own])]
        np.testing.assert_allclose(stress[own], expected, rtol=0, atol=1e-4 * np.abs(full.stress).max())


def test_a_model_of_another_mesh_is_refused(strained):
    other = function_space(box_mesh((4, 2, 2)))

    with pytest.raises(ReductionError, match="reduce it anew"):
        stress_modes(strained.scene, other, strained.model, backend=strained.backend)


def test_stored_modes_come_back_and_a_damaged_file_is_refused(strained, modes, tmp_path):
    path = tmp_path / "stress.npz"

    save_stress_modes(path, modes)

    back = load_stress_modes(path, strained.model)
    for field in fields(modes):
        np.testing.assert_array_equal(getattr(back, field.name), getattr(modes, field.name))
    with pytest.raises(ReductionError, match="another reduced model"):
        load_stress_modes(path, replace(strained.model, model_hash="other"))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ReductionError, match="delete it"):
        load_stress_modes(path, strained.model)


def test_the_key_follows_every_mechanical_choice(strained, gauge):
    scene, mesh, model = strained.scene, strained.space.mesh, strained.model
    stiffer = PartMaterial(part="part_1", material=STIFF)
    changes = (
        {"mechanical": scene.mechanical[:1]},
        {"structure": scene.structure.model_copy(update={"element": "tet4"})},
        {"parts": (scene.parts[0], stiffer)},
    )

    keys = [stress_key(scene.model_copy(update=change), mesh, model) for change in ({}, *changes)]
    keys.append(stress_key(scene, mesh, model, displacement_rows=gauge))
    keys.append(stress_key(scene, mesh, replace(model, model_hash="other")))

    assert len(set(keys)) == len(keys)
    assert stress_key(scene, mesh, model) == keys[0]


def test_a_prepared_scene_keeps_its_stress_modes(strained, tmp_path):
    prepared = prepared_of(strained)

    made = prepare_stress_modes(strained.scene, prepared, backend=strained.backend, cache_dir=tmp_path)

    (path,) = tmp_path.glob("stress-*.npz")
    written = path.stat().st_mtime_ns
    kept = prepare_stress_modes(strained.scene, prepared, backend=strained.backend, cache_dir=tmp_path)
    np.testing.assert_array_equal(kept.stress, made.stress)
    assert path.stat().st_mtime_ns == written


def test_stress_without_a_support_names_the_remedy(strained):
    prepared = prepared_of(strained)
    free = strained.scene.model_copy(update={"mechanical": ()})

    with pytest.raises(SceneError, match='kind = "fixed"'):
        prepare_stress_modes(free, prepared, backend=strained.backend, cache_dir=None)
