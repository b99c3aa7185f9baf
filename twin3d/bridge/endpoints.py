"""Sockets that are safe by default: loopback only, bounded queues, no endless waits."""

import logging
import re
from collections.abc import Mapping
from typing import Final

import zmq

from twin3d.errors import BridgeError

QUEUE_MESSAGES: Final = 10_000
"""Most messages that wait in a socket."""
MAX_FRAME_BYTES: Final = 8 * 1024 * 1024
"""A peer that sends a longer frame to a twin is cut off by the socket itself."""
LINGER_MS: Final = 1000
"""How long a closing socket tries to get rid of what it holds."""

_log = logging.getLogger(__name__)
_FORM = re.compile(r"tcp://(?P<host>[^:/\s]+|\[[^\]/\s]+\]):(?P<port>\d{1,5}|\*)|(?:ipc|inproc)://\S+")
_LOOPBACK_HOST = re.compile(r"127(\.\d+){3}|localhost|\[::1\]")
_MAX_PORT = 65_535
_COMMON_OPTIONS: Mapping[int, int] = {
    zmq.LINGER: LINGER_MS,
    zmq.SNDHWM: QUEUE_MESSAGES,
    zmq.RCVHWM: QUEUE_MESSAGES,
    zmq.HEARTBEAT_IVL: 1000,
    zmq.HEARTBEAT_TIMEOUT: 3000,
    zmq.HEARTBEAT_TTL: 5000,
    zmq.RECONNECT_IVL: 100,
    zmq.RECONNECT_IVL_MAX: 2000,
}


def open_socket(
    context: zmq.Context[zmq.Socket[bytes]], kind: int, options: Mapping[int, int] | None = None
) -> zmq.Socket[bytes]:
    """A socket with bounded queues and heartbeats; options must be set before it binds or connects."""
    socket = context.socket(kind)
    for option, value in {**_COMMON_OPTIONS, **(options or {})}.items():
        socket.setsockopt(option, value)
    return socket


def bind(socket: zmq.Socket[bytes], endpoint: str, *, allow_remote: bool) -> str:
    """Bind a socket and return its real endpoint; port 0 or ``*`` takes a free one."""
    _check_form(endpoint)
    if not is_loopback(endpoint):
        if not allow_remote:
            raise BridgeError(
                f"{endpoint} can be reached from other machines, and readings are not encrypted: use "
                f"tcp://127.0.0.1:PORT (and an SSH tunnel for other machines), or pass allow_remote=True in a network "
                f"that you trust"
            )
        _log.warning("other machines can reach this socket, which neither encrypts nor asks who they are: %s", endpoint)
    socket.setsockopt(zmq.IPV6, int("[" in endpoint))
    try:
        socket.bind(re.sub(r":0$", ":*", endpoint))
    except zmq.ZMQError as error:
        is_taken = error.errno == zmq.EADDRINUSE
        remedy = "is another twin running there? Choose another port, or * for any" if is_taken else "choose another"
        raise BridgeError(f"cannot listen at {endpoint}: {error.strerror}; {remedy}") from error
    return str(socket.getsockopt_string(zmq.LAST_ENDPOINT))


def connect(socket: zmq.Socket[bytes], endpoint: str) -> None:
    """Connect a socket; the peer need not be there yet."""
    _check_form(endpoint)
    socket.setsockopt(zmq.IPV6, int("[" in endpoint))
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        raise _not_an_endpoint(endpoint, error.strerror) from error


def is_loopback(endpoint: str) -> bool:
    """Whether only this machine can reach an endpoint."""
    match = _FORM.fullmatch(endpoint)
    return match is not None and (match["host"] is None or _LOOPBACK_HOST.fullmatch(match["host"]) is not None)


def _check_form(endpoint: str) -> None:
    match = _FORM.fullmatch(endpoint)
    if match is None:
        raise _not_an_endpoint(endpoint, "it has no such form")
    port = match["port"]
    # ZeroMQ takes a larger port modulo 65536, without a word.
    if port not in {None, "*"} and int(port) > _MAX_PORT:
        raise _not_an_endpoint(endpoint, f"the highest port is {_MAX_PORT}")


def _not_an_endpoint(endpoint: str, reason: str) -> BridgeError:
    return BridgeError(f"{endpoint!r} is not an endpoint: {reason}; write for example tcp://127.0.0.1:5555")
