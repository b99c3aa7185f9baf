"""Chebyshev smoothing: the bound of the spectrum, and the coefficients of the steps."""

from typing import Any

import numpy as np

from twin3d.backend import Array, Backend

LANCZOS_STEPS = 12
"""Steps of the method of Lanczos; with `MARGIN` they have bounded every spectrum that was tried, where as many of the
power method have not."""
MARGIN = 1.05


def largest_eigenvalue(product: Any, inverse_diagonal: Array, *, backend: Backend) -> float:
    """A bound of the greatest eigenvalue of D⁻¹A, by the method of Lanczos from a fixed start.

    Golub and Van Loan, Matrix computations (2013), algorithm 10.1.1, on the symmetric D^-½ A D^-½.

    Args:
        product: x ↦ A x for a vector of shape (n,).
        inverse_diagonal: Shape (n,).
        backend: Where the arrays live.
    """
    xp, root = backend.xp, backend.xp.sqrt(inverse_diagonal)
    index = xp.arange(len(root), dtype=xp.float64)
    v = xp.cos(index * index * 0.7548776662) + 0.1
    v /= xp.linalg.norm(v)
    before, length, own, across = xp.zeros_like(v), 0.0, [], []
    for _ in range(LANCZOS_STEPS):
        w = root * product(root * v) - length * before
        own.append(float((w * v).sum()))
        w -= own[-1] * v
        length = float(xp.linalg.norm(w))
        across.append(length)
        before, v = v, w / max(length, 1e-300)
    return MARGIN * float(np.linalg.eigvalsh(np.diag(own) + np.diag(across[:-1], 1) + np.diag(across[:-1], -1))[-1])


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
