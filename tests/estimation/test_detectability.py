import dataclasses

import pytest
from box_asset import AMBIENT_K, POWERS, box_inputs, box_rows, box_sensors

from twin3d.errors import EstimationError
from twin3d.estimation import Estimator
from twin3d.records import empty_readings
from twin3d.scene import Input, UnknownPrior


def prepare(model, inputs, chosen):
    sensors = [box_sensors()[index] for index in chosen]
    return Estimator.prepare(model, box_rows()[chosen], inputs, sensors, tick_s=0.02)


def endless_powers():
    prior = UnknownPrior(spread=25.0, time_constant=1e9)
    powers = (Input(name=name, unit="W", value=40.0, unknown=prior) for name in POWERS)
    return (*powers, Input(name="ambient", unit="K", value=AMBIENT_K))


def test_more_drifting_unknowns_than_sensors_are_named(box_model):
    with pytest.raises(EstimationError, match=r"3 unknowns.*power_1, power_2, power_3.*only 2 sensors"):
        prepare(box_model, endless_powers(), [0, 1])


def test_as_many_sensors_as_drifting_unknowns_are_enough(box_model):
    prepare(box_model, endless_powers(), [0, 1, 2])


def test_a_drift_that_no_sensor_sees_is_named(box_model):
    load = box_model.input_map.copy()
    terms = box_model.load_terms.copy()
    load[:, 1], terms[:, :, 1] = load[:, 0], terms[:, :, 0]
    twins = dataclasses.replace(box_model, input_map=load, load_terms=terms)

    with pytest.raises(
        EstimationError, match=r"no sensor sees the drift of (power_1 with power_2|power_2 with power_1);"
    ):
        prepare(twins, endless_powers(), [0, 1, 2, 3, 4])


def test_powers_that_return_to_their_mean_need_no_sensor_each(box_model):
    estimator = prepare(box_model, box_inputs(), [0])

    estimator.start(0)

    assert estimator.advance(empty_readings(), 10**8).inputs[0] == pytest.approx(40.0)
