r"""One tick of the state, exact in time, around a set of parameters.

In the frame $y = U z$ that diagonalises the operators at $\bar\theta$, modes follow
$\dot z = -\Lambda z + B \tilde u + U^T \Psi w$, inputs and sources revert to their mean, and slow sensors lag:
$\dot l = (T_s - l)/\tau$. All three are first-order systems in series, so their transition is known in closed form for
every tick length.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg

from twin3d.estimation.problem import MODEL_ERROR_TIME_S, PARAMETER_TIME_S, Problem
from twin3d.estimation.responses import three_in_series, two_in_series

Array = npt.NDArray[np.float64]

N_QUADRATURE = 6
"""Gauss points of the noise integral in each of its panels."""
PANEL_GROWTH = 4.0
"""Panels grow by this factor away from the end of a step, where fast modes answer, and start at as many time constants
of the fastest one."""


@dataclass(frozen=True, eq=False, slots=True)
class Transition:
    """x⁺ = A x + c + parameter and lag terms, with process noise Q, over one time step."""

    theta: Array
    """Parameters of the linearisation, shape (n_model_parameters,)."""
    eta: Array
    """The same as log-parameters over their spread, shape (n_parameters,)."""
    frame: Array
    """U with y = U z, shape (n_modes, n_modes)."""
    rates: Array
    """Λ [1/s], shape (n_modes,)."""
    load: Array
    """Uᵀ B for all inputs, shape (n_modes, n_inputs)."""
    driving_load: Array
    """What uncertain inputs and sources do to ż, shape (n_modes, n_driving)."""
    modes_seen: Array
    """What every sensor sees of z, shape (n_sensors, n_modes)."""
    fast_from_all: Array
    """[z, l] from the whole state; the columns of parameters and log-lags are zero, shape (n_fast, n_state)."""
    fast_from_heat: Array
    """[z, l] from a constant heat rate on z, shape (n_fast, n_modes)."""
    constant: Array
    """[z, l] from the mean inputs, shape (n_fast,)."""
    slow_decay: Array
    """Decay of [q, w, η, ζ, b, e], shape (n_slow,)."""
    noise: Array
    """Q of [z, l, q, w], shape (n_fast + n_driving, n_fast + n_driving)."""
    slow_noise: Array
    """Diagonal of Q for [η, ζ, b, e], shape (n_slow - n_driving,)."""


def linearise(problem: Problem, x: Array, dt_s: float) -> Transition:
    """The transition over a time step around the parameters of a state.

    Args:
        problem: The estimation problem.
        x: State that gives the parameters, shape (n_state,).
        dt_s: Length of the step [s].
    """
    model = problem.model
    theta = problem.theta(x)
    M, K, F = operators_at(problem, theta)
    rates, U = linalg.eigh(K, M, check_finite=False)
    rates = np.maximum(rates, 0.0)
    load = U.T @ (F + K @ model.lifting_rate_map)
    driving_load = np.hstack([load[:, problem.uncertain], U.T @ problem.error_load])
    modes_seen = problem.observation.modes @ U
    return _build(problem, dt_s, (theta, x[problem.log_parameters].copy(), U, rates, load, driving_load, modes_seen))


def operators_at(problem: Problem, theta: Array) -> tuple[Array, Array, Array]:
    """Reduced mass, stiffness and load at parameters, symmetric."""
    model = problem.model
    offset = theta - 1.0
    M = np.eye(model.n_modes) + np.tensordot(offset, model.mass_terms, 1)
    K = np.diag(model.decay_rates) + np.tensordot(offset, model.stiffness_terms, 1)
    F = model.input_map + np.tensordot(offset, model.load_terms, 1)
    return 0.5 * (M + M.T), 0.5 * (K + K.T), F


def _build(problem: Problem, dt_s: float, linear: tuple[Array, ...]) -> Transition:
    theta, eta, frame, rates, load, driving_load, modes_seen = linear
    lag_rates = problem.lag_rates[:, None]
    seen = modes_seen[problem.lagged]
    inputs_seen = problem.observation.inputs[problem.lagged]
    lag_from_heat = lag_rates * seen * three_in_series(0.0, rates, lag_rates, dt_s)
    fast_from_heat = np.vstack([np.diag(two_in_series(0.0, rates, dt_s)), lag_from_heat])
    constant = fast_from_heat @ (load @ problem.mean_input)
    constant[problem.lags] += -np.expm1(-problem.lag_rates * dt_s) * (inputs_seen @ problem.mean_input)
    fast_from_all = np.zeros((problem.n_fast, problem.n_state))
    fast_from_all[:, : problem.n_fast] = np.diag(np.exp(-np.concatenate([rates, problem.lag_rates]) * dt_s))
    fast_from_all[problem.lags, : problem.n_modes] = lag_rates * seen * two_in_series(rates, lag_rates, dt_s)
    fast_from_all[:, problem.driving] = _fast_from_driving(problem, dt_s, rates, driving_load, modes_seen)
    noise_factor = _noise_factor(problem, dt_s, rates, driving_load, modes_seen)
    slow_rates, slow_noise = _slow(problem, dt_s)
    return Transition(
        theta=theta,
        eta=eta,
        frame=frame,
        rates=rates,
        load=load,
        driving_load=driving_load,
        modes_seen=modes_seen,
        fast_from_all=fast_from_all,
        fast_from_heat=fast_from_heat,
        constant=constant,
        slow_decay=np.exp(-slow_rates * dt_s),
        noise=noise_factor @ noise_factor.T,
        slow_noise=slow_noise,
    )


def _fast_from_driving(problem: Problem, time_s: float, rates: Array, B: Array, modes_seen: Array) -> Array:
    """Response of [z, l] to inputs and sources that start at 1 and revert to their mean, shape (n_fast, n_driving)."""
    beta = problem.driving_rates
    lag_rates = problem.lag_rates
    modes = B * two_in_series(rates[:, None], beta[None, :], time_s)
    chain = three_in_series(rates[None, :, None], beta[None, None, :], lag_rates[:, None, None], time_s)
    through_modes = np.einsum("ki,iq,kiq->kq", modes_seen[problem.lagged], B, chain)
    direct = problem.driving_seen[problem.lagged] * two_in_series(beta[None, :], lag_rates[:, None], time_s)
    return np.vstack([modes, lag_rates[:, None] * (through_modes + direct)])


def _noise_factor(problem: Problem, dt_s: float, rates: Array, B: Array, modes_seen: Array) -> Array:
    r"""W with $\int_0^{dt} e^{As} N e^{A^T s} ds = W W^T$, where white noise N moves inputs and sources."""
    columns = []
    fastest = max(np.concatenate([rates, problem.lag_rates, problem.driving_rates]).max(), 1e-300)
    for node, weight in zip(*_quadrature(dt_s, PANEL_GROWTH / fastest), strict=True):
        fast = _fast_from_driving(problem, float(node), rates, B, modes_seen)
        own = np.diag(np.exp(-problem.driving_rates * node))
        columns.append(np.vstack([fast, own]) * np.sqrt(weight * problem.driving_noise))
    return np.hstack(columns)


def _quadrature(dt_s: float, smallest_s: float) -> tuple[Array, Array]:
    """Nodes and weights of Gauss on panels from 0 to dt; the first is at most so long, or the whole."""
    nodes, weights = np.polynomial.legendre.leggauss(N_QUADRATURE)
    n_panels = 1 + max(0, math.ceil(math.log(dt_s / smallest_s, PANEL_GROWTH)))
    edges = np.append(0.0, dt_s * PANEL_GROWTH ** -np.arange(n_panels - 1.0, -1.0, -1.0))
    half = 0.5 * np.diff(edges)[:, None]
    return (edges[:-1, None] + half * (nodes + 1.0)).ravel(), (half * weights).ravel()


def _slow(problem: Problem, dt_s: float) -> tuple[Array, Array]:
    """Decay rates of [q, w, η, ζ, b, e] and the noise over a tick of the last four."""
    n_unit = len(problem.parameters) + len(problem.lagged)
    own, model = np.ones(len(problem.bias_spread)), np.ones(len(problem.local))
    rates = np.concatenate(
        [np.full(n_unit, 1.0 / PARAMETER_TIME_S), own * problem.bias_rate, model / MODEL_ERROR_TIME_S]
    )
    error = problem.observation.model_error[problem.local]
    spread = np.concatenate([np.ones(n_unit), problem.bias_spread, error])
    return np.concatenate([problem.driving_rates, rates]), -np.expm1(-2.0 * rates * dt_s) * spread**2


def change_frame(old: Array, new: Array, x: Array, P: Array) -> tuple[Array, Array]:
    """Express a state and its covariance in another frame U of the modes; both frames are (n_modes, n_modes)."""
    n_modes = len(old)
    turn = linalg.solve(new, old, check_finite=False)
    x, P = x.copy(), P.copy()
    x[:n_modes] = turn @ x[:n_modes]
    P[:n_modes] = turn @ P[:n_modes]
    P[:, :n_modes] = P[:, :n_modes] @ turn.T
    return x, P


def sensitivities(problem: Problem, transition: Transition, x: Array) -> Array:
    r"""Heat rate on z per unit of each log-parameter, shape (n_modes, n_parameters).

    $g_j = s_j \theta_j\, U^T [(F_j + K_j R)\,\tilde u - K_j y - M_j \dot y]$, R = ΦᵀMG.
    """
    model = problem.model
    n_modes = problem.n_modes
    u = problem.input_values(x)
    z = x[:n_modes]
    by_sources = transition.frame.T @ (problem.error_load @ x[problem.sources])
    z_rate = transition.load @ u + by_sources - transition.rates * z
    a = transition.frame @ z - model.lifting_rate_map @ u
    y_rate = transition.frame @ z_rate
    heat = model.load_terms @ u - model.stiffness_terms @ a - model.mass_terms @ y_rate
    scaled = heat[problem.parameters] * (problem.spreads * transition.theta[problem.parameters])[:, None]
    return np.asarray(transition.frame.T @ scaled.T)
