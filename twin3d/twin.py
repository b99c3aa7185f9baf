"""The loop: readings in, one immutable frame out, for as long as it runs; the only module that knows all others."""

import logging
import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from twin3d.bridge.inbox import Inbox
from twin3d.clock import Clock
from twin3d.errors import HistoryError
from twin3d.estimation import Estimator
from twin3d.history import History
from twin3d.pipeline import PreparedModel
from twin3d.records import Estimate, Frame, SensorStatus
from twin3d.reduction.trained import outside, widening
from twin3d.scene import Scene, SensorRole

_log = logging.getLogger(__name__)

HISTORY_PERIOD_NS = 200_000_000
"""A frame is kept this often; readings are kept all."""

MAX_LATENCIES = 200_000
"""Latencies of the last readings that the percentiles are taken over."""


class Sink(Protocol):
    """Takes every frame, at once and without waiting."""

    def publish(self, frame: Frame) -> None:
        """Take a frame."""
        ...


@dataclass(slots=True)
class TwinStatistics:
    """What a running twin counts."""

    readings: int = 0
    """Readings taken from the inbox."""
    frames: int = 0
    """Frames published."""
    first_corrected_ns: int | None = None
    """When the first corrected frame was published, UTC [ns]."""
    latencies_ms: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_LATENCIES))
    """From the time stamped on the wire to the frame published, for readings that were used."""
    heldout_readings: int = 0
    """Readings of held-out sensors that were compared."""
    heldout_sum_K2: float = 0.0
    """Sum of their squared errors [K²]."""

    def latency_ms(self) -> dict[str, float]:
        """Median and 99th percentile [ms]."""
        if not self.latencies_ms:
            return {"p50": float("nan"), "p99": float("nan")}
        p50, p99 = np.percentile(np.array(self.latencies_ms), [50, 99])
        return {"p50": round(float(p50), 3), "p99": round(float(p99), 3)}

    def heldout_rmse_K(self) -> float:
        """Root mean square of measured less modelled at the held-out sensors [K]."""
        return float(np.sqrt(self.heldout_sum_K2 / self.heldout_readings)) if self.heldout_readings else float("nan")


class Twin:
    """One asset that is corrected by its sensors: `start` it, then `advance` it with what has arrived."""

    def __init__(self, scene: Scene, prepared: PreparedModel, *, rng: np.random.Generator) -> None:
        self._scene = scene
        self._model_hash = prepared.model.model_hash
        self._estimator = Estimator.prepare(
            prepared.model,
            prepared.sensor_rows,
            scene.inputs,
            scene.sensors,
            tick_s=scene.feed.tick,
            settings=scene.estimation,
            rng=rng,
        )
        self._sequence = 0
        self._corrected = False
        self._sent_factor: npt.NDArray[np.float64] | None = None
        self._model = prepared.model
        self._theta: npt.NDArray[np.float64] | None = None
        self._sent_widening = 1.0

    @property
    def counts(self) -> Counter[str]:
        """What the estimator did with the readings, by decision."""
        return self._estimator.counts

    def start(self, time_ns: int) -> None:
        """Begin at the scene's initial temperature, at a time [ns]."""
        self._estimator.start(time_ns)

    def advance(self, readings: npt.NDArray[np.void], until_ns: int) -> Frame:
        """Correct the state with a batch and step it to a time [ns]; the answer is the frame of that time."""
        estimate = self._estimator.advance(readings, until_ns)
        self._corrected = self._corrected or bool((estimate.sensors["status"] == SensorStatus.USED).any())
        frame = self._frame(estimate)
        self._sequence += 1
        return frame

    def events(self) -> Sequence[tuple[int, str, str]]:
        """What happened since the last call: (time_ns, kind, text)."""
        return self._estimator.events()

    def _frame(self, estimate: Estimate) -> Frame:
        factor = estimate.covariance_factor
        changed = factor is not self._sent_factor
        if changed:  # parameters move slowly, as the covariance does
            self._theta = np.array([value for value, _ in self._estimator.parameter_estimates().values()])
        distances = outside(self._model, estimate.inputs, self._theta)
        wider = round(widening(distances), 1)
        changed = changed or wider != self._sent_widening
        self._sent_factor, self._sent_widening = factor, wider
        return Frame(
            sequence=self._sequence,
            time_ns=estimate.time_ns,
            model_hash=self._model_hash,
            coefficients=estimate.coefficients,
            inputs=estimate.inputs,
            input_deviation=estimate.input_deviation,
            covariance_factor=wider * factor if changed else None,
            sensors=estimate.sensors,
            provenance="corrected" if self._corrected else "open loop",
            flags=(*self._estimator.flags, *(f"{name} outside the model's range" for name in distances)),
        )


