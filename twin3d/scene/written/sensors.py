"""``[[sensor]]``: what is measured, where, and how well."""

from typing import Annotated

from pydantic import Field

from twin3d.scene.cameras import Camera
from twin3d.scene.channels import Polyline, Stations
from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import Distance, Duration, FaceSelector, Point, PositiveDuration
from twin3d.scene.sensors import SensorQuantity, SensorRole, Winding
from twin3d.scene.written.text import QuantityText


class WrittenSensor(Frozen):
    """``[[sensor]]``."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/-]*$", max_length=120)]
    quantity: SensorQuantity = SensorQuantity.TEMPERATURE
    unit: str
    position: Point | None = None
    face: FaceSelector | None = None
    line: Polyline | None = None
    stations: Stations | None = None
    camera: Camera | None = None
    part: Annotated[str, Field(min_length=1)] | None = None
    depth: Distance | None = None
    tolerance: Distance | None = None
    noise: QuantityText
    bias: QuantityText | None = None
    lag: Duration = 0.0
    period: PositiveDuration
    role: SensorRole = SensorRole.OBSERVE
    drives: str | None = None
    winding: Winding | None = None
