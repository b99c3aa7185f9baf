"""Flexible GMRES: systems that are nearly one that is factorised."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular

Array = npt.NDArray[np.float64]
Apply = Callable[[Array], Array]


@dataclass(frozen=True, eq=False, slots=True)
class KrylovResult:
    """Where an iteration came to."""

    x: Array
    """Shape (n,)."""
    converged: bool
    n_iterations: int
    residual: float
    """Estimate of ‖b − A x‖ / ‖b‖."""


def flexible_gmres(apply: Apply, b: Array, *, precondition: Apply, rtol: float, max_iterations: int) -> KrylovResult:
    """Solve A x = b by GMRES with a preconditioner that may change from step to step.

    Saad, Iterative Methods for Sparse Linear Systems (2003), algorithm 9.6; without restart, so `max_iterations` bounds
    the memory: two vectors each.

    Args:
        apply: A times a vector.
        b: Right-hand side, shape (n,).
        precondition: Nearly A⁻¹ times a vector.
        rtol: Relative residual to reach.
        max_iterations: Most steps.
    """
    size = float(np.linalg.norm(b))
    if size == 0.0:
        return KrylovResult(np.zeros_like(b), converged=True, n_iterations=0, residual=0.0)
    directions, basis = [], [b / size]
    H = np.zeros((max_iterations + 1, max_iterations))
    for number in range(max_iterations):
        directions.append(precondition(basis[-1]))
        H[: number + 2, number], w = _orthogonal(apply(directions[-1]), basis)
        y, residual = _least_squares(H[: number + 2, : number + 1], size)
        if residual <= rtol * size or H[number + 1, number] <= 1e-14 * np.linalg.norm(H[:, number]):
            break
        basis.append(w)
    x = np.asarray(sum(weight * direction for weight, direction in zip(y, directions, strict=True)))
    return KrylovResult(x, residual <= rtol * size, number + 1, residual / size)


def _orthogonal(w: Array, basis: list[Array]) -> tuple[Array, Array]:
    """The shares of a vector along a basis and across it, and the unit vector across."""
    shares = np.zeros(len(basis) + 1)
    for _ in range(2):  # once more, as rounding loses orthogonality
        for k, v in enumerate(basis):
            share = float(v @ w)
            shares[k] += share
            w = w - share * v
    shares[-1] = np.linalg.norm(w)
    return shares, w / max(shares[-1], np.finfo(np.float64).tiny)


def _least_squares(H: Array, size: float) -> tuple[Array, float]:
    Q, R = np.linalg.qr(H, mode="complete")
    rhs = size * Q[0]
    n = H.shape[1]
    return solve_triangular(R[:n], rhs[:n]), abs(float(rhs[n]))
