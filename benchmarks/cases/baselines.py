"""Fields from the readings of one moment, without dynamics: what the estimator has to beat.

All take rises over the start at the sensors, shape (n_times, n_sensors), and give them at all points,
(n_times, n_points).
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.spatial.distance import cdist

SMOOTHING = 0.05
"""Of thin plates, with lengths in centimetres."""
LENGTHS_M = np.geomspace(0.01, 0.6, 16)
NUGGETS = np.geomspace(1e-3, 1.0, 10)
"""Variance of the noise over that of the field, of which kriging chooses one in every frame."""
PBDW_RIDGE = 0.1
"""Weight of the readings' noise against the update, whose Gram matrix is scaled to a largest entry of 1."""


def radial(rises: np.ndarray, positions: np.ndarray, points: np.ndarray, *, kernel: str) -> np.ndarray:
    """Radial basis functions, ``thin_plate_spline`` smoothed or ``linear`` through the readings."""
    smoothing = SMOOTHING if kernel == "thin_plate_spline" else 0.0
    surface = RBFInterpolator(100.0 * positions, rises.T, kernel=kernel, smoothing=smoothing)
    return np.asarray(surface(100.0 * points).T)


def kriging(rises: np.ndarray, positions: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Ordinary kriging with a Matérn-3/2 covariance, length and nugget by maximum likelihood in every frame."""
    fits = [_Kriged.fit(rises, positions, *pair) for pair in product(LENGTHS_M, NUGGETS)]
    best = np.argmax([fit.likelihood for fit in fits], axis=0)
    fields = np.zeros((len(rises), len(points)))
    for index in np.unique(best):
        frames, fit = best == index, fits[index]
        near = matern(cdist(points, positions), fit.length_m)
        fields[frames] = fit.mean[frames, None] + fit.weights[frames] @ near.T
    return fields


def matern(distance: np.ndarray, length_m: float) -> np.ndarray:
    """Matérn covariance of smoothness 3/2 and variance 1 (Rasmussen and Williams 2006, equation 4.17)."""
    scaled = np.sqrt(3.0) * distance / length_m
    return np.asarray((1.0 + scaled) * np.exp(-scaled))


@dataclass(frozen=True, eq=False, slots=True)
class _Kriged:
    length_m: float
    likelihood: np.ndarray
    """Concentrated log-likelihood of every frame, shape (n_times,)."""
    mean: np.ndarray
    weights: np.ndarray
    """Shape (n_times, n_sensors)."""

    @classmethod
    def fit(cls, rises: np.ndarray, positions: np.ndarray, length_m: float, nugget: float) -> "_Kriged":
        n = len(positions)
        C = matern(cdist(positions, positions), length_m) + nugget * np.eye(n)
        ones = np.linalg.solve(C, np.ones(n))
        mean = rises @ ones / ones.sum()
        centred = rises - mean[:, None]
        weights = np.linalg.solve(C, centred.T).T
        variance = np.einsum("ti,ti->t", centred, weights) / n
        likelihood = -0.5 * n * np.log(variance) - 0.5 * np.linalg.slogdet(C)[1]
        return cls(length_m, likelihood, mean, weights)


def gappy_pod(rises: np.ndarray, at_sensors: np.ndarray, modes: np.ndarray) -> np.ndarray:
    """Least-squares weights of a few modes (Everson and Sirovich 1995).

    Args:
        rises: Shape (n_times, n_sensors).
        at_sensors: The modes at the sensors, shape (n_sensors, n_modes).
        modes: Shape (n_points, n_modes).
    """
    return np.asarray(rises @ np.linalg.pinv(at_sensors).T @ modes.T)


def pbdw(
    rises: np.ndarray, at_sensors: np.ndarray, modes: np.ndarray, *, representers: np.ndarray, gram: np.ndarray
) -> np.ndarray:
    """Parametrised-background data-weak estimate (Maday, Patera, Penn and Yano 2015), with a ridge for the noise.

    Args:
        rises: Shape (n_times, n_sensors).
        at_sensors: Background modes at the sensors, shape (n_sensors, n_modes).
        modes: Background modes, shape (n_points, n_modes).
        representers: Riesz representers of the sensors, shape (n_points, n_sensors).
        gram: The representers at the sensors, shape (n_sensors, n_sensors).
    """
    m, n = at_sensors.shape
    scale = np.abs(gram).max()
    saddle = np.block([[gram / scale + PBDW_RIDGE * np.eye(m), at_sensors], [at_sensors.T, np.zeros((n, n))]])
    solved = np.linalg.solve(saddle, np.vstack([rises.T, np.zeros((n, len(rises)))]))
    return np.asarray((representers / scale @ solved[:m] + modes @ solved[m:]).T)
