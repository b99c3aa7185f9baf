"""The receiver and its publishers, over real sockets."""

import subprocess
import sys
import time

import malformed_messages
import numpy as np
import pytest
import zmq
from bridge_samples import SENSORS, temperature_sensors

from twin3d.bridge.inbox import Inbox
from twin3d.bridge.wire import RECORD_DTYPE, Cause
from twin3d.bridge.zeromq import ACCEPTED, MAX_DRAIN_BYTES, Publisher, Receiver
from twin3d.clock import WallClock
from twin3d.errors import BridgeError
from twin3d.records import Quality

LATEST_NS = 2**63 - 1
ANY_PORT = "tcp://127.0.0.1:*"
LINES_PUBLISHER = """
import sys
from twin3d.bridge.zeromq import Publisher
from twin3d.clock import WallClock

clock = WallClock()
publisher = Publisher(sys.argv[1], producer="feed")
for number in range(100_000):
    publisher.send("tc1", "degC", 20.0, time_ns=clock.now_ns())
    clock.sleep(0.002)
"""


@pytest.fixture
def wall():
    return WallClock()


@pytest.fixture
def inbox():
    return Inbox(100_000)


@pytest.fixture
def receiver(inbox, wall):
    with Receiver(SENSORS, inbox, endpoint=ANY_PORT, clock=wall) as receiver:
        yield receiver


def raw_push(endpoint, *messages):
    """Send messages with pyzmq alone."""
    context = zmq.Context()
    socket = context.socket(zmq.PUSH)
    socket.connect(endpoint)
    for frames in messages:
        socket.send_multipart(frames)
    socket.close()
    context.term()


def test_single_readings_arrive_in_si(receiver, inbox, wall, wait_until):
    now_ns = wall.now_ns() // 1000 * 1000
    with Publisher(receiver.endpoint) as publisher:
        publisher.send("tc1", "degC", 20.0, time_ns=now_ns)
        publisher.send("heater", "W", 1500.0, time_ns=now_ns + 1000, quality=Quality.UNCERTAIN)
        publisher.send("tc2", None, float("nan"), time_ns=now_ns + 2000, quality=Quality.BAD)

    assert wait_until(lambda: receiver.accepted == 3)
    readings = inbox.take(LATEST_NS)
    assert readings["sensor"].tolist() == [0, 2, 1]
    assert readings["time_ns"].tolist() == [now_ns, now_ns + 1000, now_ns + 2000]
    assert readings["quality"].tolist() == [Quality.GOOD, Quality.UNCERTAIN, Quality.BAD]
    np.testing.assert_allclose(readings["value"], [293.15, 1500.0, np.nan], rtol=1e-12)
    assert (np.abs(readings["sent_ns"] - now_ns) < 5e9).all()
    assert (publisher.sent, publisher.dropped) == (3, 0)
    assert receiver.counts == {ACCEPTED: 3}


def test_batches_arrive_in_si(receiver, inbox, wall, wait_until):
    records = np.zeros(500, dtype=RECORD_DTYPE)
    records["alias"] = np.arange(500) % 2
    records["value"] = np.where(records["alias"] == 0, 68.0, 2.0)
    records["time_ns"] = wall.now_ns() + np.arange(500)

    with Publisher(receiver.endpoint) as publisher:
        publisher.declare([("tc1", "degF"), ("heater", "kW")])
        for _ in range(20):
            assert publisher.send_batch(records)

    assert wait_until(lambda: receiver.accepted == 10_000)
    readings = inbox.take(LATEST_NS)
    np.testing.assert_allclose(readings["value"][readings["sensor"] == 0], 293.15, rtol=1e-12)
    np.testing.assert_allclose(readings["value"][readings["sensor"] == 2], 2000.0, rtol=1e-12)
    assert publisher.sent == 10_000
    assert not receiver.rejected


