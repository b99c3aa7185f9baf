"""How a quantity goes with time."""

import math
from bisect import bisect_right
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import Angle, PositiveDuration


class ConstantSignal(Frozen):
    """An input that stays as it is."""

    kind: Literal["constant"] = "constant"
    value: float
    """In the SI unit of the input."""

    def value_at(self, time_s: float) -> float:
        """Value at a time since the start, in SI."""
        return self.value


class StepsSignal(Frozen):
    """An input that jumps from value to value."""

    kind: Literal["steps"] = "steps"
    times: tuple[float, ...]
    """Start of each value, ascending, the first is 0 [s]."""
    values: tuple[float, ...]
    """In the SI unit of the input."""
    repeat: float | None = None
    """Length of the pattern when it repeats [s]."""

    def value_at(self, time_s: float) -> float:
        """Value at a time since the start, in SI."""
        time_s = time_s if self.repeat is None else time_s % self.repeat
        return self.values[max(0, bisect_right(self.times, time_s) - 1)]


class SineSignal(Frozen):
    """An input that swings: mean + amplitude · sin(2π t / period + phase)."""

    kind: Literal["sine"] = "sine"
    mean: float
    """In the SI unit of the input."""
    amplitude: float
    """In the SI unit of the input, as a difference."""
    period: PositiveDuration
    """Duration of one swing [s]."""
    phase: Angle = 0.0
    """At the start [deg]."""

    def value_at(self, time_s: float) -> float:
        """Value at a time since the start, in SI."""
        angle = 2.0 * math.pi * time_s / self.period + math.radians(self.phase)
        return self.mean + self.amplitude * math.sin(angle)


Signal: TypeAlias = Annotated[ConstantSignal | StepsSignal | SineSignal, Field(discriminator="kind")]
"""How an input of the simulated asset goes with time."""
