"""Sensors that are not plain thermometers, on the wire."""

import json

import numpy as np
import pytest
from bridge_samples import NOW_NS

from twin3d.bridge.checking import ReadingChecker, TimeLimits
from twin3d.bridge.rejections import RejectionLog
from twin3d.bridge.wire import RECORD_DTYPE, Origin, encode_batch, encode_birth
from twin3d.clock import ManualClock
from twin3d.scene import Camera, Sensor, SensorQuantity, Winding, channels_of_camera

COIL = Sensor(
    id="coil",
    quantity=SensorQuantity.RESISTANCE,
    unit="mohm",
    part="winding",
    winding=Winding(resistance=2.0, temperature_coefficient=4e-3),
    noise=0.1,
    period=1.0,
)


def checker_for(*sensors):
    clock = ManualClock(NOW_NS)
    rejections = RejectionLog(clock)
    limits = TimeLimits(max_future_s=2.0, max_age_s=60.0)
    return ReadingChecker(sensors, rejections, clock=clock, limits=limits), rejections


def senml(**fields):
    return [json.dumps({"t": NOW_NS / 1e9} | fields).encode()]


@pytest.mark.parametrize(("unit", "value"), [(None, 2080.0), ("Ohm", 2.08), ("ohm", 2.08), ("kohm", 2.08e-3)])
def test_a_resistance_becomes_a_temperature_at_the_edge(unit, value):
    checker, _ = checker_for(COIL)

    checker.take(senml(n="coil", v=value) if unit is None else senml(n="coil", v=value, u=unit))

    np.testing.assert_allclose(checker.collect()["value"], 303.15, rtol=1e-12)


@pytest.mark.parametrize(
    ("unit", "value", "told"), [("Cel", 30.0, "expected a unit of ohm"), ("ohm", -0.4, "'coil' at -6.85 K")]
)
def test_what_no_winding_shows_is_rejected(unit, value, told):
    checker, rejections = checker_for(COIL)

    checker.take(senml(n="coil", v=value, u=unit))

    assert not len(checker.collect())
    assert told in rejections.last[-1].detail


CAMERA = Camera(position=(0.0, 0.0, 1.0), look_at=(0.0, 0.0, 0.0), up=(0.0, 1.0, 0.0), field_of_view=9.0, pixels=(3, 2))
PIXELS = channels_of_camera(Sensor(id="cam", unit="degC", noise=0.1, period=1.0), CAMERA)


def image(n_rows, n_columns):
    """The birth of a camera and one picture of it, 20 °C in the first pixel and a kelvin more in each next."""
    names = [(f"cam[{row},{column}]", "Cel") for row in range(n_rows) for column in range(n_columns)]
    records = np.zeros(len(names), dtype=RECORD_DTYPE)
    records["alias"], records["time_ns"] = np.arange(len(names)), NOW_NS
    records["value"] = 20.0 + np.arange(len(names))
    return encode_birth(Origin("rig", 1, 1, NOW_NS, 1), names), encode_batch(Origin("rig", 1, 2, NOW_NS, 1), records)


def test_a_picture_arrives_as_one_batch():
    checker, rejections = checker_for(COIL, *PIXELS)

    for message in image(2, 3):
        checker.take(message)

    readings = checker.collect()
    assert readings["sensor"].tolist() == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(readings["value"], 293.15 + np.arange(6))
    assert not rejections.counts


def test_a_picture_of_another_size_is_named():
    checker, rejections = checker_for(COIL, *PIXELS)

    checker.take(image(4, 3)[0])
    checker.take(senml(n="cam[3,1]", v=20.0))

    size, pixel = (entry.detail for entry in rejections.last)
    assert size == "'rig' declares 12 channels of cam, the scene has 6; make its pixels or stations match"
    assert pixel == "the scene has no channel 'cam[3,1]': its cam has 6; make its pixels or stations match"