def test_a_flood_of_batches_is_handed_on_in_portions(wall, wait_until):
    class PortionedInbox(Inbox):
        portions = ()

        def put(self, batch):
            self.portions = (*self.portions, len(batch))
            return super().put(batch)

    inbox, records = PortionedInbox(1_000_000), np.zeros(1000, dtype=RECORD_DTYPE)
    records["value"], records["time_ns"] = 300.0, wall.now_ns()
    with Receiver(SENSORS, inbox, endpoint=ANY_PORT, clock=wall) as receiver, Publisher(receiver.endpoint) as publisher:
        publisher.declare([("tc1", "K")])
        for _ in range(400):
            publisher.send_batch(records)
        assert wait_until(lambda: receiver.accepted == 400_000)

    assert max(inbox.portions) <= MAX_DRAIN_BYTES / RECORD_DTYPE.itemsize + len(records)


def test_a_batch_of_undeclared_sensors_is_an_error_of_the_publisher(receiver):
    with Publisher(receiver.endpoint) as publisher, pytest.raises(BridgeError, match=r"call declare"):
        publisher.send_batch(np.zeros(1, dtype=RECORD_DTYPE))


def test_sensors_can_be_declared_again(receiver, inbox, wall, wait_until):
    records = np.zeros(1, dtype=RECORD_DTYPE)
    records["value"], records["time_ns"] = 300.0, wall.now_ns()

    with Publisher(receiver.endpoint) as publisher:
        for name in ("tc1", "tc2"):
            publisher.declare([(name, "K")])
            publisher.send_batch(records)

    assert wait_until(lambda: receiver.accepted == 2)
    assert sorted(inbox.take(LATEST_NS)["sensor"].tolist()) == [0, 1]


def test_ten_thousand_malformed_messages_lose_nothing(receiver, inbox, wall, wait_until):
    seed, now_s = 20_260_930, wall.now_ns() // 1_000_000_000
    _, expected = malformed_messages.plan(seed)
    command = [sys.executable, malformed_messages.__file__, receiver.endpoint, str(seed), str(now_s)]

    subprocess.run(command, check=True, timeout=120)

    n_expected = malformed_messages.N_GOOD + sum(expected.values())
    assert wait_until(lambda: receiver.counts.total() >= n_expected, timeout_s=60)
    assert receiver.rejected == expected
    assert receiver.accepted == malformed_messages.N_GOOD
    wall.sleep(max(0.0, now_s + 1.0 - wall.now_ns() * 1e-9))
    readings = inbox.take(LATEST_NS)
    assert readings["sequence"].tolist() == list(range(malformed_messages.N_GOOD))
    np.testing.assert_array_equal(readings["value"], 300.0 + np.arange(malformed_messages.N_GOOD))


def test_every_cause_but_two_is_among_the_malformed_messages():
    causes = {cause for cause, _, _ in malformed_messages.BAD_KINDS.values()}

    assert set(Cause) - causes == {Cause.OVERFLOW, Cause.INTERNAL}


def test_a_peer_that_sends_a_giant_is_cut_off_and_others_go_on(receiver, inbox, wall, wait_until):
    with Publisher(receiver.endpoint) as publisher:
        publisher.send("tc1", "degC", 20.0, time_ns=wall.now_ns())
        raw_push(receiver.endpoint, [bytes(9 * 1024 * 1024)])
        publisher.send("tc1", "degC", 21.0, time_ns=wall.now_ns())

    assert wait_until(lambda: receiver.accepted == 2)
    assert not receiver.rejected


def test_a_full_inbox_counts_what_it_drops(wall, wait_until):
    inbox = Inbox(10)
    with Receiver(SENSORS, inbox, endpoint=ANY_PORT, clock=wall) as receiver:
        with Publisher(receiver.endpoint) as publisher:
            for _ in range(25):
                publisher.send("tc1", "degC", 20.0, time_ns=wall.now_ns())

        assert wait_until(lambda: receiver.rejected[Cause.OVERFLOW] == 15)
        assert receiver.accepted == 10
        assert receiver.counts.total() == 25


