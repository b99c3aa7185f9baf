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
        w = apply(directions[-1])
        for _ in range(2):  # once more, as rounding loses orthogonality
            for k, v in enumerate(basis):
                share = float(v @ w)
                H[k, number] += share
                w = w - share * v
        H[number + 1, number] = np.linalg.norm(w)
        y, residual = _least_squares(H[: number + 2, : number + 1], size)
        if residual <= rtol * size or H[number + 1, number] <= 1e-14 * np.linalg.norm(H[:, number]):
            break
        basis.append(w / H[number + 1, number])
    x = np.asarray(sum(weight * direction for weight, direction in zip(y, directions, strict=True)))
    return KrylovResult(x, residual <= rtol * size, number + 1, residual / size)


def _least_squares(H: Array, size: float) -> tuple[Array, float]:
    Q, R = np.linalg.qr(H, mode="complete")
    rhs = size * Q[0]
    n = H.shape[1]
    return solve_triangular(R[:n], rhs[:n]), abs(float(rhs[n]))
