"""The whole of a scene file: which tables there are, and which of them it needs."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from twin3d.scene.cyclic import Cyclic
from twin3d.scene.estimation import Estimation
from twin3d.scene.frozen import Frozen
from twin3d.scene.geometry import Geometry
from twin3d.scene.inputs import Uncertainty
from twin3d.scene.mechanics import Structure
from twin3d.scene.outputs import Check, Feed, View
from twin3d.scene.quantities import FaceSelector, Temperature
from twin3d.scene.solver import Solver
from twin3d.scene.written.coupling import WrittenChannel, WrittenEnclosure
from twin3d.scene.written.inputs import WrittenInput
from twin3d.scene.written.loads import WrittenLoad
from twin3d.scene.written.parts import WrittenContact, WrittenPart
from twin3d.scene.written.plant import WrittenPlant
from twin3d.scene.written.sensors import WrittenSensor


class WrittenTables(Frozen):
    """The tables of a scene file, none of them needed: what is left when broken ones are left out."""

    name: Annotated[str, Field(min_length=1)] | None = None
    description: str = ""
    initial_temperature: Temperature = 298.15
    geometry: Geometry | None = None
    part: tuple[WrittenPart, ...] = ()
    faces: dict[str, FaceSelector] = Field(default_factory=dict)
    input: tuple[WrittenInput, ...] = ()
    load: tuple[WrittenLoad, ...] = ()
    contact: tuple[WrittenContact, ...] = ()
    channel: tuple[WrittenChannel, ...] = ()
    enclosure: tuple[WrittenEnclosure, ...] = ()
    cyclic: Cyclic | None = None
    sensor: tuple[WrittenSensor, ...] = ()
    uncertainty: Uncertainty = Uncertainty()
    parameters: Path | None = None
    solver: Solver = Solver()
    estimation: Estimation = Estimation()
    structure: Structure = Structure()
    feed: Feed = Feed()
    plant: WrittenPlant | None = None
    check: tuple[Check, ...] = ()
    view: View = View()


class WrittenScene(WrittenTables):
    """A scene file for twin3d. Every quantity is text with its unit, such as "2 mm", "25 W/(m^2 K)" or "25 degC"."""

    geometry: Geometry
    part: Annotated[tuple[WrittenPart, ...], Field(min_length=1)]
    load: Annotated[tuple[WrittenLoad, ...], Field(min_length=1)]
