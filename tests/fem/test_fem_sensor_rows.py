"""What sensors that are not points take of a field."""

import numpy as np
import pytest
from box_mesh import box_mesh

from twin3d.errors import MeshError
from twin3d.fem.elements import Element
from twin3d.fem.rows import mean_over
from twin3d.fem.sensor_rows import sensor_rows, sight_lines
from twin3d.fem.space import function_space
from twin3d.scene import Camera, Sensor, channels_along, channels_of_camera, selectors

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

    with pytest.raises(MeshError, match=r"sensor s: it has no position, .* or part; give it one of them"):
        sensor_rows([sensor()], space)


LINE = ((0.01, 0.02, 0.03), (0.15, 0.02, 0.03), (0.15, 0.09, 0.03))


def test_means_along_a_line_are_exact_for_a_linear_field(space):
    whole = sensor(line=LINE)
    stations = channels_along(sensor("f", line=LINE), 3)

    means = sensor_rows([whole, sensor("p", part="part_0"), *stations], space) @ linear(space.dof_points)

    lengths, middles = [0.14, 0.07], [[0.08, 0.02, 0.03], [0.15, 0.055, 0.03]]
    np.testing.assert_allclose(means[0], np.average(linear(np.array(middles)), weights=lengths), rtol=1e-12)
    shares = np.array([[0.045, 0.02, 0.03], [0.115, 0.02, 0.03], [0.15, 0.055, 0.03]])
    np.testing.assert_allclose(means[2:], linear(shares), rtol=1e-12)


def test_a_line_within_a_part_does_not_see_its_neighbour(space):
    across = sensor(line=((0.099, 0.05, 0.02), (0.101, 0.05, 0.02)), part="part_0", tolerance=0.002)

    (mean,) = sensor_rows([across], space) @ linear(space.dof_points)

    inside = linear(np.array([[0.0995, 0.05, 0.02], [0.1, 0.05, 0.02]]))
    np.testing.assert_allclose(mean, inside.mean(), rtol=1e-6)  # the kink at the wall lies within a piece


def test_a_line_outside_is_named_with_its_distance_and_a_remedy(space):
    strayed = channels_along(sensor("fibre", line=((0.1, 0.05, 0.01), (0.1, 0.05, 0.08))), 4)

    with pytest.raises(MeshError, match=r"sensor fibre: the position .* mm is \S+ mm outside .*; move it, or check"):
        sensor_rows(strayed, space)


def test_the_sights_tell_what_is_seen_and_what_is_seen_twice(space):
    camera = Camera(
        position=(0.1, 0.05, 0.55), look_at=(0.1, 0.05, 0.0), up=(0.0, 1.0, 0.0), field_of_view=40.0, pixels=(10, 2)
    )
    sensors = [
        sensor("tc", position=(0.1, 0.05, 0.05)),
        sensor("coil", part="part_0"),
        sensor("again", part="*_0"),
        *channels_along(sensor("fibre", line=LINE), 3),
        *channels_of_camera(sensor("cam"), camera),
    ]

    lines = sight_lines(sensors, sensor_rows(sensors, space))

    assert lines == [
        "coil: the mean over part_0; sees the same as again",
        "again: the mean over *_0; sees the same as coil",
        "fibre: 3 stations of 70 mm along 210 mm",
        "cam: 20 pixels, of which 8 see nothing and are dropped",
    ]