class LiveLoop:
    """Runs a twin against the clock: every tick, what has arrived goes in and a frame goes to every sink."""

    def __init__(
        self, scene: Scene, twin: Twin, inbox: Inbox, *, sinks: Sequence[Sink], history: History | None, clock: Clock
    ) -> None:
        self._twin = twin
        self._inbox = inbox
        self._sinks = sinks
        self._history = history
        self._clock = clock
        self._tick_ns = round(scene.feed.tick * 1e9)
        self._observing = np.array([sensor.role is not SensorRole.CHECK for sensor in scene.sensors])
        self._checked = np.flatnonzero(~self._observing)
        self._last_checked_ns = np.zeros(len(scene.sensors), dtype=np.int64)
        self._last_kept_ns = 0
        self.statistics = TwinStatistics()

    def run(self, stop: threading.Event, *, duration_s: float | None = None) -> None:
        """Run until `stop` is set or a duration [s] is over."""
        next_ns = self._clock.now_ns()
        end_ns = None if duration_s is None else next_ns + round(duration_s * 1e9)
        self._twin.start(next_ns)
        while not stop.is_set() and (end_ns is None or self._clock.now_ns() < end_ns):
            next_ns = max(next_ns + self._tick_ns, self._clock.now_ns() - 50 * self._tick_ns)
            self._clock.sleep((next_ns - self._clock.now_ns()) * 1e-9)
            self.tick()

    def tick(self) -> Frame:
        """One turn of the loop."""
        now_ns = self._clock.now_ns()
        readings = self._inbox.take(now_ns)
        frame = self._twin.advance(readings, now_ns)
        for sink in self._sinks:
            sink.publish(frame)
        self._count(readings, frame)
        self._keep(readings, frame)
        return frame

    def _count(self, readings: npt.NDArray[np.void], frame: Frame) -> None:
        statistics = self.statistics
        statistics.frames += 1
        statistics.readings += len(readings)
        if statistics.first_corrected_ns is None and frame.provenance == "corrected":
            statistics.first_corrected_ns = self._clock.now_ns()
        if len(readings):
            used = self._observing[readings["sensor"]] & (readings["sent_ns"] > 0)
            statistics.latencies_ms.extend((self._clock.now_ns() - readings["sent_ns"][used]) * 1e-6)
        for index in self._checked:
            state = frame.sensors[index]
            if state["time_ns"] > self._last_checked_ns[index]:
                self._last_checked_ns[index] = state["time_ns"]
                statistics.heldout_readings += 1
                statistics.heldout_sum_K2 += float(state["measured"] - state["modelled"]) ** 2

    def _keep(self, readings: npt.NDArray[np.void], frame: Frame) -> None:
        if self._history is None:
            return
        try:
            self._append(self._history, readings, frame)
        except HistoryError as error:  # the live view goes on without its history
            _log.error("the history is no longer kept: %s", error)
            self._history = None

    def _append(self, history: History, readings: npt.NDArray[np.void], frame: Frame) -> None:
        if len(readings):
            history.append_readings(readings)
        if frame.time_ns - self._last_kept_ns >= HISTORY_PERIOD_NS or frame.covariance_factor is not None:
            self._last_kept_ns = frame.time_ns
            history.append_frame(frame)
        for time_ns, kind, text in self._twin.events():
            history.append_event(time_ns, kind, text)
