"""Sensors that are not plain thermometers, on the wire."""

import json

import numpy as np
import pytest
from bridge_samples import NOW_NS

from twin3d.bridge.checking import ReadingChecker, TimeLimits
from twin3d.bridge.rejections import RejectionLog
from twin3d.clock import ManualClock
from twin3d.scene import Sensor, SensorQuantity, Winding

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
