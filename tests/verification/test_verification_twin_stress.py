"""Stress of a corrected twin against an asset of quadratic cells, twice as fine, with other joints, films and metals.

The mesh's share of the bands was measured on other bodies (`INDICATOR_SHARE`). Where the asset's film is another one at
the far end, which no parameter of the twin can express, bands hold 90 % of four runs together, but 78 % of the worst.
"""

import numpy as np
import pytest
from stress_study import StressStudy

SEEDS = range(20, 23)
SEEDS_OF_FAR_FILM = range(20, 24)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study():
    return StressStudy(far_film=False)


@pytest.fixture(scope="module")
def scores(study):
    return scored(study, SEEDS)


@pytest.fixture(scope="module")
def scores_of_far_film():
    return scored(StressStudy(far_film=True), SEEDS_OF_FAR_FILM)


def scored(study, seeds):
    found = [study.run(seed) for seed in seeds]
    for seed, score in zip(seeds, found, strict=True):
        print(
            f"\nseed {seed}: components {1e-6 * score.component_error:.2f} of {1e-6 * score.open_loop_error:.2f} MPa, "
            f"everywhere {1e-6 * score.component_error_everywhere:.2f} of "
            f"{1e-6 * score.open_loop_error_everywhere:.2f} MPa, von Mises held {score.held:.3f}, components held "
            f"{score.component_held:.3f}, gauges {1e6 * score.gauge_error:.2f} of {1e6 * score.gauge_open_loop:.2f} "
            f"µm/m, held {score.gauge_held:.3f}"
        )
    return found


def root_mean_square(values):
    return float(np.sqrt(np.mean(np.square(list(values)))))


def test_components_are_five_times_better_than_the_open_loop(scores):
    error = root_mean_square(score.component_error for score in scores)
    open_loop = root_mean_square(score.open_loop_error for score in scores)

    assert error <= 0.2 * open_loop
    assert all(score.component_error <= 0.3 * score.open_loop_error for score in scores)


def test_bands_of_von_mises_stress_hold_away_from_singular_edges(scores):
    held = [score.held for score in scores]

    assert 0.85 <= np.mean(held) <= 0.95
    assert min(held) >= 0.8
    assert max(held) <= 0.98


def test_a_film_that_the_twin_cannot_express_costs_little(scores_of_far_film):
    error = root_mean_square(score.component_error for score in scores_of_far_film)
    held = [score.held for score in scores_of_far_film]

    assert error <= 0.2 * root_mean_square(score.open_loop_error for score in scores_of_far_film)
    assert 0.85 <= np.mean(held) <= 0.95
    assert min(held) >= 0.7


def test_gauges_that_are_held_out_are_predicted(scores):
    for score in scores:
        assert score.gauge_error <= 0.05 * score.gauge_open_loop


def test_most_points_claim_a_band(study):
    assert study.modes.is_singular[study.modes.is_owner].mean() < 0.4
