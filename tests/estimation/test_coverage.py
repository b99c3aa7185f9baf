"""The error bars hold: the 90 % intervals against plants that share only the geometry with the twin.

Truth is another, finer mesh with other parameters; that nothing else is wrong in its physics, the twin is told. The
seeds were fixed before they were first run; tuning used 0 to 9 and 100 to 139.
"""

import numpy as np
import pytest
from power_study import PowerStudy

SEEDS = range(200, 210)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study():
    return PowerStudy()


@pytest.fixture(scope="module")
def results(study):
    found = {seed: study.run(seed) for seed in SEEDS}
    print(f"\ntwin {study.twin.mesh.n_points} points, plant {study.plant.mesh.n_points} points")
    for seed, result in found.items():
        print(
            f"seed {seed}: coverage {result.coverage_90:.3f}, field {result.field_rmse_K:.3f} K, "
            f"open loop {result.openloop_rmse_K:.3f} K, told the powers {result.told_rmse_K:.3f} K"
        )
    print(f"pooled coverage {np.mean([result.coverage_90 for result in found.values()]):.3f}")
    return found


def test_the_plant_is_finer_and_its_own_error_is_small(study):
    assert study.plant.mesh.n_points >= 4 * study.twin.mesh.n_points
    assert study.plant.model.error_rms < study.twin.model.error_rms / 2.0


def test_the_intervals_hold_over_all_points_and_times(results):
    coverage = np.array([result.coverage_90 for result in results.values()])

    assert 0.80 <= coverage.mean() <= 0.98
    assert coverage.min() >= 0.70


def test_the_field_is_three_times_better_than_the_open_loop(results):
    for seed, result in results.items():
        assert result.field_rmse_K <= result.openloop_rmse_K / 3.0, seed
