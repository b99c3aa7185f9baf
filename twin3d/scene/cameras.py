"""Infrared cameras: pinholes that see the nearest surface through every pixel."""

import math
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, StrictInt, model_validator

from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import Direction, Point, ViewAngle, problem

MAX_PIXELS = 16_384
"""Most pixels of a camera: as many sensors as one producer can declare on the wire."""

Vector: TypeAlias = tuple[float, float, float]
Side: TypeAlias = Annotated[StrictInt, Field(ge=1, le=MAX_PIXELS)]


def _few(pixels: tuple[int, int]) -> tuple[int, int]:
    columns, rows = pixels
    if columns * rows > MAX_PIXELS:
        raise problem(
            f"{columns} × {rows} are {columns * rows} pixels, at most {MAX_PIXELS} are taken; let the camera "
            f"average blocks of pixels, to {columns // 2} × {rows // 2} for example"
        )
    return pixels


class Camera(Frozen):
    """A pinhole camera with square pixels."""

    position: Point
    """Where its pinhole is [m]."""
    look_at: Point
    """The point in the middle of its picture [m]."""
    up: Direction = (0.0, 0.0, 1.0)
    """A direction that points up in its picture."""
    field_of_view: ViewAngle
    """Angle between the left and the right edge of its picture [deg]."""
    pixels: Annotated[tuple[Side, Side], AfterValidator(_few)]
    """Columns and rows."""

    @model_validator(mode="after")
    def _check_axes(self) -> "Camera":
        ahead = [b - a for a, b in zip(self.position, self.look_at, strict=True)]
        if not any(ahead):
            raise problem("position and look_at are the same point; look_at is what the camera points at")
        if math.hypot(*_cross(ahead, self.up)) < 1e-6 * math.hypot(*ahead) * math.hypot(*self.up):
            raise problem("up points along the view; give the direction that is up in the picture, such as [0, 1, 0]")
        return self


def _cross(a: "list[float]", b: Vector) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
