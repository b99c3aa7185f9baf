"""The estimator that a twin runs: batches of readings in, the corrected state out."""

import math
from collections import Counter, deque
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from threadpoolctl import ThreadpoolController

from twin3d.errors import EstimationError
from twin3d.estimation.detectability import check_detectable
from twin3d.estimation.observation import observe
from twin3d.estimation.problem import initial_state, state_problem
from twin3d.estimation.quality import sensor_states
from twin3d.estimation.timeline import ReadingLog, Snapshots, unpack
from twin3d.estimation.tracker import Innovation, Setting, Tracker, settle_lags, start_tracker, tracker_at
from twin3d.estimation.uncertainty import lifted_inputs, low_rank_factor, point_metric
from twin3d.estimation.watched import watch_asset
from twin3d.records import Estimate, ReducedModel, SensorStatus
from twin3d.scene import Estimation, Input, Sensor

Array = npt.NDArray[np.float64]

LATE_WINDOW_S = 2.0
"""Readings this late are re-filtered at their own time; older ones are counted [s]."""
SNAPSHOT_TICKS = 5
"""The state is kept every so many ticks, to go back to."""
FACTOR_PERIOD_S = 1.0
"""The covariance factor is refreshed this often [s]."""
LEAP_S = 30.0
"""Gaps without readings that are longer are crossed in long exact steps [s]."""
LEAP_STEPS = 200
"""Number of those steps."""
MAX_INNOVATIONS = 20_000
"""Innovations kept for consistency checks."""
MAX_EVENTS = 10_000
"""Events kept until they are drained."""


