"""What sensors that are not points take of a field."""

import numpy as np
import pytest
from box_mesh import box_mesh

from twin3d.errors import MeshError
from twin3d.fem.elements import Element
from twin3d.fem.rows import mean_over
from twin3d.fem.sensor_rows import sensor_rows
from twin3d.fem.space import function_space
from twin3d.scene import Sensor, selectors

SIZE = np.array([0.2, 0.1, 0.05])


def sensor(name="s", **where):
    return Sensor(id=name, unit="degC", noise=0.1, period=1.0, **where)


def linear(points):
    return 300.0 + points @ [2.0, -3.0, 4.0]


@pytest.fixture(params=list(Element))
def space(request):
    return function_space(box_mesh((8, 3, 2), SIZE, n_parts=2), request.param)


def test_the_mean_over_a_part_is_exact_for_a_linear_field(space):
    rows = sensor_rows([sensor(part="part_0"), sensor("t", part="part_*")], space)

    means = rows @ linear(space.dof_points)

    centres = np.array([[0.05, 0.05, 0.025], [0.1, 0.05, 0.025]])
    np.testing.assert_allclose(means, linear(centres), rtol=1e-12)
    np.testing.assert_allclose(rows.sum(axis=1), 1.0, rtol=1e-12)


def test_a_face_sensor_is_the_mean_over_its_face_alone(space):
    rows = sensor_rows([sensor(face=selectors.parse("plane max z")), sensor("p", part="part_0")], space)

    top = mean_over(space, np.flatnonzero(space.mesh.facet_region == 5))
    np.testing.assert_allclose(rows[[0]].toarray(), top.toarray(), atol=1e-15)


def test_a_sensor_that_looks_at_nothing_is_named():
    space = function_space(box_mesh((2, 2, 2), SIZE))

    with pytest.raises(MeshError, match="sensor s has no position, face or part; give it one of them"):
        sensor_rows([sensor()], space)
