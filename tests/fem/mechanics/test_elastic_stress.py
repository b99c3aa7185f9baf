"""Stress at points, its error, and strain gauges."""

import numpy as np
import pytest
from box_mesh import box_mesh
from elastic_bodies import NUMPY, STEEL, bent_box, corners_of, recovered_stress

from twin3d.errors import MeshError
from twin3d.fem.elements import Element
from twin3d.fem.mechanics.elastic import isotropic
from twin3d.fem.mechanics.gauges import strain_gauge
from twin3d.fem.mechanics.indicator import error_indicator
from twin3d.fem.mechanics.recovery import at_all_dofs, recover
from twin3d.fem.mechanics.stress import parts_of, sampling_rule, stress_in_cells
from twin3d.fem.space import function_space

ELEMENTS = (Element.TET4, Element.TET10)
SLOPE = 1e-4 * np.array([[1.0, 0.3, -0.2], [0.5, -0.7, 0.4], [0.1, 0.6, 0.9]])


def stretched(space):
    return (space.dof_points @ SLOPE.T).ravel()


def recovered_parts(space, displacement, materials):
    rule = sampling_rule(space.element)
    return [
        recover(space, cells, stress_in_cells(space, cells, metal, displacement, rule=rule, backend=NUMPY))
        for cells, metal in parts_of(space, materials)
    ]


def test_quadratic_stress_is_recovered_exactly_by_quadratic_elements():
    space = function_space(box_mesh((3, 3, 3), wobble=0.2), Element.TET10)
    cells = np.arange(space.mesh.n_cells)
    rule = sampling_rule(space.element)
    positions = np.einsum("qc,ecx->eqx", rule.points, space.mesh.points[space.mesh.cells])

    field = recover(space, cells, (positions[..., :1] ** 2 - positions[..., 1:2] * positions[..., 2:]))

    exact = space.dof_points[:, 0] ** 2 - space.dof_points[:, 1] * space.dof_points[:, 2]
    np.testing.assert_allclose(field.values[:, 0], exact, atol=1e-7)


@pytest.mark.parametrize("element", ELEMENTS)
def test_stress_jumps_between_materials(element):
    mesh = box_mesh((4, 2, 2), n_parts=2)
    space = function_space(mesh, element)
    soft = isotropic("soft", youngs_modulus=1e9, poissons_ratio=0.3)

    stiff_side, soft_side = recovered_parts(space, stretched(space), [STEEL, soft])

    shared = np.intersect1d(stiff_side.dofs, soft_side.dofs)
    left = stiff_side.values[np.searchsorted(stiff_side.dofs, shared)]
    right = soft_side.values[np.searchsorted(soft_side.dofs, shared)]
    np.testing.assert_allclose(left, 210.0 * right, rtol=1e-9, atol=1e-3)
    shown = at_all_dofs(
        space, [soft_side, stiff_side], rank=[np.ones(len(soft_side.dofs)), np.full(len(stiff_side.dofs), 2.0)]
    )
    np.testing.assert_allclose(shown[shared], left, rtol=1e-12)


@pytest.mark.parametrize("element", ELEMENTS)
def test_indicator_is_zero_where_the_stress_is_exact(element):
    space = bent_box(2, element)

    (field,) = recovered_parts(space, stretched(space), [STEEL])
    indicator = error_indicator(space, field, STEEL, stretched(space), backend=NUMPY)

    assert indicator.relative < 1e-6


def test_indicator_estimates_the_error_of_linear_cells():
    def bending(points):
        x, _, z = points.T
        return 1e-3 * np.column_stack([x * z, 0.0 * x, -0.5 * x**2])

    relative = []
    for n in (4, 8):
        space = function_space(box_mesh((n, n, n)))
        u = bending(space.dof_points).ravel()
        metal = isotropic("no Poisson", youngs_modulus=1e9, poissons_ratio=0.0)
        (field,) = recovered_parts(space, u, [metal])
        relative.append(error_indicator(space, field, metal, u, backend=NUMPY).relative)

    np.testing.assert_allclose(relative[0] / relative[1], 2.0, atol=0.35)


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize("length_m", [0.0, 0.05])
def test_gauge_reads_the_strain_along_its_direction(element, length_m):
    space = function_space(box_mesh((4, 3, 3), (0.4, 0.3, 0.2), wobble=0.2), element)

    row = strain_gauge(
        space,
        corners_of(space, "z1"),
        position=np.array([0.21, 0.13, 0.2]),
        direction=np.array([3.0, 4.0, 0.5]),
        length_m=length_m,
    )

    along = np.array([0.6, 0.8, 0.0])
    np.testing.assert_allclose(row @ stretched(space), along @ SLOPE @ along, rtol=1e-9)


def test_gauge_beside_its_face_is_refused():
    space = bent_box(1)

    with pytest.raises(MeshError, match="mm off its face"):
        strain_gauge(space, corners_of(space, "z1"), position=np.array([9.0, 0, 0]), direction=np.array([1.0, 0, 0]))


def test_gauge_that_sticks_out_of_its_face_is_refused():
    space = function_space(box_mesh((2, 2, 2)))

    with pytest.raises(MeshError, match="points out of its face"):
        strain_gauge(
            space, corners_of(space, "z1"), position=np.array([0.5, 0.5, 1.0]), direction=np.array([0, 0, 1.0])
        )


def test_constant_stress_is_recovered_on_curved_cells():
    space = bent_box(2)

    stress = recovered_stress(space, stretched(space))

    np.testing.assert_allclose(stress, np.tile(stress[0], (len(stress), 1)), atol=1e-8 * np.abs(stress).max())
