"""Which readings have been received before, remembered within bounds."""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

Key = TypeVar("Key")

REMEMBERED = 2048
"""Sequences remembered per producer, and times per sensor."""
MAX_PRODUCERS = 256
"""Producers remembered; the one that was silent longest is forgotten first."""


class RecentSet:
    """The last few numbers added."""

    __slots__ = ("_limit", "_order", "_values")

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._values: set[int] = set()
        self._order: deque[int] = deque()

    def add(self, value: int) -> bool:
        """Remember a number; False when it is there already."""
        if value in self._values:
            return False
        self._values.add(value)
        self._order.append(value)
        if len(self._order) > self._limit:
            self._values.discard(self._order.popleft())
        return True


class DuplicateFilter(Generic[Key]):
    """Remembers numbers by key: sequences by producer and epoch, or times by sensor."""

    def __init__(self, max_keys: int = MAX_PRODUCERS) -> None:
        self._max_keys = max_keys
        self._seen: OrderedDict[Key, RecentSet] = OrderedDict()

    def add(self, key: Key, number: int) -> bool:
        """Remember a number; False when it was received before."""
        recent = self._seen.get(key)
        if recent is None:
            recent = self._seen[key] = RecentSet()
            if len(self._seen) > self._max_keys:
                self._seen.popitem(last=False)
        else:
            self._seen.move_to_end(key)
        return recent.add(number)
