"""Stiffness and loads of elasticity: what they conserve, and two codes that agree."""

import numpy as np
import pytest
from box_mesh import box_mesh
from elastic_bodies import NUMPY, STEEL, bent_box, corners_of, mapped_mesh, whole

from twin3d.errors import SceneError
from twin3d.fem.elements import Element
from twin3d.fem.integrals import cell_volumes
from twin3d.fem.mechanics import forces
from twin3d.fem.mechanics.elastic import ElasticMaterial, isotropic, orthotropic
from twin3d.fem.mechanics.rigid import rigid_body_modes
from twin3d.fem.mechanics.stiffness import assemble_stiffness, assemble_vector_mass, elastic_blocks
from twin3d.fem.mechanics.vector_pattern import vector_pattern_of
from twin3d.fem.space import function_space

WOOD = orthotropic(
    "spruce",
    youngs_moduli=(11e9, 0.9e9, 0.5e9),
    poissons_ratios=(0.37, 0.43, 0.42),
    shear_moduli=(0.7e9, 0.04e9, 0.65e9),
    thermal_expansions=(4e-6, 30e-6, 35e-6),
    axes=((0.6, 0.8, 0.0), (-0.8, 0.6, 0.0), (0.0, 0.0, 1.0)),
)
ELEMENTS = (Element.TET4, Element.TET10)


def resultants(space, load):
    forces_at = load.reshape(-1, 3)
    return forces_at.sum(axis=0), np.cross(space.dof_points, forces_at).sum(axis=0)


@pytest.mark.parametrize("material", [STEEL, WOOD], ids=lambda m: m.name)
@pytest.mark.parametrize("element", ELEMENTS)
def test_rigid_motions_meet_no_force(element, material):
    space = bent_box(2, element)

    K = assemble_stiffness(space, whole(space, material), backend=NUMPY)

    forces_of = K @ rigid_body_modes(space.dof_points)
    np.testing.assert_allclose(forces_of, 0.0, atol=1e-9 * np.abs(K.data).max())
    assert abs(K - K.T).max() < 1e-9 * np.abs(K.data).max()


@pytest.mark.parametrize("element", ELEMENTS)
def test_isotropic_stiffness_is_the_general_one(element):
    space = bent_box(2, element)
    general = ElasticMaterial("general", STEEL.stiffness, STEEL.thermal_expansion)

    K, same = (assemble_stiffness(space, whole(space, m), backend=NUMPY) for m in (STEEL, general))

    assert abs(K - same).max() < 1e-12 * np.abs(K.data).max()


def test_straight_cells_by_quadrature_and_by_tensor_agree():
    space = function_space(box_mesh((3, 2, 2), wobble=0.2), Element.TET10)
    cells = np.arange(space.mesh.n_cells)
    space_bent = type(space)(
        space.mesh, space.element, space.edges, space.cell_dofs, space.dof_points, np.ones(len(cells), dtype=bool)
    )

    by_tensor, by_quadrature = (elastic_blocks(s, cells, WOOD, backend=NUMPY) for s in (space, space_bent))

    np.testing.assert_allclose(by_tensor, by_quadrature, rtol=1e-9, atol=1e-9 * np.abs(by_tensor).max())


def test_orthotropic_of_equal_constants_is_isotropic():
    E, nu = 70e9, 0.33
    angle = 0.4
    turned = ((np.cos(angle), np.sin(angle), 0.0), (-np.sin(angle), np.cos(angle), 0.0), (0.0, 0.0, 1.0))

    general = orthotropic(
        "a", youngs_moduli=[E] * 3, poissons_ratios=[nu] * 3, shear_moduli=[E / 2 / (1 + nu)] * 3, axes=turned
    )

    np.testing.assert_allclose(
        general.stiffness, isotropic("b", youngs_modulus=E, poissons_ratio=nu).stiffness, atol=1e-4
    )


def test_orthotropic_strain_follows_its_turned_axes():
    along = np.array([0.6, 0.8, 0.0])
    stress = 1e6 * np.array([0.36, 0.64, 0.0, 0.48, 0.0, 0.0])

    strain = np.linalg.solve(WOOD.stiffness, stress)

    tensor = strain[[[0, 3, 5], [3, 1, 4], [5, 4, 2]]] * np.array([[1, 0.5, 0.5], [0.5, 1, 0.5], [0.5, 0.5, 1]])
    np.testing.assert_allclose(along @ tensor @ along, 1e6 / 11e9, rtol=1e-12)
    np.testing.assert_allclose(tensor[2, 2], -0.42 * 1e6 / 11e9, rtol=1e-12)


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({"youngs_modulus": 0.0, "poissons_ratio": 0.3}, "Young's modulus is 0 Pa; it must be above zero"),
        ({"youngs_modulus": -1e9, "poissons_ratio": 0.3}, "Young's modulus is -1e\\+09 Pa"),
        ({"youngs_modulus": np.nan, "poissons_ratio": 0.3}, "Young's modulus is nan"),
        ({"youngs_modulus": 1e9, "poissons_ratio": 0.5}, "Poisson's ratio is 0.5; it must lie between -1 and 0.5"),
        ({"youngs_modulus": 1e9, "poissons_ratio": -1.0}, "Poisson's ratio is -1"),
        ({"youngs_modulus": 1e9, "poissons_ratio": 0.3, "thermal_expansion": np.inf}, "thermal expansion is inf"),
    ],
)
def test_impossible_isotropic_constants_are_refused(constants, message):
    with pytest.raises(SceneError, match=message):
        isotropic("rubber", **constants)


