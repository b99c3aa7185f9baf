"""The forecast and the correction of the covariance as compiled loops around BLAS, in place.

As separate array operations, calls and copies would cost as much again as the algebra.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

Array = npt.NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def forecast_covariance(
    P: Array, jacobian: Array, n_modes: int, n_driving: int, slow_decay: Array, noise: Array, slow_noise: Array
) -> None:
    """P ← A P Aᵀ + Q in place, where modes decay on their own and see the slow states alone.

    A = [[D, C], [0, S]]: D is diagonal but for what lagged readings see of the modes, C has `n_driving` columns that
    are not zero, S is diagonal. A dense product costs three times as much.

    Args:
        P: Covariance, symmetric, shape (n_state, n_state).
        jacobian: [D, C], shape (n_fast, n_state).
        n_modes: Number of modes, which come first.
        n_driving: How many of the slow states act on the fast ones; they come first among the slow.
        slow_decay: Diagonal of S, shape (n_slow,).
        noise: Q of the first states, shape (n_noisy, n_noisy).
        slow_noise: Diagonal of Q of the others, shape (n_state - n_noisy,).
    """
    n_fast, n_state, n_noisy = jacobian.shape[0], P.shape[0], noise.shape[0]
    driving = n_fast + n_driving
    C = np.ascontiguousarray(jacobian[:, n_fast:driving])
    lag_from_modes = np.ascontiguousarray(jacobian[n_modes:, :n_modes])
    half = np.dot(C, P[n_fast:driving])
    for i in range(n_fast):
        for j in range(n_state):
            half[i, j] += jacobian[i, i] * P[i, j]
    if n_fast > n_modes:
        half[n_modes:] += np.dot(lag_from_modes, P[:n_modes])
    full = np.dot(np.ascontiguousarray(half[:, n_fast:driving]), C.T)
    if n_fast > n_modes:
        full[:, n_modes:] += np.dot(np.ascontiguousarray(half[:, :n_modes]), lag_from_modes.T)
    decay = np.concatenate((np.zeros(n_fast), slow_decay))
    for i in range(n_state):
        for j in range(i + 1):
            if i < n_fast:
                P[i, j] = full[i, j] + half[i, j] * jacobian[j, j]
            elif j < n_fast:
                P[i, j] = half[j, i] * decay[i]
            else:
                P[i, j] *= decay[i] * decay[j]
            P[j, i] = P[i, j]
    P[:n_noisy, :n_noisy] += noise
    for i in range(n_noisy, n_state):
        P[i, i] += slow_noise[i - n_noisy]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def correct_state(
    x: Array, P: Array, rows: Array, innovations: Array, variances: Array, considered: npt.NDArray[np.bool_]
) -> tuple[Array, Array, Array]:
    """Correct a state and its covariance in place with observations of independent noise.

    With $S = H P H^T + R = L L^T$ and $V = L^{-1} H P$, $x ← x + V^T L^{-1} ν$ and $P ← P - V^T V$. Considered states
    keep their mean and covariance: with their rows of the gain zero, the rest of P is the same as for the full gain.

    Args:
        x: Mean, shape (n_state,).
        P: Covariance, symmetric, shape (n_state, n_state).
        rows: H, shape (n_observations, n_state).
        innovations: ν, shape (n_observations,).
        variances: Diagonal of R, shape (n_observations,).
        considered: Whether a state is considered, shape (n_state,).

    Returns:
        L, lower, shape (n_observations, n_observations), L⁻¹ ν, and V with considered columns zero, shape
        (n_observations, n_state).
    """
    n_observations, n_state = rows.shape
    V = np.dot(rows, P)
    L = np.linalg.cholesky(np.dot(V, rows.T) + np.diag(variances))
    whitened = innovations.copy()
    for i in range(n_observations):
        for k in range(i):
            whitened[i] -= L[i, k] * whitened[k]
            for j in range(n_state):
                V[i, j] -= L[i, k] * V[k, j]
        whitened[i] /= L[i, i]
        for j in range(n_state):
            V[i, j] /= L[i, i]
    explained = np.dot(V.T, V)
    for i in range(n_state):
        for j in range(i + 1):
            if not (considered[i] and considered[j]):
                P[i, j] -= explained[i, j]
                P[j, i] = P[i, j]
        if considered[i]:
            V[:, i] = 0.0
    x += np.dot(whitened, V)
    return L, whitened, V
