"""Frames and the view model for viewers, over real sockets."""

from dataclasses import replace

import numpy as np
import pytest
import zmq
from bridge_samples import make_frame, make_view_model

from twin3d.bridge.packing import pack_frame
from twin3d.bridge.state import FACTOR_PERIOD_NS, StatePublisher, StateSubscriber
from twin3d.errors import BridgeError

ANY_PORT = "tcp://127.0.0.1:*"
TIMEOUT_S = 10.0
FACTOR = np.arange(12.0).reshape(4, 3)


@pytest.fixture
def view_model(rng):
    return make_view_model(rng)


@pytest.fixture
def publisher(view_model):
    with StatePublisher(ANY_PORT, ANY_PORT, view_model) as publisher:
        yield publisher


@pytest.fixture
def subscriber(publisher):
    with StateSubscriber(publisher.frame_endpoint, publisher.model_endpoint) as subscriber:
        yield subscriber


def publish_until_heard(publisher, subscriber, frames):
    """Publish frames until one arrives; the answer is the newest that did."""
    for frame in frames:
        publisher.publish(frame)
        heard = subscriber.latest(0.02)
        if heard is not None:
            return heard
    raise AssertionError("no frame arrived")


def frames_from(sequence, **changes):
    return (make_frame(sequence + index, **changes) for index in range(500))


def latest_of(subscriber, sequence):
    """The frame of a sequence, once it is the newest."""
    frame = None
    while frame is None or frame.sequence < sequence:
        frame = subscriber.latest(TIMEOUT_S)
        assert frame is not None
    return frame


def test_the_view_model_is_given_out_on_request(subscriber, view_model):
    fetched = subscriber.fetch_model(TIMEOUT_S)

    assert fetched.model_hash == view_model.model_hash
    np.testing.assert_array_equal(fetched.basis, view_model.basis)


def test_frames_arrive_whole(publisher, subscriber):
    frame = publish_until_heard(publisher, subscriber, frames_from(0, flags=("power_1 beyond its maximum",)))

    expected = make_frame(frame.sequence)
    np.testing.assert_array_equal(frame.coefficients, expected.coefficients)
    assert frame.flags == ("power_1 beyond its maximum",)
    assert frame.sensors.tobytes() == expected.sensors.tobytes()


def test_the_newest_frame_wins_and_is_given_out_once(publisher, subscriber):
    publish_until_heard(publisher, subscriber, frames_from(0))

    for sequence in range(1000, 1020):
        publisher.publish(make_frame(sequence))
    assert latest_of(subscriber, 1019).sequence == 1019
    assert subscriber.latest(0.0) is None

    publisher.publish(make_frame(1020))
    assert latest_of(subscriber, 1020).sequence == 1020


def test_a_slow_viewer_gets_the_factor_of_a_frame_it_missed(publisher, subscriber):
    publish_until_heard(publisher, subscriber, frames_from(0))

    publisher.publish(make_frame(1000, factor=FACTOR))
    for sequence in range(1001, 1010):
        publisher.publish(make_frame(sequence))

    factors = []
    frame = None
    while frame is None or frame.sequence < 1009:
        frame = subscriber.latest(TIMEOUT_S)
        factors.append(frame.covariance_factor)
    (factor,) = [factor for factor in factors if factor is not None]
    np.testing.assert_array_equal(factor, FACTOR)


def test_who_joins_late_gets_a_whole_frame_at_once(publisher, view_model):
    publisher.publish(make_frame(1, factor=FACTOR))
    publisher.publish(make_frame(2))

    with StateSubscriber(publisher.frame_endpoint, publisher.model_endpoint) as subscriber:
        subscriber.fetch_model(TIMEOUT_S)
        frame = subscriber.latest(TIMEOUT_S)

    assert frame.sequence == 2
    np.testing.assert_array_equal(frame.covariance_factor, FACTOR)


def test_the_factor_is_repeated_for_those_who_do_not_ask(publisher):
    publisher.publish(make_frame(0, factor=FACTOR))
    first = make_frame(1)
    spaced = (replace(first, sequence=n, time_ns=first.time_ns + n * FACTOR_PERIOD_NS) for n in range(1, 500))

    with StateSubscriber(publisher.frame_endpoint, publisher.model_endpoint) as late:
        frame = publish_until_heard(publisher, late, spaced)

    np.testing.assert_array_equal(frame.covariance_factor, FACTOR)


