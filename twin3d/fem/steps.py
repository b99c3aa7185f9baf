"""Single time steps of the non-linear heat balance, of varying length, each with its error and energy balance."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from twin3d.errors import SolverError
from twin3d.fem.balance import EnergyBalance, Sample, energy_balance
from twin3d.fem.heat_terms import Array, Instant
from twin3d.fem.march import Scheme
from twin3d.fem.newton import Equation, HeatSolver


@dataclass(frozen=True, eq=False, slots=True)
class State:
    """Where the asset is at one time."""

    temperature: Array
    """[K], shape (n_dofs,)."""
    heat: Array
    """H [J], shape (n_dofs,)."""
    at: Instant


@dataclass(frozen=True, eq=False, slots=True)
class TimeStep:
    """What one step came to."""

    time_s: float
    """Its end, since the start."""
    dt_s: float
    """Its length."""
    temperature: Array
    """At its end [K], shape (n_dofs,)."""
    error: float
    """Estimate of the largest local error [K]; not a number where none was made."""
    balance: EnergyBalance


@dataclass(frozen=True, eq=False, slots=True)
class _Formula:
    r"""$H - w R = b$ and what the error of its solution is."""

    weight_s: float
    """w [s]."""
    known: Array
    """b [J], shape (n_dofs,)."""
    error_constant: float
    """E in the local error, E times derivative q + 1 of the temperature, q the order [s^(q+1)]."""


def order_of(scheme: Scheme) -> int:
    """How fast the error falls with the step."""
    return 1 if scheme is Scheme.BACKWARD_EULER else 2


class Stepper:
    """Steps through time; holds the last states and, by its solver, the factorisation."""

    def __init__(self, solver: HeatSolver, initial: Array, inputs_at: Callable[[float], Array]) -> None:
        """Start at time 0.

        Args:
            solver: Of the balance.
            initial: Temperature [K], shape (n_dofs,).
            inputs_at: u at a time since the start [s], shape (n_inputs,).
        """
        self._solver, self._inputs_at = solver, inputs_at
        self._states: tuple[State, ...] = ()
        self._states = (self._state(np.asarray(initial, dtype=np.float64), self.instant(0.0)),)

    @property
    def states(self) -> tuple[State, ...]:
        """The last states since the last jump, newest last, at most three."""
        return self._states

    def instant(self, time_s: float) -> Instant:
        """Time and inputs."""
        return Instant(time_s, np.asarray(self._inputs_at(time_s), dtype=np.float64))

    def restart(self, time_s: float) -> None:
        """Forget all but the last state, as at a jump of what drives the asset."""
        self._states = (self._state(self._states[-1].temperature, self.instant(time_s)),)

    def take(self, states: Sequence[State]) -> None:
        """Go on from these states, newest last."""
        self._states = (*self._states, *states)[-3:]

    def attempt(self, scheme: Scheme, at: Instant, *, after: State | None = None) -> tuple[State, TimeStep]:
        """The state at a later time; `take` makes it the last one.

        Args:
            scheme: How; BDF2 needs two states, and three for its error.
            at: The end of the step.
            after: Start from this state alone instead of the last ones.

        Raises:
            SolverError: The step does not converge.
        """
        states = self._states if after is None else (after,)
        formula = self._formula(scheme, states, at.time_s)
        order = order_of(scheme)
        guess = extrapolated(states[-order - 1 :], at.time_s)
        solved = self._solver.solve(Equation(at, formula.weight_s, formula.known), self._positive(guess, states[-1]))
        state = self._state(solved.temperature, at)
        error = np.nan
        if len(states) > order:
            error = formula.error_constant / (formula.error_constant + _remainder(states[-order - 1 :], at.time_s))
            error *= float(np.abs(state.temperature - self._solver.heat.with_fixed(guess, at)).max())
        balance = self._balance(scheme, formula, states[-1], state)
        dt_s = at.time_s - states[-1].at.time_s
        return state, TimeStep(at.time_s, dt_s, state.temperature, error, balance)

    def _state(self, T: Array, at: Instant) -> State:
        return State(T, self._solver.heat.content.heat(T), at)

    def _formula(self, scheme: Scheme, states: Sequence[State], time_s: float) -> _Formula:
        """The scheme; the step may differ from the last (Hairer, Nørsett and Wanner (1993), section III.5)."""
        last = states[-1]
        dt = time_s - last.at.time_s
        match scheme:
            case Scheme.BACKWARD_EULER:
                return _Formula(dt, last.heat, dt**2 / 2.0)
            case Scheme.CRANK_NICOLSON:
                rate = self._solver.heat.rate(last.temperature, last.at)
                return _Formula(0.5 * dt, last.heat + 0.5 * dt * rate, dt**3 / 12.0)
            case Scheme.BDF2:
                before = last.at.time_s - states[-2].at.time_s
                ratio = dt / before
                known = ((1.0 + ratio) ** 2 * last.heat - ratio**2 * states[-2].heat) / (1.0 + 2.0 * ratio)
                weight = dt * (1.0 + ratio) / (1.0 + 2.0 * ratio)
                return _Formula(weight, known, weight * dt * (dt + before) / 6.0)

    def _positive(self, guess: Array, last: State) -> Array:
        """The extrapolation, or the last temperature where that is none."""
        return guess if guess.min() > 0.0 else last.temperature

    def _balance(self, scheme: Scheme, formula: _Formula, last: State, state: State) -> EnergyBalance:
        heat = self._solver.heat
        if scheme is Scheme.CRANK_NICOLSON:
            samples = [Sample(0.5, some.temperature, some.at) for some in (last, state)]
            stored = (state.heat - last.heat) / (state.at.time_s - last.at.time_s)
            return energy_balance(heat, samples, stored=stored)
        stored = (state.heat - formula.known) / formula.weight_s
        return energy_balance(heat, [Sample(1.0, state.temperature, state.at)], stored=stored)


def fixed_steps(
    solver: HeatSolver,
    initial: Array,
    inputs_at: Callable[[float], Array],
    *,
    dt_s: float,
    n_steps: int,
    scheme: Scheme = Scheme.BDF2,
) -> Iterator[TimeStep]:
    """Steps of one length; BDF2 starts with two half steps of backward Euler.

    Args:
        solver: Of the heat balance.
        initial: Temperature at time 0 [K], shape (n_dofs,).
        inputs_at: u at a time since the start [s], shape (n_inputs,).
        dt_s: The step [s].
        n_steps: How many.
        scheme: How time is discretised.

    Yields:
        Every step, the two half ones too.

    Raises:
        SolverError: The step is not positive, or does not converge.
    """
    if not dt_s > 0.0:
        raise SolverError(f"dt_s is {dt_s}; it must be positive")
    stepper = Stepper(solver, initial, inputs_at)
    numbers = range(1, n_steps + 1)
    if scheme is Scheme.BDF2 and n_steps:
        middle, step = stepper.attempt(Scheme.BACKWARD_EULER, stepper.instant(0.5 * dt_s))
        yield step
        state, step = stepper.attempt(Scheme.BACKWARD_EULER, stepper.instant(dt_s), after=middle)
        stepper.take([state])
        yield step
        numbers = numbers[1:]
    for number in numbers:
        state, step = stepper.attempt(scheme, stepper.instant(number * dt_s))
        stepper.take([state])
        yield step


def extrapolated(states: Sequence[State], time_s: float) -> Array:
    """The polynomial through states, at a later time, shape (n_dofs,)."""
    times = np.array([state.at.time_s for state in states])
    weights = [np.prod((time_s - np.delete(times, k)) / (t - np.delete(times, k))) for k, t in enumerate(times)]
    return np.asarray(sum(weight * state.temperature for weight, state in zip(weights, states, strict=True)))


def _remainder(states: Sequence[State], time_s: float) -> float:
    """P in the error P · dⁿT/dtⁿ of the polynomial through n states [sⁿ]."""
    factors = [(time_s - state.at.time_s) / (1.0 + number) for number, state in enumerate(states)]
    return float(np.prod(factors))
