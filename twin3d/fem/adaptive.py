"""Time steps as long as a tolerance allows.

The local error is the difference to the extrapolation of the last states, scaled by the error constants of both
(Milne's device; Hairer, Nørsett and Wanner, Solving Ordinary Differential Equations I (1993), section III.7). Steps are
halves of halves of the way to the next stop, so that they land there and a factorisation is met again; they double and
halve as the elementary controller says (the same, section II.4).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from twin3d.errors import SolverError
from twin3d.fem.heat_terms import Array, Instant
from twin3d.fem.march import Scheme
from twin3d.fem.newton import HeatSolver
from twin3d.fem.steps import State, Stepper, TimeStep, order_of

MAX_LEVEL = 40
"""Most halvings of the way to the next stop."""
FIRST_LEVEL = 3
"""Halvings for the first step at least, as rates may be zero at the start alone."""
N_TICKS = 1 << MAX_LEVEL
SAFETY = 0.9
LOCAL_SHARE = 0.25
"""Local errors allowed in the tolerance: those of the steps within a time constant of the asset add up."""


def march_adaptive(
    solver: HeatSolver,
    initial: Array,
    inputs_at: Callable[[float], Array],
    *,
    stops_s: Sequence[float],
    tolerance: float,
    events_s: Sequence[float] = (),
    scheme: Scheme = Scheme.BDF2,
) -> Iterator[TimeStep]:
    """Step from time 0 to the last stop.

    After the start and after each event come two half steps of backward Euler, checked against one whole step.

    Args:
        solver: Of the heat balance.
        initial: Temperature at time 0 [K], shape (n_dofs,).
        inputs_at: u at a time since the start [s], shape (n_inputs,).
        stops_s: Times at which a step shall end [s].
        tolerance: Of the temperature at any dof [K]; a step may err by a quarter of it, as errors add up.
        events_s: Times at which inputs or coefficients jump [s]; they hold from then on.
        scheme: How time is discretised.

    Yields:
        Every step.

    Raises:
        SolverError: No step is short enough.
    """
    if not tolerance > 0.0:
        raise SolverError(f"the time tolerance is {tolerance} K; it must be positive")
    end = max(stops_s, default=0.0)
    events = {time for time in events_s if 0.0 < time < end}
    stepper = Stepper(solver, initial, inputs_at)
    steps = _Adaptive(stepper, solver, tolerance, scheme)
    for start_s, end_s in pairwise(sorted({0.0, *events, *(time for time in stops_s if time > 0.0)})):
        if start_s in events or start_s == 0.0:
            stepper.restart(start_s)
            steps.forget()
        yield from steps.leg(start_s, end_s, ends_in_event=end_s in events)


@dataclass(eq=False, slots=True)
class _Place:
    """How far a leg has come, in the smallest steps that it can have."""

    ticks: int
    level: int
    """The step is the leg halved so many times."""

    @property
    def step(self) -> int:
        """Its length in smallest steps."""
        return 1 << (MAX_LEVEL - self.level)


class _Adaptive:
    """Holds the last step."""

    def __init__(self, stepper: Stepper, solver: HeatSolver, tolerance: float, scheme: Scheme) -> None:
        self._stepper, self._solver, self._scheme = stepper, solver, scheme
        self._tolerance = LOCAL_SHARE * tolerance
        self._dt_s: float | None = None

    def forget(self) -> None:
        """The step before a jump says nothing of the one after."""
        self._dt_s = None

    def leg(self, start_s: float, end_s: float, *, ends_in_event: bool) -> Iterator[TimeStep]:
        """All steps from one stop to the next."""
        length = end_s - start_s
        place = _Place(0, self._first_level(length))

        def instant(ticks: int) -> Instant:
            if ticks < N_TICKS:
                return self._stepper.instant(start_s + length * (ticks / N_TICKS))
            before = self._stepper.instant(float(np.nextafter(end_s, -np.inf)) if ends_in_event else end_s)
            return Instant(end_s, before.inputs)

        while place.ticks < N_TICKS:
            starts = self._starts
            attempt = self._start if starts else self._step
            try:
                states, steps = attempt(place, instant)
                error, reason = steps[-1].error, None
            except SolverError as failure:
                error, reason = np.inf, failure
            if error > self._tolerance:
                self._shrink(place, error, length, reason)
                continue
            self._stepper.take(states)
            yield from steps
            place.ticks += place.step
            self._dt_s = length / (1 << place.level)
            if not starts:
                self._grow(place, error)

    @property
    def _starts(self) -> bool:
        """Whether there are too few states for the scheme and its error."""
        return len(self._stepper.states) <= order_of(self._scheme)

    def _step(self, place: _Place, instant: Callable[[int], Instant]) -> tuple[list[State], list[TimeStep]]:
        state, step = self._stepper.attempt(self._scheme, instant(place.ticks + place.step))
        return [state], [step]

    def _start(self, place: _Place, instant: Callable[[int], Instant]) -> tuple[list[State], list[TimeStep]]:
        """Two half steps of backward Euler, and their difference to a whole one as the error."""
        euler, last = Scheme.BACKWARD_EULER, self._stepper.states[-1]
        middle, end = instant(place.ticks + place.step // 2), instant(place.ticks + place.step)
        whole, _ = self._stepper.attempt(euler, end, after=last)
        first, first_step = self._stepper.attempt(euler, middle, after=last)
        second, second_step = self._stepper.attempt(euler, end, after=first)
        error = float(np.abs(second.temperature - whole.temperature).max())
        return [first, second], [replace(step, error=error) for step in (first_step, second_step)]

    def _first_level(self, length: float) -> int:
        if self._dt_s is not None:
            return max(0, math.ceil(math.log2(length / self._dt_s) - 1e-9))
        fastest = self._fastest_change()
        level = math.ceil(math.log2(max(1.0, length * fastest * LOCAL_SHARE / self._tolerance)))
        return min(max(FIRST_LEVEL, level), MAX_LEVEL - 1)

    def _fastest_change(self) -> float:
        """How fast temperatures move at most [K/s], as dofs that do not feel each other would."""
        heat, state = self._solver.heat, self._stepper.states[-1]
        free = heat.free_dofs
        rate = np.abs(heat.rate(heat.with_fixed(state.temperature, state.at), state.at)[free])
        return float((rate / heat.content.diagonal(state.temperature)[free]).max(initial=0.0))

    def _shrink(self, place: _Place, error: float, length: float, reason: SolverError | None) -> None:
        wanted = SAFETY * (self._tolerance / error) ** (1.0 / (1.0 + order_of(self._scheme)))
        place.level += max(1, math.ceil(-math.log2(wanted))) if np.isfinite(error) else 2
        if place.level >= MAX_LEVEL:
            why = str(reason) if reason is not None else f"the local error stays at {error:.2g} K"
            raise SolverError(
                f"no time step is short enough at {self._stepper.states[-1].at.time_s:g} s, down to "
                f"{length / N_TICKS:.1g} s: {why}; ask for a larger time_tolerance than "
                f"{self._tolerance / LOCAL_SHARE:g} K, or look for inputs that jump without an event and losses "
                "that run away"
            ) from reason

    def _grow(self, place: _Place, error: float) -> None:
        wanted = SAFETY * (self._tolerance / max(error, 1e-300)) ** (1.0 / (1.0 + order_of(self._scheme)))
        if wanted >= 2.0 and place.level > 0 and place.ticks % (2 * place.step) == 0 and place.ticks < N_TICKS:
            place.level -= 1
