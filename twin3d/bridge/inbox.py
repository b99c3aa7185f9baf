"""Where readings wait for the twin: bounded, in time order, drops counted."""

import threading
from collections import Counter

import numpy as np
import numpy.typing as npt

from twin3d.bridge.wire import Cause
from twin3d.errors import BridgeError
from twin3d.records import READING_DTYPE, empty_readings

RECEIVED = "received"
"""Key of `Inbox.counts`: readings put in."""
TAKEN = "taken"
"""Key of `Inbox.counts`: readings taken out."""


class Inbox:
    """Readings from any thread, for one twin. When it is full, the oldest readings give way."""

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise BridgeError(f"an inbox for {capacity} readings; it must hold at least one")
        self._capacity = capacity
        self._batches: list[npt.NDArray[np.void]] = []
        self._n_waiting = 0
        self._counts: Counter[str] = Counter()
        self._is_fresh = False
        self._changed = threading.Condition()

    def __len__(self) -> int:
        with self._changed:
            return self._n_waiting

    @property
    def counts(self) -> Counter[str]:
        """Readings received, taken, and dropped by cause."""
        with self._changed:
            return self._counts.copy()

    def put(self, batch: npt.NDArray[np.void]) -> int:
        """Add a batch of `READING_DTYPE`, in any order, and wake the twin; the answer is how many had to go."""
        if not len(batch):
            return 0
        with self._changed:
            self._batches.append(np.array(batch, dtype=READING_DTYPE))
            self._n_waiting += len(batch)
            self._counts[RECEIVED] += len(batch)
            n_dropped = self._drop_oldest(self._n_waiting - self._capacity)
            self._is_fresh = True
            self._changed.notify_all()
        return n_dropped

    def take(self, until_ns: int) -> npt.NDArray[np.void]:
        """All readings measured at or before a time [ns], oldest first; later ones stay."""
        with self._changed:
            self._is_fresh = False
            if not self._n_waiting:
                return empty_readings()
            waiting = self._in_order()
            n_due = int(np.searchsorted(waiting["time_ns"], until_ns, side="right"))
            self._batches = [waiting[n_due:]] if n_due < len(waiting) else []
            self._n_waiting -= n_due
            self._counts[TAKEN] += n_due
        return waiting[:n_due]

    def wait(self, timeout_s: float) -> bool:
        """Wait until a reading has come in since the last `take`; False when none did in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_fresh, timeout_s)

    def _drop_oldest(self, n_excess: int) -> int:
        if n_excess <= 0:
            return 0
        self._batches = [self._in_order()[n_excess:]]
        self._n_waiting -= n_excess
        self._counts[Cause.OVERFLOW] += n_excess
        return n_excess

    def _in_order(self) -> npt.NDArray[np.void]:
        waiting = self._batches[0] if len(self._batches) == 1 else np.concatenate(self._batches)
        times = waiting["time_ns"]
        if (times[1:] >= times[:-1]).all():
            return waiting
        return waiting[np.argsort(times, kind="stable")]
