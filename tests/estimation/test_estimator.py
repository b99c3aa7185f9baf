"""What the estimator does with readings that come late, twice, wrong or not at all."""

import numpy as np
import pytest
from box_asset import AMBIENT_K, box_inputs, box_rows, box_sensors, make_readings, play, simulate

from twin3d.errors import EstimationError
from twin3d.estimation import Estimator
from twin3d.records import Quality, SensorStatus, empty_readings

SECOND_NS = 1_000_000_000


@pytest.fixture(scope="module")
def readings(box_model):
    rng = np.random.default_rng(11)
    run = simulate(
        box_model, box_rows(), box_sensors(), rng, powers=lambda t: np.array([60.0, 30.0, 45.0]), duration_s=3.0
    )
    return run.readings


def last_of(estimator, readings, duration_s=3.0):
    *_, (_, estimate) = play(estimator, readings, duration_s)
    return estimate


def assert_same(estimate, expected):
    np.testing.assert_allclose(estimate.coefficients, expected.coefficients, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(estimate.input_deviation, expected.input_deviation, rtol=1e-9)


def test_late_readings_give_the_same_estimate_as_punctual_ones(make_estimator, readings):
    expected = last_of(make_estimator(), readings)
    is_late = readings["time_ns"] // 100_000_000 == 20  # those of a tenth of a second come at the end
    estimator = make_estimator()

    last_of(estimator, readings[~is_late])
    estimate = estimator.advance(readings[is_late], 3 * SECOND_NS)

    assert is_late.sum() > 5
    assert_same(estimate, expected)


def test_shuffled_batches_give_the_same_estimate(make_estimator, readings):
    expected = make_estimator().advance(readings, 3 * SECOND_NS)

    estimate = make_estimator().advance(np.random.default_rng(1).permutation(readings), 3 * SECOND_NS)

    assert_same(estimate, expected)


def test_a_reading_that_comes_twice_counts_once(make_estimator, readings):
    expected = make_estimator().advance(readings, 3 * SECOND_NS)
    estimator = make_estimator()

    estimate = estimator.advance(np.concatenate([readings, readings[:7]]), 3 * SECOND_NS)

    assert estimator.counts["duplicate"] == 7
    assert_same(estimate, expected)


def test_readings_older_than_the_window_are_counted_and_left_out(make_estimator, readings):
    estimator = make_estimator()
    last_of(estimator, readings)
    too_old = make_readings([(0, 0.5, AMBIENT_K + 500.0)])
    before = estimator.advance(empty_readings(), 3 * SECOND_NS)

    after = estimator.advance(too_old, 3 * SECOND_NS)

    assert estimator.counts["late"] == 1
    np.testing.assert_array_equal(after.coefficients, before.coefficients)


def test_a_spike_is_gated_and_moves_nothing(make_estimator, readings):
    spiked = readings.copy()
    position = int(np.flatnonzero(readings["sensor"] == 2)[-1])
    spiked["value"][position] += 40.0
    estimator, without = make_estimator(), make_estimator()

    estimate = last_of(estimator, spiked)

    assert estimator.counts["gated"] == 1
    assert any(kind == "gated" and "tc3" in text for _, kind, text in estimator.events())
    assert_same(estimate, last_of(without, np.delete(readings, position)))


def test_readings_that_are_called_bad_or_are_no_numbers_move_nothing(make_estimator, readings):
    bad = readings.copy()
    own = bad["sensor"] == 4
    bad["quality"][own] = Quality.BAD
    bad["value"][np.flatnonzero(own)[::2]] = np.nan
    estimator = make_estimator()

    estimate = last_of(estimator, bad)

    assert estimator.counts["bad"] == own.sum()
    assert estimate.sensors["status"][4] == SensorStatus.BAD
    assert_same(estimate, last_of(make_estimator(), readings[~own]))


def test_a_held_out_sensor_is_compared_and_never_used(make_estimator, readings):
    wrong = readings.copy()
    wrong["value"][wrong["sensor"] == 7] += 50.0
    estimator = make_estimator()

    estimate = last_of(estimator, wrong)

    assert estimate.sensors["status"][7] == SensorStatus.CHECKED
    assert_same(estimate, last_of(make_estimator(), readings))


def test_a_silent_sensor_is_stale_and_told_of_once(make_estimator, readings):
    estimator = make_estimator()

    estimate = last_of(estimator, readings[(readings["sensor"] != 1) | (readings["time_ns"] < SECOND_NS)])

    told = [text for _, kind, text in estimator.events() if kind == "stale"]
    assert estimate.sensors["status"][1] == SensorStatus.STALE
    assert "tc2 stale" in estimator.flags
    assert len([text for text in told if "tc2" in text]) == 1


def test_bars_grow_while_nothing_arrives(make_estimator, readings):
    estimator = make_estimator()
    before = last_of(estimator, readings)

    after = estimator.advance(empty_readings(), 60 * SECOND_NS)

    assert (after.input_deviation[:3] > 1.5 * before.input_deviation[:3]).all()
    assert (after.input_deviation[:3] < 1.01 * 25.0).all()


def test_advancing_before_the_start_is_refused_in_words(box_model):
    estimator = Estimator.prepare(box_model, box_rows(), box_inputs(), box_sensors(), tick_s=0.02)

    with pytest.raises(EstimationError, match="call start"):
        estimator.advance(empty_readings(), SECOND_NS)
