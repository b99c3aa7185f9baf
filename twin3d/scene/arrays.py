"""Sensors of many channels: every channel is a sensor of its own, named by the whole and its place in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from twin3d.scene.cameras import Camera
from twin3d.scene.sensors import Sensor


@dataclass(frozen=True, slots=True)
class SensorArray:
    """The channels of one sensor, or a sensor with a single one."""

    id: str
    """As the scene file says it."""
    indices: tuple[int, ...]
    """Of its channels among all sensors, in their order."""

    @property
    def is_single(self) -> bool:
        """Whether it is a sensor with one value."""
        return len(self.indices) == 1


def arrays_in(sensors: Sequence[Sensor]) -> tuple[SensorArray, ...]:
    """The sensors as the scene file lists them, those of one value among them."""
    members: dict[str, list[int]] = {}
    for index, sensor in enumerate(sensors):
        members.setdefault(sensor.array or sensor.id, []).append(index)
    return tuple(SensorArray(name, tuple(indices)) for name, indices in members.items())


def channels_along(sensor: Sensor, stations: int) -> tuple[Sensor, ...]:
    """A sensor for each station along a line, named ``fibre[0]``, ``fibre[1]``, …; one alone keeps its name.

    Args:
        sensor: Has a line; every station measures the mean over its own share of the length.
        stations: Shares of equal length.
    """
    if stations == 1:
        return (sensor,)
    return tuple(
        _channel(sensor, f"{number}", span=(number / stations, (number + 1) / stations)) for number in range(stations)
    )


def channels_of_camera(sensor: Sensor, camera: Camera) -> tuple[Sensor, ...]:
    """A sensor for each pixel of a camera, named ``cam[0,0]``, ``cam[0,1]``, …: row and column from the top left."""
    columns, rows = camera.pixels
    return tuple(
        _channel(sensor, f"{row},{column}", camera=camera, pixel=(row, column))
        for row in range(rows)
        for column in range(columns)
    )


def names_shown(names: Iterable[str]) -> tuple[str, ...]:
    """Names for people: of channels, only the name of the whole."""
    return tuple(dict.fromkeys(name.partition("[")[0] for name in names))


def _channel(sensor: Sensor, place: str, **fields: object) -> Sensor:
    return sensor.model_copy(update={"id": f"{sensor.id}[{place}]", "array": sensor.id, **fields})
