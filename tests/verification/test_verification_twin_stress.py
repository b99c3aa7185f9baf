"""Stress of a corrected twin against an asset of quadratic cells, twice as fine, with other joints, film and metals.

The mesh's share of the bands was measured on other bodies (`INDICATOR_SHARE`). Of seeds 0 to 5 the component error was
0.11 to 0.24 of the open loop's, 0.13 of all together, and 90 to 95 % of von Mises stress lay in its 90 % band.
"""

import numpy as np
import pytest
from stress_study import StressStudy

SEEDS = range(20, 23)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study():
    return StressStudy()


@pytest.fixture(scope="module")
def scores(study):
    found = [study.run(seed) for seed in SEEDS]
    for seed, score in zip(SEEDS, found, strict=True):
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


def test_gauges_that_are_held_out_are_predicted(scores):
    for score in scores:
        assert score.gauge_error <= 0.05 * score.gauge_open_loop


def test_most_points_claim_a_band(study):
    assert study.modes.is_singular[study.modes.is_owner].mean() < 0.4
