"""How a thread that waits for a socket is told to end."""

import zmq


class StopSignal:
    """Wakes a polling thread so that it ends."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]]) -> None:
        self._context = context
        self._address = f"inproc://stop-{id(self)}"
        self._socket = context.socket(zmq.PAIR)
        self._socket.bind(self._address)

    def send(self) -> None:
        """Wake the thread."""
        self._socket.send(b"")

    def receiver(self) -> zmq.Socket[bytes]:
        """The end that the thread polls."""
        socket = self._context.socket(zmq.PAIR)
        socket.connect(self._address)
        return socket
