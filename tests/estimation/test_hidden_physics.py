"""Physics that no parameter of the model expresses: heat sources that stand for it keep the bars honest."""

from dataclasses import replace

import numpy as np
import pytest
from box_asset import (
    AMBIENT_K,
    box_asset,
    box_inputs,
    box_rows,
    box_sensors,
    defect_sources,
    draw_powers,
    hidden_box,
    play,
    reduce_box,
    simulate,
)

from twin3d.estimation import Estimator
from twin3d.records import empty_readings
from twin3d.reduction import lift
from twin3d.scene import Estimation
from twin3d.score import NORMAL_90

DURATION_S, SETTLED_S, TICK_S = 40.0, 10.0, 0.04
SEEDS = (20, 21, 22)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def asset():
    return box_asset()


@pytest.fixture(scope="module")
def model(asset):
    return reduce_box(asset)


def follow(asset, model, seed):
    """Share of the points within the 90 % band and the error [K], over an asset drawn by a seed."""
    rng = np.random.default_rng(seed)
    hidden, sensors = hidden_box(asset, rng), box_sensors()
    run = simulate(
        hidden, box_rows(), sensors, rng, powers=draw_powers(rng, DURATION_S), duration_s=DURATION_S, tick_s=TICK_S
    )
    estimator = Estimator.prepare(model, box_rows(), box_inputs(), sensors, tick_s=TICK_S)
    estimator.start(0)
    inside, squares = [], []
    for tick, estimate in play(estimator, run.readings, DURATION_S, tick_s=TICK_S):
        if tick * TICK_S > SETTLED_S and tick % 25 == 0:
            truth = AMBIENT_K + hidden.basis @ run.coefficients[tick - 1]
            error = lift.temperature(model, estimate.coefficients, estimate.inputs) - truth
            deviation = lift.deviation(model, estimate.covariance_factor)
            inside.append(np.mean(np.abs(error) <= NORMAL_90 * deviation))
            squares.append(np.mean(error**2))
    return np.mean(inside), np.sqrt(np.mean(squares))


@pytest.fixture(scope="module")
def with_sources(asset, model):
    return replace(model, error_load=defect_sources(model, asset, np.random.default_rng(1000)))


def test_sources_widen_the_bars_where_the_physics_is_another(asset, model, with_sources):
    without = np.array([follow(asset, model, seed) for seed in SEEDS])
    allowed = np.array([follow(asset, with_sources, seed) for seed in SEEDS])

    print(f"\ncoverage and error [K] without {without.round(2).tolist()}, with sources {allowed.round(2).tolist()}")
    assert without[:, 0].mean() < 0.7
    assert allowed[:, 0].mean() > without[:, 0].mean() + 0.2
    assert allowed[:, 1].mean() < without[:, 1].mean()


def test_a_source_scale_of_zero_trusts_the_model(model, with_sources):
    trusting = Estimation(source_scale=0.0)

    fields = []
    for tried, settings in ((model, None), (with_sources, trusting), (with_sources, None)):
        estimator = Estimator.prepare(tried, box_rows(), box_inputs(), box_sensors(), tick_s=TICK_S, settings=settings)
        estimator.start(0)
        fields.append(estimator.advance(empty_readings(), 10**10).covariance_factor)

    np.testing.assert_array_equal(fields[1], fields[0])
    assert np.sum(fields[2] ** 2) > 1.01 * np.sum(fields[0] ** 2)
