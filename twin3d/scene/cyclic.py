"""Cyclic symmetry: one sector stands for the whole asset."""

from typing import Annotated

from pydantic import Field, StrictInt

from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import Direction, FaceSelector, Point


class Axis(Frozen):
    """A line in space."""

    point: Point = (0.0, 0.0, 0.0)
    """On it [m]."""
    direction: Direction


class Cyclic(Frozen):
    """``[cyclic]``: the geometry is one of equal sectors around an axis, and so is all that acts on it."""

    axis: Axis
    sectors: Annotated[StrictInt, Field(ge=2, le=10_000)]
    """How many make the whole."""
    low: FaceSelector
    """Where the sector begins."""
    high: FaceSelector
    """Where it ends: the low faces turned by 360°/sectors, counter-clockwise around the axis."""
