"""The heat that grey enclosures exchange against closed forms (M. F. Modest, Radiative Heat Transfer, chapter 5)."""

import numpy as np
import pytest
from cavities import groups, rectangle, sphere

from twin3d.fem.enclosure import grey_enclosure, view_factors
from twin3d.scene import STEFAN_BOLTZMANN


@pytest.fixture(scope="module")
def spheres():
    """View factors between all facets of two concentric spheres, and the side of each."""
    facets, side = groups(sphere(0.7, inside=False), sphere(1.0, inside=True))
    return view_factors(facets, closed=True), side


@pytest.mark.parametrize(("inner", "outer"), [(0.3, 0.6), (1.0, 1.0), (0.05, 0.9), (0.8, 0.1)])
def test_grey_spheres_exchange_what_the_closed_form_says(spheres, inner, outer):
    view, side = spheres
    operator = grey_enclosure(view, np.where(side == 0, inner, outer))
    A = np.bincount(side, view.areas)

    Q = operator.heat_rates(np.where(side == 0, 700.0, 300.0))

    expected = STEFAN_BOLTZMANN * A[0] * (700.0**4 - 300.0**4) / (1 / inner + A[0] / A[1] * (1 / outer - 1))
    np.testing.assert_allclose(Q[side == 1].sum(), expected, rtol=5e-3)
    np.testing.assert_allclose(Q.sum(), 0.0, atol=1e-12 * expected)


def test_near_plates_exchange_what_infinite_ones_do():
    gap, epsilon = 0.002, np.array([0.4, 0.7])
    facets = groups(
        rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], n=8, m=8), rectangle([0, 0, gap], [0, 1, 0], [1, 0, 0], n=8, m=8)
    )
    operator = grey_enclosure(view_factors(*facets, closed=False), epsilon)

    Q = operator.heat_rates(np.array([600.0, 400.0]), ambient=400.0)

    expected = STEFAN_BOLTZMANN * (600.0**4 - 400.0**4) / (1 / epsilon[0] + 1 / epsilon[1] - 1)
    np.testing.assert_allclose(-Q[0], expected, rtol=5e-3)


def test_a_plate_alone_radiates_to_the_ambient():
    view = view_factors(rectangle([0, 0, 0], [2, 0, 0], [0, 1, 0]), closed=False)

    Q = grey_enclosure(view, 0.6).heat_rates(np.array([500.0, 500.0]), ambient=300.0)

    np.testing.assert_allclose(Q.sum(), -0.6 * STEFAN_BOLTZMANN * 2.0 * (500.0**4 - 300.0**4), rtol=1e-12)
