"""What is known of each sensor, and whether to believe its next reading."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from twin3d.records import SENSOR_STATE_DTYPE, SensorStatus

GATE = 4.5
"""Readings further from the forecast than this many standard deviations are left out."""
JUMP_READINGS = 3
"""So many gated readings in a row, on the same side, are a jump of an input rather than noise."""
RELEARN_READINGS = 25
"""So many gated readings in a row are a new bias of the sensor: it is learnt afresh, so that nothing is locked out."""
STUCK_READINGS = 25
"""So many identical readings while the forecast moves on mean that the sensor is stuck."""
STUCK_MOVE = 5.0
"""How far the forecast must move meanwhile, in standard deviations of a reading."""
STALE_PERIODS = 3.0
"""A sensor is stale when nothing has arrived for so many expected periods."""


class Verdict(StrEnum):
    """What becomes of a reading."""

    USED = "used"
    GATED = "gated"
    JUMP = "jump"
    RELEARN = "relearn"
    STUCK = "stuck"


@dataclass(slots=True)
class SensorRecord:
    """The running record of one sensor."""

    status: SensorStatus = SensorStatus.WAITING
    time_ns: int = 0
    """Of the last reading, 0 before the first."""
    measured: float = np.nan
    """Last reading, in SI."""
    innovation: float = np.nan
    """Last innovation over its standard deviation."""
    gated_in_row: int = 0
    """Signed: positive when the gated readings lie above the forecast."""
    gated_since_tick: int = 0
    """Tick of the first of them."""
    same_in_row: int = 0
    """Readings in a row equal to the last one."""
    same_since_forecast: float = np.nan
    """Forecast when the first of them arrived, in SI."""
    shown: float = np.nan
    """What a held-out sensor with its lag would show, in SI."""

    def judge(self, value: float, forecast: float, deviations: float, noise: float, *, tick: int) -> Verdict:
        """Decide on a reading and remember it.

        Args:
            value: The reading, in SI.
            forecast: What the filter expected, in SI.
            deviations: Innovation over its standard deviation [–].
            noise: Standard deviation of one reading, in SI.
            tick: The filter's tick.
        """
        self._count_same(value, forecast)
        self.innovation = deviations
        if self.same_in_row >= STUCK_READINGS and abs(forecast - self.same_since_forecast) > STUCK_MOVE * noise:
            return Verdict.STUCK
        if abs(deviations) <= GATE:
            self.gated_in_row = 0
            return Verdict.USED
        side = 1 if deviations > 0.0 else -1
        if self.gated_in_row * side <= 0:
            self.gated_in_row, self.gated_since_tick = 0, tick
        self.gated_in_row += side
        in_row = abs(self.gated_in_row)
        if in_row % RELEARN_READINGS == 0:
            return Verdict.RELEARN
        return Verdict.JUMP if in_row == JUMP_READINGS else Verdict.GATED

    def judge_again(self, deviations: float) -> Verdict:
        """Decide on the reading just judged, after the covariance was widened."""
        self.innovation = deviations
        if abs(deviations) > GATE:
            return Verdict.GATED
        self.gated_in_row = 0
        return Verdict.USED

    def _count_same(self, value: float, forecast: float) -> None:
        if value == self.measured:
            self.same_in_row += 1
        else:
            self.same_in_row, self.same_since_forecast = 0, forecast
        self.measured = value


def sensor_states(
    records: list[SensorRecord], modelled: npt.NDArray[np.float64], deviation: npt.NDArray[np.float64]
) -> npt.NDArray[np.void]:
    """What a frame says of the sensors, shape (n_sensors,)."""
    return np.array(
        [
            (record.status, record.time_ns, record.measured, value, spread, record.innovation)
            for record, value, spread in zip(records, modelled.tolist(), deviation.tolist(), strict=True)
        ],
        dtype=SENSOR_STATE_DTYPE,
    )
