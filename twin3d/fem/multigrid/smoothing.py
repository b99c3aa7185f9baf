"""Chebyshev smoothing: the bound of the spectrum, and the coefficients of the steps."""

from typing import Any

import numpy as np

from twin3d.backend import Array, Backend

POWER_STEPS = 15
"""Steps of the power method; with `MARGIN` they have bounded every spectrum that was tried."""
MARGIN = 1.1


def largest_eigenvalue(product: Any, inverse_diagonal: Array, *, backend: Backend) -> float:
    """A bound of the greatest eigenvalue of D⁻¹A, by the power method from a fixed start.

    Args:
        product: x ↦ A x for a vector of shape (n,).
        inverse_diagonal: Shape (n,).
        backend: Where the arrays live.
    """
    xp = backend.xp
    index = xp.arange(len(inverse_diagonal), dtype=xp.float64)
    x = xp.cos(index * index * 0.7548776662) + 0.1
    quotient = 1.0
    for _ in range(POWER_STEPS):
        y = inverse_diagonal * product(x)
        quotient = float((x / inverse_diagonal * y).sum() / (x / inverse_diagonal * x).sum())
        x = y / xp.linalg.norm(y)
    return MARGIN * quotient


def chebyshev_coefficients(bound: float, degree: int, ratio: float) -> list[tuple[float, float]]:
    """What each step keeps of the last change and how it scales the residual, for the interval [bound/ratio, bound].

    Saad, Iterative methods for sparse linear systems (2003), algorithm 12.1.
    """
    centre, half = 0.5 * bound * (1.0 + 1.0 / ratio), 0.5 * bound * (1.0 - 1.0 / ratio)
    sigma = centre / half
    rho, steps = 1.0 / sigma, [(0.0, 1.0 / centre)]
    for _ in range(degree - 1):
        following = 1.0 / (2.0 * sigma - rho)
        steps.append((following * rho, 2.0 * following / half))
        rho = following
    return [(float(np.float32(keep)), float(np.float32(scale))) for keep, scale in steps]
