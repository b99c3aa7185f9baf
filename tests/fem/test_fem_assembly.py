"""The operators of a scene: what they conserve, what they sum to, and what is refused."""

import numpy as np
import pytest
from box_mesh import STEEL, box_mesh, make_scene, temperature_input
from scipy import sparse
from scipy.sparse.linalg import spsolve

from twin3d.errors import SceneError, SolverError
from twin3d.fem.bubbles import assemble_bubbles
from twin3d.fem.heat import assemble_heat, heat_parameters
from twin3d.fem.solve import steady
from twin3d.fem.space import function_space
from twin3d.fem.system import system_at
from twin3d.scene import (
    CalibratedParameter,
    Contact,
    Convection,
    FixedTemperature,
    HeatFlux,
    HeatSource,
    Input,
    ParameterFile,
    PartMaterial,
    Radiation,
    selectors,
)

SIZE = (0.1, 0.04, 0.02)
COPPER = STEEL.model_copy(update={"name": "copper", "conductivity": 390.0, "density": 8960.0, "specific_heat": 385.0})


def face(name):
    return selectors.parse(f"name {name}")


def part_material(part, material=STEEL):
    return PartMaterial(part=part, material=material)


def distorted(unit):
    """A box whose cells differ but whose faces and interface stay flat."""
    x, y, z = unit.T
    return SIZE * np.column_stack([x, y + 0.4 * y * (1 - y) * np.sin(3 * x + z), z + 0.4 * z * (1 - z) * np.cos(5 * x)])


@pytest.fixture
def mesh():
    return box_mesh((6, 3, 2), mapping=distorted, n_parts=2, contact=True)


@pytest.fixture
def scene():
    return make_scene(
        parts=(part_material("part_0"), part_material("part_1", COPPER)),
        loads=[
            HeatSource(name="heat", part="*", input="p"),
            HeatFlux(name="spot", face=face("z1"), input="q"),
            Convection(name="film", face=face("x1"), film_coefficient=80.0, input="air"),
            Radiation(name="glow", face=face("y1"), emissivity=0.9, around=310.0, input="air"),
        ],
        inputs=[
            Input(name="p", unit="W", value=20.0),
            Input(name="q", unit="W/m^2", value=5.0),
            temperature_input("air", 300.0),
        ],
        contacts=[Contact(name="joint", between=("part_0", "part_1"), conductance=500.0)],
    )


@pytest.fixture
def operators(scene, mesh, backend):
    return assemble_heat(scene, function_space(mesh), backend=backend)


def test_terms_are_symmetric_and_conduct_nothing_where_the_temperature_is_uniform(operators):
    ones = np.ones(operators.n_dofs)
    for parameter, K, M, F in zip(
        operators.parameters, operators.stiffness_terms, operators.mass_terms, operators.load_terms, strict=True
    ):
        scale = abs(K).max() + abs(M).max()
        assert abs(K - K.T).max() + abs(M - M.T).max() < 1e-14 * scale, parameter.name
        np.testing.assert_allclose(K @ ones, F[:, 2], atol=1e-12 * scale, err_msg=parameter.name)


def test_parameters_are_known_without_assembling(operators, scene, mesh):
    assert heat_parameters(scene, mesh) == operators.parameters
    assert [parameter.name for parameter in operators.parameters] == [
        "conductivity of part_0", "heat capacity of part_0", "conductivity of part_1", "heat capacity of part_1",
        "film of film", "film of glow", "contact joint",
    ]  # fmt: skip


def test_heat_capacity_is_that_of_the_volume(operators):
    half = 0.5 * np.prod(SIZE)
    capacities = [M.sum() for M in operators.mass_terms if M.nnz]

    expected = [half * material.density * material.specific_heat for material in (STEEL, COPPER)]
    np.testing.assert_allclose(capacities, expected, rtol=1e-12)


def test_loads_sum_to_one_watt_to_the_area_and_to_the_film(operators):
    total = operators.constant_load.sum(axis=0)
    film, glow = (operators.load_terms[index][:, 2].sum() for index in (4, 5))

    np.testing.assert_allclose(total, [1.0, SIZE[0] * SIZE[1], 0.0], rtol=1e-12)
    np.testing.assert_allclose(film, 80.0 * SIZE[1] * SIZE[2], rtol=1e-12)
    np.testing.assert_allclose(glow, 4.0 * 0.9 * 5.670374419e-8 * 310.0**3 * SIZE[0] * SIZE[2], rtol=1e-12)


def test_watts_are_spread_by_volume(mesh, scene, backend):
    only = scene.model_copy(update={"loads": (HeatSource(name="heat", part="part_1", input="p"),)})

    load = assemble_heat(only, function_space(mesh), backend=backend).constant_load[:, 0]

    inside = np.unique(mesh.cells[mesh.cell_region == 1])
    np.testing.assert_allclose(load[inside].sum(), 1.0, rtol=1e-12)
    np.testing.assert_allclose(np.delete(load, inside), 0.0, atol=0.0)


def test_a_parameter_does_what_the_material_would(operators, scene, mesh, backend):
    stiffer = COPPER.model_copy(update={"conductivity": 1.3 * COPPER.conductivity})
    changed = scene.model_copy(update={"parts": (scene.parts[0], part_material("part_1", stiffer))})
    theta = np.ones(7)
    theta[2] = 1.3

    by_parameter = system_at(operators, theta)
    by_material = system_at(assemble_heat(changed, function_space(mesh), backend=backend))

    assert abs(by_parameter.stiffness - by_material.stiffness).max() < 1e-12 * by_material.stiffness.max()


