"""``[plant]``: the simulated asset, and the signals that its inputs follow."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StrictInt

from twin3d.scene.frozen import Frozen
from twin3d.scene.geometry import LocalSize
from twin3d.scene.plant import PlantSpread
from twin3d.scene.quantities import Angle, Duration, Fraction, Length, PositiveDuration, TemperatureDifference
from twin3d.scene.written.text import QuantityText


class WrittenConstant(Frozen):
    """A signal that stays as it is."""

    kind: Literal["constant"]
    value: QuantityText


class WrittenSteps(Frozen):
    """A signal that jumps from value to value."""

    kind: Literal["steps"]
    times: Annotated[tuple[Duration, ...], Field(min_length=1)]
    values: Annotated[tuple[QuantityText, ...], Field(min_length=1)]
    repeat: PositiveDuration | None = None


class WrittenSine(Frozen):
    """A signal that swings."""

    kind: Literal["sine"]
    mean: QuantityText
    amplitude: QuantityText
    period: PositiveDuration
    phase: Angle = 0.0


WrittenSignal: TypeAlias = Annotated[WrittenConstant | WrittenSteps | WrittenSine, Field(discriminator="kind")]


class WrittenPlant(Frozen):
    """``[plant]``: the simulated asset behind `twin3d feed`."""

    cell_size: Length
    refine: Annotated[StrictInt, Field(ge=0, le=4)] = 0
    local_sizes: tuple[LocalSize, ...] = ()
    seed: Annotated[StrictInt, Field(ge=0)] = 0
    spread: PlantSpread = PlantSpread()
    bias: TemperatureDifference = 0.0
    lag_error: Fraction = 0.0
    signals: dict[str, WrittenSignal] = Field(default_factory=dict)
