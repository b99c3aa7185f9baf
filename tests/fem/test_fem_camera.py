"""What the pixels of a camera see."""

from dataclasses import replace

import numpy as np
import pytest
from box_mesh import box_mesh

from twin3d.errors import MeshError
from twin3d.fem.camera import camera_axes, image_rows
from twin3d.fem.elements import Element
from twin3d.fem.sensor_rows import sensor_rows
from twin3d.fem.space import function_space
from twin3d.scene import Camera, Sensor, channels_of_camera

SIZE = np.array([0.2, 0.1, 0.05])


@pytest.fixture(params=list(Element))
def space(request):
    return function_space(box_mesh((8, 4, 2), SIZE, n_parts=2), request.param)


def camera(position, look_at, *, pixels=(8, 6), up=(0.0, 1.0, 0.0), angle=10.0):
    return Camera(position=position, look_at=look_at, up=up, field_of_view=angle, pixels=pixels)


def two_plates():
    """A plate of 0.2 × 0.1 m whose top is at z = 0.05, and half of one above it whose top is at 0.25."""
    low = box_mesh((4, 2, 1), SIZE)
    high = box_mesh((2, 2, 1), SIZE * [0.5, 1.0, 1.0])
    return replace(
        low,
        points=np.concatenate([low.points, high.points + np.array([0.0, 0.0, 0.2])]),
        cells=np.concatenate([low.cells, high.cells + low.n_points]),
        cell_region=np.repeat(np.array([0, 1], dtype=np.int32), [low.n_cells, high.n_cells]),
        part_names=("low", "high"),
        facets=np.concatenate([low.facets, high.facets + low.n_points]),
        facet_region=np.concatenate([low.facet_region, high.facet_region]),
        facet_parts=np.concatenate([low.facet_parts, np.where(high.facet_parts == 0, 1, -1)]).astype(np.int32),
    )


def test_pixels_above_a_plane_see_it_as_the_perspective_says(space):
    above = camera((0.1, 0.05, 0.55), (0.1, 0.05, 0.0), pixels=(8, 6))

    seen = image_rows(space, above) @ space.dof_points

    half = 0.5 * np.tan(np.deg2rad(5.0))
    x = 0.1 + half * (2.0 * (np.arange(8) + 0.5) / 8 - 1.0)
    y = 0.05 - half * (2.0 * (np.arange(6) + 0.5) / 6 - 1.0) * 6 / 8
    expected = np.stack(np.broadcast_arrays(x[None, :], y[:, None], 0.05), axis=-1).reshape(-1, 3)
    np.testing.assert_allclose(seen, expected, atol=1e-12)


def test_what_an_oblique_pixel_sees_projects_into_its_middle(space):
    oblique = camera((0.3, -0.4, 0.5), (0.1, 0.05, 0.05), up=(0.0, 0.0, 1.0), pixels=(7, 5), angle=5.0)

    seen = image_rows(space, oblique) @ space.dof_points - oblique.position

    ahead, right, up = (seen @ axis for axis in camera_axes(oblique))
    reach = np.tan(np.deg2rad(2.5))
    columns, rows = 3.5 * (1.0 + right / ahead / reach) - 0.5, 2.5 - 3.5 * up / ahead / reach - 0.5
    np.testing.assert_allclose(columns.reshape(5, 7), np.broadcast_to(np.arange(7.0), (5, 7)), atol=1e-9)
    np.testing.assert_allclose(rows.reshape(5, 7), np.broadcast_to(np.arange(5.0)[:, None], (5, 7)), atol=1e-9)


def test_a_pixel_sees_the_nearer_of_two_parts():
    space = function_space(two_plates())

    seen = image_rows(space, camera((0.1, 0.05, 2.0), (0.1, 0.05, 0.0), pixels=(4, 1), angle=4.0)) @ space.dof_points

    np.testing.assert_allclose(seen[:, 2], [0.25, 0.25, 0.05, 0.05], atol=1e-12)


def test_pixels_that_miss_the_asset_or_see_another_part_are_dropped(space):
    wide = camera((0.1, 0.05, 0.55), (0.1, 0.05, 0.0), pixels=(10, 2), angle=40.0)

    n_seen = np.diff(image_rows(space, wide).indptr) > 0
    n_of_part = np.diff(image_rows(space, wide, parts=[1]).indptr) > 0

    reach = 0.5 * np.tan(np.deg2rad(20.0)) * (2.0 * (np.arange(10) + 0.5) / 10 - 1.0)
    np.testing.assert_array_equal(n_seen[:10], np.abs(reach) < 0.1)
    np.testing.assert_array_equal(n_of_part[:10], (reach > 0.0) & (reach < 0.1))


@pytest.mark.parametrize(
    ("position", "part", "told"),
    [
        ((0.1, 0.05, -1.0), None, r"sensor cam: the camera at .* sees nothing .* lies 180° off the view.*turn look_at"),
        ((0.1, 0.05, 0.01), None, "sensor cam: the camera at .* stands within the asset; move it out"),
        ((0.05, 0.05, 1.0), "part_1", "sensor cam: it sees the asset, but none of its parts; turn it"),
    ],
)
def test_a_camera_that_sees_nothing_is_named_with_a_remedy(space, position, part, told):
    ahead = (position[0], position[1], position[2] - 1.0)
    sensor = Sensor(id="cam", unit="degC", part=part, noise=0.1, period=1.0)

    with pytest.raises(MeshError, match=told):
        sensor_rows(channels_of_camera(sensor, camera(position, ahead, angle=2.0)), space)
