"""Where time comes from: the wall, or a clock that a test or a replay moves."""

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now_ns(self) -> int:
        """Time since the Unix epoch, UTC [ns]."""
        ...

    def sleep(self, duration_s: float) -> None:
        """Wait for a duration [s]."""
        ...


class WallClock:
    """The clock of the machine."""

    def now_ns(self) -> int:
        """Time since the Unix epoch, UTC [ns]."""
        return time.time_ns()

    def sleep(self, duration_s: float) -> None:
        """Wait for a duration [s]."""
        time.sleep(max(0.0, duration_s))


class ManualClock:
    """A clock that moves only when told to, for replays and tests."""

    def __init__(self, start_ns: int = 0) -> None:
        self._now_ns = start_ns
        self._lock = threading.Lock()

    def now_ns(self) -> int:
        """Time since the Unix epoch, UTC [ns]."""
        with self._lock:
            return self._now_ns

    def sleep(self, duration_s: float) -> None:
        """Move the clock forward at once [s]."""
        with self._lock:
            self._now_ns += round(max(0.0, duration_s) * 1e9)

    def set_ns(self, now_ns: int) -> None:
        """Move the clock to a time [ns]; it never runs backwards."""
        with self._lock:
            self._now_ns = max(self._now_ns, now_ns)
