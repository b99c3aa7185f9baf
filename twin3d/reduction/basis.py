"""Few M-orthonormal modes that span many snapshots."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from twin3d.errors import ReductionError

Array = npt.NDArray[np.float64]

CONDITION = 1e-9
"""Snapshot directions weaker than this, relative to the strongest, are noise of the solver."""


def compress(blocks: Iterable[Array], n_modes: int, weights: Array) -> Array:
    """Directions of snapshots, the strongest first, by proper orthogonal decomposition; $U^T W U = I$.

    The method of snapshots (Sirovich 1987) in the norm of W.

    Args:
        blocks: Snapshots [K], each (n_points, n_columns).
        n_modes: Most directions to keep.
        weights: The diagonal of W, shape (n_points,).

    Returns:
        Shape (n_points, n_kept).

    Raises:
        ReductionError: All snapshots are zero: no input does anything.
    """
    X = np.hstack(list(blocks))
    root = np.sqrt(weights)[:, None]
    X *= root
    values, vectors = linalg.eigh(X.T @ X)
    order = np.argsort(values)[::-1]
    values, vectors = values[order], vectors[:, order]
    if values[0] <= 0.0:
        raise ReductionError("no input of the scene drives any point; check the loads")
    kept = min(n_modes, int((values > CONDITION**1.5 * values[0]).sum()))
    U = X @ (vectors[:, :kept] / np.sqrt(values[:kept]))
    return np.asarray(linalg.qr(U, mode="economic")[0] / root)


def diagonalise(U: Array, mass: sparse.csr_array, stiffness: sparse.csr_array) -> tuple[Array, Array]:
    """Modes in the span of U that are M-orthonormal and diagonalise K.

    Returns:
        Φ, shape (n_points, n_modes), and decay rates Λ [1/s], ascending, shape (n_modes,).
    """
    rates, V = linalg.eigh(U.T @ (stiffness @ U), U.T @ (mass @ U))
    return np.asfortranarray(U @ V), np.maximum(rates, 0.0)
