r"""What a tick's readings do to the state, all at once.

Few readings go through $S = H P H^T + R$. Many are condensed to as many as there are states: their information
$H^T R^{-1} H$ and $H^T R^{-1} \nu$ is that of so many observations of unit noise, found by a pivoted Cholesky
factorisation. Unlike the information form's $(P^{-1} + H^T R^{-1} H)^{-1}$ this needs no inverse of P, which may be
singular.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg.lapack import dpstrf, dtrtrs

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Observed:
    """Observations of the state, less their forecast, with independent noise."""

    rows: Array
    """H, shape (n_observations, n_state)."""
    innovations: Array
    """Observations less their forecasts, shape (n_observations,)."""
    variances: Array
    """Of their noise, shape (n_observations,)."""

    def subset(self, which: npt.NDArray[np.bool_]) -> "Observed":
        """Some of them, by a mask of shape (n_observations,)."""
        return Observed(self.rows[which], self.innovations[which], self.variances[which])


@dataclass(frozen=True, eq=False, slots=True)
class Correction:
    """A correction that was made: what it took from the innovations."""

    rows: Array
    """H, shape (n_observations, n_state)."""
    root: Array
    """L with L Lᵀ = H P Hᵀ + R, lower, shape (n_observations, n_observations)."""
    whitened: Array
    """L⁻¹ ν, independent and of unit variance, shape (n_observations,)."""
    gain: Array
    """What the state takes of `whitened`, shape (n_state, n_observations)."""

    def whiten(self, errors: Array) -> Array:
        """L⁻¹ H d of errors d of the state, shape (n_state, n_errors)."""
        return np.asarray(dtrtrs(self.root, self.rows @ errors, lower=1)[0])


def condensed(observed: Observed) -> Observed:
    """As many observations as there are states at most, with unit noise, that say the same of the state."""
    scale = 1.0 / np.sqrt(observed.variances)
    scaled = observed.rows * scale[:, None]
    score = scaled.T @ (observed.innovations * scale)
    root, pivots, rank, _ = dpstrf(scaled.T @ scaled)
    order = pivots - 1
    root = np.triu(root)[:rank]
    rows = np.zeros((rank, len(order)))
    rows[:, order] = root
    innovations = dtrtrs(root[:, :rank], score[order][:rank], trans=1)[0]
    return Observed(rows, innovations, np.ones(rank))
