"""Keeps a field over time as few modes."""

import numpy as np

from twin3d.backend import one_blas_thread

TOLERANCE_K = 1e-3
"""Largest error of the modes, at any point and time [K]."""


def compressed(rises: np.ndarray) -> dict[str, np.ndarray]:
    """As few modes as keep every entry of (n_times, n_points) within the tolerance, by the method of snapshots."""
    with one_blas_thread():
        exact = rises.astype(np.float64)
        _, U = np.linalg.eigh(exact @ exact.T)
        n_modes, residual = 0, np.inf
        while residual > TOLERANCE_K and n_modes < len(rises):
            n_modes += 16
            kept = U[:, -n_modes:]
            basis = exact.T @ kept
            residual = float(np.abs(exact - kept @ basis.T).max())
    return {"basis": basis, "coefficients": kept, "residual_K": np.array(residual)}
