r"""Sources of heat that stand for what the model gets wrong: approximation errors as driven modes.

A true asset leaves the equation of the model with a defect
$d = \dot a + \Lambda a - B \tilde u + \Phi^T M G \dot{\tilde u}$, where a are the coefficients of its own
temperature. Assets are drawn from what is not known, parameters and structures at once; the principal directions of
their defects, scaled to unit variance, are the columns of Ψ, and an estimator adds $\Psi w$ with random w to the model
(approximation-error modelling: Kaipio and Somersalo 2007).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from twin3d.reduction.time_scales import TimeScales

Array = npt.NDArray[np.float64]

N_DRAWS = 32
"""Assets drawn."""
SLOW_RANGE = 30.0
"""Defects count from this fraction of the slowest time constant on; faster ones pass before anybody learns them."""
MAX_SOURCES = 10
KEPT_SHARE = 0.999
"""Of the variance of the defects, in temperature; fewer sources are kept where fewer suffice."""


def error_sources(
    nominal: tuple[Array, Array, Array],
    terms: tuple[Array, Array, Array],
    spreads: Sequence[float],
    *,
    input_scale: Array,
    scales: TimeScales,
    rng: np.random.Generator,
) -> Array:
    r"""Principal directions Ψ of the defects of unknown assets, shape (n_modes, n_sources).

    A step of each input has the response $(K + s M)^{-1} F$ at about the time 1/s, so defects are taken there, of all
    inputs at their scale. Directions compete by the temperature that they make at the pace of the slowest mode.

    Args:
        nominal: Rates Λ (n_modes,), input map B and $\Phi^T M G$, both (n_modes, n_inputs).
        terms: Reduced mass and stiffness of the parameters, then of the structures, each (n_terms, n_modes, n_modes),
            and their load, (n_terms, n_modes, n_inputs).
        spreads: Relative standard deviations of the parameters; structures are drawn with unit variance.
        input_scale: How large each input's deviation may become, shape (n_inputs,).
        scales: Of the asset.
        rng: Draws.
    """
    rates, input_map, lifting_rate = nominal
    warming = 1.0 / (rates + 1.0 / scales.slow_s)
    shifts = [shift for shift in scales.shifts() if shift * scales.slow_s <= SLOW_RANGE]
    defects = []
    for _ in range(N_DRAWS):
        change = _draw(spreads, len(terms[0]), rng)
        dM, dK, dF = (np.tensordot(change, term, 1) for term in terms)
        for shift in [0.0, *shifts] if scales.is_held else shifts:
            K = np.diag(rates + shift) + dK + shift * dM
            a = np.linalg.solve(K, (input_map + dF - shift * lifting_rate) * input_scale)
            defects.append((dF * input_scale - (dK + shift * dM) @ a) * warming[:, None])
    U, strength, _ = np.linalg.svd(np.hstack(defects), full_matrices=False)
    variance = strength**2 / len(defects)
    share = np.cumsum(variance) / max(variance.sum(), 1e-300)
    kept = min(MAX_SOURCES, 1 + int(np.searchsorted(share, KEPT_SHARE))) if variance[0] > 0.0 else 0
    return np.asarray(U[:, :kept] * np.sqrt(variance[:kept]) / warming[:, None])


def _draw(spreads: Sequence[float], n_terms: int, rng: np.random.Generator) -> Array:
    """How far each term is from nominal; bounded, so that no asset of negative conductivity is drawn, (n_terms,)."""
    unit = rng.uniform(-np.sqrt(3.0), np.sqrt(3.0), n_terms)
    return np.concatenate([np.expm1(np.asarray(spreads) * unit[: len(spreads)]), unit[len(spreads) :]])
