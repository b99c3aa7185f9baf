"""The reduced model against the full one, on inputs and parameters that made no snapshot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin3d.backend import Backend
from twin3d.fem.linear import Order, prepare
from twin3d.fem.system import System, system_at
from twin3d.records import Operators, ReducedModel
from twin3d.reduction.march import reduced_operators

Array = npt.NDArray[np.float64]

N_HISTORIES = 4
"""Input histories per set of parameters; they share a factorisation."""
N_PARAMETER_DRAWS = 2
"""Sets of parameters, the first as the modes were made."""
N_STEPS = 16
"""Time steps of a run."""
DT_S = 0.5
"""Step of a run [s]; full and reduced model use the same scheme, so only the reduction differs."""
HOLD_STEPS = 4
"""Inputs jump after so many steps."""


@dataclass(frozen=True, eq=False, slots=True)
class Validation:
    """Error of the reduced model on unseen runs."""

    error_rms: float
    """Over all runs, times and points [K]."""
    error_max: float
    """[K]."""
    point_error: Array
    """Root mean square at each point [K], shape (n_points,)."""


def validate(
    operators: Operators,
    model: ReducedModel,
    input_scale: Array,
    spreads: Sequence[float],
    *,
    theta0: Array,
    rng: np.random.Generator,
    order: Order,
    backend: Backend,
) -> Validation:
    """Run both models through random steps of all inputs and compare them everywhere.

    Args:
        operators: The full model.
        model: The reduced one.
        input_scale: Standard deviation of the inputs' steps, shape (n_inputs,).
        spreads: Relative standard deviation of each parameter.
        theta0: Parameters at which the modes were made.
        rng: Draws parameters and steps.
        order: Of elimination, from `fill_reducing_order`.
        backend: Where full-order systems are solved.
    """
    squares, n_fields, worst = np.zeros(operators.n_dofs), 0, 0.0
    for theta in _parameter_draws(theta0, spreads, rng):
        steps = _random_steps(input_scale, rng)
        for error in _errors(operators, model, theta, steps, order=order, backend=backend):
            squares += (error**2).sum(axis=1)
            n_fields += error.shape[1]
            worst = max(worst, float(np.abs(error).max()))
    point_error = np.sqrt(squares / n_fields)
    return Validation(float(np.sqrt((point_error**2).mean())), worst, point_error)


def _parameter_draws(theta0: Array, spreads: Sequence[float], rng: np.random.Generator) -> Iterator[Array]:
    yield theta0
    if any(spreads):
        for _ in range(N_PARAMETER_DRAWS - 1):
            yield theta0 * np.exp(np.asarray(spreads) * rng.normal(size=len(spreads)))


def _random_steps(input_scale: Array, rng: np.random.Generator) -> Array:
    """Deviations of the inputs after each step, shape (n_steps, n_inputs, n_histories)."""
    n_holds = -(-N_STEPS // HOLD_STEPS)
    held = rng.normal(size=(n_holds, len(input_scale), N_HISTORIES)) * input_scale[:, None]
    return np.repeat(held, HOLD_STEPS, axis=0)[:N_STEPS]


def _errors(
    operators: Operators, model: ReducedModel, theta: Array, steps: Array, *, order: Order, backend: Backend
) -> Iterator[Array]:
    """Full less reduced temperature after each step [K], shape (n_points, n_histories)."""
    system = system_at(operators, theta)
    factor = prepare(system.mass + DT_S * system.stiffness, order=order, backend=backend)
    M, K, F = reduced_operators(model, theta)
    reduced_solve = np.linalg.inv(M + DT_S * K)
    full = np.zeros((len(system.free_dofs), steps.shape[2]))
    reduced = np.zeros((model.n_modes, steps.shape[2]))
    before = np.zeros_like(steps[0])
    for now in steps:
        load = system.mass @ full + DT_S * (system.load @ now) - system.fixed_mass @ (now - before)
        full = factor.solve(load).x
        jump = model.lifting_rate_map @ (now - before)
        reduced = reduced_solve @ (M @ reduced + DT_S * (F @ now) - jump)
        before = now
        yield _at_all_points(full, system, operators.n_dofs) - model.basis @ reduced


def _at_all_points(free: Array, system: System, n_points: int) -> Array:
    values = np.zeros((n_points, free.shape[1]))
    values[system.free_dofs] = free
    return values