def test_a_fault_of_the_program_does_not_end_reception(receiver, inbox, wall, wait_until, monkeypatch, caplog):
    checker = receiver._checker
    monkeypatch.setattr(checker, "_take_batch", lambda frames: 1 / 0)

    raw_push(receiver.endpoint, *[[b"t3/1/readings", b"", b""]] * 50)
    assert wait_until(lambda: receiver.rejected[Cause.INTERNAL] == 50)
    with Publisher(receiver.endpoint) as publisher:
        publisher.send("tc1", "degC", 20.0, time_ns=wall.now_ns())

    assert wait_until(lambda: receiver.accepted == 1)
    assert len(caplog.records) == 1
    assert "ZeroDivisionError" in caplog.text


def test_a_killed_publisher_that_restarts_is_heard_again(receiver, inbox, wait_until):
    command = [sys.executable, "-c", LINES_PUBLISHER, receiver.endpoint]
    for _ in range(2):
        already = receiver.accepted
        with subprocess.Popen(command) as process:
            assert wait_until(lambda: receiver.accepted >= already + 20, timeout_s=30)  # noqa: B023
            process.kill()

    assert not receiver.rejected


def test_a_twin_that_restarts_is_found_again(wall, wait_until):
    inbox = Inbox(1000)
    with Receiver(SENSORS, inbox, endpoint=ANY_PORT, clock=wall) as receiver:
        endpoint = receiver.endpoint
        publisher = Publisher(endpoint)
        publisher.send("tc1", "degC", 20.0, time_ns=wall.now_ns())
        assert wait_until(lambda: receiver.accepted == 1)

    with Receiver(SENSORS, inbox, endpoint=endpoint, clock=wall) as receiver, publisher:
        assert wait_until(
            lambda: publisher.send("tc1", "degC", 20.0, time_ns=wall.now_ns()) and receiver.accepted >= 5, timeout_s=20
        )


def test_a_publisher_without_a_twin_never_waits(wall):
    start_ns = wall.now_ns()
    publisher = Publisher("tcp://127.0.0.1:1")
    for _ in range(12_000):
        publisher.send("tc1", "degC", 20.0, time_ns=start_ns)

    assert publisher.sent + publisher.dropped == 12_000
    assert publisher.dropped >= 1000
    publisher.close()
    assert wall.now_ns() - start_ns < 10e9


def test_a_second_twin_at_the_same_port_is_told_so(receiver, inbox, wall):
    with pytest.raises(BridgeError, match=f"{receiver.endpoint}.*another port"):
        Receiver(SENSORS, inbox, endpoint=receiver.endpoint, clock=wall)


def test_other_machines_are_kept_out_by_default(inbox, wall):
    with pytest.raises(BridgeError, match="allow_remote=True"):
        Receiver(SENSORS, inbox, endpoint="tcp://0.0.0.0:*", clock=wall)


def test_closing_twice_does_no_harm(inbox, wall):
    receiver = Receiver(SENSORS, inbox, endpoint=ANY_PORT, clock=wall)

    receiver.close()
    receiver.close()


def test_a_hundred_readings_a_second_cost_next_to_nothing(inbox, wall, wait_until):
    n_readings, rate = 200, 100
    with Receiver(temperature_sensors(8), inbox, endpoint=ANY_PORT, clock=wall) as receiver:
        with Publisher(receiver.endpoint) as publisher:
            publisher.send("tc0", "degC", 20.0, time_ns=wall.now_ns())
            assert wait_until(lambda: receiver.accepted == 1)
            busy_s = time.clock_gettime(time.pthread_getcpuclockid(receiver._thread.ident))
            for number in range(n_readings):
                publisher.send(f"tc{number % 8}", "degC", 20.0, time_ns=wall.now_ns())
                wall.sleep(1 / rate)
        assert wait_until(lambda: receiver.accepted == 1 + n_readings)
        busy_s = time.clock_gettime(time.pthread_getcpuclockid(receiver._thread.ident)) - busy_s

    assert busy_s / n_readings * rate < 0.15
    assert not receiver.rejected
