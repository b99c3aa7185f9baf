"""A scene solved for stress: heat strains it, contacts tie it, every load acts."""

import numpy as np
import pytest
from box_mesh import STEEL, box_mesh, make_scene, temperature_input
from elastic_bodies import NUMPY

from twin3d.checks import run_checks, solve_nominal, space_of
from twin3d.errors import SceneError, SolverError
from twin3d.fem.elements import Element
from twin3d.fem.heat import assemble_heat
from twin3d.fem.mechanics.measures import von_mises
from twin3d.fem.mechanics.problem import (
    body_of_scene,
    density_of_cells,
    elastic_material,
    prepare_stress,
    solve_stress,
    solve_stresses,
)
from twin3d.fem.modal import free_vibration
from twin3d.fem.nonlinear import nonlinear_heat
from twin3d.fem.space import function_space
from twin3d.scene import (
    Bearing,
    Check,
    Contact,
    Displacement,
    ElasticSupport,
    Fixed,
    FixedTemperature,
    Force,
    Gravity,
    Material,
    PartMaterial,
    PressureLoad,
    RemoteForce,
    Structure,
    Symmetry,
    Traction,
    selectors,
)

ELASTIC = STEEL.model_copy(update={"youngs_modulus": 210e9, "poissons_ratio": 0.3, "thermal_expansion": 12e-6})
SIZE = (0.4, 0.1, 0.1)


def face(name):
    return selectors.parse(f"name {name}")


def fixed(name="x0"):
    return Fixed(name="wall", face=face(name))


def scene_of(*mechanical, **other):
    return make_scene(**{"loads": (), "inputs": (), "material": ELASTIC, "mechanical": mechanical, **other})


def stress_of(scene, mesh):
    space = function_space(mesh, Element(scene.structure.element))
    temperature = np.full(space.n_dofs, scene.initial_temperature)
    return space, solve_stress(prepare_stress(scene, space, backend=NUMPY), temperature, backend=NUMPY)


@pytest.mark.parametrize(
    ("load", "force"),
    [
        (PressureLoad(name="p", face=face("x1"), pressure=2e5), (-2e3, 0, 0)),
        (Traction(name="t", face=face("z1"), traction=(0, 1e4, 0)), (0, 400.0, 0)),
        (Force(name="f", face=face("x1"), force=(1.0, 2.0, 3.0)), (1, 2, 3)),
        (Gravity(name="g", acceleration=(0, 0, -9.81)), (0, 0, -9.81 * 7200.0 * 0.004)),
        (RemoteForce(name="r", face=face("x1"), point=(1.0, 0, 0), force=(0, 0, 5.0)), (0, 0, 5)),
    ],
)
def test_every_force_is_carried_by_the_support(load, force):
    scene = scene_of(fixed(), load)

    _, field = stress_of(scene, box_mesh((4, 2, 2), SIZE))

    np.testing.assert_allclose(field.solution.applied.force, force, atol=1e-9 * max(map(abs, force)))
    np.testing.assert_allclose(field.solution.reactions[0].force, np.negative(force), atol=1e-6 * max(map(abs, force)))


def test_heat_of_the_scene_strains_it():
    ends = [FixedTemperature(name=name, face=face(name), input=name) for name in ("x0", "x1")]
    sides = [Symmetry(name=f"s{name}", face=face(name)) for name in ("x0", "x1", "y0", "z0")]
    scene = scene_of(*sides, loads=ends, inputs=[temperature_input("x0", 310.0), temperature_input("x1", 350.0)])
    heat = function_space(box_mesh((4, 2, 2), SIZE))

    solved = solve_nominal(scene, heat, ("steady",), backend=NUMPY)
    _, fields = solve_stresses(scene, heat, {"steady": solved["steady"].temperature}, backend=NUMPY)

    force = 210e9 * 12e-6 * 30.0 * 0.01
    np.testing.assert_allclose(fields["steady"].solution.reactions[0].force[0], force, rtol=2e-3)


def test_stress_free_temperature_is_where_strain_begins():
    sides = [Symmetry(name=f"s{name}", face=face(name)) for name in ("x0", "x1", "y0", "z0")]
    scene = scene_of(*sides, structure=Structure(stress_free_temperature=320.0))

    _, field = stress_of(scene, box_mesh((4, 2, 2), SIZE))

    np.testing.assert_allclose(field.stress[:, 0], 210e9 * 12e-6 * 20.0, rtol=1e-9)
    np.testing.assert_allclose(field.von_mises, 210e9 * 12e-6 * 20.0, rtol=1e-9)


def test_a_thermal_contact_ties_its_parts():
    contact = Contact(name="grease", between=("part_0", "part_1"), conductance=1e4)
    pull = Force(name="pull", face=face("x1"), force=(1e3, 0.0, 0.0))
    scene = scene_of(fixed(), pull, contacts=(contact,))

    _, field = stress_of(scene, box_mesh((4, 2, 2), SIZE, n_parts=2, contact=True))

    np.testing.assert_allclose(field.solution.reactions[0].force[0], -1e3, rtol=1e-8)
    assert len(field.parts) == 2


