"""``[[channel]]`` and ``[[enclosure]]``: what couples faces with each other."""

from typing import Annotated

from pydantic import Field

from twin3d.scene.channels import Polyline, Stations
from twin3d.scene.enclosures import EnclosureFace, Patches
from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import FaceSelector, MassFlow, SpecificHeat
from twin3d.scene.written.drivers import DrivenTemperature
from twin3d.scene.written.properties import WrittenFilmCoefficient
from twin3d.scene.written.text import Name


class WrittenChannel(Frozen):
    """``[[channel]]``: a coolant along a face."""

    name: Name | None = None
    face: FaceSelector
    path: Polyline
    mass_flow: MassFlow
    fluid: str | None = None
    specific_heat: SpecificHeat | None = None
    film_coefficient: WrittenFilmCoefficient
    inlet: DrivenTemperature
    stations: Stations | None = None


class WrittenEnclosure(Frozen):
    """``[[enclosure]]``: faces that radiate to each other."""

    name: Name | None = None
    faces: Annotated[tuple[EnclosureFace, ...], Field(min_length=1)]
    ambient: DrivenTemperature | None = None
    patches: Patches = 400
