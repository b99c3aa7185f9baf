"""Enclosures: faces that radiate to each other."""

from typing import Annotated, TypeAlias

from pydantic import Field, StrictInt

from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import FaceSelector

Emissivity: TypeAlias = Annotated[float, Field(gt=0.0, le=1.0)]
"""ε [–]."""
Patches: TypeAlias = Annotated[StrictInt, Field(ge=2, le=8000)]
"""Groups of facets; their view factors need memory with the square of their number."""


class EnclosureFace(Frozen):
    """Faces of one emissivity."""

    face: FaceSelector
    emissivity: Emissivity


class Enclosure(Frozen):
    """Grey diffuse faces that see each other, reflections included."""

    name: str
    faces: Annotated[tuple[EnclosureFace, ...], Field(min_length=1)]
    patches: Patches = 400
    """How many groups of facets at most exchange heat with each other."""
    input: str | None = None
    """Name of the input: the temperature of what an open enclosure sees outside; None where it is closed."""
