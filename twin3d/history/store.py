"""The history of a twin: append from the live path, read back by time from any process."""

import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from twin3d.errors import HistoryError
from twin3d.history.columns import DamagedError, checksum_of, join_batches, unpack_frame, unpack_readings
from twin3d.history.schema import open_for_reading, open_for_writing, unreadable
from twin3d.history.writer import Writer
from twin3d.records import READING_DTYPE, Frame

_log = logging.getLogger(__name__)

FLUSH_TIMEOUT_S: Final = 60.0
_FRAME_COLUMNS: Final = (
    "frames.id, time_ns, sequence, model_hash, factor, provenance, flags, frames.n_modes, n_inputs, checksum, columns"
)


class History:
    """Readings, frames, events, models and the scene of one twin, in one file.

    Appending never waits for the disk: a thread commits in groups, and what went wrong there is raised by the next
    call. Reading waits until everything that was appended is committed. A reading or frame that was committed
    survives a killed process.
    """

    def __init__(self, path: Path, *, sensor_ids: Sequence[str] | None = None, read_only: bool = False) -> None:
        self._path = path
        self._n_damaged = 0
        self._lock = threading.Lock()
        self._writer: Writer | None = None
        self._n_sensors = 0
        self._factors: dict[int, npt.NDArray[np.float64]] = {}
        if not read_only:
            if sensor_ids is not None:
                _declare_sensors(path, sensor_ids)
                self._n_sensors = len(sensor_ids)
            self._writer = Writer(path)
        try:
            self._reader = open_for_reading(path)
        except HistoryError:
            if self._writer is not None:
                self._writer.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def sensor_ids(self) -> tuple[str, ...]:
        """Names of the sensors that the readings which are read back refer to."""
        return tuple(name for (name,) in self._select("SELECT name FROM sensors ORDER BY id"))

    def append_readings(self, batch: npt.NDArray[np.void]) -> None:
        """Keep a batch of `READING_DTYPE`; its sensors are those given to the constructor."""
        if not len(batch):
            return
        writer = self._appendable()
        if not self._n_sensors:
            raise HistoryError(f"the history {self._path} was opened without sensor_ids; give them to keep readings")
        is_unknown = (batch["sensor"] < 0) | (batch["sensor"] >= self._n_sensors)
        if is_unknown.any():
            index = batch["sensor"][is_unknown][0]
            raise HistoryError(f"a reading of sensor {index}; {self._n_sensors} are declared, counted from 0")
        writer.append(np.array(batch, dtype=READING_DTYPE))

    def append_frame(self, frame: Frame) -> None:
        """Keep a frame; its covariance factor is stored only when it changed."""
        self._appendable().append(frame)

    def append_event(self, time_ns: int, kind: str, text: str) -> None:
        """Keep an event."""
        self._execute_later("INSERT INTO events (time_ns, kind, text) VALUES (?, ?, ?)", int(time_ns), kind, text)

    def put_model(self, model_hash: str, content: bytes) -> None:
        """Keep the bytes of a model, once."""
        self._execute_later("INSERT OR IGNORE INTO models (hash, content) VALUES (?, ?)", model_hash, content)

    def put_scene(self, time_ns: int, text: str) -> None:
        """Keep the text of the scene that runs from a time on."""
        self._execute_later("INSERT INTO scenes (time_ns, text) VALUES (?, ?)", int(time_ns), text)

    def get_model(self, model_hash: str) -> bytes:
        """The bytes of a model."""
        rows = self._select("SELECT content FROM models WHERE hash = ?", model_hash)
        if not rows:
            raise HistoryError(f"the history {self._path} has no model {model_hash!r}")
        return bytes(rows[0][0])

    def scene_text(self) -> str | None:
        """The newest scene; None where none was kept."""
        rows = self._select("SELECT text FROM scenes ORDER BY id DESC LIMIT 1")
        return str(rows[0][0]) if rows else None

    def readings(self, t0_ns: int, t1_ns: int, sensor: str | None = None) -> npt.NDArray[np.void]:
        """Readings measured within t0 ≤ t < t1 in time order, of one sensor or all; sensors index `sensor_ids`."""
        index = None if sensor is None else self._sensor_index(sensor)
        batches = []
        for row, n_readings, checksum, packed in self._select(
            "SELECT id, n_readings, checksum, columns FROM readings WHERE last_ns >= ? AND first_ns < ? ORDER BY id",
            t0_ns,
            t1_ns,
        ):
            try:
                batch = unpack_readings(packed, n_readings, checksum)
            except DamagedError as error:
                self._report_damage("readings", row, error)
                continue
            due = (batch["time_ns"] >= t0_ns) & (batch["time_ns"] < t1_ns)
            batches.append(batch[due if index is None else due & (batch["sensor"] == index)])
        return join_batches(batches)

    def frames(self, t0_ns: int, t1_ns: int) -> list[Frame]:
        """Frames of times within t0 ≤ t < t1, oldest first, each with the covariance factor that held then."""
        return list(
            self._frames(
                f"SELECT {_FRAME_COLUMNS} FROM frames WHERE time_ns >= ? AND time_ns < ? ORDER BY time_ns, id",
                t0_ns,
                t1_ns,
            )
        )

    def frame_at(self, t_ns: int) -> Frame | None:
        """The newest frame at or before a time; None before the first."""
        query = f"SELECT {_FRAME_COLUMNS} FROM frames WHERE time_ns <= ? ORDER BY time_ns DESC, id DESC LIMIT 10"
        return next(self._frames(query, t_ns), None)

    def last_frame(self) -> Frame | None:
        """The newest frame; None in an empty history."""
        return self.frame_at(2**63 - 1)

    def events(self, t0_ns: int, t1_ns: int) -> list[tuple[int, str, str]]:
        """Events within t0 ≤ t < t1: time [ns], kind, text."""
        query = "SELECT time_ns, kind, text FROM events WHERE time_ns >= ? AND time_ns < ? ORDER BY time_ns, id"
        return [(int(time_ns), str(kind), str(text)) for time_ns, kind, text in self._select(query, t0_ns, t1_ns)]

    def span(self) -> tuple[int, int] | None:
        """Times of the first and the last reading or frame [ns]; None in an empty history."""
        first, last = self._select(
            "SELECT min(first), max(last) FROM (SELECT min(first_ns) AS first, max(last_ns) AS last FROM readings"
            " UNION ALL SELECT min(time_ns), max(time_ns) FROM frames)"
        )[0]
        return None if first is None else (int(first), int(last))

    def counts(self) -> Counter[str]:
        """What is kept, and entries lost and damaged."""
        readings, batches, frames, events, models, factors = self._select(
            "SELECT (SELECT coalesce(sum(n_readings), 0) FROM readings), (SELECT count(*) FROM readings),"
            " (SELECT count(*) FROM frames), (SELECT count(*) FROM events), (SELECT count(*) FROM models),"
            " (SELECT count(*) FROM factors)"
        )[0]
        lost = 0 if self._writer is None else self._writer.n_lost
        return Counter(
            readings=readings,
            batches=batches,
            frames=frames,
            events=events,
            models=models,
            factors=factors,
            lost=lost,
            damaged=self._n_damaged,
        )

    def flush(self, timeout_s: float = FLUSH_TIMEOUT_S) -> None:
        """Wait until all that was appended is on the disk."""
        if self._writer is not None:
            self._writer.flush(timeout_s)

    def close(self) -> None:
        """Write what waits and close the file; raises HistoryError when something could not be written."""
        self._reader.close()
        if self._writer is not None:
            self._writer.close()

    def _appendable(self) -> Writer:
        if self._writer is None:
            raise HistoryError(f"the history {self._path} was opened read-only")
        return self._writer

    def _execute_later(self, statement: str, *values: Any) -> None:
        self._appendable().append(lambda connection: connection.execute(statement, values))

    def _select(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        self.flush()
        try:
            with self._lock:
                return self._reader.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise unreadable(self._path, error) from error

    def _sensor_index(self, sensor: str) -> int:
        known = self.sensor_ids
        if sensor not in known:
            raise HistoryError(
                f"the history {self._path} has no sensor {sensor!r}; it has {', '.join(known) or 'none'}"
            )
        return known.index(sensor)

    def _frames(self, query: str, *values: int) -> Iterator[Frame]:
        for row in self._select(query, *values):
            identity, time_ns, sequence, model_hash, factor, provenance, flags, n_modes, n_inputs, checksum, packed = (
                row
            )
            try:
                content = unpack_frame(packed, checksum, n_modes=n_modes, n_inputs=n_inputs)
                covariance_factor = None if factor is None else self._factor(factor)
            except DamagedError as error:
                self._report_damage("frames", identity, error)
                continue
            coefficients, inputs, deviation, sensors = content
            yield Frame(
                sequence=sequence,
                time_ns=time_ns,
                model_hash=model_hash,
                coefficients=coefficients,
                inputs=inputs,
                input_deviation=deviation,
                covariance_factor=covariance_factor,
                sensors=sensors,
                provenance=provenance,
                flags=tuple(flags.split("\n")) if flags else (),
            )

    def _factor(self, identity: int) -> npt.NDArray[np.float64]:
        if identity not in self._factors:
            query = "SELECT n_modes, checksum, factor FROM factors WHERE id = ?"
            ((n_modes, checksum, content),) = self._select(query, identity)
            if checksum_of(content) != checksum:
                raise DamagedError("the checksum of its covariance factor does not match")
            if len(self._factors) > 100:
                self._factors.clear()
            self._factors[identity] = np.frombuffer(content, "<f8").reshape(n_modes, -1)
        return self._factors[identity]

    def _report_damage(self, table: str, row: int, error: DamagedError) -> None:
        self._n_damaged += 1
        _log.warning("a damaged entry is left out: %s %d: %s, in %s", table, row, error, self._path)


def _declare_sensors(path: Path, sensor_ids: Sequence[str]) -> None:
    """Keep the names of the sensors in a new file; in an older one they must be the same."""
    connection = open_for_writing(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        kept = [name for (name,) in connection.execute("SELECT name FROM sensors ORDER BY id")]
        if not kept:
            connection.executemany("INSERT INTO sensors (id, name) VALUES (?, ?)", enumerate(sensor_ids))
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise unreadable(path, error) from error
    finally:
        connection.close()
    if kept and kept != list(sensor_ids):
        raise HistoryError(
            f"the history {path} was kept for other sensors ({_difference(kept, sensor_ids)}); "
            f"choose another file, or move it away"
        )


def _difference(kept: Sequence[str], declared: Sequence[str]) -> str:
    gone = [name for name in kept if name not in declared]
    new = [name for name in declared if name not in kept]
    parts = [f"{word}: {', '.join(names[:5])}" for word, names in (("gone", gone), ("new", new)) if names]
    return "; ".join(parts) or "in another order"
