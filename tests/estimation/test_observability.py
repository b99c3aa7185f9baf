import numpy as np
import pytest
from box_asset import AMBIENT_K, box_inputs, box_rows, box_sensors, make_readings

from twin3d.errors import EstimationError
from twin3d.estimation import Estimator
from twin3d.estimation.observability import (
    Focus,
    coordinates_of,
    known_inputs,
    known_parameters,
    open_patterns,
    settle_unobserved,
)
from twin3d.estimation.watched import watch_asset
from twin3d.records import SENSOR_STATE_DTYPE, Estimate
from twin3d.reduction.march import steady
from twin3d.scene import Estimation, Input, Sensor

TICK_S = 5.0


@pytest.fixture
def sensors():
    return box_sensors(period=TICK_S)


@pytest.fixture
def asset(box_model, sensors):
    return watch_asset(box_model, box_rows(), box_inputs(), [_at_pace(sensor) for sensor in sensors])


def _at_pace(sensor):
    return sensor.model_copy(update={"period": TICK_S})


def whole(model):
    return Focus(model, np.arange(model.n_dofs), np.full(model.n_dofs, 1.0 / model.n_dofs))


def run_at_rest(model, sensors, *, n_ticks):
    """The last estimate of a twin whose asset stays at the steady state of its nominal inputs."""
    inputs = np.array([item.value for item in box_inputs()])
    a = steady(model, inputs)
    values = AMBIENT_K + box_rows() @ model.basis @ a
    values[-1] = AMBIENT_K
    learning = Estimation(parameters="learnt")
    estimator = Estimator.prepare(model, box_rows(), box_inputs(), sensors, tick_s=TICK_S, settings=learning)
    estimator.start(0, Estimate(
        time_ns=0, coefficients=a, inputs=inputs, input_deviation=np.ones(4),
        covariance_factor=np.eye(len(a) + 4, len(a)),
        sensors=np.zeros(len(sensors), SENSOR_STATE_DTYPE),
    ))  # fmt: skip
    for tick in range(1, n_ticks + 1):
        batch = make_readings([(index, tick * TICK_S, value) for index, value in enumerate(values)])
        estimate = estimator.advance(batch, round(tick * TICK_S * 1e9))
    return estimator, estimate


def test_covariance_is_that_of_the_running_twin(box_model, asset):
    estimator, estimate = run_at_rest(box_model, asset.sensors, n_ticks=3000)

    P = asset.settle()

    factor = estimate.covariance_factor[: box_model.n_modes]
    running = np.sqrt(np.einsum("ij,ij->i", box_model.basis @ factor, box_model.basis @ factor) + 0.05**2)
    np.testing.assert_allclose(whole(box_model).deviations(coordinates_of(asset, P)), running, rtol=2e-3)
    found = known_inputs(asset, None, P, units=["W", "W", "W", "K"])
    np.testing.assert_allclose([known.after for known in found], estimate.input_deviation, rtol=1e-3)
    learnt = estimator.parameter_estimates()
    for known in known_parameters(asset, None, P):
        np.testing.assert_allclose(known.after, learnt[known.name][1], rtol=5e-3)


def test_without_observing_sensors_only_the_priors_are_left(asset):
    before = settle_unobserved(asset)

    found = known_inputs(asset, before, before, units=["W", "W", "W", "K"])
    np.testing.assert_allclose([known.before for known in found[:3]], 25.0, rtol=1e-6)
    spreads = [parameter.spread for parameter in asset.problem.model.parameters]
    np.testing.assert_allclose([p.before for p in known_parameters(asset, before, before)], spreads, rtol=1e-6)
    assert [known.share for known in found] == [0.0] * 4


def test_steady_asset_tells_nothing_of_heat_capacities(asset):
    found = known_parameters(asset, settle_unobserved(asset), asset.settle())

    capacities = [known for known in found if known.name.startswith("heat capacity")]
    assert len(capacities) == 5
    np.testing.assert_allclose([known.share for known in capacities], 0.0, atol=1e-9)
    assert not any(known.is_corrected for known in capacities)
    assert max(known.share for known in found) > 0.8


def test_rms_is_that_of_the_deviations(box_model, asset):
    covariance = coordinates_of(asset, asset.settle())
    focus = whole(box_model)

    deviations = focus.deviations(covariance)

    np.testing.assert_allclose(focus.rms(covariance), np.sqrt(np.mean(deviations**2)), rtol=1e-9)


def test_open_patterns_make_up_all_that_is_open(box_model, asset):
    P, focus = asset.settle(), whole(box_model)

    patterns = open_patterns(asset, P, focus, count=box_model.n_modes + 4)

    np.testing.assert_allclose(sum(pattern.share for pattern in patterns), 1.0, rtol=1e-6)
    squares = sum(pattern.values**2 for pattern in patterns) + 0.05**2
    np.testing.assert_allclose(focus.deviations(coordinates_of(asset, P)), np.sqrt(squares), rtol=1e-4)


def test_pattern_names_what_it_goes_with(box_model, asset, rng):
    P, focus = asset.settle(), whole(box_model)
    draws = np.linalg.cholesky(P + 1e-14 * np.eye(len(P))) @ rng.normal(size=(len(P), 4000))

    pattern = open_patterns(asset, P, focus)[0]

    fields = focus.rows @ (asset.coordinates @ draws)
    amplitude = pattern.values @ fields
    assert len(pattern.related) > 0
    for name, correlation in pattern.related:
        drawn = np.corrcoef(amplitude, draws[asset.names.index(name)])[0, 1]
        np.testing.assert_allclose(correlation, drawn, atol=0.04)


def test_input_that_loses_its_sensor_is_named(asset):
    thermocouples = [sensor.id for sensor in asset.sensors if sensor.id != "air"]

    with pytest.raises(EstimationError, match="no sensor sees the drift of ambient; add a sensor"):
        asset.settle(without=[*thermocouples, "air"])


def test_drifts_that_one_sensor_cannot_tell_apart_are_named_together(box_model, sensors):
    powers = [Input(name=f"power_{number}", unit="W", value=40.0) for number in (1, 2, 3)]
    meter = {"quantity": "power", "unit": "W", "noise": 0.5, "period": TICK_S, "role": "drive"}
    drives = [Sensor(id=f"meter_{number}", drives=f"power_{number}", **meter) for number in (1, 2)]
    watched = watch_asset(box_model, box_rows()[[0, 8, 8]], (*powers, box_inputs()[3]), [_at_pace(sensors[0]), *drives])

    with pytest.raises(EstimationError, match=r"drift of power_[12] with power_[12]; add a sensor"):
        watched.settle(without=["meter_1", "meter_2"])


def test_one_seldom_sensor_counts_as_much_as_its_readings(box_model):
    often = watch_asset(box_model, box_rows(), box_inputs(), box_sensors(lag=0.0, bias=0.0))
    slow = [s.model_copy(update={"period": 0.16}) if s.id == "tc1" else s for s in box_sensors(lag=0.0, bias=0.0)]

    seldom = watch_asset(box_model, box_rows(), box_inputs(), slow)

    np.testing.assert_allclose(seldom.R / often.R, [2.0] + [1.0] * 7)


def test_every_state_has_a_name_of_its_own(asset):
    assert len(asset.names) == len(set(asset.names)) == asset.problem.n_state == len(asset.A)
