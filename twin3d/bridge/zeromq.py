"""Readings over ZeroMQ: the twin's receiver, and a publisher for plants and users."""

import os
import platform
import threading
import traceback
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import zmq

from twin3d.bridge.checking import ReadingChecker, TimeLimits
from twin3d.bridge.conversion import to_senml
from twin3d.bridge.endpoints import MAX_FRAME_BYTES, QUEUE_MESSAGES, bind, connect, open_socket
from twin3d.bridge.inbox import Inbox
from twin3d.bridge.rejections import Rejection, RejectionLog
from twin3d.bridge.stopping import StopSignal
from twin3d.bridge.wire import Cause, Origin, WireReading, encode_batch, encode_birth, encode_senml
from twin3d.clock import Clock, WallClock
from twin3d.errors import BridgeError
from twin3d.records import Quality
from twin3d.scene import Sensor

ACCEPTED: Final = "accepted"
"""Key of `Receiver.counts`: readings that went to the inbox and are still to be used."""
MAX_DRAIN: Final = 512
"""Messages decoded before they are handed on: a flood delays a reading by a few milliseconds, not more."""
MAX_DRAIN_BYTES: Final = 1024 * 1024
"""The same for batches: bytes decoded before they are handed on."""
MAX_FRAMES: Final = 3
MAX_FUTURE_S: Final = 2.0
MAX_AGE_S: Final = 60.0
BIRTH_PERIOD_NS: Final = 1_000_000_000


