"""Recorded readings from a history, a CSV file or SenML lines, in SI and in time order."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from twin3d.bridge.checking import ReadingChecker, TimeLimits
from twin3d.bridge.columns import columns_of
from twin3d.bridge.forms import Cause, WireReading
from twin3d.bridge.rejections import RejectionLog
from twin3d.clock import ManualClock
from twin3d.errors import BridgeError
from twin3d.history import History
from twin3d.records import Quality
from twin3d.scene import Sensor

CSV_COLUMNS: Final = ("time", "sensor", "value")
"""Columns of a CSV file with a reading a line; ``unit`` and ``quality`` may be beside them."""
_ANY_TIME: Final = TimeLimits(max_future_s=9e9, max_age_s=9e9)


@dataclass(frozen=True, eq=False, slots=True)
class Recording:
    """Readings that can be replayed."""

    readings: npt.NDArray[np.void]
    """`READING_DTYPE` in time order, sensors index the scene's, shape (n_readings,)."""
    skipped: Counter[str]
    """Readings that cannot be replayed, by cause."""


def load_recording(path: Path, sensors: Sequence[Sensor]) -> Recording:
    """Read a recording for the sensors of a scene; the ending tells its kind: .sqlite, .csv, .jsonl.

    Raises:
        BridgeError: The file is missing or of another kind, or a CSV file lacks a column, is no text, or has a column
            whose unit is missing or does not fit.
        HistoryError: The history cannot be read.
    """
    readers = {".sqlite": _from_history, ".csv": _from_csv, ".jsonl": _from_lines}
    if path.suffix not in readers:
        raise BridgeError(f"{path.name} is no recording; its name must end in {', '.join(readers)}")
    if not path.is_file():
        raise BridgeError(f"there is no recording at {path}")
    return readers[path.suffix](path, sensors)


def _from_history(path: Path, sensors: Sequence[Sensor]) -> Recording:
    with History(path, read_only=True) as history:
        kept_ids = history.sensor_ids
        readings = history.readings(-(2**63), 2**63 - 1)
    index_of = {sensor.id: index for index, sensor in enumerate(sensors)}
    scene_index = np.array([index_of.get(name, -1) for name in kept_ids], dtype=np.int32)
    readings["sensor"] = scene_index[readings["sensor"]] if len(readings) else 0
    is_known = readings["sensor"] >= 0
    n_unknown = int((~is_known).sum())
    return Recording(readings[is_known], Counter({Cause.UNKNOWN_SENSOR: n_unknown} if n_unknown else {}))


def _from_csv(path: Path, sensors: Sequence[Sensor]) -> Recording:
    checker, rejections = _checker(sensors)
    skipped: Counter[str] = Counter()
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            if {"sensor", "value"} & set(rows.fieldnames or ()):
                _take_rows(rows, path.name, checker, rejections)
            else:
                skipped = _take_columns(rows, path.name, sensors, checker=checker, rejections=rejections)
    except (csv.Error, UnicodeDecodeError) as error:
        raise BridgeError(f"{path.name} is no CSV file in UTF-8: {error}; save it again as text") from error
    found = _recording(checker, rejections)
    return Recording(found.readings, found.skipped + skipped)


def _take_columns(
    rows: "csv.DictReader[str]",
    name: str,
    sensors: Sequence[Sensor],
    *,
    checker: ReadingChecker,
    rejections: RejectionLog,
) -> Counter[str]:
    """Take a table with a column for each sensor; the answer counts what belongs to none."""
    columns = columns_of(rows.fieldnames or (), sensors, name)
    skipped: Counter[str] = Counter()
    for row in rows:
        skipped += columns.skipped(row)
        try:
            for reading in columns.readings(row, _time_ns(row[columns.time], columns.time_scale)):
                checker.take_reading(reading)
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            rejections.add(Cause.MALFORMED, f"line {rows.line_num} of {name}: {error}")
    return skipped


def _take_rows(rows: "csv.DictReader[str]", name: str, checker: ReadingChecker, rejections: RejectionLog) -> None:
    found = rows.fieldnames or ()
    missing = [column for column in CSV_COLUMNS if column not in found]
    if missing:
        raise BridgeError(
            f"{name} has no column {missing[0]!r} in its first line; it has: {', '.join(found)[:200] or 'none'}"
        )
    for row in rows:
        try:
            checker.take_reading(_row_reading(row))
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            rejections.add(Cause.MALFORMED, f"line {rows.line_num} of {name}: {error}")


def _row_reading(row: dict[str, str]) -> WireReading:
    quality = Quality[(row.get("quality") or "good").upper()]
    value = float(row["value"]) if row["value"] or quality is not Quality.BAD else float("nan")
    time_ns = _time_ns(row["time"])
    return WireReading(row["sensor"], value, time_ns, row.get("unit") or None, quality, sent_ns=time_ns)


def _time_ns(text: str, scale: float = 1.0) -> int:
    try:
        return round(scale * float(text) * 1e6) * 1000
    except ValueError:
        moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time {text!r} has no time zone; write for example {text}+00:00")
    return round(moment.timestamp() * 1e6) * 1000


def _from_lines(path: Path, sensors: Sequence[Sensor]) -> Recording:
    checker, rejections = _checker(sensors)
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                checker.take([line])
    return _recording(checker, rejections)


def _checker(sensors: Sequence[Sensor]) -> tuple[ReadingChecker, RejectionLog]:
    clock = ManualClock()
    rejections = RejectionLog(clock)
    return ReadingChecker(sensors, rejections, clock=clock, limits=_ANY_TIME), rejections


def _recording(checker: ReadingChecker, rejections: RejectionLog) -> Recording:
    readings = checker.collect()
    return Recording(readings[np.argsort(readings["time_ns"], kind="stable")], rejections.counts)
