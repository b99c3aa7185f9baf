"""From messages to readings in SI: every check that a reading must pass, and what happens to those that do not."""

import math
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin3d.bridge.conversion import UnitTable
from twin3d.bridge.duplicates import DuplicateFilter
from twin3d.bridge.rejections import RejectionLog
from twin3d.bridge.wire import (
    BatchHeader,
    BatchKind,
    Cause,
    DeclaredSensor,
    WireError,
    WireReading,
    decode_birth,
    decode_header,
    decode_records,
    decode_senml,
)
from twin3d.clock import Clock
from twin3d.records import READING_DTYPE, Quality, empty_readings
from twin3d.scene import Sensor

NO_SEQUENCE = -1
"""In `READING_DTYPE`: the producer does not count its readings."""
MAX_BIRTHS = 64
"""Producers of batches that are remembered."""
_UNKNOWN, _WRONG_UNIT = -1, -2


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Which times are believed."""

    max_future_s: float
    """A reading may be ahead of the clock by this [s]; until its time it waits in the inbox."""
    max_age_s: float
    """A reading may be this old [s]."""


@dataclass(frozen=True, eq=False, slots=True)
class AliasTable:
    """The birth of one producer: what its numbers mean."""

    birth: int
    sensors: npt.NDArray[np.int32]
    """Index into the scene's sensors by alias; -1 unknown, -2 wrong unit, shape (n_aliases,)."""
    scales: npt.NDArray[np.float64]
    """SI value = offset + scale · value, shape (n_aliases,)."""
    offsets: npt.NDArray[np.float64]
    """SI value of 0, shape (n_aliases,)."""
    minima: npt.NDArray[np.float64]
    """Smallest possible SI value: 0 for a temperature, else minus infinity, shape (n_aliases,)."""


