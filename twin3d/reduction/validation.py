"""The reduced model against the full one, on inputs and parameters that made no snapshot; and the size it needs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.backend import Backend
from twin3d.errors import ReductionError
from twin3d.fem.linear import Order, prepare
from twin3d.fem.system import System, system_at
from twin3d.records import Operators, ReducedModel, ValidationRun
from twin3d.reduction.march import reduced_operators
from twin3d.reduction.snapshots import Sizes
from twin3d.reduction.time_scales import TimeScales

Array = npt.NDArray[np.float64]
Progress = Callable[[float], None]
Reduced: TypeAlias = tuple[Array, Array, Array, Array]
"""Mass, stiffness, load and the mass of prescribed temperatures."""

N_HISTORIES = 4
"""Input histories per set of parameters; they share factorisations."""
N_PARAMETER_DRAWS = 3
"""Sets of parameters, the first as the modes were made."""
N_STEPS = 10
"""Steps of one length; then they grow about tenfold. Inputs jump at the first and halfway, in the last not again."""
SETTLING = 3.0
"""The longest steps are this fraction of the slowest time constant, so that a run ends within 6 % of rest."""
DEFAULT_TOLERANCE_K = 0.01
DEFAULT_SHARE = 5e-4
"""Of the root mean square rise of the runs: where that is more than `DEFAULT_TOLERANCE_K`, it is the default."""
USELESS_SHARE = 0.05
"""A model that misses a default tolerance is taken up to this error, relative to the rise, and refused beyond."""


@dataclass(frozen=True, eq=False, slots=True)
class FullRun:
    """One run of the full model."""

    theta: Array
    """Parameters, shape (n_parameters,)."""
    system: System
    """The full model there."""
    dt_s: Array
    """Length of each step [s], shape (n_steps,)."""
    inputs: Array
    """Deviations during each step, shape (n_steps, n_inputs, n_histories)."""
    fields: npt.NDArray[np.float32]
    """Temperature deviation after each step [K], shape (n_steps, n_free, n_histories)."""


@dataclass(frozen=True, eq=False, slots=True)
class Validation:
    """Error of the reduced model on unseen runs."""

    runs: tuple[ValidationRun, ...]
    error_rms: float
    """Over all runs, times and, weighted by volume, points [K]."""
    error_max: float
    """[K]."""
    point_error: Array
    """Root mean square at each dof [K], shape (n_dofs,)."""


def full_runs(
    operators: Operators,
    sizes: Sizes,
    scales: TimeScales,
    *,
    theta0: Array,
    rng: np.random.Generator,
    order: Order,
    backend: Backend,
    progress: Progress,
) -> tuple[FullRun, ...]:
    """Run the full model through random steps of all inputs, from the fastest time scale until it has settled.

    Args:
        operators: The full model.
        sizes: Of the inputs' steps and of the parameters.
        scales: Of the asset.
        theta0: Parameters at which the modes were made; the first run is there.
        rng: Draws parameters and steps.
        order: Of elimination, from `fill_reducing_order`.
        backend: Where full-order systems are solved.
        progress: Is told how far the work is.
    """
    dt_s, runs = _step_lengths(scales), []
    draws = list(_parameter_draws(theta0, sizes.terms, rng))
    for number, theta in enumerate(draws):
        progress(number / len(draws))
        system, inputs = system_at(operators, theta), _random_steps(sizes.inputs, len(dt_s), rng)
        fields = np.array([T.astype(np.float32) for T in _march(system, dt_s, inputs, order=order, backend=backend)])
        runs.append(FullRun(theta, system, dt_s, inputs, fields))
    return tuple(runs)


def tolerance_of(stated: float | None, runs: Sequence[FullRun], weights: Array) -> tuple[float, float]:
    """The error to reach and the error beyond which a model is refused [K].

    Args:
        stated: What the scene asks for, which is both.
        runs: Give the size of a rise, where it asks for nothing.
        weights: From `volume_weights`, of the free dofs, shape (n_free,).
    """
    if stated is not None:
        return stated, stated
    rise = float(np.sqrt(np.mean([weights @ T.astype(np.float64) ** 2 for run in runs for T in run.fields])))
    tolerance = max(DEFAULT_TOLERANCE_K, DEFAULT_SHARE * rise)
    return tolerance, max(tolerance, USELESS_SHARE * rise)


def smallest_size(U: Array, weights: Array, runs: Sequence[FullRun], *, tolerance: tuple[float, float]) -> int:
    """Number of leading columns of a basis that keep the error of all runs within a tolerance.

    Args:
        U: The basis, $U^T W U = I$, shape (n_free, n_basis).
        weights: W, shape (n_free,).
        runs: Of the full model.
        tolerance: To reach, and beyond which all is refused [K], from `tolerance_of`.

    Raises:
        ReductionError: All columns miss it.
    """
    projected = [_project(run, U, weights, runs[0].system.fixed_mass) for run in runs]
    n_basis, reached = int(U.shape[1]), np.inf
    for size in range(1, n_basis + 1):
        reached = float(np.sqrt(np.mean([_mean_square_error(run, size) for run in projected])))
        if reached <= tolerance[0]:
            return size
    if reached > tolerance[1]:
        raise ReductionError(
            f"the reduced model is {reached:.3g} K off (root mean square) with {n_basis} modes, the tolerance is "
            f"{tolerance[1]:.3g} K; state a larger reduction_tolerance or more max_modes in [solver], or smaller "
            "spreads in [uncertainty]"
        )
    return n_basis


def validate(
    model: ReducedModel, runs: Sequence[FullRun], weights: Array, free_dofs: npt.NDArray[np.int32]
) -> Validation:
    """The error of a reduced model on runs of the full one.

    Args:
        model: The reduced model.
        runs: From `full_runs`.
        weights: As there, shape (n_free,).
        free_dofs: Which dofs are free, shape (n_free,).
    """
    Phi, squares, figures = model.basis[free_dofs], np.zeros(len(free_dofs)), []
    for run in runs:
        M, K, F = reduced_operators(model, run.theta)
        mean, worst = np.zeros(len(free_dofs)), 0.0
        march = _reduced_march((M, K, F, model.lifting_rate_map), run.dt_s, run.inputs)
        for T, a in zip(run.fields, march, strict=True):
            error = T - Phi @ a
            mean += (error**2).mean(axis=1) / len(run.dt_s)
            worst = max(worst, float(np.abs(error).max()))
        squares += mean / len(runs)
        figures.append(ValidationRun(run.theta, float(run.dt_s.sum()), float(np.sqrt(weights @ mean)), worst))
    point_error = np.zeros(model.n_dofs)
    point_error[free_dofs] = np.sqrt(squares)
    worst = max(figure.error_max for figure in figures)
    return Validation(tuple(figures), float(np.sqrt(weights @ squares)), worst, point_error)


def _step_lengths(scales: TimeScales) -> Array:
    longest = scales.slow_s / SETTLING
    n_levels = 1 + int(np.ceil(np.log10(longest / scales.fast_s)))
    return np.repeat(np.geomspace(scales.fast_s, longest, n_levels), N_STEPS)


def _parameter_draws(theta0: Array, spreads: Sequence[float], rng: np.random.Generator) -> Iterator[Array]:
    yield theta0
    if any(spreads):
        for _ in range(N_PARAMETER_DRAWS - 1):
            yield theta0 * np.exp(np.asarray(spreads) * rng.normal(size=len(spreads)))


def _random_steps(input_scale: Array, n_steps: int, rng: np.random.Generator) -> Array:
    """Deviations of the inputs during each step, shape (n_steps, n_inputs, n_histories)."""
    hold = N_STEPS // 2
    held = rng.normal(size=(n_steps // hold, len(input_scale), N_HISTORIES)) * input_scale[:, None]
    held[-1] = held[-2]
    return np.repeat(held, hold, axis=0)


def _march(system: System, dt_s: Array, inputs: Array, *, order: Order, backend: Backend) -> Iterator[Array]:
    """Full temperature deviations after each step of backward Euler [K], each (n_free, n_histories)."""
    T, before, last_dt = np.zeros((len(system.free_dofs), inputs.shape[2])), np.zeros_like(inputs[0]), 0.0
    for dt, now in zip(map(float, dt_s), inputs, strict=True):
        if dt != last_dt:
            factor, last_dt = prepare(system.mass + dt * system.stiffness, order=order, backend=backend), dt
        load = system.mass @ T + dt * (system.load @ now) - system.fixed_mass @ (now - before)
        T, before = factor.solve(load).x, now
        yield T


def _reduced_march(reduced: Reduced, dt_s: Array, inputs: Array) -> Iterator[Array]:
    """Coefficients after each step of the same scheme, so that only the reduction differs."""
    M, K, F, fixed_mass = reduced
    a, before, last_dt = np.zeros((len(M), inputs.shape[2])), np.zeros_like(inputs[0]), 0.0
    for dt, now in zip(map(float, dt_s), inputs, strict=True):
        if dt != last_dt:
            step, last_dt = np.linalg.inv(M + dt * K), dt
        a, before = step @ (M @ a + dt * (F @ now) - fixed_mass @ (now - before)), now
        yield a


@dataclass(frozen=True, eq=False, slots=True)
class _Projected:
    """A run seen in a basis."""

    dt_s: Array
    inputs: Array
    reduced: Reduced
    coefficients: Array
    """$U^T W T$, shape (n_steps, n_basis, n_histories)."""
    squares: Array
    """$T^T W T$ [K²], shape (n_steps, n_histories)."""


def _project(run: FullRun, U: Array, weights: Array, fixed_mass: Array) -> _Projected:
    system, WU = run.system, weights[:, None] * U
    reduced = (U.T @ (system.mass @ U), U.T @ (system.stiffness @ U), U.T @ system.load, U.T @ fixed_mass)
    coefficients = np.array([WU.T @ T.astype(np.float64) for T in run.fields])
    return _Projected(
        run.dt_s, run.inputs, reduced, coefficients, np.array([weights @ T.astype(np.float64) ** 2 for T in run.fields])
    )


def _mean_square_error(run: _Projected, size: int) -> float:
    """Of the model in the leading columns of the basis, weighted by volume [K²]."""
    M, K, F, fixed_mass = run.reduced
    kept = slice(size)
    march = _reduced_march((M[kept, kept], K[kept, kept], F[kept], fixed_mass[kept]), run.dt_s, run.inputs)
    total = 0.0
    for best, square, a in zip(run.coefficients, run.squares, march, strict=True):
        missed = square - (best[kept] ** 2).sum(axis=0)
        total += float((missed + ((best[kept] - a) ** 2).sum(axis=0)).mean())
    return max(total, 0.0) / len(run.dt_s)
