"""Builds the scene out of its tables, and notes every reference that leads nowhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twin3d.scene.building.checks import checks_of
from twin3d.scene.building.coupling import channels_of, cyclic_of, enclosures_of
from twin3d.scene.building.geometry import geometry_of
from twin3d.scene.building.inputs import inputs_of, refuse_idle_inputs
from twin3d.scene.building.known import Known
from twin3d.scene.building.loads import loads_of
from twin3d.scene.building.naming import named_faces
from twin3d.scene.building.parameters import check_parameters, parameters_of
from twin3d.scene.building.parts import contacts_of, parts_of
from twin3d.scene.building.plant import plant_of
from twin3d.scene.building.sensors import sensors_of
from twin3d.scene.loads import Load
from twin3d.scene.model import Scene
from twin3d.scene.problems import Problems
from twin3d.scene.sensors import Sensor, SensorRole
from twin3d.scene.written.tables import WrittenTables


def build_scene(source: WrittenTables, path: Path, problems: Problems) -> Scene | None:
    """The scene that a file means; None when a problem was noted.

    Args:
        source: The tables of the file that have the right shape.
        path: The file, for what is named relative to it.
        problems: Takes what is wrong.
    """
    faces = named_faces(source.faces, problems)
    inputs = inputs_of(source.input, problems)
    known = Known(inputs, faces, problems)
    loads, mechanical = loads_of(source, known)
    channels = channels_of(source.channel, known)
    enclosures = enclosures_of(source.enclosure, known)
    sensors = sensors_of(source.sensor, known)
    fields: dict[str, Any] = {
        "name": source.name or path.stem,
        "description": source.description,
        "path": path,
        "geometry": None if source.geometry is None else geometry_of(source.geometry, path, problems),
        "initial_temperature": source.initial_temperature,
        "parts": parts_of(source.part, problems, heated_by=_heated_by(source, loads, sensors)),
        "faces": faces,
        "inputs": tuple(inputs.values()),
        "loads": loads,
        "mechanical": mechanical,
        "contacts": contacts_of(source.contact, problems),
        "channels": channels,
        "enclosures": enclosures,
        "cyclic": None if source.cyclic is None else cyclic_of(source.cyclic, known),
        "sensors": sensors,
        "uncertainty": source.uncertainty,
        "parameters": parameters_of(source.parameters, path, problems),
        "solver": source.solver,
        "estimation": source.estimation,
        "structure": source.structure,
        "feed": source.feed,
        "plant": None if source.plant is None else plant_of(source.plant, inputs, problems),
        "checks": checks_of(source.check, sensors, problems),
        "view": source.view,
    }
    used = {entry.input for entry in (*loads, *channels, *enclosures) if entry.input is not None}
    if used <= set(inputs) and not any(map(problems.is_incomplete, ("load", "channel", "enclosure"))):
        refuse_idle_inputs(source.input, used, problems)
    if problems.listed():
        return None
    scene = Scene(**fields)
    check_parameters(scene, problems)
    return None if problems.listed() else scene


def _heated_by(source: WrittenTables, loads: Sequence[Load], sensors: Sequence[Sensor]) -> str:
    """What in a file asks for heat, the first of it; empty where all is mechanical."""
    asking = [
        *(f"the load {load.name}" for load in loads),
        *("[[channel]]" for _ in source.channel),
        *("[[enclosure]]" for _ in source.enclosure),
        *(f"the sensor {sensor.id}" for sensor in sensors if sensor.role is not SensorRole.DRIVE),
    ]
    return next(iter(asking), "")
