"""How far the stress of an estimate may be from the truth: deviations of components, bands of von Mises stress."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.backend import one_blas_thread
from twin3d.errors import EstimationError
from twin3d.fem.mechanics.measures import von_mises
from twin3d.records import StressModes
from twin3d.reduction.stress_lift import stress_at

Array: TypeAlias = npt.NDArray[np.float64]

N_DRAWS = 128
"""Draws of the state; their 5 and 95 % quantiles are off by 2 % of the draws, one standard deviation."""
BLOCK = 2048
"""Entries that are drawn for together, to bound the memory."""
INDICATOR_SHARE = 1.5
"""Of the error that the indicator tells, as a standard deviation of the recovered stress.

Three metals on an elastic bed, two meshes against one twice as fine, off flagged points: the error was 1.2 to 1.4 times
the indicator's at the median point, 2.6 to 2.8 times at nine of ten; where guides held them, 1.0 to 1.2 and 2.1 to 3.1.
"""
SQUARES = 9.0
"""Squares of components in $\\sigma : \\sigma$, each shear twice."""


@dataclass(frozen=True, eq=False, slots=True)
class StressBand:
    """Stress of an estimate with the 90 % band of its von Mises stress."""

    stress: Array
    """Of the mean state [Pa], shape (n_entries, 6)."""
    deviation: Array
    """Standard deviation of each component [Pa], shape (n_entries, 6)."""
    von_mises: Array
    """Of `stress` [Pa], shape (n_entries,)."""
    low: Array
    """5 % quantile of the von Mises stress [Pa], shape (n_entries,)."""
    high: Array
    """95 % quantile [Pa], shape (n_entries,)."""
    is_claimed: npt.NDArray[np.bool_]
    """Where the band is meant: False on and beside edges without a finite stress, shape (n_entries,)."""


def stress_deviation(modes: StressModes, stress: Array, factor: Array) -> Array:
    """Standard deviation of each component: that of the state, and of the mesh [Pa], shape (n_entries, 6).

    Args:
        modes: From `stress_modes`.
        stress: Of the mean state [Pa], shape (n_entries, 6).
        factor: L with P = L Lᵀ of [a; ũ], or of a alone where all prescribed temperatures are known, shape
            (n_modes + n_inputs or n_modes, n_factor).

    Raises:
        EstimationError: The factor belongs to another model.
    """
    spread = _spread(modes, factor)
    return np.asarray(np.hypot(np.sqrt(np.einsum("eck,eck->ec", spread, spread)), _mesh_error(modes, stress)[:, None]))


def stress_band(
    modes: StressModes,
    coefficients: Array,
    inputs: Array,
    *,
    factor: Array,
    rng: np.random.Generator,
    n_draws: int = N_DRAWS,
) -> StressBand:
    """The stress of an estimate and the 90 % band of von Mises stress, from draws of the state and the mesh's error.

    Von Mises stress is no linear function, and has no normal distribution where components nearly vanish.

    Args:
        modes: From `stress_modes`.
        coefficients: Mean a, shape (n_modes,).
        inputs: Mean u in SI, shape (n_inputs,).
        factor: As for `stress_deviation`.
        rng: Draws.
        n_draws: How many.
    """
    stress = stress_at(modes, coefficients, inputs)
    spread, error = _spread(modes, factor), _mesh_error(modes, stress)
    of_state = rng.normal(size=(factor.shape[1], n_draws)).astype(np.float32)
    of_mesh = rng.normal(size=(6, n_draws)).astype(np.float32)
    low, high = np.zeros((2, modes.n_entries))
    for start in range(0, modes.n_entries, BLOCK):
        some = slice(start, start + BLOCK)
        with one_blas_thread():
            drawn = spread[some] @ of_state
        drawn += stress[some, :, None].astype(np.float32) + error[some, None, None].astype(np.float32) * of_mesh
        low[some], high[some] = np.quantile(von_mises(drawn.swapaxes(1, 2).astype(np.float64)), (0.05, 0.95), axis=1)
    deviation = np.hypot(np.sqrt(np.einsum("eck,eck->ec", spread, spread)), error[:, None])
    return StressBand(stress, deviation, von_mises(stress), low, high, ~modes.is_singular)


def _spread(modes: StressModes, factor: Array) -> npt.NDArray[np.float32]:
    """S L, shape (n_entries, 6, n_factor)."""
    n_state = modes.stress.shape[2] - 1
    if factor.shape[0] not in {modes.n_modes, n_state}:
        raise EstimationError(
            f"the covariance factor has {factor.shape[0]} rows; the stress modes have {modes.n_modes} modes and "
            f"{n_state - modes.n_modes} inputs, so they belong to another model"
        )
    with one_blas_thread():
        rows = modes.stress[:, :, : factor.shape[0]].reshape(-1, factor.shape[0])
        return np.asarray(rows @ factor.astype(np.float32)).reshape(modes.n_entries, 6, -1)


def _mesh_error(modes: StressModes, stress: Array) -> Array:
    """Standard deviation of a component by the coarseness of the mesh [Pa], shape (n_entries,)."""
    size = np.sqrt((stress[:, :3] ** 2).sum(axis=1) + 2.0 * (stress[:, 3:] ** 2).sum(axis=1))
    return np.asarray(INDICATOR_SHARE * modes.relative_error * size / np.sqrt(SQUARES))
