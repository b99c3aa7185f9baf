"""The state between two ticks: the filter, its linearisation and what is known of the sensors."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin3d.estimation.correction import Observed
from twin3d.estimation.jumps import JumpBank
from twin3d.estimation.kalman import Filter
from twin3d.estimation.layout import reading_rows, true_rows
from twin3d.estimation.problem import Problem, initial_state, lagged_deviation
from twin3d.estimation.quality import STALE_PERIODS, SensorRecord, Verdict
from twin3d.estimation.start import warm_state
from twin3d.estimation.timeline import Reading
from twin3d.estimation.transition import Transition, linearise
from twin3d.records import Quality, SensorStatus
from twin3d.scene import Sensor, SensorRole, Start

Array = npt.NDArray[np.float64]
Tell = Callable[[str, str], None]

SENSITIVITY_TICKS = 4
"""Sensitivities to the parameters follow the state every so many ticks."""
LINEARISE_TICKS = 50
"""The operators may be linearised anew every so many ticks."""
LINEARISE_CHANGE = 0.02
"""Change of log θ that is worth it [–]."""
UNCERTAIN_VARIANCE = 4.0
"""Readings that their producer calls uncertain have this much more variance."""
WIDENING = (Verdict.JUMP, Verdict.RELEARN)
"""Verdicts after which the covariance is widened and the reading judged again."""


@dataclass(frozen=True, eq=False, slots=True)
class Innovation:
    """One comparison of a reading with its forecast."""

    tick: int
    sensor: int
    value: float
    """Reading less forecast, in SI."""
    deviation: float
    """Standard deviation of `value`, in SI."""
    used: bool
    """Whether it corrected the state."""


@dataclass(frozen=True, eq=False, slots=True)
class Setting:
    """What never changes while an asset is tracked."""

    problem: Problem
    sensors: tuple[Sensor, ...]
    input_names: tuple[str, ...]
    tick_s: float
    start: Start = "rest"
    """How the asset is found."""


class Tracker:
    """Steps the filter from tick to tick, deciding on every reading."""

    def __init__(self, setting: Setting, filter_: Filter, transition: Transition) -> None:
        self._setting = setting
        self.filter = filter_
        self.transition = transition
        self.records = [SensorRecord() for _ in setting.sensors]
        self.counts: Counter[str] = Counter()
        self.innovations: list[Innovation] = []
        """Those of the current tick."""
        self.at_bound: frozenset[int] = frozenset()
        """Uncertain inputs that were held at a bound in the last tick."""
        self.jumps = JumpBank(setting.problem, setting.tick_s)
        self._jacobian = filter_.jacobian(transition)
        self._set_rows()

    def copy(self) -> "Tracker":
        """A tracker of its own at the same state."""
        twin = object.__new__(Tracker)
        twin._setting, twin.transition, twin._jacobian = self._setting, self.transition, self._jacobian
        twin.rows, twin.offsets, twin.truth_rows, twin.truth_offsets = (
            self.rows,
            self.offsets,
            self.truth_rows,
            self.truth_offsets,
        )
        twin.filter, twin.jumps = self.filter.copy(), self.jumps.copy()
        twin.records = [copy(record) for record in self.records]
        twin.counts = self.counts.copy()
        twin.innovations = []
        twin.at_bound = self.at_bound
        return twin

    def step(self, tick: int, time_ns: int, readings: Sequence[Reading], tell: Tell) -> None:
        """Forecast to a tick and correct with its readings."""
        self.innovations = []
        if tick % LINEARISE_TICKS == 0:
            self._relinearise()
        if tick % SENSITIVITY_TICKS == 0:
            self._jacobian = self.filter.jacobian(self.transition)
        self.filter.forecast(self.transition, self._jacobian)
        self.jumps.forecast(self.transition, self._jacobian)
        self._follow_checked()
        correcting = [entry for entry in readings if self._is_correcting(entry, tell)]
        if correcting:
            self._correct(correcting, tick, tell)
        self._accept_jump(tick, tell)
        self._mark_stale(time_ns, tell)
        self._hold_bounds(tell)

    def rehearse(self) -> None:
        """Step a copy, so that all code is compiled before the first reading waits for it."""
        twin = self.copy()
        twin.filter.forecast(twin.transition, twin._jacobian)
        observing = self._setting.problem.observing
        rows, noise = twin.rows[observing], self._setting.problem.noise[observing]
        twin.filter.correct(twin.filter.observe(rows, rows @ twin.filter.x, noise)[0])

    def leap(self, duration_s: float, *, n_steps: int) -> None:
        """Forecast over a long time without readings."""
        long = linearise(self._setting.problem, self.filter.x, duration_s / n_steps)
        self.filter.change_frame(self.transition.frame, long.frame)
        for _ in range(n_steps):
            self.filter.forecast(long, self.filter.jacobian(long))
        self.filter.change_frame(long.frame, self.transition.frame)
        self.jumps.clear()
        self._jacobian = self.filter.jacobian(self.transition)

    def true_values(self) -> tuple[Array, Array]:
        """What the estimate says the true values at the sensors are, and their deviations, each (n_sensors,)."""
        rows = self.truth_rows
        variance = np.einsum("ij,ij->i", rows @ self.filter.P, rows)
        error = self._setting.problem.observation.model_error
        return rows @ self.filter.x + self.truth_offsets, np.sqrt(np.maximum(variance, 0.0) + error**2)

    def _relinearise(self) -> None:
        problem = self._setting.problem
        moved = problem.spreads * (self.filter.x[problem.log_parameters] - self.transition.eta)
        if moved.size == 0 or np.abs(moved).max() < LINEARISE_CHANGE:
            return
        new = linearise(problem, self.filter.x, self._setting.tick_s)
        self.filter.change_frame(self.transition.frame, new.frame)
        self.jumps.change_frame(self.transition.frame, new.frame)
        self.transition = new
        self._jacobian = self.filter.jacobian(new)
        self._set_rows()

    def _set_rows(self) -> None:
        problem, seen = self._setting.problem, self._setting.problem.observation
        self.truth_rows = true_rows(problem, self.transition.modes_seen)
        self.truth_offsets = seen.constant + seen.inputs @ problem.mean_input
        self.rows, self.offsets = reading_rows(problem, self.transition.modes_seen), self.truth_offsets.copy()
        self.offsets[problem.lagged] = seen.constant[problem.lagged]

    def _follow_checked(self) -> None:
        for index, sensor in enumerate(self._setting.sensors):
            if sensor.role is SensorRole.CHECK:
                record = self.records[index]
                modelled = float(self.truth_rows[index] @ self.filter.x) + self.truth_offsets[index]
                follow = 1.0 if sensor.lag <= 0.0 else -math.expm1(-self._setting.tick_s / sensor.lag)
                record.shown = (
                    modelled if math.isnan(record.shown) else record.shown + follow * (modelled - record.shown)
                )

    def _is_correcting(self, reading: Reading, tell: Tell) -> bool:
        """Note that a reading came, and whether it may correct the state."""
        record, sensor = self.records[reading.sensor], self._setting.sensors[reading.sensor]
        if record.status is SensorStatus.STALE:
            tell("recovered", f"sensor {sensor.id} sends again")
        record.time_ns = max(record.time_ns, reading.time_ns)
        if reading.quality == Quality.BAD or not math.isfinite(reading.value):
            if record.status is not SensorStatus.BAD:
                tell("bad", f"sensor {sensor.id} calls its readings bad; they are not used")
            record.status = SensorStatus.BAD
            self.counts["bad"] += 1
            return False
        if sensor.role is SensorRole.CHECK:
            self._compare(reading.sensor, reading.value)
            return False
        return True

    def _compare(self, index: int, value: float) -> None:
        record, sensor = self.records[index], self._setting.sensors[index]
        row = self.truth_rows[index]
        own = sensor.noise**2 + sensor.bias**2 + self._setting.problem.observation.model_error[index] ** 2
        record.innovation = (value - record.shown) / math.sqrt(float(row @ self.filter.P @ row) + own)
        record.measured, record.status = value, SensorStatus.CHECKED
        self.counts["checked"] += 1

    def _correct(self, readings: Sequence[Reading], tick: int, tell: Tell) -> None:
        """Decide on a tick's readings by the forecast before any of them, then correct with those believed at once."""
        sensors = np.array([reading.sensor for reading in readings])
        values = np.array([reading.value for reading in readings])
        uncertain = np.array([reading.quality == Quality.UNCERTAIN for reading in readings])
        variances = self._setting.problem.noise[sensors] * np.where(uncertain, UNCERTAIN_VARIANCE, 1.0)
        expected = (self.rows[sensors], values - self.offsets[sensors], variances)
        observed, totals = self.filter.observe(*expected)
        was_gated = [self.records[sensor].status is SensorStatus.GATED for sensor in sensors]
        verdicts = self._judge(readings, observed, totals, tick)
        widened = [position for position, verdict in enumerate(verdicts) if verdict in WIDENING]
        for position in widened:
            self._widen(readings[position].sensor, verdicts[position], float(observed.innovations[position]), tell)
        if widened:
            observed, totals = self.filter.observe(*expected)
            deviations = observed.innovations / np.sqrt(totals)
            for position in widened:
                record = self.records[readings[position].sensor]
                verdicts[position] = record.judge_again(float(deviations[position]))
        used = np.array([verdict is Verdict.USED for verdict in verdicts])
        if used.any():
            self.jumps.observe(self.filter.correct(observed.subset(used)))
        if not used.all():
            rows, expected_values, variances = (part[~used] for part in expected)
            self.jumps.observe_unused(*self.filter.observe(rows, expected_values, variances))
        for position, verdict in enumerate(verdicts):
            value, total = float(observed.innovations[position]), float(totals[position])
            self._note(sensors[position], verdict, value, was_gated=was_gated[position], tell=tell)
            self.innovations.append(
                Innovation(tick, int(sensors[position]), value, math.sqrt(total), bool(used[position]))
            )

    def _judge(self, readings: Sequence[Reading], observed: Observed, totals: Array, tick: int) -> list[Verdict]:
        innovations, deviations, noises = observed.innovations, np.sqrt(totals), np.sqrt(observed.variances)
        table = zip(readings, innovations.tolist(), (innovations / deviations).tolist(), noises.tolist(), strict=True)
        return [
            self.records[reading.sensor].judge(reading.value, reading.value - innovation, relative, noise, tick=tick)
            for reading, innovation, relative, noise in table
        ]

    def _widen(self, index: int, verdict: Verdict, innovation: float, tell: Tell) -> None:
        """Give up certainty that a row of gated readings contradicts."""
        sensor = self._setting.sensors[index]
        if verdict is Verdict.JUMP and sensor.role is SensorRole.DRIVE:
            self.filter.add_variance(self.rows[index] * self._input_states(), innovation**2)
        elif verdict is Verdict.RELEARN:
            self._widen_bias(index, innovation)
            tell(
                "relearned",
                f"sensor {sensor.id} stays {innovation:.3g} {sensor.si_unit} off its forecast; its bias is learnt anew",
            )

    def _note(self, index: int, verdict: Verdict, innovation: float, *, was_gated: bool, tell: Tell) -> None:
        record, sensor = self.records[index], self._setting.sensors[index]
        used = verdict is Verdict.USED
        if not used and not was_gated:
            word = "is stuck" if verdict is Verdict.STUCK else f"is {innovation:.3g} {sensor.si_unit} off its forecast"
            tell(str(verdict), f"sensor {sensor.id} {word}; not used")
        record.status = SensorStatus.USED if used else SensorStatus.GATED
        self.counts[str(verdict)] += 1

    def _accept_jump(self, tick: int, tell: Tell) -> None:
        jump = self.jumps.decide(self.filter)
        if jump is not None:
            name = self._setting.input_names[self._setting.problem.uncertain[jump.position]]
            age_s = (tick - jump.tick) * self._setting.tick_s
            tell("jump", f"input {name} jumped by about {jump.size:.3g}, {age_s:.2g} s ago")
        self.jumps.renew(tick)

    def _input_states(self) -> Array:
        problem = self._setting.problem
        mask = np.zeros(problem.n_state)
        mask[: problem.inputs.stop] = 1.0
        return mask

    def _widen_bias(self, index: int, innovation: float) -> None:
        problem = self._setting.problem
        own = np.arange(problem.biases.start, problem.locals.stop)
        errors = np.flatnonzero(self.rows[index, own])
        if errors.size:
            direction = np.zeros(problem.n_state)
            direction[own[errors[0]]] = 1.0
            self.filter.add_variance(direction, innovation**2)
        else:
            row = self.rows[index]
            self.filter.P *= 1.0 + innovation**2 / float(row @ self.filter.P @ row)

    def _mark_stale(self, time_ns: int, tell: Tell) -> None:
        for record, sensor in zip(self.records, self._setting.sensors, strict=True):
            if record.time_ns == 0 or record.status is SensorStatus.STALE:
                continue
            if time_ns - record.time_ns > STALE_PERIODS * sensor.period * 1e9:
                record.status = SensorStatus.STALE
                tell("stale", f"sensor {sensor.id} has been silent for {STALE_PERIODS:g} periods")

    def _hold_bounds(self, tell: Tell) -> None:
        outside = frozenset(self.filter.pull_inside())
        for position in outside - self.at_bound:
            name = self._setting.input_names[self._setting.problem.uncertain[position]]
            tell("bounded", f"input {name} would leave its stated range and is held at its bound")
        self.at_bound = outside


