"""Rows take values out of fields, at positions and over faces."""

import numpy as np
import pytest
from box_mesh import box_mesh

from twin3d.fem.elements import Element
from twin3d.fem.rows import mean_over, rows_at
from twin3d.fem.space import function_space

SIZE = np.array([0.2, 0.1, 0.05])


@pytest.fixture
def mesh():
    return box_mesh((4, 3, 2), SIZE, wobble=0.2)


def field(element, points):
    """The richest field that the element holds exactly."""
    x, y, z = points.T
    linear = 1.0 + 2.0 * x - 3.0 * y + 4.0 * z
    return linear if element is Element.TET4 else linear + 50.0 * x * y - 20.0 * z**2


@pytest.mark.parametrize("element", list(Element))
def test_rows_read_polynomials_exactly_inside_and_on_the_surface(element, mesh, rng):
    space = function_space(mesh, element)
    positions = rng.uniform(0.0, 1.0, (50, 3)) * SIZE
    positions[:10, 2] = 0.0
    positions[0] = mesh.points[7]

    found = rows_at(space, positions) @ field(element, space.dof_points)

    np.testing.assert_allclose(found, field(element, positions), rtol=1e-12)


@pytest.mark.parametrize("element", list(Element))
def test_a_position_just_outside_takes_the_nearest_value_of_the_surface(element, mesh):
    space = function_space(mesh, element)

    found = rows_at(space, np.array([[0.1, 0.04, -1e-4]])) @ field(element, space.dof_points)

    np.testing.assert_allclose(found, field(element, np.array([[0.1, 0.04, 0.0]])), rtol=1e-12)


@pytest.mark.parametrize("element", list(Element))
def test_means_over_faces_are_weighted_by_area(element, mesh):
    space = function_space(mesh, element)
    top = np.flatnonzero(mesh.facet_region == 5)

    mean = (mean_over(space, top) @ space.dof_points)[0]

    np.testing.assert_allclose(mean, [0.1, 0.05, 0.05], rtol=1e-12)