class Estimator:
    """Corrects a reduced model's state, and its unknown inputs and parameters, with readings.

    Make one with `prepare`, `start` it at a time, then `advance` it.
    """

    def __init__(self, setting: Setting, metric: Array) -> None:
        self._setting = setting
        self._metric = metric
        # Once: whatever the loop does again must not depend on the size of the mesh.
        self._lifted = lifted_inputs(setting.problem.model)
        self._tick_ns = round(setting.tick_s * 1e9)
        self._tracker = start_tracker(setting)
        self._tracker.rehearse()
        self._start_ns, self._tick, self._newest_tick = 0, 0, 0
        self._started = False
        self._events: deque[tuple[int, str, str]] = deque(maxlen=MAX_EVENTS)
        self._dropped: Counter[str] = Counter()
        self._kept_innovations: deque[Innovation] = deque(maxlen=MAX_INNOVATIONS)
        self._threads = ThreadpoolController()
        self._forget_past()

    @classmethod
    def prepare(
        cls,
        model: ReducedModel,
        rows: sparse.csr_array,
        scene_inputs: Sequence[Input],
        sensors: Sequence[Sensor],
        *,
        tick_s: float,
        settings: Estimation | None = None,
        state_rows: Mapping[str, Array] | None = None,
        rng: np.random.Generator | None = None,
    ) -> "Estimator":
        """Build an estimator for an asset.

        Args:
            model: The reduced model; its parameters' spreads are the prior of the model's error.
            rows: Interpolation from dofs to sensors, shape (n_sensors, n_dofs); ignored for driving sensors.
            scene_inputs: The scene's inputs, in the model's order.
            sensors: The scene's sensors, in the order that readings refer to.
            tick_s: Length of a filter step [s].
            settings: The scene's ``[estimation]``; its defaults without it.
            state_rows: By sensor, what it takes of [a; ũ; 1] where that is no temperature; see `observe`.
            rng: Not used: all uncertainty is propagated, none is drawn.

        Raises:
            EstimationError: The sensors do not fit the model, or something drifts freely that none of them sees.
        """
        del rng
        if not tick_s > 0.0:
            raise EstimationError(f"tick_s is {tick_s}; it must be positive")
        check_detectable(watch_asset(model, rows, scene_inputs, sensors, state_rows=state_rows))
        observation = observe(model, rows, sensors, state_rows=state_rows)
        problem = state_problem(model, observation, scene_inputs, sensors, settings=settings)
        start = Estimation().start if settings is None else settings.start
        setting = Setting(problem, tuple(sensors), tuple(item.name for item in scene_inputs), tick_s, start)
        return cls(setting, point_metric(model))

    @property
    def counts(self) -> Counter[str]:
        """Readings by what became of them: used, gated, stuck, checked, bad, late, duplicate, unknown, unseen."""
        return self._tracker.counts + self._dropped

    @property
    def flags(self) -> tuple[str, ...]:
        """Plain words for what limits trust now."""
        problem, sensors = self._setting.problem, self._setting.sensors
        held = [f"{self._setting.input_names[problem.uncertain[i]]} held at its bound" for i in self._tracker.at_bound]
        words = {SensorStatus.STALE: "stale", SensorStatus.GATED: "gated", SensorStatus.BAD: "bad"}
        records = zip(sensors, self._tracker.records, strict=True)
        return (*held, *(f"{s.id} {words[r.status]}" for s, r in records if r.status in words))

    @property
    def innovations(self) -> tuple[Innovation, ...]:
        """The last comparisons of readings with their forecasts, oldest first."""
        return tuple(self._kept_innovations)

    @property
    def covariance_version(self) -> int:
        """Counts up whenever the covariance factor changes."""
        return self._factor_version

    def parameter_estimates(self) -> dict[str, tuple[float, float]]:
        """Every model parameter by name: estimate θ and the relative standard deviation left."""
        problem, tracker = self._setting.problem, self._tracker
        theta = problem.theta(tracker.filter.x)
        deviation = np.zeros(len(theta))
        own = problem.log_parameters
        deviation[problem.parameters] = problem.spreads * np.sqrt(np.diag(tracker.filter.P)[own])
        names = (parameter.name for parameter in problem.model.parameters)
        return {name: (float(t), float(d)) for name, t, d in zip(names, theta, deviation, strict=True)}

    def start(self, time_ns: int, estimate: Estimate | None = None) -> None:
        """Begin at a time, as the scene says that the asset is found or where an earlier estimate ended.

        Args:
            time_ns: Time of the first state, UTC [ns].
            estimate: Last estimate of an earlier run; the gap since then is crossed without readings.
        """
        self._start_ns, self._tick, self._newest_tick = time_ns, 0, 0
        self._started = True
        if estimate is None:
            self._tracker = start_tracker(self._setting)
        else:
            self._tracker = self._resume(estimate)
            if time_ns > estimate.time_ns:
                self._leap((time_ns - estimate.time_ns) * 1e-9)
        self._forget_past()

    def advance(self, readings: npt.NDArray[np.void], until_ns: int) -> Estimate:
        """Correct the state with a batch of readings and step it to a time.

        Args:
            readings: `READING_DTYPE` batch; order does not matter.
            until_ns: Time to reach, UTC [ns]; the state stops at the last tick at or before it.
        """
        if not self._started:
            raise EstimationError("the estimator has no time yet; call start(time_ns) before advance")
        with self._threads.limit(limits=1):
            target = max(self._tick, (until_ns - self._start_ns) // self._tick_ns)
            earliest = self._accept(readings, target, until_ns)
            if earliest <= self._tick:
                self._rewind(earliest)
            self._run(target)
            return self._estimate()

    def events(self) -> list[tuple[int, str, str]]:
        """What happened since the last call: (time_ns, kind, text)."""
        drained = list(self._events)
        self._events.clear()
        return drained

    def _time_ns(self, tick: int) -> int:
        return self._start_ns + tick * self._tick_ns

    def _forget_past(self) -> None:
        window = math.ceil(LATE_WINDOW_S / self._setting.tick_s)
        self._window = window
        self._until_ns = self._start_ns
        self._log = ReadingLog()
        self._past: Snapshots[Tracker] = Snapshots(stride=SNAPSHOT_TICKS, window_ticks=window)
        self._past.put(self._tick, self._tracker.copy())
        self._factor_tick, self._factor_version = self._tick, getattr(self, "_factor_version", 0) + 1
        self._factor = self._new_factor()

    def _accept(self, readings: npt.NDArray[np.void], target: int, until_ns: int) -> int:
        """Put readings into the log; the answer is the earliest tick touched."""
        earliest = target + 1
        for reading in unpack(readings):
            tick = self._tick_of(reading.time_ns, target, until_ns)
            if not 0 <= reading.sensor < len(self._setting.sensors):
                self._dropped["unknown"] += 1
            elif self._setting.problem.observation.is_blind[reading.sensor]:
                self._dropped["unseen"] += 1
            elif tick <= self._tick - self._window or reading.time_ns < self._start_ns - self._tick_ns:
                self._dropped["late"] += 1
            elif not self._log.add(tick, reading):
                self._dropped["duplicate"] += 1
            else:
                earliest = min(earliest, tick)
        self._until_ns = max(self._until_ns, until_ns)
        return earliest

    def _tick_of(self, time_ns: int, target: int, until_ns: int) -> int:
        """The nearest tick, but one of those now due if the reading is no older than the last call."""
        tick = max(1, round((time_ns - self._start_ns) / self._tick_ns))
        if time_ns > self._until_ns:
            tick = max(tick, self._tick + 1)
        return min(tick, target) if self._tick < target and time_ns <= until_ns else tick

    def _rewind(self, tick: int) -> None:
        found = self._past.back_to(tick - 1)
        if found is None:
            return
        self._tick, snapshot = found
        self._tracker = snapshot.copy()
        while self._kept_innovations and self._kept_innovations[-1].tick > self._tick:
            self._kept_innovations.pop()

    def _run(self, target: int) -> None:
        while self._tick < target:
            self._cross_gap(target)
            if self._tick >= target:
                return
            self._tick += 1
            self._tracker.step(self._tick, self._time_ns(self._tick), self._log.at(self._tick), self._tell)
            self._newest_tick = max(self._newest_tick, self._tick)
            self._kept_innovations.extend(self._tracker.innovations)
            if self._past.is_due(self._tick):
                self._past.put(self._tick, self._tracker.copy())
                self._log.forget_before(self._tick - 2 * self._window)
        if (self._tick - self._factor_tick) * self._setting.tick_s >= FACTOR_PERIOD_S:
            self._factor, self._factor_tick = self._new_factor(), self._tick
            self._factor_version += 1

    def _cross_gap(self, target: int) -> None:
        following = self._log.next_tick(self._tick)
        ticks = (target if following is None else min(following - 1, target)) - self._tick
        if ticks * self._setting.tick_s <= LEAP_S:
            return
        self._leap(ticks * self._setting.tick_s)
        self._tick += ticks
        self._tracker.step(self._tick, self._time_ns(self._tick), (), self._tell)
        self._past.clear()
        self._past.put(self._tick, self._tracker.copy())

    def _leap(self, duration_s: float) -> None:
        self._tracker.leap(duration_s, n_steps=min(LEAP_STEPS, math.ceil(duration_s)))

    def _tell(self, kind: str, text: str) -> None:
        # Ticks that are filtered again for a late reading have told their story already.
        if self._tick > self._newest_tick:
            self._events.append((self._time_ns(self._tick), kind, text))

    def _coordinates(self) -> Array:
        """Rows that give [a, ũ] from the state (less the mean inputs' part), shape (n_modes + n_inputs, n_state)."""
        problem, n_modes = self._setting.problem, self._setting.problem.n_modes
        rows = np.zeros((n_modes + problem.model.n_inputs, problem.n_state))
        rows[:n_modes, :n_modes] = self._tracker.transition.frame
        rows[:n_modes, problem.inputs] = -problem.model.lifting_rate_map[:, problem.uncertain]
        rows[n_modes + problem.uncertain, np.arange(problem.inputs.start, problem.inputs.stop)] = 1.0
        return rows

    def _new_factor(self) -> Array:
        """L with L Lᵀ ≈ the covariance of [a, ũ]; rows of inputs that the field does not move with at once are zero."""
        rows, model = self._coordinates(), self._setting.problem.model
        kept = np.append(np.arange(model.n_modes), model.n_modes + self._lifted)
        part = low_rank_factor(rows[kept] @ self._tracker.filter.P @ rows[kept].T, self._metric)
        factor = np.zeros((len(rows), part.shape[1]))
        factor[kept] = part
        return factor

    def _estimate(self) -> Estimate:
        problem, filter_ = self._setting.problem, self._tracker.filter
        inputs = problem.input_values(filter_.x)
        deviation = np.zeros(problem.model.n_inputs)
        deviation[problem.uncertain] = np.sqrt(np.maximum(np.diag(filter_.P)[problem.inputs], 0.0))
        y = self._tracker.transition.frame @ filter_.x[: problem.n_modes]
        modelled, modelled_deviation = self._tracker.true_values()
        return Estimate(
            time_ns=self._time_ns(self._tick),
            coefficients=y - problem.model.lifting_rate_map @ inputs,
            inputs=inputs + problem.model.input_reference,
            input_deviation=deviation,
            covariance_factor=self._factor,
            sensors=sensor_states(
                self._tracker.records, np.where(problem.observation.is_blind, np.nan, modelled), modelled_deviation
            ),
        )

    def _resume(self, estimate: Estimate) -> Tracker:
        problem = self._setting.problem
        if estimate.coefficients.shape != (problem.n_modes,):
            raise EstimationError(
                f"the estimate has {len(estimate.coefficients)} modes, the model {problem.n_modes}; start without it"
            )
        x, P = initial_state(problem)
        values = estimate.inputs - problem.model.input_reference
        x[: problem.n_modes] = estimate.coefficients + problem.model.lifting_rate_map @ values
        x[problem.inputs] = (values - problem.mean_input)[problem.uncertain]
        P[: problem.n_fast, :] = 0.0
        P[:, : problem.n_fast] = 0.0
        L = estimate.covariance_factor
        continuous = L[: problem.n_modes] + problem.model.lifting_rate_map @ L[problem.n_modes :]
        P[: problem.n_modes, : problem.n_modes] = continuous @ continuous.T
        own = np.arange(problem.inputs.start, problem.inputs.stop)
        P[own, own] = estimate.input_deviation[problem.uncertain] ** 2
        settle_lags(problem, x, P)
        return tracker_at(self._setting, x, P)
