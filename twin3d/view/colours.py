"""Colour maps and the range of the scalar bar."""

import math
from dataclasses import dataclass

import matplotlib
import numpy as np
import numpy.typing as npt

from twin3d.records import SensorStatus

N_KNOTS = 33
"""Knots of a colour map; between them it is linear, in the shader and on the CPU alike."""
MAPS = {"temperature": ("inferno", 0.12, 0.97), "deviation": ("viridis", 0.05, 0.98)}
"""Perceptually uniform maps (Smith and van der Walt, 2015), cut where they are nearly black or white."""

STATUS_COLOURS = {
    SensorStatus.WAITING: (0.62, 0.62, 0.62),
    SensorStatus.USED: (0.10, 0.55, 0.25),
    SensorStatus.CHECKED: (0.15, 0.35, 0.75),
    SensorStatus.GATED: (0.95, 0.55, 0.05),
    SensorStatus.STALE: (0.62, 0.62, 0.62),
    SensorStatus.BAD: (0.80, 0.10, 0.10),
}
"""Grey for whatever says nothing now."""


def colour_knots(show: str) -> npt.NDArray[np.float64]:
    """RGB of the knots of a colour map, 0 to 1, shape (N_KNOTS, 3)."""
    name, low, high = MAPS[show]
    return np.asarray(matplotlib.colormaps[name](np.linspace(low, high, N_KNOTS))[:, :3], dtype=np.float64)


def nice_ticks(low: float, high: float, *, n_ticks: int = 6) -> list[float]:
    """Round values within a range, about `n_ticks` of them."""
    step = _nice_step((high - low) / max(1, n_ticks))
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_text(value: float, step: float) -> str:
    """A tick with the digits that its step needs."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:.{digits}f}"


def _nice_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(max(rough, 1e-12)))
    return next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= rough * (1.0 - 1e-9))


@dataclass(slots=True)
class AutoRange:
    """The range of the bar: follows the data in round steps and shrinks only when much too wide, so it is calm."""

    smallest: float
    """Least width of the range."""
    low: float = math.nan
    high: float = math.nan

    def follow(self, data_low: float, data_high: float) -> tuple[float, float]:
        """The range for new data."""
        width = max(data_high - data_low, self.smallest)
        is_inside = self.low <= data_low and data_high <= self.high
        if not is_inside or self.high - self.low > 2.5 * width:
            step = _nice_step(width / 6.0)
            middle = 0.5 * (data_low + data_high)
            low, high = min(data_low, middle - 0.5 * width), max(data_high, middle + 0.5 * width)
            self.low, self.high = math.floor(low / step) * step, math.ceil(high / step) * step
        return self.low, self.high
