"""Fixtures for the tests of the bridge."""

import threading

import pytest
from bridge_samples import NOW_NS, SENSORS

from twin3d.bridge.checking import ReadingChecker, TimeLimits
from twin3d.bridge.rejections import RejectionLog
from twin3d.clock import ManualClock, WallClock


@pytest.fixture
def clock():
    return ManualClock(NOW_NS)


@pytest.fixture
def rejections(clock):
    return RejectionLog(clock)


@pytest.fixture
def checker(clock, rejections):
    limits = TimeLimits(max_future_s=2.0, max_age_s=60.0)
    return ReadingChecker(SENSORS, rejections, clock=clock, limits=limits)


@pytest.fixture
def wait_until():
    """Waits until something is so; the answer is whether it came in time."""
    pause, clock = threading.Event(), WallClock()

    def wait(is_so, timeout_s=10.0):
        end_ns = clock.now_ns() + round(timeout_s * 1e9)
        while not is_so():
            if clock.now_ns() > end_ns:
                return False
            pause.wait(0.005)
        return True

    return wait
