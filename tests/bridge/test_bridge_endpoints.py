"""Endpoints: loopback by default, free ports, errors that name endpoint and remedy."""

import logging

import pytest
import zmq

from twin3d.bridge.endpoints import bind, connect, is_loopback, open_socket
from twin3d.errors import BridgeError


@pytest.fixture
def socket():
    context = zmq.Context()
    yield open_socket(context, zmq.PULL)
    context.destroy(linger=0)


@pytest.mark.parametrize("endpoint", ["tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://localhost:*"])
def test_a_free_port_is_taken_on_request(socket, endpoint):
    real = bind(socket, endpoint, allow_remote=False)

    assert real.startswith("tcp://127.0.0.1:")
    assert int(real.rpartition(":")[2]) > 0


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("tcp://127.0.0.1:5555", True),
        ("tcp://127.8.0.1:5555", True),
        ("tcp://localhost:5555", True),
        ("tcp://[::1]:5555", True),
        ("ipc:///tmp/twin3d", True),
        ("inproc://twin", True),
        ("tcp://*:5555", False),
        ("tcp://0.0.0.0:5555", False),
        ("tcp://192.168.1.4:5555", False),
        ("tcp://127.0.0.1.example.org:5555", False),
        ("tcp://[::]:5555", False),
    ],
)
def test_only_this_machine_is_loopback(endpoint, expected):
    assert is_loopback(endpoint) is expected


@pytest.mark.parametrize("endpoint", ["tcp://*:*", "tcp://0.0.0.0:0", "tcp://[::]:*"])
def test_other_machines_are_kept_out_unless_allowed(socket, endpoint):
    with pytest.raises(BridgeError, match=r"other machines.*127.0.0.1.*allow_remote=True"):
        bind(socket, endpoint, allow_remote=False)


def test_a_socket_that_others_can_reach_is_warned_of(socket, caplog):
    bind(socket, "tcp://0.0.0.0:*", allow_remote=True)

    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "neither encrypts" in record.getMessage()
    assert record.getMessage().endswith("tcp://0.0.0.0:*")


def test_a_port_that_is_taken_is_named_with_its_remedy(socket):
    context = zmq.Context()
    other = open_socket(context, zmq.PULL)
    endpoint = bind(other, "tcp://127.0.0.1:*", allow_remote=False)

    with pytest.raises(BridgeError, match=f"cannot listen at {endpoint}: .*another twin.*another port, or \\*"):
        bind(socket, endpoint, allow_remote=False)
    other.close()
    context.term()


@pytest.mark.parametrize(
    "endpoint",
    ["", "127.0.0.1:5555", "tcp://127.0.0.1", "tcp://127.0.0.1:abc", "udp://127.0.0.1:1", "tcp://127.0.0.1:70000"],
)
@pytest.mark.parametrize("use", [connect, lambda socket, endpoint: bind(socket, endpoint, allow_remote=True)])
def test_what_is_no_endpoint_is_refused_with_an_example(socket, use, endpoint):
    with pytest.raises(BridgeError, match=r"is not an endpoint.*tcp://127.0.0.1:5555"):
        use(socket, endpoint)


def test_a_path_that_does_not_exist_is_named(socket):
    with pytest.raises(BridgeError, match=r"cannot listen at ipc:///no/such/folder/socket: .*[Nn]o such file"):
        bind(socket, "ipc:///no/such/folder/socket", allow_remote=False)
