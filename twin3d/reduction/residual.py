r"""An upper bound of the reduction's error while the model runs, from the residual of the full equations.

With the residual $r = F \tilde u - K \Phi a - M \Phi \dot a - M_c \dot{\tilde u}$ the error e of the modes obeys
$M \dot e + K e = r$, so $\|e(t)\|_M \le \int_0^t e^{-\lambda (t-s)} \|r(s)\|_{M^{-1}} ds$ with the slowest rate λ
(Grepl and Patera 2005). The norm is one quadratic form in few numbers. The bound is a guard: it is far above the
error, and no error bar. It holds at the parameters at which the modes were made.
"""

import numpy as np
import numpy.typing as npt

from twin3d.backend import Backend
from twin3d.fem.linear import Factor, Order, prepare
from twin3d.fem.system import System
from twin3d.records import ReducedModel, ResidualBound

Array = npt.NDArray[np.float64]

N_ITERATIONS = 12
"""Inverse iterations for the slowest rate of all modes."""
SAFETY = 0.95
"""The iterations find the rate from above."""


def residual_bound(
    system: System,
    Phi: Array,
    steady: Factor | None,
    *,
    rng: np.random.Generator,
    order: Order | None = None,
    backend: Backend,
) -> ResidualBound:
    """What is needed to bound the error of modes.

    Args:
        system: At the parameters at which the modes were made.
        Phi: The modes on the free dofs, shape (n_free, n_modes).
        steady: The stiffness, factorised; None where nothing holds the temperature, so that errors do not decay.
        rng: Draws where the iterations for the slowest rate start.
        order: Of elimination, from `fill_reducing_order`.
        backend: Where to solve.
    """
    columns = np.hstack([system.load, -(system.stiffness @ Phi), -(system.mass @ Phi), -system.fixed_mass])
    gram = columns.T @ prepare(system.mass, order=order, backend=backend).solve(columns).x
    rate = 0.0 if steady is None else SAFETY * _slowest_rate(system, steady, rng)
    return ResidualBound(gram=0.5 * (gram + gram.T), rate=rate, capacity=float(system.mass.sum()))


def bound_after(model: ReducedModel, before: float, *, a: Array, u_now: Array, u_next: Array, dt_s: float) -> float:
    """The bound of the error after a step of exact length, root mean square over the heat capacity [K].

    Args:
        model: The reduced model, at the parameters at which its modes were made, with a stored bound.
        before: The bound before the step [K]; 0 where the asset starts at the reference temperature.
        a: Coefficients before the step, shape (n_modes,).
        u_now: Inputs that hold during the step, shape (n_inputs,).
        u_next: Inputs to which they jump at its end, shape (n_inputs,).
        dt_s: Length of the step [s].
    """
    bound = model.residual
    if bound is None:
        return np.inf
    u, still = u_now - model.input_reference, np.zeros(model.n_inputs)
    jump = u_next - u_now
    norms = []
    for time_s in (0.0, 0.5 * dt_s, dt_s):
        decay = np.exp(-model.decay_rates * time_s)
        gain = np.where(model.decay_rates > 0.0, -np.expm1(-model.decay_rates * time_s), time_s)
        gain = gain / np.where(model.decay_rates > 0.0, model.decay_rates, 1.0)
        now = decay * a + gain * (model.input_map @ u)
        norms.append(_norm(bound, (u, now, model.input_map @ u - model.decay_rates * now, still)))
    shrink = float(np.exp(-bound.rate * dt_s))
    length_s = (1.0 - shrink) / bound.rate if bound.rate > 0.0 else dt_s
    none = np.zeros(model.n_modes)
    at_jump = _norm(bound, (still, none, -np.asarray(model.lifting_rate_map @ jump), jump))
    return shrink * before + (length_s * max(norms) + at_jump) / float(np.sqrt(bound.capacity))


def _norm(bound: ResidualBound, parts: tuple[Array, Array, Array, Array]) -> float:
    c = np.concatenate(parts)
    return float(np.sqrt(max(float(c @ (bound.gram @ c)), 0.0)))


def _slowest_rate(system: System, steady: Factor, rng: np.random.Generator) -> float:
    """By inverse iteration from a random field, so that no mode is missed [1/s]."""
    x = rng.uniform(0.5, 1.5, system.mass.shape[0])
    for _ in range(N_ITERATIONS):
        x = steady.solve(system.mass @ x).x
        x /= np.abs(x).max()
    stiff, heavy = np.asarray(system.stiffness @ x), np.asarray(system.mass @ x)
    return float(x @ stiff) / float(x @ heavy)