def test_each_direction_of_a_material_has_its_parameter(scene, mesh, backend):
    axes = ((0.6, 0.8, 0.0), (-0.8, 0.6, 0.0), (0.0, 0.0, 1.0))
    layered, thinner = (
        scene.model_copy(update={"parts": (scene.parts[0], part_material("part_1", _layered(k, axes)))})
        for k in ((30.0, 20.0, 0.9), (30.0, 20.0, 0.9 * 0.5))
    )
    operators = assemble_heat(layered, function_space(mesh), backend=backend)
    names = [parameter.name for parameter in operators.parameters]
    theta = np.ones(len(names))
    theta[names.index("conductivity_z of part_1")] = 0.5

    by_parameter = system_at(operators, theta)
    by_material = system_at(assemble_heat(thinner, function_space(mesh), backend=backend))

    assert heat_parameters(layered, mesh) == operators.parameters
    assert names[2:5] == ["conductivity_x of part_1", "conductivity_y of part_1", "conductivity_z of part_1"]
    assert abs(by_parameter.stiffness - by_material.stiffness).max() < 1e-12 * by_material.stiffness.max()


def _layered(conductivity, axes):
    return COPPER.model_copy(update={"conductivity": conductivity, "axes": axes})


def test_a_calibrated_parameter_has_the_spread_that_is_left(scene, mesh):
    item = CalibratedParameter(
        name="film of film", nominal="80 W/(m^2 K)", factor=1.1, deviation=0.013, prior_deviation=0.2
    )
    head = {"version": 1, "scene": "box", "data": "run.csv", "data_hash": "00", "made": "2026-11-25", "twin3d": "0.1.0"}
    found = ParameterFile(**head, parameter=(item,))

    spreads = {item.name: item.spread for item in heat_parameters(scene.model_copy(update={"parameters": found}), mesh)}

    assert spreads["film of film"] == 0.013
    assert spreads["film of glow"] == scene.uncertainty.film_coefficient


def test_the_last_matching_material_counts(mesh, scene, backend):
    overridden = scene.model_copy(update={"parts": (part_material("*"), part_material("part_1", COPPER))})

    operators = assemble_heat(overridden, function_space(mesh), backend=backend)

    total = sum(M.sum() for M in operators.mass_terms)
    expected = 0.5 * np.prod(SIZE) * sum(m.density * m.specific_heat for m in (STEEL, COPPER))
    np.testing.assert_allclose(total, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((part_material("part_0"),), "no material for the parts part_1"),
        ((part_material("*"), part_material("fin_*")), "material for 'fin_\\*': no part matches"),
    ],
)
def test_parts_and_materials_must_meet(parts, message, mesh, scene, backend):
    with pytest.raises(SceneError, match=message):
        assemble_heat(scene.model_copy(update={"parts": parts}), function_space(mesh), backend=backend)


def test_two_temperatures_for_one_point_are_an_error(mesh, backend):
    scene = make_scene(
        loads=[FixedTemperature(name=n, face=face(f), input=n) for n, f in (("cold", "x0"), ("hot", "y0"))],
        inputs=[temperature_input("cold"), temperature_input("hot")],
    )

    with pytest.raises(SolverError, match="hot fixes 3 points that the input 'cold' fixes as well"):
        assemble_heat(scene, function_space(mesh), backend=backend)


@pytest.mark.parametrize(
    ("theta", "message"), [(np.ones(3), r"theta has shape \(3,\)"), (np.arange(7.0), "'conductivity of part_0' is 0.0")]
)
def test_impossible_parameters_are_refused(theta, message, operators):
    with pytest.raises(SolverError, match=message):
        system_at(operators, theta)


def test_a_loose_part_is_an_error_that_says_how_much_is_loose(mesh, scene, backend):
    loose = scene.model_copy(update={"contacts": (), "loads": scene.loads[:3]})

    operators = assemble_heat(loose, function_space(mesh), backend=backend)

    with pytest.raises(SolverError, match=r"of a piece of 48 of 96 points; add a convection"):
        steady(operators, np.array([1.0, 1.0, 300.0]), backend=backend)


def test_points_and_bubbles_hold_a_quadratic_field_with_film_contact_and_source(mesh, backend):
    L, area, source, h, joint = 0.1, 0.04 * 0.02, 5e5, 400.0, 2000.0
    scene = make_scene(
        loads=[
            HeatSource(name="heat", part="*", input="p"),
            Convection(name="film", face=face("x1"), film_coefficient=h, input="air"),
        ],
        inputs=[Input(name="p", unit="W", value=source * L * area), temperature_input("air", 300.0)],
        contacts=[Contact(name="joint", between=("part_0", "part_1"), conductance=joint)],
    )
    operators = assemble_heat(scene, function_space(mesh), backend=backend)
    u = np.array([source * L * area, 300.0])
    system, bubbles = (
        system_at(operators),
        assemble_bubbles(scene, mesh, np.ones(len(operators.parameters)), backend=backend),
    )

    whole = sparse.block_array([[system.stiffness, bubbles.coupling.T], [bubbles.coupling, bubbles.stiffness]])
    T = spsolve(whole.tocsc(), np.concatenate([system.load @ u, bubbles.load @ u]))[: mesh.n_points]

    x = mesh.points[:, 0]
    in_first = np.isin(np.arange(mesh.n_points), mesh.cells[mesh.cell_region == 0])
    exact = 300.0 + source * L / h + source * (L**2 - x**2) / (2.0 * STEEL.conductivity)
    exact += in_first * 0.5 * source * L / joint
    np.testing.assert_allclose(T, exact, rtol=0, atol=1e-8)
