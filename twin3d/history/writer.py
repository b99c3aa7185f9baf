"""The thread that writes: what is appended goes to the disk in groups, one transaction each."""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.errors import HistoryError
from twin3d.history.columns import checksum_of, join_batches, pack_frame, pack_readings
from twin3d.history.schema import open_for_writing, unreadable
from twin3d.records import Frame

_log = logging.getLogger(__name__)

GROUP_PERIOD_S: Final = 0.1
"""Appended entries wait this long for others before they are committed together."""
MAX_WAITING: Final = 20_000
"""Entries that wait while the disk is slow; beyond it they are dropped and counted."""
MAX_GROUP: Final = 2000
CHECKPOINT_PERIOD_S: Final = 60.0
"""How often the write-ahead log is folded into the file, which keeps it small."""

Write: TypeAlias = Callable[[sqlite3.Connection], object]
Entry: TypeAlias = npt.NDArray[np.void] | Frame | Write


class Writer:
    """Takes entries from any thread without waiting for the disk."""

    def __init__(self, path: Path, *, group_period_s: float = GROUP_PERIOD_S) -> None:
        self._path = path
        self._group_period_s = group_period_s
        self._connection = open_for_writing(path)
        self._waiting: queue.SimpleQueue[Entry] = queue.SimpleQueue()
        self._state = threading.Condition()
        self._n_appended = 0
        self._n_done = 0
        self._n_lost = 0
        self._error: Exception | None = None
        self._n_wanted = 0
        self._is_closing = False
        self._last_factor: npt.NDArray[np.float64] | None = None
        self._last_factor_id: int | None = None
        self._thread = threading.Thread(target=self._run, name="twin3d-history", daemon=True)
        self._thread.start()

    @property
    def n_lost(self) -> int:
        """Entries that were not written: the queue was full, or the disk failed."""
        with self._state:
            return self._n_lost

    def append(self, entry: Entry) -> None:
        """Hand over an entry; raises HistoryError when an earlier one could not be written."""
        self._raise_error()
        with self._state:
            if self._is_closing:
                raise HistoryError(f"the history {self._path} is closed")
            if self._n_appended - self._n_done >= MAX_WAITING:
                self._n_lost += 1
                is_first = self._n_lost == 1
            else:
                self._n_appended += 1
                self._waiting.put(entry)
                return
        if is_first:
            _log.error("the disk is too slow for the history: entries are lost at %s", self._path)

    def flush(self, timeout_s: float) -> None:
        """Wait until all that was appended is on the disk; raises HistoryError when it cannot be."""
        with self._state:
            target = self._n_wanted = self._n_appended
            self._state.notify_all()
            done = self._state.wait_for(lambda: self._n_done >= target, timeout_s)
        self._raise_error()
        if not done:
            raise HistoryError(f"the history {self._path} was not written within {timeout_s:g} s; is the disk busy?")

    def close(self) -> None:
        """Write what waits and close; raises HistoryError when something could not be written."""
        with self._state:
            if self._is_closing:
                return
            self._is_closing = True
            self._state.notify_all()
        self._waiting.put(_nothing)
        self._thread.join()
        self._become_one_file()
        self._connection.close()
        self._raise_error()

    def _become_one_file(self) -> None:
        """Without its write-ahead log a history can be copied as it is, and read where nothing can be written."""
        try:
            self._connection.execute("PRAGMA busy_timeout=0")
            self._connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error as error:
            _log.debug("the write-ahead log stays, somebody reads it: %s at %s", error, self._path)

    def _raise_error(self) -> None:
        with self._state:
            error, self._error = self._error, None
        if error is not None:
            raise unreadable(self._path, error) from error

    def _run(self) -> None:
        checkpoint_s = time.monotonic()
        while True:
            group = self._next_group()
            self._commit([entry for entry in group if entry is not _nothing])
            is_last = group[-1] is _nothing
            if is_last or time.monotonic() - checkpoint_s > CHECKPOINT_PERIOD_S:
                self._checkpoint()
                checkpoint_s = time.monotonic()
            if is_last:
                return

    def _next_group(self) -> list[Entry]:
        group = [self._waiting.get()]
        with self._state:
            self._state.wait_for(lambda: self._is_closing or self._n_wanted > self._n_done, self._group_period_s)
        while len(group) < MAX_GROUP and group[-1] is not _nothing:
            try:
                group.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return group

    def _commit(self, group: Sequence[Entry]) -> None:
        error: Exception | None = None
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._write(group)
            self._connection.execute("COMMIT")
        except (sqlite3.Error, ValueError, TypeError, ArithmeticError) as failure:
            error = failure
            self._last_factor_id = None
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            _log.error("%d entries were not written: %s at %s", len(group), failure, self._path)
        with self._state:
            self._n_done += len(group)
            if error is not None:
                self._n_lost += len(group)
                self._error = error
            self._state.notify_all()

    def _write(self, group: Sequence[Entry]) -> None:
        batches = [entry for entry in group if isinstance(entry, np.ndarray)]
        if batches:
            self._write_readings(join_batches(batches))
        for entry in group:
            if isinstance(entry, Frame):
                self._write_frame(entry)
            elif not isinstance(entry, np.ndarray):
                entry(self._connection)

    def _write_readings(self, batch: npt.NDArray[np.void]) -> None:
        packed = pack_readings(batch)
        first_ns, last_ns = int(batch["time_ns"][0]), int(batch["time_ns"][-1])
        self._connection.execute(
            "INSERT INTO readings (first_ns, last_ns, n_readings, checksum, columns) VALUES (?, ?, ?, ?, ?)",
            (first_ns, last_ns, len(batch), checksum_of(packed), packed),
        )

    def _write_frame(self, frame: Frame) -> None:
        packed = pack_frame(frame)
        self._connection.execute(
            "INSERT INTO frames (time_ns, sequence, model_hash, factor, provenance, flags, n_modes, n_inputs, checksum,"
            " columns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                int(frame.time_ns),
                int(frame.sequence),
                frame.model_hash,
                self._factor_id(frame.covariance_factor),
                frame.provenance,
                "\n".join(frame.flags),
                len(frame.coefficients),
                len(frame.inputs),
                checksum_of(packed),
                packed,
            ),
        )

    def _factor_id(self, factor: npt.NDArray[np.float64] | None) -> int | None:
        """The row of the factor that holds now, a new one when it changed (or its row was rolled back)."""
        latest = self._last_factor if factor is None else factor
        if latest is None:
            return None
        if self._last_factor_id is None or not (latest is self._last_factor or _is_equal(latest, self._last_factor)):
            content = np.asarray(latest, "<f8").tobytes()
            cursor = self._connection.execute(
                "INSERT INTO factors (n_modes, checksum, factor) VALUES (?, ?, ?)",
                (latest.shape[0], checksum_of(content), content),
            )
            self._last_factor_id = cursor.lastrowid
        self._last_factor = latest
        return self._last_factor_id

    def _checkpoint(self) -> None:
        try:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            _log.warning("the write-ahead log could not be folded in: %s at %s", error, self._path)


def _nothing(connection: sqlite3.Connection) -> None:
    """The entry that ends the thread."""


def _is_equal(ours: npt.NDArray[np.float64], theirs: npt.NDArray[np.float64] | None) -> bool:
    return theirs is not None and np.array_equal(ours, theirs)