def start_tracker(setting: Setting) -> Tracker:
    """A tracker at the state in which the scene says that the asset is found."""
    problem, start = setting.problem, setting.start
    x, P = initial_state(problem) if start == "rest" else warm_state(problem, wandering=start == "unknown")
    return tracker_at(setting, x, P)


def tracker_at(setting: Setting, x: Array, P: Array) -> Tracker:
    """A tracker at a state whose modes are y, in the model's own frame."""
    transition = linearise(setting.problem, x, setting.tick_s)
    filter_ = Filter(setting.problem, x, P)
    filter_.change_frame(np.eye(setting.problem.n_modes), transition.frame)
    return Tracker(setting, filter_, transition)


def settle_lags(problem: Problem, x: Array, P: Array) -> None:
    """Let every lagged reading equal the true value at its sensor, in place; the modes are y."""
    x[problem.lags] = lagged_deviation(problem, x, np.eye(problem.n_modes))
    rows = np.zeros((len(problem.lagged), problem.n_state))
    rows[:, : problem.n_modes] = problem.observation.modes[problem.lagged]
    rows[:, problem.inputs] = problem.observation.inputs[np.ix_(problem.lagged, problem.uncertain)]
    P[problem.lags, :] = rows @ P
    P[:, problem.lags] = P[problem.lags, :].T
    P[problem.lags, problem.lags] = rows @ P[:, problem.lags]
