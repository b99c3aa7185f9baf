"""Recordings with a column for each sensor, its unit in brackets: ``time [s], tc1 [degC], heater [W]``."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from twin3d.bridge.conversion import UnitTable
from twin3d.bridge.forms import Cause, WireReading
from twin3d.errors import BridgeError, UnitError
from twin3d.scene import Sensor
from twin3d.units import affine_to_si

_HEAD = re.compile(r"\s*(?P<name>.*?)\s*(?:\[\s*(?P<unit>[^\]]*?)\s*\])?\s*")
ALIKE = 0.8
"""A column whose name is so similar to that of a sensor without a column is taken for a slip."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table mean."""

    time: str
    """Heading of the column of times."""
    time_scale: float
    """Seconds per unit of it."""
    sensors: Mapping[str, tuple[str, str]]
    """Heading → sensor and unit."""
    unknown: tuple[str, ...]
    """Headings of no sensor."""

    def readings(self, row: Mapping[str, str], time_ns: int) -> Iterator[WireReading]:
        """The readings of one row; empty cells are none. Raises ValueError where a cell is no number."""
        for head, (sensor, unit) in self.sensors.items():
            if row[head] and row[head].strip():
                yield WireReading(sensor, float(row[head]), time_ns, unit, sent_ns=time_ns)

    def skipped(self, row: Mapping[str, str]) -> Counter[str]:
        """Readings of a row that belong to no sensor."""
        n_unknown = sum(bool(row[head]) for head in self.unknown)
        return Counter({Cause.UNKNOWN_SENSOR: n_unknown} if n_unknown else {})


def columns_of(heads: Sequence[str], sensors: Sequence[Sensor], name: str) -> Columns:
    """Read the first line of a table.

    Args:
        heads: Its headings.
        sensors: That may have a column.
        name: Of the file.

    Raises:
        BridgeError: There is no time, no sensor, a unit is missing or does not fit, or a name is nearly a sensor's.
    """
    index_of, units = {sensor.id: index for index, sensor in enumerate(sensors)}, UnitTable(sensors)
    known: dict[str, tuple[str, str]] = {}
    unknown = []
    time_head, time_scale = _time_column(heads, name)
    for head in heads:
        column, unit = _parsed(head)
        if head == time_head:
            continue
        if column not in index_of:
            unknown.append(head)
            continue
        sensor = sensors[index_of[column]]
        if not unit:
            raise BridgeError(f"the column {head!r} of {name} states no unit; write {column} [{sensor.unit}]")
        if units.affine(index_of[column], unit) is None:
            raise BridgeError(
                f"the column {head!r} of {name} is in {unit!r}, expected a unit of {sensor.si_unit}; write for example "
                f"{column} [{sensor.unit}]"
            )
        known[head] = column, unit
    _refuse_slips(unknown, set(index_of) - {column for column, _ in known.values()}, name)
    if not known:
        raise BridgeError(
            f"no column of {name} is a sensor: it has {', '.join(heads)[:200]}; expected some of {', '.join(index_of)}"
        )
    return Columns(time_head, time_scale, known, tuple(unknown))


def _parsed(head: str) -> tuple[str, str | None]:
    match = _HEAD.fullmatch(head)
    return (match["name"], match["unit"]) if match else (head, None)


def _time_column(heads: Sequence[str], name: str) -> tuple[str, float]:
    for head in heads:
        column, unit = _parsed(head)
        if column == "time":
            return head, 1.0 if unit is None else _seconds(unit, head, name)
    raise BridgeError(
        f"{name} has no column 'time' or 'time [s]' in its first line; it has: {', '.join(heads)[:200] or 'none'}"
    )


def _seconds(unit: str, head: str, name: str) -> float:
    try:
        return affine_to_si(unit, "s").scale
    except UnitError as error:
        raise BridgeError(f"the column {head!r} of {name} is no time: {error}; write time [s]") from error


def _refuse_slips(unknown: Sequence[str], missing: set[str], name: str) -> None:
    for head in unknown:
        near = difflib.get_close_matches(_parsed(head)[0], missing, n=1, cutoff=ALIKE)
        if near:
            raise BridgeError(
                f"{name} has a column {head!r}, and no sensor has that name; did you mean {near[0]!r}? Rename it"
            )
