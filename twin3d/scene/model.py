"""The checked scene, in SI: what every other room reads."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import model_validator

from twin3d.errors import SceneError
from twin3d.scene.arrays import arrays_in, names_shown
from twin3d.scene.channels import Channel
from twin3d.scene.cyclic import Cyclic
from twin3d.scene.enclosures import Enclosure
from twin3d.scene.estimation import Estimation
from twin3d.scene.frozen import Frozen
from twin3d.scene.geometry import Geometry
from twin3d.scene.inputs import Input, Uncertainty
from twin3d.scene.loads import Load
from twin3d.scene.mechanics import AnyMechanicalLoad, Structure
from twin3d.scene.outputs import Check, Feed, View
from twin3d.scene.parameters import ParameterFile
from twin3d.scene.parts import Contact, PartMaterial
from twin3d.scene.plant import Plant
from twin3d.scene.quantities import FaceSelector, Temperature
from twin3d.scene.sensors import Sensor
from twin3d.scene.solver import Solver


class Scene(Frozen):
    """One asset: its geometry, physics, sensors and feeds, in SI."""

    name: str
    description: str = ""
    path: Path | None = None
    """The scene file; None for a scene made in Python."""
    geometry: Geometry
    initial_temperature: Temperature = 298.15
    """Uniform temperature at the start [K]."""
    parts: tuple[PartMaterial, ...]
    """Later entries override earlier ones."""
    faces: Mapping[str, FaceSelector] = {}
    """Selections by name; where a selector names one, it carries the meaning with it."""
    inputs: tuple[Input, ...]
    """Declared inputs first, then the automatic ones of constants in loads, named ``<load>.<field>``."""
    loads: tuple[Load, ...]
    mechanical: tuple[AnyMechanicalLoad, ...] = ()
    """Mechanical loads and supports, each with a name; without any there is no stress to solve."""
    contacts: tuple[Contact, ...] = ()
    channels: tuple[Channel, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    cyclic: Cyclic | None = None
    sensors: tuple[Sensor, ...] = ()
    uncertainty: Uncertainty = Uncertainty()
    parameters: ParameterFile | None = None
    """What a calibration found; `calibrated` puts it into the scene."""
    solver: Solver = Solver()
    estimation: Estimation = Estimation()
    structure: Structure = Structure()
    feed: Feed = Feed()
    plant: Plant | None = None
    checks: tuple[Check, ...] = ()
    view: View = View()

    @model_validator(mode="after")
    def _check_names(self) -> "Scene":
        inputs = tuple(item.name for item in self.inputs)
        for names, what in ((inputs, "input"), (tuple(sensor.id for sensor in self.sensors), "sensor")):
            if len(set(names)) < len(names):
                raise SceneError(f"two {what}s share a name: {', '.join(names)}")
        driven = (*self.loads, *self.channels, *self.enclosures)
        for name in (*(entry.input for entry in driven), *(sensor.drives for sensor in self.sensors)):
            if name is not None:
                _index(name, inputs, "input")
        return self

    @property
    def stress_free_temperature(self) -> float:
        """Temperature without thermal strain [K]."""
        stated = self.structure.stress_free_temperature
        return self.initial_temperature if stated is None else stated

    def input_index(self, name: str) -> int:
        """Position of an input in `inputs`."""
        return _index(name, tuple(entry.name for entry in self.inputs), "input")

    def sensor_index(self, sensor_id: str) -> int:
        """Position of a sensor in `sensors`."""
        return _index(sensor_id, tuple(sensor.id for sensor in self.sensors), "sensor")

    def channels_of(self, sensor_id: str) -> tuple[int, ...]:
        """Positions in `sensors` of a sensor's channels; of one channel where its own name is given."""
        whole = {array.id: array.indices for array in arrays_in(self.sensors)}
        return whole[sensor_id] if sensor_id in whole else (self.sensor_index(sensor_id),)


def _index(name: str, names: tuple[str, ...], what: str) -> int:
    if name not in names:
        raise SceneError(f"no {what} is named {name!r}; there are {', '.join(names_shown(names)) or 'none'}")
    return names.index(name)