def test_parts_that_meet_show_the_larger_stress():
    soft = ELASTIC.model_copy(update={"youngs_modulus": 2.1e9, "name": "soft"})
    stretch = Displacement(name="stretch", face=face("y1"), y=1e-5)
    base = [Symmetry(name=f"s{name}", face=face(name)) for name in ("y0", "x0", "z0")]
    parts = (PartMaterial(part="part_0", material=soft), PartMaterial(part="part_1", material=ELASTIC))

    space, field = stress_of(scene_of(*base, stretch, parts=parts), box_mesh((4, 2, 2), SIZE, n_parts=2))

    shared = np.intersect1d(field.parts[0].dofs, field.parts[1].dofs)
    stiff = von_mises(field.parts[1].values)[np.searchsorted(field.parts[1].dofs, shared)]
    assert space.n_dofs == len(field.von_mises)
    np.testing.assert_allclose(field.von_mises[shared], stiff, rtol=1e-9)


def test_checks_of_stress_are_solved_without_heat():
    pull = Traction(name="pull", face=face("x1"), traction=(1e8, 0.0, 0.0))
    sides = [Symmetry(name=f"s{name}", face=face(name)) for name in ("x0", "y0", "z0")]
    bounds = {"von_mises": (0.999e8, 1.001e8), "displacement": (1.8e-4, 2e-4), "temperature": (299.0, 301.0)}
    checks = tuple(
        Check(part="block", field=name, statistic="max", time="steady", between=pair) for name, pair in bounds.items()
    )

    results = run_checks(scene_of(*sides, pull, checks=checks), box_mesh((4, 2, 2), SIZE), backend=NUMPY)

    assert all(result.passed for result in results)
    np.testing.assert_allclose(results[0].value, 1e8, rtol=1e-8)


def test_a_part_without_elastic_constants_is_named():
    with pytest.raises(SceneError, match="material steel has no elastic constants"):
        stress_of(scene_of(fixed(), material=STEEL), box_mesh((2, 2, 2)))


def test_a_load_that_makes_no_sense_is_named():
    bearing = Bearing(name="pin", face=face("x1"), force=(1.0, 0.0, 0.0))

    with pytest.raises(SceneError, match="load pin: a bearing load needs a cylindrical face"):
        stress_of(scene_of(fixed(), bearing), box_mesh((2, 2, 2)))


def test_a_scene_on_an_elastic_support_alone_may_still_slide():
    ground = ElasticSupport(name="ground", face=face("z0"), stiffness=1e9)

    with pytest.raises(SolverError, match="nothing holds the translation along x and the translation along y"):
        stress_of(scene_of(ground), box_mesh((2, 2, 2)))


def test_expansion_by_direction_follows_the_axes():
    turned = ((0.0, 1.0, 0.0), (-2.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    material = Material(**{**dict(ELASTIC), "thermal_expansion": (1e-5, 2e-5, 3e-5), "axes": turned})

    metal = elastic_material(material)

    np.testing.assert_allclose(metal.thermal_expansion, [2e-5, 1e-5, 3e-5, 0, 0, 0], atol=1e-18)


def test_linear_cells_give_way_to_the_element_that_is_asked_for():
    scene = scene_of(fixed(), structure=Structure(element="tet4"))
    heat = space_of(scene, box_mesh((2, 2, 2)))

    problem, _ = solve_stresses(scene, heat, {"steady": np.full(heat.n_dofs, 300.0)}, backend=NUMPY)

    assert problem.space.element is Element.TET4


def test_a_scene_vibrates_on_its_supports():
    scene, mesh = scene_of(fixed()), box_mesh((8, 2, 2), SIZE)
    space = function_space(mesh, Element.TET10)

    found = free_vibration(body_of_scene(scene, space), density_of_cells(scene, space), n_modes=2, backend=NUMPY)

    bending = 1.8751041**2 / (2 * np.pi * 0.16) * np.sqrt(210e9 * 0.01 / 12.0 / 7200.0)
    np.testing.assert_allclose(found.frequencies, bending, rtol=0.06)


COLD = ELASTIC.model_copy(update={"conductivity": None, "specific_heat": None})


def test_stress_alone_needs_nothing_of_heat():
    pull, mesh = Force(name="pull", face=face("x1"), force=(1000.0, 0.0, 0.0)), box_mesh((2, 1, 1), SIZE)

    _, without = stress_of(scene_of(fixed(), pull, material=COLD), mesh)

    _, with_heat = stress_of(scene_of(fixed(), pull), mesh)
    np.testing.assert_array_equal(without.displacement, with_heat.displacement)


@pytest.mark.parametrize("prepare_heat", [assemble_heat, nonlinear_heat])
def test_heat_in_a_material_without_conductivity_is_refused(prepare_heat):
    space = function_space(box_mesh((2, 1, 1), SIZE), Element.TET4)

    with pytest.raises(SceneError, match="no conductivity and no specific_heat, which heat needs; write for example"):
        prepare_heat(scene_of(material=COLD), space, backend=NUMPY)
