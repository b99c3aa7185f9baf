r"""The state at which a twin starts: cold, warmed up, or anything that its inputs may have made of it.

An asset that has run for long at inputs u has $z = \Lambda^{-1} B u$. One whose inputs wandered as their priors say has
the stationary covariance P of the whole chain, $A P + P A^T + N = 0$ with A the dynamics of modes, lags, inputs and
sources, and N the noise that moves the last two.
"""

import numpy as np
import numpy.typing as npt
from scipy import linalg

from twin3d.estimation.problem import Problem, initial_state, lagged_deviation
from twin3d.estimation.transition import linearise

Array = npt.NDArray[np.float64]

SLOWEST_S = 1e6
"""Driven inputs and modes without a way for heat to leave count as returning to their mean within this time [s]."""


def warm_state(problem: Problem, *, wandering: bool) -> tuple[Array, Array]:
    """Mean and covariance of an asset that has run for long; the modes are y, in the model's own frame.

    Args:
        problem: The estimation problem.
        wandering: Whether its inputs wandered all the time as their priors say, or stood still where they are now.

    Returns:
        Shapes (n_state,) and (n_state, n_state).
    """
    x, P = initial_state(problem)
    transition = linearise(problem, x, 1.0)
    rates = np.maximum(transition.rates, 1.0 / SLOWEST_S)
    z = transition.load @ problem.mean_input / rates
    x[: problem.n_modes] = transition.frame @ z
    x[problem.lags] = lagged_deviation(problem, x, np.eye(problem.n_modes))
    linear = slice(0, problem.driving.stop)
    variance = np.diag(P)[problem.driving].copy()
    block = _stationary(problem, rates, variance) if wandering else _standing(problem, rates, variance)
    turn = np.eye(len(block))
    turn[: problem.n_modes, : problem.n_modes] = transition.frame
    P[linear, linear] += turn @ block @ turn.T
    P[problem.driving, problem.driving] -= np.diag(variance)
    return x, P


def _dynamics(problem: Problem, rates: Array) -> Array:
    """d/dt of [z, l, q, w] in the frame at nominal parameters, shape (n, n)."""
    transition = linearise(problem, np.zeros(problem.n_state), 1.0)
    modes, lags, driving = slice(0, problem.n_modes), problem.lags, problem.driving
    A = np.zeros((driving.stop, driving.stop))
    A[modes, modes] = -np.diag(rates)
    A[modes, driving] = transition.driving_load
    A[lags, modes] = problem.lag_rates[:, None] * transition.modes_seen[problem.lagged]
    A[lags, driving] = problem.lag_rates[:, None] * problem.driving_seen[problem.lagged]
    A[lags, lags] = -np.diag(problem.lag_rates)
    A[driving, driving] = -np.diag(np.maximum(problem.driving_rates, 1.0 / SLOWEST_S))
    return A


def _stationary(problem: Problem, rates: Array, variance: Array) -> Array:
    A = _dynamics(problem, rates)
    noise = np.zeros(len(A))
    noise[problem.driving] = -2.0 * np.diag(A)[problem.driving] * variance
    P = linalg.solve_continuous_lyapunov(A, -np.diag(noise))
    return np.asarray(0.5 * (P + P.T))


def _standing(problem: Problem, rates: Array, variance: Array) -> Array:
    A, fast = _dynamics(problem, rates), slice(0, problem.n_fast)
    response = np.vstack([-np.linalg.solve(A[fast, fast], A[fast, problem.driving]), np.eye(len(variance))])
    return np.asarray(response * variance @ response.T)
