r"""What a fit knows: how many readings count, how wide the unknowns still spread and how far they are tied.

Errors of a model last: neighbouring residuals say the same thing again. With the correlation time
$\tau = 1 + 2 \sum_k \rho_k$ of a sensor's residuals, n of them count as n/τ (Geyer 1992, initial positive sequence;
$(1 - \rho)/(1 + \rho)$ for a first-order process), and less where they are larger than their stated deviation.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg

from twin3d.estimation.least_squares import Jacobian

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Posterior:
    """The unknowns after the fit, over their prior standard deviation."""

    covariance: Array
    """Of those that all sensors share, shape (n_shared, n_shared)."""
    information: Array
    """Inverse covariance of the same, parameters that were not fitted left aside, shape (n_shared, n_shared)."""
    own_deviation: Array
    """Standard deviations of each sensor's own, shape (n_sensors, n_own)."""
    naive_deviation: Array
    """Of the shared ones as if all readings were independent and all else were known, shape (n_shared,)."""

    @property
    def deviation(self) -> Array:
        """Posterior over prior standard deviation of the shared ones, shape (n_shared,)."""
        return np.sqrt(np.diag(self.covariance))

    def ties(self, n: int) -> Array:
        """Correlations of the first n unknowns with all others held: what only the two of a pair share, (n, n)."""
        covariance = linalg.inv(self.information[:n, :n])
        deviation = np.sqrt(np.diag(covariance))
        return np.asarray(covariance / np.outer(deviation, deviation))

    @property
    def correlation(self) -> Array:
        """Of the shared ones, shape (n_shared, n_shared)."""
        return self.covariance / np.outer(self.deviation, self.deviation)


def correlation_time(residuals: Array) -> float:
    """How many neighbouring residuals count as one, at least 1, by Geyer's initial positive sequence.

    Args:
        residuals: In time order, their mean an error like any other, shape (n,).
    """
    n = len(residuals)
    if n < 4 or not residuals.any():
        return 1.0
    spectrum = np.fft.rfft(residuals, 2 * n)
    products = np.fft.irfft(np.abs(spectrum) ** 2, 2 * n)[:n]
    rho = products / products[0]
    pairs = rho[: n - n % 2].reshape(-1, 2).sum(axis=1)
    end = int(np.argmax(pairs <= 0.0)) if (pairs <= 0.0).any() else len(pairs)
    return float(np.clip(2.0 * pairs[:end].sum() - 1.0, 1.0, n))


def posterior(J: Jacobian, others: Array, *, sensor: npt.NDArray[np.int32], weights: Array, naive: Array) -> Posterior:
    """The covariance of a fit, allowing for parameters that were not fitted.

    Args:
        J: Derivatives of the observations.
        others: Derivatives by what is uncertain and not fitted, over its spread, shape (n_observations, n_others).
        sensor: Of each observation, ascending, shape (n_observations,).
        weights: How much each counts [1/SI²], shape (n_observations,).
        naive: The same, were all independent, shape (n_observations,).
    """
    n_sensors = int(sensor.max()) + 1
    normal = J.normal(weights, sensor, n_sensors)
    information = normal.schur()
    covariance = linalg.inv(information)
    own_given_shared = np.linalg.inv(normal.own)
    tie = own_given_shared @ normal.mixed.transpose(0, 2, 1)
    own = own_given_shared + tie @ covariance @ tie.transpose(0, 2, 1)
    for other in others.T:
        rhs = np.zeros((n_sensors, J.own.shape[1]))
        np.add.at(rhs, sensor, J.own * (weights * other)[:, None])
        moved = normal.solve(J.shared.T @ (weights * other), rhs)
        covariance = covariance + np.outer(moved.shared, moved.shared)
        own = own + moved.own[:, :, None] * moved.own[:, None, :]
    alone = linalg.inv(J.shared.T @ (naive[:, None] * J.shared) + np.eye(len(covariance)))
    own_deviation = np.sqrt(np.diagonal(own, axis1=1, axis2=2))
    return Posterior(covariance, information, own_deviation, np.sqrt(np.diag(alone)))
