"""What was rejected: counted by cause, logged now and then, the last payloads kept for a look."""

import logging
import threading
from collections import Counter, deque
from dataclasses import dataclass

from twin3d.bridge.wire import Cause
from twin3d.clock import Clock

_log = logging.getLogger(__name__)

KEPT_REJECTIONS = 100
KEPT_BYTES = 2048
LOG_PERIOD_NS = 10_000_000_000


@dataclass(frozen=True, slots=True)
class Rejection:
    """A message that was not used."""

    time_ns: int
    """When it was rejected, UTC [ns]."""
    cause: Cause
    detail: str
    payload: bytes
    """Its beginning."""


class RejectionLog:
    """Counts rejections from one thread, answers from any."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._kept: deque[Rejection] = deque(maxlen=KEPT_REJECTIONS)
        self._logged_ns: dict[Cause, int] = {}
        self._lock = threading.Lock()

    @property
    def counts(self) -> Counter[str]:
        """Rejected messages and readings by cause."""
        with self._lock:
            return self._counts.copy()

    @property
    def last(self) -> tuple[Rejection, ...]:
        """The last rejections, oldest first."""
        with self._lock:
            return tuple(self._kept)

    def add(self, cause: Cause, detail: str, payload: bytes = b"", *, n_readings: int = 1) -> None:
        """Count a rejection; every cause is logged at most once in ten seconds."""
        now_ns = self._clock.now_ns()
        with self._lock:
            self._counts[cause] += n_readings
            total = self._counts[cause]
            self._kept.append(Rejection(now_ns, cause, detail, bytes(payload[:KEPT_BYTES])))
            is_due = now_ns - self._logged_ns.get(cause, now_ns - LOG_PERIOD_NS) >= LOG_PERIOD_NS
            if is_due:
                self._logged_ns[cause] = now_ns
        if is_due:
            _log.warning("rejected: %s (%d so far): %s", cause, total, detail)
