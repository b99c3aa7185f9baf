r"""The gain and covariance that a Kalman filter settles at when nothing changes any more.

The forecast covariance X solves the Riccati equation $X = A X (I + G X)^{-1} A^T + Q$ with $G = C^T R^{-1} C$.
Doubling makes $2^k$ steps of its recursion in k steps, keeps it symmetric, and needs no eigenvalues, which fail here:
integrating inputs put them on the unit circle. B. D. O. Anderson, Int. J. Control 28 (1978) 295; E. K.-W. Chu,
H.-Y. Fan, W.-W. Lin, C.-S. Wang, Int. J. Control 77 (2004) 767.
"""

import numpy as np
import numpy.typing as npt
from scipy import linalg

from twin3d.errors import EstimationError

Array = npt.NDArray[np.float64]

MAX_DOUBLINGS = 48
"""2⁴⁸ steps of the recursion; at a millisecond each, that is longer than any asset lives."""
TOLERANCE = 1e-12
"""Relative change of the covariance at which it stands still."""
MARGIN = 1e-11
"""An error that decays more slowly than this per step is not forgotten [–]."""
UNSETTLED = (
    "the filter never settles: a state, or a combination of states, that does not decay by itself is seen by no "
    "sensor; add a sensor, or let unknown inputs return to their mean within a time constant"
)


def steady_gain(A: Array, C: Array, Q: Array, R: Array) -> tuple[Array, Array]:
    """The gain and the covariance of the estimate at which the Kalman filter of a constant system settles.

    Args:
        A: Transition over a step, shape (n, n).
        C: Observation of the state, shape (m, n); without rows the answer is the stationary covariance.
        Q: Process noise of a step, symmetric, shape (n, n).
        R: Observation noise: variances, shape (m,), or a covariance, shape (m, m).

    Returns:
        K with x⁺ = x⁻ + K (y - C x⁻), shape (n, m), and the covariance P of x⁺, shape (n, n).

    Raises:
        EstimationError: The filter never settles, because something that does not decay is seen by no sensor; or R is
            not positive.
    """
    weighted = _divide_by_noise(R, C)
    G = C.T @ weighted
    X = _doubled(A.T, 0.5 * (G + G.T), Q)
    P = np.linalg.solve(np.eye(len(A)) + X @ G, X)
    P = 0.5 * (P + P.T)
    K = P @ weighted.T
    _check_forgets(A - K @ (C @ A))
    return K, P


def _divide_by_noise(R: Array, C: Array) -> Array:
    """R⁻¹ C, shape (m, n)."""
    try:
        if R.ndim == 2:
            return np.asarray(linalg.solve(R, C, assume_a="pos")) if len(C) else C
    except linalg.LinAlgError as error:
        raise EstimationError("the observation noise R is not positive definite; give every sensor a noise") from error
    if R.size and R.min() <= 0.0:
        raise EstimationError(f"observation {int(R.argmin())} has the variance {R.min():g}; give every sensor a noise")
    return C / R[:, None]


def _doubled(A: Array, G: Array, X: Array) -> Array:
    """The limit X of the recursion from zero; A is transposed."""
    with np.errstate(over="ignore", invalid="ignore"):  # what grows without bound is told by the error
        for _ in range(MAX_DOUBLINGS):
            both = np.linalg.solve(np.eye(len(A)) + G @ X, np.hstack([A, G]))
            step, seen = both[:, : len(A)], both[:, len(A) :]
            growth = A.T @ X @ step
            G = G + A @ seen @ A.T
            A = A @ step
            X, G = X + 0.5 * (growth + growth.T), 0.5 * (G + G.T)
            size = np.abs(X).max()
            if not np.isfinite(size):
                break
            if np.abs(growth).max() <= TOLERANCE * size:
                return X
    raise EstimationError(UNSETTLED)


def _check_forgets(closed: Array) -> None:
    slowest = np.abs(linalg.eigvals(closed, check_finite=False)).max(initial=0.0)
    if slowest >= 1.0 - MARGIN:
        raise EstimationError(UNSETTLED)
