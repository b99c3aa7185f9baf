"""Coolant channels: what flows along faces and warms up on its way."""

from itertools import pairwise
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, StrictInt

from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import FaceSelector, FilmCoefficient, MassFlow, Point, SpecificHeat, problem
from twin3d.scene.tables import TimeTable


def _moving(path: tuple[tuple[float, float, float], ...]) -> tuple[tuple[float, float, float], ...]:
    for number, (before, after) in enumerate(pairwise(path)):
        if before == after:
            raise problem(f"points {number} and {number + 1} of the path are the same; leave one of them out")
    return path


Polyline: TypeAlias = Annotated[tuple[Point, ...], Field(min_length=2), AfterValidator(_moving)]
"""Points from inlet to outlet [m]."""
Stations: TypeAlias = Annotated[StrictInt, Field(ge=1, le=2000)]


class Channel(Frozen):
    """A fluid along a face: ṁ c dT_f/ds = h p (T - T_f)."""

    name: str
    face: FaceSelector
    path: Polyline
    mass_flow: MassFlow
    """ṁ [kg/s]."""
    specific_heat: SpecificHeat
    """c of the fluid [J/(kg K)]."""
    film_coefficient: FilmCoefficient | TimeTable
    """h [W/(m² K)], one or by time."""
    stations: Stations | None = None
    """Segments of equal length that the path is cut into; about one for each row of facets without it."""
    input: str
    """Name of the input: the temperature at the inlet."""
