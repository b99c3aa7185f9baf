"""Sockets that are safe by default: loopback only, bounded queues, no endless waits."""

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

_LOOPBACK = re.compile(r"tcp://(127\.\d+\.\d+\.\d+|localhost|\[::1\]):(\d+|\*)|(ipc|inproc)://.+")
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
    if not allow_remote and not _LOOPBACK.fullmatch(endpoint):
        raise BridgeError(
            f"{endpoint} can be reached from other machines, and readings are not encrypted: use tcp://127.0.0.1:PORT "
            f"(and an SSH tunnel for other machines), or pass allow_remote=True in a network that you trust"
        )
    try:
        socket.bind(re.sub(r":0$", ":*", endpoint))
    except zmq.ZMQError as error:
        raise BridgeError(
            f"cannot listen at {endpoint}: {error}; is another twin running there? Choose another port, or * for any"
        ) from error
    return str(socket.getsockopt_string(zmq.LAST_ENDPOINT))


def connect(socket: zmq.Socket[bytes], endpoint: str) -> None:
    """Connect a socket; the peer need not be there yet."""
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        raise BridgeError(
            f"{endpoint!r} is not an endpoint: {error}; write for example tcp://127.0.0.1:5555"
        ) from error
