"""Readings by tick, and the states to go back to when one arrives late."""

from bisect import bisect_right
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

State = TypeVar("State")


class Reading(NamedTuple):
    """One entry of a `READING_DTYPE` batch, as plain numbers."""

    sensor: int
    quality: int
    time_ns: int
    value: float
    sequence: int
    sent_ns: int


def unpack(batch: npt.NDArray[np.void]) -> list[Reading]:
    """Readings of a batch."""
    return [Reading(*entry) for entry in batch.tolist()]


class ReadingLog:
    """Readings of the last seconds by tick, without duplicates."""

    def __init__(self) -> None:
        self._by_tick: dict[int, list[Reading]] = {}
        self._seen: set[tuple[int, int]] = set()

    def add(self, tick: int, reading: Reading) -> bool:
        """Keep a reading; False when its sensor already has one of the same time."""
        key = (reading.sensor, reading.time_ns)
        if key in self._seen:
            return False
        self._seen.add(key)
        entries = self._by_tick.setdefault(tick, [])
        entries.append(reading)
        # The same order whatever the order of arrival, so that late readings give the same estimate.
        entries.sort(key=lambda entry: (entry.time_ns, entry.sensor))
        return True

    def at(self, tick: int) -> list[Reading]:
        """Readings of a tick in order of time and sensor."""
        return self._by_tick.get(tick, [])

    def next_tick(self, after: int) -> int | None:
        """The first tick with readings after a tick."""
        return min((tick for tick in self._by_tick if tick > after), default=None)

    def forget_before(self, oldest_tick: int) -> None:
        """Drop the readings of older ticks."""
        for tick in [tick for tick in self._by_tick if tick < oldest_tick]:
            for entry in self._by_tick.pop(tick):
                self._seen.discard((entry.sensor, entry.time_ns))


class Snapshots(Generic[State]):
    """States at past ticks, one in `stride`, back to the window's start."""

    def __init__(self, *, stride: int, window_ticks: int) -> None:
        self._stride, self._window_ticks = stride, window_ticks
        self._ticks: list[int] = []
        self._states: list[State] = []

    def is_due(self, tick: int) -> bool:
        """Whether the state after a tick is to be kept."""
        return tick % self._stride == 0 and (not self._ticks or tick > self._ticks[-1])

    def put(self, tick: int, state: State) -> None:
        """Keep the state after a tick."""
        self._ticks.append(tick)
        self._states.append(state)
        # One snapshot at or before the window's start must remain, or its oldest readings could not be re-filtered.
        while len(self._ticks) > 1 and self._ticks[1] <= tick - self._window_ticks:
            del self._ticks[0], self._states[0]

    def back_to(self, tick: int) -> tuple[int, State] | None:
        """The newest state at or before a tick; later ones are dropped."""
        position = bisect_right(self._ticks, tick) - 1
        if position < 0:
            return None
        del self._ticks[position + 1 :], self._states[position + 1 :]
        return self._ticks[position], self._states[position]

    def clear(self) -> None:
        """Drop all."""
        self._ticks.clear()
        self._states.clear()