class ReadingChecker:
    """Turns messages into readings; what is bad is counted and never raises. Used by one thread."""

    def __init__(
        self, sensors: Sequence[Sensor], rejections: RejectionLog, *, clock: Clock, limits: TimeLimits
    ) -> None:
        self._index_of = {sensor.id: index for index, sensor in enumerate(sensors)}
        self._n_channels = Counter(sensor.array for sensor in sensors if sensor.array is not None)
        self._units = UnitTable(sensors)
        self._rejections = rejections
        self._clock = clock
        self._max_future_ns = round(limits.max_future_s * 1e9)
        self._max_age_ns = round(limits.max_age_s * 1e9)
        self._by_sequence: DuplicateFilter[tuple[str, int]] = DuplicateFilter()
        self._by_time: DuplicateFilter[int] = DuplicateFilter(max_keys=max(1, len(sensors)))
        self._births: OrderedDict[tuple[str, int], AliasTable] = OrderedDict()
        self._rows: list[tuple[int, int, int, float, int, int]] = []
        self._batches: list[npt.NDArray[np.void]] = []

    def take(self, frames: Sequence[bytes]) -> None:
        """Check one message."""
        try:
            if len(frames) == 1:
                self._take_senml(frames[0])
            elif len(frames) == 3:
                self._take_batch(frames)
            else:
                raise WireError(Cause.MALFORMED, f"{len(frames)} frames; a message has one, or three for a batch")
        except WireError as error:
            self._rejections.add(error.cause, str(error), frames[0] if len(frames) == 1 else b" | ".join(frames[1:3]))

    def take_reading(self, reading: WireReading) -> None:
        """Check one reading that has been decoded already."""
        try:
            self._rows.append(self._checked(reading, self._clock.now_ns()))
        except WireError as error:
            self._rejections.add(error.cause, str(error))

    def collect(self) -> npt.NDArray[np.void]:
        """The readings accepted since the last call, shape (n_readings,)."""
        batches, self._batches = self._batches, []
        if self._rows:
            batches.append(_as_batch(self._rows))
            self._rows = []
        if len(batches) == 1:
            return batches[0]
        return np.concatenate(batches) if batches else empty_readings()

    def _take_senml(self, payload: bytes) -> None:
        now_ns = self._clock.now_ns()
        for entry in decode_senml(payload, now_ns):
            try:
                if isinstance(entry, WireError):
                    raise entry
                self._rows.append(self._checked(entry, now_ns))
            except WireError as error:
                self._rejections.add(error.cause, str(error), payload)

    def _checked(self, reading: WireReading, now_ns: int) -> tuple[int, int, int, float, int, int]:
        sensor = self._index_of.get(reading.sensor)
        if sensor is None:
            raise WireError(Cause.UNKNOWN_SENSOR, self._unknown(reading.sensor))
        affine = self._units.affine(sensor, reading.unit)
        if affine is None:
            expected = self._units.si_unit(sensor)
            raise WireError(
                Cause.UNIT, f"{reading.sensor!r} in {str(reading.unit)[:60]!r}, expected a unit of {expected}"
            )
        value = affine.to_si(reading.value)
        if not math.isfinite(value):
            if reading.quality is not Quality.BAD:
                raise WireError(Cause.NOT_FINITE, f"{reading.sensor!r} is {value}")
            value = math.nan
        if value < self._units.floor(sensor):
            raise WireError(Cause.IMPOSSIBLE, f"{reading.sensor!r} at {value:.6g} K")
        self._check_time(reading, now_ns)
        if not self._is_new(reading, sensor):
            raise WireError(Cause.DUPLICATE, f"{reading.sensor!r} at {reading.time_ns} ns was received before")
        sequence = NO_SEQUENCE if reading.sequence is None else reading.sequence
        return sensor, reading.quality, reading.time_ns, value, sequence, reading.sent_ns

    def _unknown(self, name: str) -> str:
        whole = name.partition("[")[0]
        if whole not in self._n_channels:
            return f"the scene has no sensor {name!r}"
        return (
            f"the scene has no channel {name!r}: its {whole} has {self._n_channels[whole]}; make its pixels or "
            "stations match"
        )

    def _compare_channels(self, header: BatchHeader, declared: Sequence[DeclaredSensor]) -> None:
        """Tell of a camera or line that has more or fewer channels in a birth than in the scene."""
        found = Counter(entry.n.partition("[")[0] for entry in declared)
        for whole, n_channels in self._n_channels.items():
            if found[whole] not in (0, n_channels):
                detail = f"{header.pid!r} declares {found[whole]} channels of {whole}, the scene has {n_channels}; make"
                self._rejections.add(Cause.UNKNOWN_SENSOR, f"{detail} its pixels or stations match", n_readings=0)

    def _check_time(self, reading: WireReading, now_ns: int) -> None:
        ahead_ns = reading.time_ns - now_ns
        if ahead_ns > self._max_future_ns:
            raise WireError(Cause.FUTURE, f"{reading.sensor!r} is {ahead_ns * 1e-9:.6g} s ahead of the clock")
        if -ahead_ns > self._max_age_ns:
            raise WireError(Cause.TOO_OLD, f"{reading.sensor!r} is {-ahead_ns * 1e-9:.6g} s old")

    def _is_new(self, reading: WireReading, sensor: int) -> bool:
        if reading.sequence is None:
            return self._by_time.add(sensor, reading.time_ns)
        # A producer that gives no name counts each of its sensors apart.
        producer = reading.sensor if reading.producer is None else f"/{reading.producer}"
        return self._by_sequence.add((producer, reading.epoch), reading.sequence)

    def _take_batch(self, frames: Sequence[bytes]) -> None:
        header = decode_header(frames)
        key = header.pid, header.ep
        if header.type is BatchKind.BIRTH:
            self._births[key] = self._alias_table(header, decode_birth(header, frames[2]))
            self._births.move_to_end(key)
            if len(self._births) > MAX_BIRTHS:
                self._births.popitem(last=False)
            return
        records = decode_records(header, frames[2])
        table = self._births.get(key)
        if table is None or table.birth != header.mv:
            self._reject_all(Cause.NO_BIRTH, f"producer {header.pid!r} has not declared its sensors", len(records))
        elif not self._by_sequence.add((f"/{header.pid}", header.ep), header.seq):
            self._reject_all(Cause.DUPLICATE, f"batch {header.seq} of {header.pid!r}", len(records))
        else:
            self._take_records(header, records, table)

    def _alias_table(self, header: BatchHeader, declared: Sequence[DeclaredSensor]) -> AliasTable:
        self._compare_channels(header, declared)
        size = 1 + max((entry.a for entry in declared), default=-1)
        sensors = np.full(size, _UNKNOWN, dtype=np.int32)
        scales, offsets, minima = np.ones(size), np.zeros(size), np.full(size, -np.inf)
        for entry in declared:
            sensor = self._index_of.get(entry.n)
            if sensor is None:
                continue
            affine = self._units.affine(sensor, entry.u)
            sensors[entry.a] = _WRONG_UNIT if affine is None else sensor
            if affine is not None:
                scales[entry.a], offsets[entry.a] = affine.scale, affine.offset
                minima[entry.a] = self._units.floor(sensor)
        return AliasTable(header.mv, sensors, scales, offsets, minima)

    def _take_records(self, header: BatchHeader, records: npt.NDArray[np.void], table: AliasTable) -> None:
        if not len(table.sensors):
            self._reject_all(Cause.UNKNOWN_SENSOR, f"the birth of {header.pid!r} is empty", len(records))
            return
        now_ns = self._clock.now_ns()
        alias = np.minimum(records["alias"], len(table.sensors) - 1)
        sensor = np.where(records["alias"] < len(table.sensors), table.sensors[alias], _UNKNOWN)
        quality = np.minimum(records["status"] >> 30, Quality.BAD)
        with np.errstate(over="ignore", invalid="ignore"):
            value = table.offsets[alias] + table.scales[alias] * records["value"]
        is_finite = np.isfinite(value)
        good = self._filtered(
            header,
            {
                Cause.UNKNOWN_SENSOR: sensor == _UNKNOWN,
                Cause.UNIT: sensor == _WRONG_UNIT,
                Cause.NOT_FINITE: ~is_finite & (quality != Quality.BAD),
                Cause.IMPOSSIBLE: is_finite & (value < table.minima[alias]),
                Cause.FUTURE: records["time_ns"] > now_ns + self._max_future_ns,
                Cause.TOO_OLD: records["time_ns"] < now_ns - self._max_age_ns,
            },
        )
        batch = empty_readings(int(good.sum()))
        batch["sensor"], batch["quality"] = sensor[good], quality[good]
        batch["time_ns"] = records["time_ns"][good]
        batch["value"] = np.where(is_finite, value, np.nan)[good]
        batch["sequence"], batch["sent_ns"] = header.seq, header.ts
        self._batches.append(batch)

    def _filtered(self, header: BatchHeader, bad_by_cause: dict[Cause, npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
        """Which records pass all checks; one that fails several counts under the first."""
        good = np.ones(len(next(iter(bad_by_cause.values()))), dtype=bool)
        for cause, is_bad in bad_by_cause.items():
            n_bad = int((is_bad & good).sum())
            if n_bad:
                self._reject_all(cause, f"in batch {header.seq} of {header.pid!r}", n_bad)
                good &= ~is_bad
        return good

    def _reject_all(self, cause: Cause, detail: str, n_readings: int) -> None:
        self._rejections.add(cause, f"{n_readings} readings: {detail}", n_readings=n_readings)


def _as_batch(rows: Sequence[tuple[int, int, int, float, int, int]]) -> npt.NDArray[np.void]:
    if len(rows) == 1:
        return np.array(rows, dtype=READING_DTYPE)
    batch = empty_readings(len(rows))
    for name, column in zip(READING_DTYPE.names or (), zip(*rows, strict=True), strict=True):
        batch[name] = column
    return batch
