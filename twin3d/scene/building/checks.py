"""Builds the checks, and refuses those that could not be answered."""

from collections.abc import Sequence

from twin3d.scene.arrays import names_shown
from twin3d.scene.outputs import FIELD_UNITS, Check, Statistic
from twin3d.scene.problems import Problems
from twin3d.scene.sensors import Sensor, SensorKind
from twin3d.scene.toml_lines import Place


def checks_of(entries: Sequence[Check], sensors: Sequence[Sensor], problems: Problems) -> tuple[Check, ...]:
    """The checks, each with a name; notes those that ask for nothing, or for what no sensor sees."""
    return tuple(_check(entry, ("check", index), sensors, problems) for index, entry in enumerate(entries))


def _check(entry: Check, place: Place, sensors: Sequence[Sensor], problems: Problems) -> Check:
    places = {key: getattr(entry, key) for key in ("position", "part", "sensor") if getattr(entry, key) is not None}
    if len(places) != 1:
        problems.add(place, f"expected exactly one of position, part and sensor; found {', '.join(places) or 'none'}")
    seeing = {sensor.id: sensor.kind is not SensorKind.INPUT for sensor in sensors}
    if entry.sensor is not None and entry.field != "temperature":
        problems.add((*place, "sensor"), f"no sensor sees {entry.field}; give the check a position or a part")
    if entry.sensor is not None and entry.sensor not in seeing:
        problems.add_unknown_name((*place, "sensor"), "sensor", entry.sensor, names_shown(seeing))
    if entry.sensor is not None and not seeing.get(entry.sensor, True):
        problems.add((*place, "sensor"), f'the sensor "{entry.sensor}" drives an input and sees nothing to check')
    is_value = entry.statistic is Statistic.VALUE
    if (entry.part is not None) == is_value:
        due = "max, min or mean over a part" if is_value else "value at a point or sensor"
        problems.add((*place, "statistic"), f'found "{entry.statistic}", expected {due}')
    low, high = entry.between
    unit = FIELD_UNITS[entry.field]
    if low > high:
        problems.add((*place, "between"), f"the lower bound {low:g} {unit} is above the upper bound {high:g} {unit}")
    where = next((f"{key} {value}" for key, value in places.items()), "nowhere")
    return entry.model_copy(update={"name": entry.name or f"{entry.statistic} at {where}"})