class Receiver:
    """Receives readings in a thread of its own and puts them into an inbox; bad ones are counted, never raised."""

    def __init__(
        self,
        sensors: Sequence[Sensor],
        inbox: Inbox,
        *,
        endpoint: str,
        clock: Clock,
        max_future_s: float = MAX_FUTURE_S,
        max_age_s: float = MAX_AGE_S,
        allow_remote: bool = False,
    ) -> None:
        self._inbox = inbox
        self._accepted = 0
        self._rejections = RejectionLog(clock)
        limits = TimeLimits(max_future_s=max_future_s, max_age_s=max_age_s)
        self._checker = ReadingChecker(sensors, self._rejections, clock=clock, limits=limits)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = open_socket(self._context, zmq.PULL, {zmq.MAXMSGSIZE: MAX_FRAME_BYTES})
        try:
            self._endpoint = bind(self._socket, endpoint, allow_remote=allow_remote)
        except BridgeError:
            self._context.destroy(linger=0)
            raise
        self._stop = StopSignal(self._context)
        self._thread = threading.Thread(target=self._run, name="twin3d-receiver", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def endpoint(self) -> str:
        """Where it listens, with the real port."""
        return self._endpoint

    @property
    def accepted(self) -> int:
        """Readings accepted, less those that a full inbox dropped."""
        return self._accepted

    @property
    def rejected(self) -> Counter[str]:
        """Rejected by cause; a message that cannot be decoded counts as one."""
        return self._rejections.counts

    @property
    def counts(self) -> Counter[str]:
        """Accepted readings, and rejected ones by cause."""
        return Counter({ACCEPTED: self._accepted}) + self._rejections.counts

    @property
    def last_rejections(self) -> tuple[Rejection, ...]:
        """The last hundred rejections, oldest first."""
        return self._rejections.last

    def close(self) -> None:
        """Stop listening; what has been received stays in the inbox."""
        if self._thread.is_alive():
            self._stop.send()
            self._thread.join()
        self._context.destroy(linger=0)

    def _run(self) -> None:
        stop = self._stop.receiver()
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(stop, zmq.POLLIN)
        while (stop, zmq.POLLIN) not in poller.poll():
            self._drain()
        stop.close()

    def _drain(self) -> None:
        n_bytes = 0
        with suppress(zmq.Again):
            for number in range(MAX_DRAIN):
                if n_bytes > MAX_DRAIN_BYTES or (number == 1 and not self._has_more()):
                    break
                frames = _receive(self._socket)
                n_bytes += sum(map(len, frames))
                self._check(frames)
        batch = self._checker.collect()
        n_dropped = self._inbox.put(batch)
        self._accepted += len(batch) - n_dropped
        if n_dropped:
            self._rejections.add(Cause.OVERFLOW, "the inbox is full: the twin is too slow", n_readings=n_dropped)

    def _has_more(self) -> bool:
        """Whether messages wait; a reading mostly comes alone, and the error that ends an empty socket costs more."""
        return bool(int(self._socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN)

    def _check(self, frames: Sequence[bytes]) -> None:
        try:
            self._checker.take(frames)
        except Exception:  # noqa: BLE001 - whatever a message from outside breaks, reception must go on
            self._rejections.add(Cause.INTERNAL, traceback.format_exc(), frames[0])


def _receive(socket: zmq.Socket[bytes]) -> list[bytes]:
    """One message; of one with too many frames, only enough to see that it has."""
    frames = [socket.recv(zmq.NOBLOCK)]
    while socket.getsockopt(zmq.RCVMORE):
        frame = socket.recv(zmq.NOBLOCK)
        if len(frames) <= MAX_FRAMES:
            frames.append(frame)
    return frames


class Publisher:
    """Sends readings to a twin and never waits for it: what does not fit into the queue is dropped and counted.

    It belongs to the thread that uses it.
    """

    def __init__(self, endpoint: str, *, clock: Clock | None = None, producer: str | None = None) -> None:
        self._clock = clock or WallClock()
        self._producer = producer or f"{platform.node()}:{os.getpid()}"
        self._epoch = self._clock.now_ns()
        self._sequence = 0
        self._declared: tuple[tuple[str, str | None], ...] = ()
        self._birth = 0
        self._born_ns: int | None = None
        self.sent = 0
        """Readings handed to the socket."""
        self.dropped = 0
        """Readings that found its queue full."""
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = open_socket(self._context, zmq.PUSH, {zmq.SNDHWM: QUEUE_MESSAGES})
        try:
            connect(self._socket, endpoint)
        except BridgeError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(
        self, sensor_id: str, unit: str | None, value: float, *, time_ns: int, quality: Quality = Quality.GOOD
    ) -> bool:
        """Send one reading as SenML; False when it was dropped.

        Args:
            sensor_id: Name of the sensor in the scene.
            unit: Unit of the value; None leaves it to the scene.
            value: In the unit; not finite only with bad quality.
            time_ns: When it was measured, UTC [ns].
            quality: What the producer thinks of it.
        """
        reading = WireReading(
            sensor_id,
            value,
            time_ns,
            None if unit is None else to_senml(unit),
            quality,
            self._producer,
            self._epoch,
            self._next_sequence(),
            self._clock.now_ns(),
        )
        return self._hand_over([encode_senml(reading)], n_readings=1)

    def declare(self, sensors: Sequence[tuple[str, str | None]]) -> None:
        """Say which sensors the records of batches number: name and unit of each, numbered from 0."""
        self._declared = tuple((name, None if unit is None else to_senml(unit)) for name, unit in sensors)
        self._birth += 1
        self._born_ns = None

    def send_batch(self, records: npt.NDArray[np.void]) -> bool:
        """Send `RECORD_DTYPE` records of declared sensors in one message; False when it was dropped."""
        if not self._declared:
            raise BridgeError("no sensors were declared; call declare([(name, unit), ...]) before send_batch")
        now_ns = self._clock.now_ns()
        if self._born_ns is None or now_ns - self._born_ns >= BIRTH_PERIOD_NS:
            if not self._hand_over(encode_birth(self._origin(now_ns), self._declared), n_readings=0):
                self.dropped += len(records)
                return False
            self._born_ns = now_ns
        return self._hand_over(encode_batch(self._origin(now_ns), records), n_readings=len(records))

    def close(self) -> None:
        """Send what is queued, for at most a second, and disconnect."""
        self._socket.close()
        self._context.term()

    def _origin(self, now_ns: int) -> Origin:
        return Origin(self._producer, self._epoch, self._next_sequence(), now_ns, self._birth)

    def _next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence

    def _hand_over(self, frames: Sequence[bytes], *, n_readings: int) -> bool:
        try:
            self._socket.send_multipart(frames, flags=zmq.NOBLOCK)
        except zmq.Again:
            self.dropped += n_readings
            return False
        self.sent += n_readings
        return True
