"""Builds the sensors, and checks that each has what its role needs."""

import math
from collections.abc import Mapping, Sequence

from twin3d.scene.arrays import channels_along, channels_of_camera
from twin3d.scene.building.known import Known
from twin3d.scene.building.naming import meant
from twin3d.scene.building.noting import noted, positive, refuse_twins
from twin3d.scene.cameras import MAX_PIXELS
from twin3d.scene.inputs import Input
from twin3d.scene.problems import Problems, nearest
from twin3d.scene.sensors import Sensor, SensorQuantity, SensorRole
from twin3d.scene.toml_lines import Place
from twin3d.scene.written.sensors import WrittenSensor
from twin3d.units import affine_to_si, parse_difference

_SENSOR_KEYS = (
    "id",
    "quantity",
    "unit",
    "position",
    "line",
    "part",
    "depth",
    "tolerance",
    "lag",
    "period",
    "role",
    "drives",
)
"""Keys of a sensor that mean the same in the file and in the scene."""
MAX_LAGGING = 50
"""Most channels of a sensor with a lag."""


def sensors_of(entries: Sequence[WrittenSensor], known: Known) -> tuple[Sensor, ...]:
    """The sensors that a file means; `known` has the inputs that they may drive."""
    sensors = [_sensor(entry, ("sensor", index), known) for index, entry in enumerate(entries)]
    refuse_twins([sensor.id for sensor in sensors], "sensor", "id", known.problems)
    _refuse_second_drivers(sensors, known.problems)
    pairs = zip(sensors, entries, strict=True)
    channels = tuple(channel for sensor, entry in pairs for channel in _channels(sensor, entry))
    _refuse_too_many(channels, known.problems)
    return channels


def _sensor(entry: WrittenSensor, place: Place, known: Known) -> Sensor:
    problems = known.problems
    si_unit = entry.quantity.si_unit
    noted((*place, "unit"), problems, lambda: affine_to_si(entry.unit, si_unit), None)
    noise = positive((*place, "noise"), problems, entry.noise, si_unit)
    bias_text = entry.bias
    bias = 0.0
    if bias_text is not None:
        bias = noted((*place, "bias"), problems, lambda: parse_difference(bias_text, si_unit), 0.0)
    if bias < 0.0:
        problems.add((*place, "bias"), f'found "{bias_text}", expected at least 0')
    if entry.role is SensorRole.DRIVE:
        _check_driving(entry, place, known.inputs, problems)
    else:
        _check_looking(entry, place, problems)
    values = {key: getattr(entry, key) for key in _SENSOR_KEYS if getattr(entry, key) is not None}
    if entry.face is not None:
        values["face"] = meant(entry.face, (*place, "face"), known, in_load=False)
    per_ohm = 1.0 if entry.winding is None else entry.winding.kelvin_from_ohm.scale
    return Sensor(**values, winding=entry.winding, noise=per_ohm * noise, bias=per_ohm * max(0.0, bias))


def _channels(sensor: Sensor, entry: WrittenSensor) -> tuple[Sensor, ...]:
    if entry.camera is not None:
        return channels_of_camera(sensor, entry.camera)
    return channels_along(sensor, entry.stations or 1) if sensor.line is not None else (sensor,)


def _refuse_too_many(channels: Sequence[Sensor], problems: Problems) -> None:
    if len(channels) > MAX_PIXELS:
        problems.add(
            ("sensor",),
            f"the sensors have {len(channels)} channels in all, at most {MAX_PIXELS} are taken; give the cameras fewer "
            "pixels, or the lines fewer stations",
        )


def _check_driving(entry: WrittenSensor, place: Place, inputs: Mapping[str, Input], problems: Problems) -> None:
    _check_winding(entry, place, problems)
    if entry.drives is None:
        problems.add(place, f'a sensor of role "drive" says which input it drives; {nearest("", inputs)}')
        return
    known = inputs.get(entry.drives)
    if known is None:
        problems.add_unknown_name((*place, "drives"), "input", entry.drives, inputs)
    elif known.unit != entry.quantity.si_unit:
        problems.add(
            (*place, "drives"),
            f'it measures {entry.quantity} in {entry.quantity.si_unit}, the input "{entry.drives}" is in {known.unit}',
        )
    elif known.unknown is not None:
        problems.add((*place, "drives"), f'the input "{entry.drives}" is declared unknown; it cannot be driven as well')


def _check_looking(entry: WrittenSensor, place: Place, problems: Problems) -> None:
    _check_winding(entry, place, problems)
    if entry.quantity not in (SensorQuantity.TEMPERATURE, SensorQuantity.RESISTANCE):
        problems.add(
            (*place, "quantity"),
            f"only temperatures and resistances can {entry.role} the field; a {entry.quantity} can drive an input "
            '(role = "drive")',
        )
    looked_at = [key for key in ("position", "face", "line", "camera") if getattr(entry, key) is not None]
    if len(looked_at) != 1 and not (entry.part is not None and not looked_at):
        problems.add(
            place,
            f"expected exactly one of position, face, line, camera and part, found "
            f"{' and '.join(looked_at) or 'none'}; write for example "
            'position = "80, 0, 3 mm", or part = "winding" for the mean over its volume',
        )
    if entry.face is not None and entry.part is not None:
        problems.add(
            (*place, "part"),
            "beside a face, part says how a position is placed; give the sensor a position, or write it into the face: "
            'face = "part NAME and ..."',
        )
    placed = {"depth": entry.position, "tolerance": entry.position or entry.line}
    for key, position in placed.items():
        if position is None and getattr(entry, key) is not None:
            problems.add((*place, key), f'{key} says how a position is placed; give the sensor a position = "..."')
    _check_stations(entry, place, problems)
    if entry.drives is not None:
        problems.add((*place, "drives"), 'only a sensor of role "drive" drives an input; set role = "drive"')


def _check_stations(entry: WrittenSensor, place: Place, problems: Problems) -> None:
    if entry.stations is not None and entry.line is None:
        problems.add(
            (*place, "stations"), 'stations cut a line; give the sensor a line = ["0, 0, 0 mm", "50, 0, 0 mm"]'
        )
    n_channels = math.prod(entry.camera.pixels) if entry.camera is not None else entry.stations or 1
    if n_channels > MAX_LAGGING and entry.lag > 0.0:
        problems.add(
            (*place, "lag"),
            f"{n_channels} channels that lag, at most {MAX_LAGGING} can: each lag is an unknown of its own; leave the "
            "lag out, or take fewer channels",
        )


def _check_winding(entry: WrittenSensor, place: Place, problems: Problems) -> None:
    measures_resistance = entry.quantity is SensorQuantity.RESISTANCE
    if measures_resistance and entry.winding is None:
        problems.add(
            place,
            "a resistance tells a temperature by what it is at a known one; write for example "
            'winding = { resistance = "1.7 ohm", reference_temperature = "20 degC" }',
        )
    if not measures_resistance and entry.winding is not None:
        problems.add((*place, "winding"), f'the sensor measures {entry.quantity}; set quantity = "resistance"')


def _refuse_second_drivers(sensors: Sequence[Sensor], problems: Problems) -> None:
    first: dict[str, str] = {}
    for index, sensor in enumerate(sensors):
        if sensor.drives is not None and first.setdefault(sensor.drives, sensor.id) != sensor.id:
            message = (
                f'"{sensor.drives}" is driven by "{first[sensor.drives]}" already; an input has one driving sensor'
            )
            problems.add(("sensor", index, "drives"), message)