def test_a_frame_that_was_asked_for_does_not_replace_a_newer_one(publisher, subscriber, monkeypatch):
    newest = publish_until_heard(publisher, subscriber, frames_from(0))
    subscriber._keep(make_frame(newest.sequence + 2))

    subscriber.fetch_model(TIMEOUT_S)

    assert subscriber.latest(TIMEOUT_S).sequence == newest.sequence + 2


def test_a_publisher_that_restarts_is_found_again(publisher, subscriber, view_model):
    subscriber.fetch_model(TIMEOUT_S)
    publish_until_heard(publisher, subscriber, frames_from(100))
    endpoints = publisher.frame_endpoint, publisher.model_endpoint
    publisher.close()

    with StatePublisher(*endpoints, view_model) as again:
        frame = publish_until_heard(again, subscriber, frames_from(0))
        assert subscriber.fetch_model(TIMEOUT_S).title == view_model.title

    assert frame.sequence < 500


def test_frames_of_another_model_wait_until_it_is_fetched(publisher, subscriber, rng):
    subscriber.fetch_model(TIMEOUT_S)
    publish_until_heard(publisher, subscriber, frames_from(0))
    publisher.publish(make_frame(1000))
    latest_of(subscriber, 1000)

    publisher.change_model(make_view_model(rng, model_hash="model b"))
    publisher.publish(make_frame(1001, model_hash="model b", factor=FACTOR))

    assert subscriber.latest(0.5) is None
    assert subscriber.model_changed
    assert subscriber.fetch_model(TIMEOUT_S).model_hash == "model b"
    assert not subscriber.model_changed
    assert subscriber.latest(TIMEOUT_S).model_hash == "model b"


def test_a_frame_of_the_model_before_is_forgotten_with_it(publisher, subscriber, rng):
    subscriber.fetch_model(TIMEOUT_S)
    subscriber._keep(make_frame(5))

    publisher.change_model(make_view_model(rng, model_hash="model b"))
    subscriber.fetch_model(TIMEOUT_S)

    assert subscriber.latest(0.0) is None


def test_what_is_no_frame_is_counted_and_logged_once(view_model, wait_until, caplog):
    context = zmq.Context()
    socket = context.socket(zmq.PUB)
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    with StateSubscriber(f"tcp://127.0.0.1:{port}", "tcp://127.0.0.1:1") as subscriber:

        def noise_is_heard():
            socket.send(b"noise")
            return subscriber.n_rejected >= 3

        assert wait_until(noise_is_heard)
        socket.send(pack_frame(make_frame(7)))
        assert subscriber.latest(TIMEOUT_S).sequence == 7

    assert len(caplog.records) == 1
    context.destroy(linger=0)


def test_a_strange_request_is_answered_and_the_next_one_too(publisher, subscriber, view_model):
    context = zmq.Context()
    socket = context.socket(zmq.REQ)
    socket.connect(publisher.model_endpoint)
    socket.send(b"coffee")

    assert socket.poll(10_000)
    assert b"unknown request" in socket.recv()
    assert subscriber.fetch_model(TIMEOUT_S).title == view_model.title
    context.destroy(linger=0)


def test_no_twin_is_an_error_that_says_how_to_start_one():
    with (
        StateSubscriber("tcp://127.0.0.1:1", "tcp://127.0.0.1:1") as subscriber,
        pytest.raises(BridgeError, match=r"no twin answers at tcp://127.0.0.1:1 within 0.05 s; start one with"),
    ):
        subscriber.fetch_model(0.05)


def test_a_port_that_is_taken_is_named_whichever_it_is(publisher, view_model):
    with pytest.raises(BridgeError, match=publisher.frame_endpoint):
        StatePublisher(publisher.frame_endpoint, ANY_PORT, view_model)
    with pytest.raises(BridgeError, match=publisher.model_endpoint):
        StatePublisher(ANY_PORT, publisher.model_endpoint, view_model)


def test_other_machines_are_kept_out_by_default(view_model):
    with pytest.raises(BridgeError, match="allow_remote=True"):
        StatePublisher("tcp://0.0.0.0:*", ANY_PORT, view_model)


def test_closing_twice_does_no_harm(view_model):
    publisher = StatePublisher(ANY_PORT, ANY_PORT, view_model)
    subscriber = StateSubscriber(publisher.frame_endpoint, publisher.model_endpoint)

    for _ in range(2):
        subscriber.close()
        publisher.close()
