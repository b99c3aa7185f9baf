"""Readings by tick, and the states to go back to when one arrives late."""

from bisect import bisect_left, bisect_right
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

State = TypeVar("State")


class ReadingLog:
    """Readings of the last seconds by tick, without duplicates."""

    def __init__(self, window_ticks: int) -> None:
        self._window_ticks = window_ticks
        self._by_tick: dict[int, list[npt.NDArray[np.void]]] = {}
        self._seen: set[tuple[int, int]] = set()

    def add(self, tick: int, reading: npt.NDArray[np.void]) -> bool:
        """Keep a reading; False when its sensor already has one of the same time."""
        key = (int(reading["sensor"]), int(reading["time_ns"]))
        if key in self._seen:
            return False
        self._seen.add(key)
        entries = self._by_tick.setdefault(tick, [])
        entries.append(reading)
        # The same order whatever the order of arrival, so that late readings give the same estimate.
        entries.sort(key=lambda entry: (int(entry["time_ns"]), int(entry["sensor"])))
        return True

    def at(self, tick: int) -> list[npt.NDArray[np.void]]:
        """Readings of a tick in order of time and sensor."""
        return self._by_tick.get(tick, [])

    def next_tick(self, after: int) -> int | None:
        """The first tick with readings after a tick."""
        return min((tick for tick in self._by_tick if tick > after), default=None)

    def forget(self, now_tick: int) -> None:
        """Drop what is older than the window."""
        for tick in [tick for tick in self._by_tick if tick < now_tick - self._window_ticks]:
            for entry in self._by_tick.pop(tick):
                self._seen.discard((int(entry["sensor"]), int(entry["time_ns"])))


class Snapshots(Generic[State]):
    """States at past ticks: every tick of the last few, then one in `stride`, back to the window's end."""

    def __init__(self, *, recent_ticks: int, stride: int, window_ticks: int) -> None:
        self._recent_ticks, self._stride, self._window_ticks = recent_ticks, stride, window_ticks
        self._ticks: list[int] = []
        self._states: list[State] = []

    def put(self, tick: int, state: State) -> None:
        """Keep the state after a tick and thin out the older ones."""
        self._ticks.append(tick)
        self._states.append(state)
        ageing = bisect_left(self._ticks, tick - self._recent_ticks)
        aged = ageing < len(self._ticks) and self._ticks[ageing] == tick - self._recent_ticks
        if aged and self._ticks[ageing] % self._stride:
            del self._ticks[ageing], self._states[ageing]
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
