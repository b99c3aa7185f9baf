"""Where readings wait: bounded, in time order, drops counted."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin3d.bridge.inbox import RECEIVED, TAKEN, Inbox
from twin3d.bridge.wire import Cause
from twin3d.errors import BridgeError
from twin3d.records import READING_DTYPE, empty_readings

LATEST_NS = 2**63 - 1


def batch_of(*times_ns, sensor=0):
    batch = empty_readings(len(times_ns))
    batch["time_ns"] = times_ns
    batch["sensor"] = sensor
    return batch


def test_readings_come_out_in_time_order():
    inbox = Inbox(10)
    inbox.put(batch_of(5, 3))
    inbox.put(batch_of(4))

    taken = inbox.take(LATEST_NS)

    assert taken.dtype == READING_DTYPE
    assert taken["time_ns"].tolist() == [3, 4, 5]


def test_equal_times_keep_the_order_of_arrival():
    inbox = Inbox(10)
    for sensor in (2, 0, 1):
        inbox.put(batch_of(7, 6, sensor=sensor))

    assert inbox.take(LATEST_NS)["sensor"].tolist() == [2, 0, 1, 2, 0, 1]


def test_what_is_not_due_stays():
    inbox = Inbox(10)
    inbox.put(batch_of(1, 2, 3))

    assert inbox.take(2)["time_ns"].tolist() == [1, 2]
    assert len(inbox) == 1
    assert not len(inbox.take(2))
    assert inbox.take(3)["time_ns"].tolist() == [3]
    assert inbox.counts == {RECEIVED: 3, TAKEN: 3}


def test_a_full_inbox_drops_the_oldest_and_says_how_many():
    inbox = Inbox(3)

    assert inbox.put(batch_of(10, 20)) == 0
    assert inbox.put(batch_of(5, 30, 40)) == 2

    assert inbox.take(LATEST_NS)["time_ns"].tolist() == [20, 30, 40]
    assert inbox.counts == {RECEIVED: 5, TAKEN: 3, Cause.OVERFLOW: 2}


def test_a_batch_that_is_changed_later_does_not_change_the_inbox():
    inbox, batch = Inbox(3), batch_of(1, 2)
    inbox.put(batch)

    batch["time_ns"] = 99

    assert inbox.take(LATEST_NS)["time_ns"].tolist() == [1, 2]


def test_an_inbox_for_nothing_is_refused():
    with pytest.raises(BridgeError, match="0 readings"):
        Inbox(0)


def test_waiting_ends_when_a_reading_comes_or_time_is_up():
    inbox = Inbox(3)
    assert not inbox.wait(0.0)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(inbox.wait, 10.0)
        inbox.put(batch_of(1))

        assert waiting.result()
    inbox.take(0)
    assert not inbox.wait(0.0)
    assert len(inbox) == 1


@given(
    st.integers(1, 12),
    st.lists(st.lists(st.integers(0, 20), max_size=6), max_size=12),
    st.lists(st.integers(0, 20), max_size=12),
)
@settings(deadline=None)
def test_nothing_is_lost_uncounted_and_never_more_is_held(capacity, batches, takes):
    inbox, n_taken = Inbox(capacity), 0
    for index, times in enumerate(batches):
        inbox.put(batch_of(*times))
        assert len(inbox) <= capacity
        if index < len(takes):
            taken = inbox.take(takes[index])
            n_taken += len(taken)
            assert (np.diff(taken["time_ns"]) >= 0).all()
            assert (taken["time_ns"] <= takes[index]).all()

    counts = inbox.counts
    assert counts[RECEIVED] == sum(map(len, batches))
    assert counts[RECEIVED] == n_taken + counts[Cause.OVERFLOW] + len(inbox)


def test_many_threads_put_while_one_takes():
    inbox, n_batches, n_threads = Inbox(100_000), 200, 4
    done = threading.Event()

    def fill(sensor):
        for index in range(n_batches):
            inbox.put(batch_of(index, sensor=sensor))

    def empty():
        taken = []
        while not (done.is_set() and not len(inbox)):
            inbox.wait(0.01)
            taken.append(inbox.take(LATEST_NS))
        return np.concatenate(taken)

    with ThreadPoolExecutor(n_threads + 1) as pool:
        taking = pool.submit(empty)
        for future in [pool.submit(fill, sensor) for sensor in range(n_threads)]:
            future.result()
        done.set()
        taken = taking.result()

    assert np.bincount(taken["sensor"]).tolist() == [n_batches] * n_threads
