"""Facts of enclosures: balance, derivatives, patches, and what is refused."""

import numpy as np
import pytest
from cavities import box_inside, groups, rectangle, sphere

from twin3d.errors import MeshError, SolverError
from twin3d.fem.enclosure import gather_patches, grey_enclosure, view_factors


@pytest.fixture(scope="module")
def box():
    """A closed box of 192 facets in 24 patches, with its facets' temperatures [K]."""
    facets = box_inside(n_halvings=2)
    view = view_factors(facets, gather_patches(facets, np.zeros(len(facets)), patch_size=0.5), closed=True)
    rng = np.random.default_rng(5)
    return grey_enclosure(view, rng.uniform(0.05, 1.0, len(view.areas))), rng.uniform(250.0, 900.0, len(facets))


@pytest.fixture
def open_plates():
    facets = groups(
        rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], n=2, m=2), rectangle([0, 0, 1], [0, 1, 0], [1, 0, 0], n=2, m=2)
    )
    return grey_enclosure(view_factors(facets[0], closed=False), np.where(facets[1], 0.3, 0.9))


def by_differences(function, values, step=0.01):
    columns = [(function(values + step * e) - function(values - step * e)) / (2 * step) for e in np.eye(len(values))]
    return np.stack(columns, axis=1)


def test_a_closed_enclosure_keeps_its_heat(box):
    operator, T = box

    Q = operator.facet_heat_rates(T)

    np.testing.assert_allclose(Q.sum(), 0.0, atol=1e-12 * np.abs(Q).sum())


def test_equal_temperatures_exchange_nothing(box, open_plates):
    Q = box[0].heat_rates(np.full(box[0].n_patches, 1000.0))
    of_plates = open_plates.heat_rates(np.full(16, 400.0), ambient=400.0)

    np.testing.assert_allclose(Q, 0.0, atol=1e-9)
    np.testing.assert_allclose(of_plates, 0.0, atol=1e-10)


def test_rates_of_facets_sum_to_those_of_their_patches(box):
    operator, T = box

    Q = operator.facet_heat_rates(T)

    patch_of_facet = operator.facet_from_patch.indices
    np.testing.assert_allclose(
        np.bincount(patch_of_facet, Q), operator.heat_rates(operator.patch_temperatures(T)), rtol=1e-9, atol=1e-9
    )


def test_patch_jacobian_is_the_derivative(open_plates, rng):
    T = rng.uniform(300.0, 800.0, 16)

    J = open_plates.jacobian(T)

    expected = by_differences(lambda T: open_plates.heat_rates(T, ambient=300.0), T)
    np.testing.assert_allclose(J, expected, rtol=1e-6, atol=1e-6 * np.abs(J).max())


def test_ambient_derivative_is_the_derivative(open_plates):
    T = np.full(16, 350.0)

    slope = open_plates.ambient_derivative(300.0)

    expected = by_differences(lambda ambient: open_plates.heat_rates(T, ambient=float(ambient[0])), np.array([300.0]))
    np.testing.assert_allclose(slope, expected[:, 0], rtol=1e-6)


def test_facet_jacobian_is_the_derivative(box):
    operator, T = box

    J = operator.facet_jacobian(T)

    expected = by_differences(operator.facet_heat_rates, T)
    applied = np.stack([J.apply(e) for e in np.eye(len(T))], axis=1)
    np.testing.assert_allclose(applied, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())


def test_views_grow_with_the_square_of_the_unit():
    metres = view_factors(box_inside(n_halvings=1), closed=True)

    millimetres = view_factors(1000.0 * box_inside(n_halvings=1) + 5.0e4, closed=True)

    np.testing.assert_allclose(millimetres.exchange_areas, 1e6 * metres.exchange_areas, rtol=1e-6, atol=1e-3)


def test_threads_do_not_change_the_result():
    facets = np.concatenate([sphere(0.5, inside=False, n_halvings=1), sphere(1.0, inside=True, n_halvings=1)])

    one, two = (view_factors(facets, closed=True, n_threads=n) for n in (1, 2))

    np.testing.assert_array_equal(one.exchange_areas, two.exchange_areas)


def test_patches_are_small_nearly_flat_and_of_one_face():
    ball, side = groups(sphere(1.0, inside=True, n_halvings=3), sphere(0.2, inside=False, n_halvings=2))

    patches = gather_patches(ball, side, patch_size=0.6)

    assert patches.max() + 1 < len(ball) / 4
    for patch in range(patches.max() + 1):
        middles = ball[patches == patch].mean(axis=1)
        assert len(np.unique(side[patches == patch])) == 1
        assert np.ptp(middles, axis=0).max() <= 0.6
    small = np.unique(patches[side == 1])
    assert len(small) >= 6


def without_the_lid():
    return view_factors(box_inside(n_halvings=1)[:-8], closed=True)


def inside_out():
    return view_factors(box_inside(n_halvings=0)[:, ::-1], closed=True)


def test_a_gap_in_a_closed_enclosure_is_refused():
    for make in (without_the_lid, inside_out):
        with pytest.raises(SolverError, match=r"view factors of patch \d+ sum to .* instead of 1 .*closed=False"):
            make()


@pytest.mark.parametrize("emissivity", [0.0, -0.1, 1.01, np.nan])
def test_an_emissivity_outside_its_range_is_refused(emissivity):
    view = view_factors(box_inside(n_halvings=0), closed=True)

    with pytest.raises(SolverError, match=r"the emissivity of patch 3 is .*must be in \(0, 1\]"):
        grey_enclosure(view, np.where(np.arange(12) == 3, emissivity, 0.5))


def test_facets_that_are_none_are_refused():
    flat = box_inside(n_halvings=0)
    flat[4, 2] = flat[4, 0]
    infinite = box_inside(n_halvings=0)
    infinite[7, 1, 1] = np.inf

    for facets, message in (
        (np.zeros((0, 3, 3)), "expected"),
        (flat, "1 facets have no area, first is 4"),
        (infinite, "facet 7 has a corner that is not finite"),
    ):
        with pytest.raises(MeshError, match=message):
            view_factors(facets, closed=True)


def test_patches_that_cannot_be_are_refused():
    facets = rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], n=80, m=60)

    for patches, message in (
        (None, "9600 patches need 0.7 GB a matrix; at most 8000"),
        (np.full(len(facets), 2), "2 patches have no facet, first is 0"),
        (np.zeros(3, dtype=int), r"expected integers of shape \(9600,\)"),
        (np.full(len(facets), -1), "patches count from 0"),
    ):
        with pytest.raises(SolverError, match=message):
            view_factors(facets, patches, closed=False)
    with pytest.raises(SolverError, match=r"the patch size is 0\.0 m"):
        gather_patches(facets, np.zeros(len(facets)), patch_size=0.0)


def test_temperatures_that_cannot_be_are_refused(open_plates):
    for temperatures, ambient, message in (
        (np.full(16, 300.0), None, "needs? the ambient temperature"),
        (np.full(16, 300.0), -1.0, "ambient temperature is -1.0 K"),
        (np.full(15, 300.0), 300.0, r"shape \(15,\); expected \(16,\)"),
        (np.where(np.arange(16) == 2, np.nan, 300.0), 300.0, "temperature 2 is nan K"),
    ):
        with pytest.raises(SolverError, match=message):
            open_plates.heat_rates(temperatures, ambient=ambient)
