"""The visible surface of a mesh, and the colours, without drawing."""

import numpy as np
import pytest

from twin3d.view.colours import AutoRange, colour_knots, nice_ticks, tick_text
from twin3d.view.labels import spread_out


def test_normals_point_outwards(view_model):
    corner = view_model.points[view_model.triangles].astype(float)
    normals = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])

    outwards = corner.mean(axis=1) - view_model.points.mean(axis=0)

    assert (np.einsum("ij,ij->i", normals, outwards) > 0.0).all()


def test_edges_of_a_box_are_split_and_its_faces_are_not(view_model):
    unique = np.unique(view_model.points, axis=0)
    n = 14

    assert len(view_model.points) == 6 * (n + 1) ** 2
    assert len(unique) == 6 * (n - 1) ** 2 + 12 * (n - 1) + 8


@pytest.mark.parametrize(("low", "high"), [(20.0, 83.0), (0.0, 0.37), (299.9, 300.1), (-40.0, 1200.0)])
def test_ticks_are_round_and_within_the_range(low, high):
    ticks = nice_ticks(low, high)

    assert 3 <= len(ticks) <= 8
    assert low - 1e-9 <= min(ticks)
    assert max(ticks) <= high + 1e-9
    step = ticks[1] - ticks[0]
    assert len({tick_text(tick, step) for tick in ticks}) == len(ticks)


def test_the_range_follows_but_does_not_flicker():
    bar = AutoRange(smallest=2.0)
    first = bar.follow(20.0, 40.0)

    assert first[0] <= 20.0
    assert first[1] >= 40.0
    assert bar.follow(21.0, 39.0) == first
    assert bar.follow(20.0, 55.0)[1] >= 55.0
    narrow = bar.follow(30.0, 30.5)
    assert narrow[1] - narrow[0] < 5.0


def test_colour_maps_run_from_dark_to_light():
    for show in ("temperature", "deviation"):
        luminance = colour_knots(show) @ [0.2126, 0.7152, 0.0722]

        assert (np.diff(luminance) > 0.0).all()


def test_labels_keep_their_distance_and_stay_inside():
    placed = spread_out(np.array([300.0, 299.0, 298.0, 20.0, 10.0]), 30.0, 15.0, 400.0)

    assert (-np.diff(placed) >= 30.0 - 1e-9).all()
    assert placed.min() >= 15.0
