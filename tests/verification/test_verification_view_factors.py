"""View factors against closed forms (J. R. Howell, A Catalog of Radiation Heat Transfer Configuration Factors)."""

import numpy as np
import pytest
from cavities import box_inside, disc, groups, rectangle, sphere

from twin3d.fem.enclosure import gather_patches, view_factors


def opposed_rectangles(a, b, c):
    """C-11: identical, parallel, directly opposed rectangles a × b at distance c."""
    X, Y = a / c, b / c
    x, y = np.sqrt(1 + X * X), np.sqrt(1 + Y * Y)
    angles = X * y * np.arctan(X / y) + Y * x * np.arctan(Y / x) - X * np.arctan(X) - Y * np.arctan(Y)
    return 2.0 / (np.pi * X * Y) * (np.log(x * y / np.sqrt(1 + X * X + Y * Y)) + angles)


def perpendicular_rectangles(height, width, length):
    """C-14: from the one of this width to the one of this height, with a common edge of this length."""
    H, W = height / length, width / length
    h, w, s = H * H, W * W, H * H + W * W
    logs = np.log((1 + w) * (1 + h) / (1 + s))
    logs += w * np.log(w * (1 + s) / ((1 + w) * s)) + h * np.log(h * (1 + s) / ((1 + h) * s))
    angles = W * np.arctan(1 / W) + H * np.arctan(1 / H) - np.sqrt(s) * np.arctan(1 / np.sqrt(s))
    return (angles + 0.25 * logs) / (np.pi * W)


def coaxial_discs(first_radius, second_radius, distance):
    """C-41: parallel discs on one axis."""
    R, S = first_radius / distance, second_radius / distance
    x = 1 + (1 + S * S) / (R * R)
    return 0.5 * (x - np.sqrt(x * x - 4 * (S / R) ** 2))


@pytest.mark.parametrize("n", [1, 4])
@pytest.mark.parametrize(("a", "b", "c"), [(1.0, 1.0, 1.0), (2.0, 0.5, 0.3), (1.0, 1.0, 0.02), (0.1, 0.2, 3.0)])
def test_opposed_rectangles_see_what_the_closed_form_says(n, a, b, c):
    facets = groups(
        rectangle([0, 0, 0], [a, 0, 0], [0, b, 0], n=n, m=n), rectangle([0, 0, c], [0, b, 0], [a, 0, 0], n=n, m=n)
    )

    view = view_factors(*facets, closed=False)

    np.testing.assert_allclose(view.factors[0, 1], opposed_rectangles(a, b, c), rtol=2e-4)


@pytest.mark.parametrize("n", [1, 5])
@pytest.mark.parametrize(("height", "width", "length"), [(1.0, 1.0, 1.0), (0.2, 1.0, 3.0), (2.0, 0.1, 0.5)])
def test_rectangles_with_a_common_edge_see_what_the_closed_form_says(n, height, width, length):
    facets = groups(
        rectangle([0, 0, 0], [width, 0, 0], [0, length, 0], n=n, m=n),
        rectangle([0, 0, 0], [0, length, 0], [0, 0, height], n=n, m=n),
    )

    view = view_factors(*facets, closed=False)

    np.testing.assert_allclose(view.factors[0, 1], perpendicular_rectangles(height, width, length), rtol=2e-4)


@pytest.mark.parametrize(("first", "second", "distance"), [(1.0, 1.0, 1.0), (0.5, 1.0, 0.4), (1.0, 0.3, 2.0)])
def test_coaxial_discs_see_what_the_closed_form_says(first, second, distance):
    facets = groups(disc(first, 0.0, up=True), disc(second, distance, up=False))

    view = view_factors(*facets, closed=False)

    np.testing.assert_allclose(view.factors[0, 1], coaxial_discs(first, second, distance), rtol=1e-3)


def test_views_in_a_closed_box_sum_to_one():
    facets = box_inside(n_halvings=3)

    view = view_factors(facets, closed=True)

    np.testing.assert_allclose(view.computed_sums, 1.0, atol=2e-4)
    np.testing.assert_allclose(view.factors.sum(axis=1), 1.0, atol=1e-10)
    np.testing.assert_array_equal(view.exchange_areas, view.exchange_areas.T)


def test_groups_of_facets_see_what_their_facets_see():
    facets = box_inside(n_halvings=3)
    patches = gather_patches(facets, np.zeros(len(facets)), patch_size=0.5)

    view, of_facets = view_factors(facets, patches, closed=True), view_factors(facets, closed=True)

    sums = np.zeros((patches.max() + 1,) * 2)
    np.add.at(sums, (patches[:, None], patches[None, :]), of_facets.exchange_areas)
    np.testing.assert_allclose(view.exchange_areas, sums, atol=2e-4 * view.areas.min())


def test_a_sphere_inside_a_sphere_is_seen_by_the_share_of_its_area():
    facets = groups(sphere(0.5, inside=False), sphere(1.0, inside=True))

    view = view_factors(*facets, closed=True)

    A, F = view.areas, view.factors
    assert F[0, 0] == 0.0
    np.testing.assert_allclose(view.computed_sums, 1.0, atol=5e-3)
    np.testing.assert_allclose(F[1, 0], A[0] / A[1], rtol=1e-10)
    np.testing.assert_allclose(F[1, 1], 1.0 - A[0] / A[1], rtol=1e-10)


def plates_with_a_screen(screen):
    """Unit squares at z = 0 and z = 1, and a screen at z = 1/2."""
    facets = groups(
        rectangle([-0.5, -0.5, 0], [1, 0, 0], [0, 1, 0], n=2, m=2),
        rectangle([-0.5, -0.5, 1], [0, 1, 0], [1, 0, 0], n=2, m=2),
    )
    return view_factors(*facets, closed=False, obstacles=screen)


def test_a_screen_over_all_hides_all():
    view = plates_with_a_screen(rectangle([-0.6, -0.6, 0.5], [1.2, 0, 0], [0, 1.2, 0]))

    assert view.exchange_areas.max() == 0.0


def test_a_screen_over_one_half_hides_one_half():
    view = plates_with_a_screen(rectangle([-0.6, -0.6, 0.5], [1.2, 0, 0], [0, 0.6, 0]))

    np.testing.assert_allclose(view.factors[0, 1], 0.5 * opposed_rectangles(1.0, 1.0, 1.0), rtol=5e-3)


def test_a_small_screen_hides_what_a_sum_over_many_points_says():
    n, half = 40, 12.5 / 80  # half way between two middles, so that none is on its rim
    x = (np.arange(n) + 0.5) / n - 0.5
    step, middle = (x[:, None] - x[None, :]) ** 2, 0.5 * (x[:, None] + x[None, :])
    square = step[:, :, None, None] + step[None, None] + 1.0
    is_hidden = (np.abs(middle) < half)[:, :, None, None] & (np.abs(middle) < half)[None, None]
    expected = (~is_hidden / (np.pi * square**2)).mean()

    view = plates_with_a_screen(rectangle([-half, -half, 0.5], [2 * half, 0, 0], [0, 2 * half, 0]))

    np.testing.assert_allclose(view.factors[0, 1], expected, rtol=5e-3)
