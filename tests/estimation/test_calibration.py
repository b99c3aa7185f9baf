"""Calibration finds what is true of an asset of another, finer mesh, says how well, and says what it cannot know."""

import time

import numpy as np
import pytest
from box_asset import box_inputs
from calibration_case import SPREADS, TRUE, Truth, calibrated, full_order_truth, recording_of, twin_of

from twin3d.errors import EstimationError
from twin3d.estimation.calibrated import CalibrationSettings, FlagKind
from twin3d.estimation.identifiability import correlation_time
from twin3d.estimation.playback import lagged
from twin3d.estimation.recorded import on_grid


@pytest.fixture(scope="module")
def truth():
    return full_order_truth()


@pytest.fixture(scope="module")
def twin():
    return twin_of()


@pytest.fixture(scope="module")
def eight(truth, twin):
    return [calibrated(truth, twin, np.random.default_rng(seed)) for seed in range(8)]


def kinds(calibration):
    return {flag.kind for flag in calibration.flags}


def test_parameters_of_a_finer_mesh_are_found(eight):
    for calibration in eight:
        found = {item.name: item.factor for item in calibration.parameters}

        assert found["film of fins"] == pytest.approx(TRUE["film of fins"], rel=0.005)
        assert found["contact grease"] == pytest.approx(TRUE["contact grease"], rel=0.02)
        assert found["conductivity of sink"] == pytest.approx(TRUE["conductivity of sink"], rel=0.03)


def test_the_intervals_hold(eight):
    z = [np.log(item.factor / TRUE[item.name]) / item.deviation for each in eight for item in each.parameters]

    assert np.abs(z).max() < 3.5
    assert np.mean(np.abs(z) < 1.96) >= 0.85


def test_intervals_as_if_readings_were_all_and_independent_do_not_hold(eight):
    z = [np.log(item.factor / TRUE[item.name]) / item.naive_deviation for each in eight for item in each.parameters]

    assert np.mean(np.abs(z) < 1.96) < 0.7


def test_the_error_at_a_held_out_sensor_shrinks(eight):
    for calibration in eight:
        assert calibration.held_out.what == "tc8"
        assert calibration.held_out.after < 0.15 * calibration.held_out.before


def test_a_clean_case_raises_no_doubt(eight):
    for calibration in eight:
        assert not {kind for kind in kinds(calibration) if kind.refuses}


def test_five_parameters_take_less_than_two_seconds(truth):
    twin = twin_of({**SPREADS, "conductivity of base": 0.1, "contact solder_1": 0.2})

    start = time.process_time()
    calibrated(truth, twin, np.random.default_rng(0))

    assert time.process_time() - start < 2.0


def test_two_films_that_act_alike_are_said_to_be_confounded(truth):
    twin = twin_of({"film of fins": 0.2, "film of top": 1.5, "contact grease": 0.2})

    confounded = calibrated(truth, twin, np.random.default_rng(0))

    pairs = [flag.subjects for flag in confounded.flags if flag.kind is FlagKind.CONFOUNDED]
    assert pairs == [("film of fins", "film of top")]


def test_what_the_data_are_silent_on_is_said(truth):
    twin = twin_of({"film of fins": 0.2, "conductivity of chip_1": 0.02})

    calibration = calibrated(truth, twin, np.random.default_rng(0))

    silent = [flag.subjects for flag in calibration.flags if flag.kind is FlagKind.UNKNOWN]
    assert silent == [("conductivity of chip_1",)]


def test_a_sensor_that_nothing_explains_is_named_and_left_out(truth, twin):
    calibration = calibrated(truth, twin, np.random.default_rng(0), odd=5)

    assert [flag.subjects for flag in calibration.flags if flag.kind is FlagKind.SENSOR] == [("tc6",)]
    assert calibration.parameters[2].factor == pytest.approx(TRUE["film of fins"], rel=0.01)


def test_a_lag_that_the_scene_does_not_state_spoils_the_contact(truth):
    with_lag = calibrated(truth, twin_of(), np.random.default_rng(0))
    without = calibrated(truth, twin_of(lag=0.0), np.random.default_rng(0))

    errors = [abs(np.log(each.parameters[1].factor / TRUE["contact grease"])) for each in (with_lag, without)]
    assert errors[1] > 3.0 * errors[0]
    assert FlagKind.DISCREPANCY in kinds(without)


