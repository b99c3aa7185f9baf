import numpy as np
import pytest
from box_mesh import box_mesh

from twin3d.errors import SelectionError
from twin3d.estimation.sites import find_sites, focus_on
from twin3d.fem.elements import Element
from twin3d.fem.space import function_space
from twin3d.scene import Sensor
from twin3d.scene.selectors import parse

LIKE = Sensor(id="tc", unit="degC", noise=0.1, bias=0.2, lag=0.4, period=0.5, role="check", depth=0.002, part="*")


@pytest.fixture
def halves():
    """Two blocks that touch at x = 0.5 m in a contact."""
    return box_mesh((8, 4, 4), n_parts=2, contact=True)


@pytest.mark.parametrize("element", list(Element))
def test_sites_see_a_linear_field_where_they_are(halves, element):
    space = function_space(halves, element)
    field = space.dof_points @ [3.0, -1.0, 2.0] + 5.0

    found = find_sites(space, LIKE, count=40)

    places = np.array([sensor.position for sensor in found.sensors])
    assert len(places) == 40
    np.testing.assert_allclose(found.rows @ field, places @ [3.0, -1.0, 2.0] + 5.0, rtol=0.0, atol=1e-6)


def test_sites_are_on_the_outside_and_far_from_each_other(halves):
    found = find_sites(function_space(halves, Element.TET4), LIKE, count=30)

    places = np.array([sensor.position for sensor in found.sensors])
    from_wall = np.minimum(places, 1.0 - places).min(axis=1)
    np.testing.assert_allclose(from_wall, 0.0, atol=1e-7)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) + 9.0 * np.eye(30)
    assert apart.min() > 0.25  # thirty discs of an even cover of six square metres are half a metre wide


def test_sites_are_like_the_given_sensor_but_for_their_place(halves):
    sensor = find_sites(function_space(halves, Element.TET4), LIKE, count=1).sensors[0]

    assert (sensor.noise, sensor.bias, sensor.lag, sensor.period, sensor.unit) == (0.1, 0.2, 0.4, 0.5, "degC")
    assert (sensor.role, sensor.depth) == ("observe", None)


def test_sites_keep_to_the_faces_and_parts_asked_for(halves):
    space = function_space(halves, Element.TET4)

    found = find_sites(space, LIKE, faces=parse("plane max z"), parts=np.array([1], dtype=np.int32), count=1000)

    places = np.array([sensor.position for sensor in found.sensors])
    assert len(places) == 2 * 4 * 4  # two triangles in each of the squares of the half
    np.testing.assert_allclose(places[:, 2], 1.0, atol=1e-7)
    assert places[:, 0].min() > 0.5
    assert {sensor.part for sensor in found.sensors} == {"part_1"}


def test_faces_and_parts_that_exclude_each_other_are_refused(halves):
    space = function_space(halves, Element.TET4)

    with pytest.raises(SelectionError, match="no face is left for new sensors"):
        find_sites(space, LIKE, faces=parse("plane min x"), parts=np.array([1], dtype=np.int32))


@pytest.mark.parametrize(("parts", "middle"), [(None, 0.5), (np.array([1], dtype=np.int32), 0.75)])
def test_weights_are_volumes(halves, parts, middle):
    focus = focus_on(None, halves, parts)

    np.testing.assert_allclose(focus.weights.sum(), 1.0)
    np.testing.assert_allclose(focus.weights @ halves.points[focus.dofs], [middle, 0.5, 0.5], rtol=1e-12)