def test_orthotropic_constants_without_positive_energy_are_refused():
    with pytest.raises(SceneError, match="would give energy back"):
        orthotropic("x", youngs_moduli=(1e9, 1e9, 1e9), poissons_ratios=(0.9, 0.9, 0.9), shear_moduli=(1e9,) * 3)


def test_skew_material_axes_are_refused():
    with pytest.raises(SceneError, match="not three unit vectors at right angles"):
        orthotropic(
            "x",
            youngs_moduli=(1e9,) * 3,
            poissons_ratios=(0.3,) * 3,
            shear_moduli=(1e9,) * 3,
            axes=((1, 0, 0), (0.1, 1, 0), (0, 0, 1)),
        )


@pytest.mark.parametrize("element", ELEMENTS)
def test_vector_mass_weighs_the_part(element):
    space = bent_box(2, element)
    cells = np.arange(space.mesh.n_cells)

    M = assemble_vector_mass(space, cells, np.full(len(cells), 7800.0), backend=NUMPY)

    shift = np.tile([0.0, 1.0, 0.0], space.n_dofs)
    np.testing.assert_allclose(shift @ M @ shift, 7800.0 * cell_volumes(space, cells).sum(), rtol=1e-6)


@pytest.mark.parametrize("element", ELEMENTS)
def test_pressure_all_around_is_in_balance(element):
    space = bent_box(2, element)

    force, moment = resultants(space, forces.pressure(space, space.mesh.facets, 3e5))

    np.testing.assert_allclose([force, moment], 0.0, atol=1e-6 * 3e5)


def test_forces_have_the_resultant_that_is_asked_for():
    space = bent_box(2)
    corners = corners_of(space, "x1")
    push, twist, point = np.array([10.0, -20.0, 30.0]), np.array([5.0, 6.0, -7.0]), np.array([3.0, 0.0, 1.0])

    spread = resultants(space, forces.total_force(space, corners, push))
    remote = resultants(space, forces.remote_force(space, corners, push, moment=twist, point=point))
    shear = resultants(space, forces.traction(space, corners, push))

    np.testing.assert_allclose(spread[0], push, rtol=1e-12)
    np.testing.assert_allclose(remote[0], push, rtol=1e-12)
    np.testing.assert_allclose(remote[1], twist + np.cross(point, push), rtol=1e-9)
    np.testing.assert_allclose(shear[0], push * forces.patch(space, corners).area, rtol=1e-12)


def cylinder_space(element=Element.TET10):
    def bend(unit):
        radius, angle = 0.02 + 0.03 * unit[:, 0], 2.0 * np.pi * unit[:, 1]
        return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), 0.01 * unit[:, 2]])

    return function_space(mapped_mesh((2, 16, 2), bend), element)


@pytest.mark.parametrize("element", ELEMENTS)
def test_bearing_force_sums_up_and_presses_one_half(element):
    space = cylinder_space(element)

    load = forces.bearing(space, corners_of(space, "x0"), [300.0, 400.0, 0.0])

    np.testing.assert_allclose(resultants(space, load)[0], [300.0, 400.0, 0.0], atol=1e-9)
    behind = space.dof_points[:, :2] @ [0.6, 0.8] < -0.005
    np.testing.assert_allclose(load.reshape(-1, 3)[behind], 0.0, atol=1e-12)


def test_bearing_force_along_its_axis_is_refused():
    space = cylinder_space()

    with pytest.raises(SceneError, match="must point across the axis"):
        forces.bearing(space, corners_of(space, "x0"), [0.0, 0.0, 5.0])


def test_bearing_force_on_a_flat_face_is_refused():
    space = bent_box(1)

    with pytest.raises(SceneError, match="needs a cylindrical face"):
        forces.bearing(space, corners_of(space, "x0"), [1.0, 0.0, 0.0])


@pytest.mark.parametrize("element", ELEMENTS)
def test_thermal_load_is_the_force_that_hinders_expansion(element):
    space = bent_box(2, element)
    warming = np.full(space.n_dofs, 40.0)
    stretch = (space.dof_points * (12e-6 * 40.0)).ravel()

    load = forces.thermal(space, np.arange(space.mesh.n_cells), STEEL, warming, backend=NUMPY)

    K = assemble_stiffness(space, whole(space), backend=NUMPY)
    np.testing.assert_allclose(load, K @ stretch, atol=1e-6 * np.abs(load).max())


def test_a_load_that_is_no_number_is_refused():
    space = bent_box(1)

    with pytest.raises(SceneError, match="the pressure is nan Pa; give finite numbers"):
        forces.pressure(space, corners_of(space, "x0"), float("nan"))
    with pytest.raises(SceneError, match="the temperature is not finite at 1 places"):
        forces.thermal(space, np.arange(2), STEEL, np.where(np.arange(space.n_dofs) == 5, np.nan, 1.0), backend=NUMPY)


def test_support_that_holds_nothing_is_refused():
    space = bent_box(1)

    with pytest.raises(SceneError, match="holds nothing"):
        forces.support_stiffness(space, corners_of(space, "x0"), 0.0)


def test_expanded_pattern_is_that_of_the_interleaved_dofs():
    space = function_space(box_mesh((2, 2, 2)))

    pattern = vector_pattern_of(space.cell_dofs, space.n_dofs)

    K = pattern.matrix(np.ones(len(pattern.indices))).toarray()
    scalar = np.zeros((space.n_dofs, space.n_dofs))
    for dofs in space.cell_dofs:
        scalar[np.ix_(dofs, dofs)] = 1.0
    np.testing.assert_array_equal(K, np.kron(scalar, np.ones((3, 3))))
