"""The covariance of the reduced coordinates as a low-rank factor that frames can carry."""

import numpy as np
import numpy.typing as npt
from scipy import linalg

from twin3d.records import ReducedModel

Array = npt.NDArray[np.float64]

MAX_FACTOR = 30
"""Most columns of the factor; each costs a field when deviations are drawn."""
KEPT_VARIANCE = 0.9999
"""Part of the variance summed over the points that the factor keeps."""


def lifted_inputs(model: ReducedModel) -> npt.NDArray[np.intp]:
    """Inputs that prescribe temperatures, so that the field moves with them at once, shape (n_lifted,)."""
    return np.flatnonzero(model.lifting.any(axis=0))


def point_metric(model: ReducedModel) -> Array:
    """Lower Cholesky factor C of the mean square over all points of what [a, lifted inputs] do to the field.

    |Cᵀ [a, ũ]|² is the mean square of Φ a + G ũ; shape (n_modes + n_lifted, n_modes + n_lifted).
    """
    lifting = model.lifting[:, lifted_inputs(model)]
    gram = np.block(
        [[model.basis.T @ model.basis, model.basis.T @ lifting], [lifting.T @ model.basis, lifting.T @ lifting]]
    )
    gram /= model.n_dofs
    gram[np.diag_indices_from(gram)] += 1e-12 * np.trace(gram) / len(gram)
    return np.asarray(linalg.cholesky(gram, lower=True, check_finite=False))


def low_rank_factor(P: Array, metric: Array) -> Array:
    """L with L Lᵀ ≈ P in the mean over all points, shape (n_coordinates, n_factor), n_factor ≤ `MAX_FACTOR`.

    Args:
        P: Covariance of [a, lifted inputs], shape (n_coordinates, n_coordinates).
        metric: From `point_metric`.
    """
    values, vectors = linalg.eigh(metric.T @ P @ metric, check_finite=False)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    total = values.sum()
    kept = 1 if total <= 0.0 else int(np.searchsorted(np.cumsum(values), KEPT_VARIANCE * total)) + 1
    kept = min(kept, MAX_FACTOR, len(values))
    scaled = vectors[:, :kept] * np.sqrt(values[:kept])
    return np.asarray(linalg.solve_triangular(metric.T, scaled, lower=False, check_finite=False))
