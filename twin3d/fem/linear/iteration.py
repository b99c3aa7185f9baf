"""Preconditioned conjugate gradients on several right-hand sides side by side, on any backend."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from twin3d.fem.linear.interface import RTOL, SolveStatus

PROGRESS = 0.5
"""A restart that leaves more than this share of the residual has reached the end of its precision."""
TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Rules:
    """When an iteration stops."""

    rtol: float = RTOL
    """Largest ‖b − A x‖ / ‖b‖ of a column."""
    max_iterations: int = 500
    check_period: int = 1
    """Residuals are looked at once in so many steps, since each look waits for the device."""


def block_conjugate_gradients(
    product: Callable[[Any], Any],
    precondition: Callable[[Any], Any],
    b: Any,
    *,
    guess: Any = None,
    rules: Rules,
    xp: ModuleType,
) -> tuple[Any, int, SolveStatus]:
    """Conjugate gradients column by column, sharing the products.

    Shewchuk, An introduction to the conjugate gradient method (1994), algorithm B3, with the β of Polak and Ribière,
    which forgives a preconditioner its rounding (Notay, SIAM J. Sci. Comput. 22 (2000) 1444). The recurrence of the
    residual drifts from the truth, so it starts anew from the solution until the true residual agrees.

    Args:
        product: X ↦ A X for a symmetric positive definite A.
        precondition: R ↦ Z, symmetric positive definite.
        b: Shape (n, k), stored row by row.
        guess: Where to start, as b; zero without it.
        rules: When to stop.
        xp: numpy or cupy.

    Returns:
        The solution, the steps it took, and how it ended.
    """
    x = xp.zeros_like(b) if guess is None else guess.copy()
    goal, number, before = rules.rtol * xp.linalg.norm(b, axis=0), 0, np.inf
    while True:
        r = b if guess is None and number == 0 else b - product(x)
        worst = float((xp.linalg.norm(r, axis=0) / xp.maximum(goal, TINY)).max())
        if worst <= 1.0:
            return x, number, SolveStatus.CONVERGED
        if number >= rules.max_iterations:
            return x, number, SolveStatus.ITERATION_LIMIT
        if not worst < PROGRESS * before:
            return x, number, SolveStatus.STAGNATED if np.isfinite(worst) else SolveStatus.BREAKDOWN
        before, r = worst, r.copy()
        number, is_definite = _descend((product, precondition), (x, r), goal, number=number, rules=rules, xp=xp)
        if not is_definite:
            return x, number, SolveStatus.BREAKDOWN


def _descend(operators: Any, state: Any, goal: Any, *, number: int, rules: Rules, xp: ModuleType) -> tuple[int, bool]:
    """Improve x and r in place until the recurrence reaches the goal; the steps so far, and whether A is definite."""
    (product, precondition), (x, r) = operators, state
    p = precondition(r)
    rz, scratch = _dots(r, p, xp), xp.zeros_like(r)
    is_indefinite = xp.zeros(r.shape[1], dtype=bool)
    while number < rules.max_iterations:
        Ap = product(p)
        curvature = _dots(p, Ap, xp)
        is_indefinite |= ~(curvature > 0.0) & (rz != 0.0)
        alpha = xp.where(curvature > 0.0, rz / xp.maximum(curvature, TINY), 0.0)
        x += xp.multiply(p, alpha, out=scratch)
        r -= xp.multiply(Ap, alpha, out=scratch)
        number += 1
        if number % rules.check_period == 0:
            is_open = xp.linalg.norm(r, axis=0) > goal
            if bool((is_indefinite & is_open).any()):
                return number, False
            if not bool(is_open.any()):
                break
        z = precondition(r)
        beta = -alpha * _dots(z, Ap, xp) / xp.maximum(rz, TINY)
        rz = _dots(z, r, xp)
        p *= beta
        p += z
    return number, True


def _dots(a: Any, b: Any, xp: ModuleType) -> Any:
    """Column by column, shape (k,)."""
    return xp.vdot(a, b)[None] if a.shape[1] == 1 else xp.einsum("ij,ij->j", a, b)
