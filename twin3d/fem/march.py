"""Temperatures in time at full order: one factorisation, as many steps as wanted."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from twin3d.backend import Backend
from twin3d.errors import SolverError
from twin3d.fem.linear import Factor, Order, fill_reducing_order, prepare
from twin3d.fem.system import System, checked_inputs, system_at
from twin3d.records import Operators

Array = npt.NDArray[np.float64]

EXTRAPOLATION = ((1.0,), (-1.0, 2.0), (1.0, -3.0, 3.0))
"""Weights of the last one, two or three states at equal steps, oldest first; more pass on the error of the solver."""


class Scheme(StrEnum):
    """How time is discretised."""

    BACKWARD_EULER = "backward_euler"
    """First order, damps everything."""
    CRANK_NICOLSON = "crank_nicolson"
    """Second order, lets steps ring; for smooth loads."""
    BDF2 = "bdf2"
    """Second order and damps; its first step is two backward Euler half steps."""


def march(
    operators: Operators,
    initial: Array,
    inputs_at: Callable[[float], Array],
    *,
    dt_s: float,
    n_steps: int,
    theta: Array | None = None,
    scheme: Scheme = Scheme.BDF2,
    backend: Backend,
) -> Iterator[Array]:
    """Temperatures after each step.

    Args:
        operators: The heat equation.
        initial: Temperature at time 0 [K], shape (n_points,).
        inputs_at: Inputs u at a time [s], shape (n_inputs,).
        dt_s: Step [s].
        n_steps: Number of steps.
        theta: Parameters; nominal ones without them.
        scheme: How time is discretised (Hairer and Wanner, Solving ODEs II (1996), section V.1).
        backend: Where to solve.

    Yields:
        Temperature [K], shape (n_points,).

    Raises:
        SolverError: The step is not positive, or an input or the start is not finite.
    """
    if not dt_s > 0.0:
        raise SolverError(f"dt_s is {dt_s}; it must be positive")
    initial = np.asarray(initial, dtype=np.float64)
    n_bad = initial.size - int(np.isfinite(initial).sum())
    if n_bad:
        raise SolverError(f"the temperature at the start is not finite at {n_bad} points")

    def inputs_of(time_s: float) -> Array:
        return checked_inputs(operators, inputs_at(time_s))

    system = system_at(operators, theta)
    before, u_before = initial[system.free_dofs], inputs_of(0.0)
    solver = _Stepper(system, dt_s, scheme, backend)
    older: tuple[Array, Array] | None = None
    recent = deque([before], maxlen=len(EXTRAPOLATION))
    for number in range(1, n_steps + 1):
        u_now = inputs_of(number * dt_s)
        now = solver.step(before, u_before, u_now, older, half=inputs_of((number - 0.5) * dt_s), guess=guess_of(recent))
        recent.append(now)
        older, before, u_before = (before, u_before), now, u_now
        yield system.full(now, u_now)


def guess_of(recent: Sequence[Array]) -> Array:
    """Where an iteration for the next state starts: the polynomial through the last states, oldest first."""
    return np.asarray(sum(w * state for w, state in zip(EXTRAPOLATION[len(recent) - 1], recent, strict=True)))


class _Stepper:
    """Holds the factorisation of one scheme."""

    def __init__(self, system: System, dt_s: float, scheme: Scheme, backend: Backend) -> None:
        self._system, self._dt_s, self._scheme = system, dt_s, scheme
        self._lhs_weight = {Scheme.BACKWARD_EULER: 1.0, Scheme.CRANK_NICOLSON: 0.5, Scheme.BDF2: 2.0 / 3.0}[scheme]
        order = fill_reducing_order(system.mass + dt_s * system.stiffness, backend=backend)
        self._factor = self._prepare(self._lhs_weight * dt_s, order, backend)
        self._factor_half = self._prepare(0.5 * dt_s, order, backend) if scheme is Scheme.BDF2 else self._factor

    def _prepare(self, tau_s: float, order: Order, backend: Backend) -> Factor:
        return prepare(self._system.mass + tau_s * self._system.stiffness, order=order, backend=backend)

    def step(
        self,
        before: Array,
        u_before: Array,
        u_now: Array,
        older: tuple[Array, Array] | None,
        *,
        half: Array,
        guess: Array,
    ) -> Array:
        """The state after one step; `half` are the inputs in its middle."""
        match self._scheme:
            case Scheme.BACKWARD_EULER:
                return self._factor.solve(self._euler(before, u_before, u_now, self._dt_s), guess=guess).x
            case Scheme.CRANK_NICOLSON:
                return self._factor.solve(self._trapezoidal(before, u_before, u_now), guess=guess).x
            case Scheme.BDF2 if older is None:
                half_step, factor = 0.5 * self._dt_s, self._factor_half
                middle = factor.solve(self._euler(before, u_before, half, half_step), guess=guess).x
                return factor.solve(self._euler(middle, half, u_now, half_step), guess=middle).x
            case Scheme.BDF2:
                return self._factor.solve(self._bdf2(before, u_before, u_now, older), guess=guess).x

    def _euler(self, before: Array, u_before: Array, u_now: Array, dt_s: float) -> Array:
        system = self._system
        rhs = system.mass @ before + dt_s * (system.load @ u_now) - system.fixed_mass @ (u_now - u_before)
        return np.asarray(rhs)

    def _trapezoidal(self, before: Array, u_before: Array, u_now: Array) -> Array:
        system, dt_s = self._system, self._dt_s
        rhs = system.mass @ before - 0.5 * dt_s * (system.stiffness @ before)
        rhs += 0.5 * dt_s * (system.load @ (u_before + u_now)) - system.fixed_mass @ (u_now - u_before)
        return np.asarray(rhs)

    def _bdf2(self, before: Array, u_before: Array, u_now: Array, older: tuple[Array, Array] | None) -> Array:
        if older is None:
            raise SolverError("BDF2 needs two states")
        system, (oldest, u_oldest) = self._system, older
        change = u_now - 4.0 / 3.0 * u_before + 1.0 / 3.0 * u_oldest
        rhs = system.mass @ (4.0 / 3.0 * before - 1.0 / 3.0 * oldest) - system.fixed_mass @ change
        return np.asarray(rhs + 2.0 / 3.0 * self._dt_s * (system.load @ u_now))