def test_gains_left_out_narrow_the_intervals_wrongly(truth, twin):
    told, untold = (
        calibrated(truth, twin, np.random.default_rng(1), CalibrationSettings(gain_spread=spread), gain=0.02)
        for spread in (0.02, 0.0)
    )

    film, narrow = told.parameters[2], untold.parameters[2]
    assert narrow.naive_deviation < 0.5 * film.deviation
    assert abs(np.log(narrow.factor / TRUE["film of fins"])) > 3.0 * narrow.naive_deviation


def test_parameters_that_are_held_widen_the_intervals(truth, twin):
    one = calibrated(truth, twin, np.random.default_rng(0), CalibrationSettings(parameters=("film*",)))

    assert [item.name for item in one.parameters] == ["film of fins"]
    assert one.parameters[0].deviation > 2.0 * one.parameters[0].naive_deviation


def test_late_readings_can_be_held_out(truth, twin):
    settings = CalibrationSettings(fit_until_s=250.0)

    calibration = calibrated(truth, twin, np.random.default_rng(0), settings)

    assert calibration.held_out.what == "tc8, t > 250 s"
    assert calibration.held_out.after < 0.15 * calibration.held_out.before


def test_an_asset_that_was_warm_at_the_start_needs_to_be_told_so(truth, twin):
    late = Truth(truth.powers[88:], truth.values[88:])

    rest, steady = (
        calibrated(late, twin, np.random.default_rng(0), CalibrationSettings(steady_start=flag))
        for flag in (False, True)
    )

    assert FlagKind.START in kinds(rest)
    assert FlagKind.START not in kinds(steady)
    assert [item.factor for item in steady.parameters] == pytest.approx(sorted_truth(), rel=0.03)
    assert steady.held_out.after < 0.3 * rest.held_out.after


def sorted_truth():
    return [TRUE[name] for name in ("conductivity of sink", "contact grease", "film of fins")]


def test_a_recording_shorter_than_the_cooling_time_is_said(twin):
    short = full_order_truth(fine=2, duration_s=14.0)

    calibration = calibrated(short, twin, np.random.default_rng(0), CalibrationSettings(fit_until_s=12.0))

    assert FlagKind.SHORT in kinds(calibration)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            CalibrationSettings(parameters=("film of fin",)),
            "no parameter is named 'film of fin'; there are .*film of fins",
        ),
        (CalibrationSettings(held_out_sensors=("tc99",)), "no sensor 'tc99' to hold out; there are tc1"),
        (CalibrationSettings(held_out_sensors=("tc*",)), "nothing is left to fit"),
    ],
)
def test_what_cannot_be_calibrated_is_named(truth, twin, settings, message):
    with pytest.raises(EstimationError, match=message):
        calibrated(truth, twin, np.random.default_rng(0), settings)


def test_an_unknown_power_that_was_not_recorded_is_named(truth, twin):
    model, sensors = twin
    _, known, readings = recording_of(truth, model, sensors, np.random.default_rng(0))
    kept = readings[readings["sensor"] != [item.id for item in known].index("power_2")]

    with pytest.raises(EstimationError, match="the input 'power_2' is unknown and the recording does not hold it"):
        on_grid(kept, box_inputs(), known)


def test_residuals_of_a_first_order_process_count_as_they_should(rng):
    rho, noise = 0.9, rng.normal(size=40_000)
    process = np.zeros(40_000)
    for step in range(1, 40_000):
        process[step] = rho * process[step - 1] + noise[step]

    time = correlation_time(process)

    assert time == pytest.approx((1.0 + rho) / (1.0 - rho), rel=0.15)


def test_a_slow_sensor_shows_a_ramp_late_by_its_lag():
    ramp = 2.0 * np.arange(200) * 0.1

    shown = lagged(ramp, 0.1 / 1.5)

    exact = 2.0 * (np.arange(200) * 0.1 - 1.5 * (1.0 - np.exp(-np.arange(200) * 0.1 / 1.5)))
    np.testing.assert_allclose(shown, exact, atol=1e-12)
