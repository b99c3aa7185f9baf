r"""Exact responses of first-order systems in series, free of cancellation and overflow.

Modes, inputs and sensor lags are first-order systems, so every transition and every noise integral over a tick is made
of differences of exponentials. A matrix exponential (Van Loan's way to Q) overflows for stiff modes; these do not.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def relative_exponential(x: Array) -> Array:
    r"""$(e^x - 1)/x$, 1 at 0."""
    safe = np.where(np.abs(x) < 1e-9, 1.0, x)
    return np.where(np.abs(x) < 1e-9, 1.0 + 0.5 * x, np.expm1(safe) / safe)


def two_in_series(first: npt.ArrayLike, second: npt.ArrayLike, time_s: float) -> Array:
    r"""$\int_0^t e^{-a s} e^{-b (t-s)}\,ds = (e^{-a t} - e^{-b t})/(b - a)$ [s] for rates a, b [1/s]."""
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    return np.asarray(time_s * np.exp(-np.minimum(a, b) * time_s) * relative_exponential(-np.abs(a - b) * time_s))


def three_in_series(first: npt.ArrayLike, second: npt.ArrayLike, third: npt.ArrayLike, time_s: float) -> Array:
    r"""$\int_0^t \mathrm{two}(a, b, s)\, e^{-c (t-s)}\,ds$ [s²], the second divided difference of $e^{-x t}$.

    Where two rates are close together, the middle one is split off last, which keeps the quotient's denominator the
    widest of the three gaps; where all are close, a Taylor series takes over.
    """
    rates = np.sort(
        np.stack(np.broadcast_arrays(*(np.asarray(r, dtype=float) for r in (first, second, third)))), axis=0
    )
    low, middle, high = rates * time_s
    gap = high - low
    close = gap < 0.05
    quotient = (_two(low, middle) - _two(middle, high)) / np.where(close, 1.0, gap)
    d1, d2 = middle - low, high - low
    h1, h2 = d1 + d2, d1 * d1 + d1 * d2 + d2 * d2
    h3, h4 = (d1 + d2) * (d1 * d1 + d2 * d2), d1**4 + d1**3 * d2 + d1 * d1 * d2 * d2 + d1 * d2**3 + d2**4
    series = np.exp(-low) * (0.5 - h1 / 6.0 + h2 / 24.0 - h3 / 120.0 + h4 / 720.0)
    return np.asarray(time_s**2 * np.where(close, series, quotient))


def _two(low: Array, high: Array) -> Array:
    return np.asarray(np.exp(-low) * relative_exponential(low - high))
