"""Steps the reduced model: exact in time for inputs that hold during a step."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg

from twin3d.errors import ReductionError
from twin3d.records import ReducedModel

Array = npt.NDArray[np.float64]

LOOSE_SHARE = 1e-7
"""Of the second rate: a slower first one is nothing but truncation. The weakest film in still air has 1e-6."""


@dataclass(frozen=True, eq=False, slots=True)
class ReducedStep:
    """One step of fixed length; inputs hold during it and jump at its end."""

    transition: Array
    """From a to a, shape (n_modes, n_modes)."""
    input_response: Array
    """From ũ to a, shape (n_modes, n_inputs)."""
    lifting_jump: Array
    """$\\Phi^T M G$: what a jump of ũ takes from a, shape (n_modes, n_inputs)."""
    input_reference: Array
    """$u_\\mathrm{ref}$, shape (n_inputs,)."""

    def step(self, a: Array, u_now: Array, u_next: Array) -> Array:
        """The coefficients after one step, shape (n_modes,).

        Args:
            a: Coefficients now, shape (n_modes,).
            u_now: Inputs that hold during the step, shape (n_inputs,).
            u_next: Inputs to which they jump at its end, shape (n_inputs,).
        """
        after = self.transition @ a + self.input_response @ (u_now - self.input_reference)
        return np.asarray(after - self.lifting_jump @ (u_next - u_now))


def reduced_operators(model: ReducedModel, theta: Array | None) -> tuple[Array, Array, Array]:
    """Reduced mass, stiffness and load at parameters θ, or where the modes were made.

    Returns:
        Shapes (n_modes, n_modes), (n_modes, n_modes), (n_modes, n_inputs).

    Raises:
        ReductionError: The number of parameters is wrong.
    """
    if theta is None:
        return np.eye(model.n_modes), np.diag(model.decay_rates), model.input_map
    if len(theta) != len(model.parameters):
        raise ReductionError(f"{len(theta)} parameters given; the model has {len(model.parameters)}")
    M, K, F = (
        np.tensordot(np.asarray(theta), terms, 1)
        for terms in (model.mass_terms, model.stiffness_terms, model.load_terms)
    )
    return 0.5 * (M + M.T), 0.5 * (K + K.T), model.constant_load + F


def discretise(model: ReducedModel, theta: Array | None, dt_s: float) -> ReducedStep:
    """The exact step of a length, by the eigenvectors of the reduced operators.

    Args:
        model: The reduced model.
        theta: Parameters, shape (n_parameters,); None for those at which the modes were made.
        dt_s: Length of the step [s].
    """
    M, K, F = reduced_operators(model, theta)
    rates, U = linalg.eigh(K, M)
    rates = np.maximum(rates, 0.0)
    response = np.where(rates > 0.0, -np.expm1(-rates * dt_s) / np.where(rates > 0.0, rates, 1.0), dt_s)
    return ReducedStep(
        transition=U @ (np.exp(-rates * dt_s)[:, None] * (U.T @ M)),
        input_response=U @ (response[:, None] * (U.T @ F)),
        lifting_jump=np.asarray(linalg.solve(M, model.lifting_rate_map, assume_a="pos"), dtype=np.float64),
        input_reference=model.input_reference,
    )


def steady(model: ReducedModel, u: Array, theta: Array | None = None) -> Array:
    """Coefficients of the steady state for constant inputs, shape (n_modes,).

    Raises:
        ReductionError: There is none, because nothing holds the temperature.
    """
    M, K, F = reduced_operators(model, theta)
    rates, U = linalg.eigh(K, M)
    if rates[0] <= LOOSE_SHARE * rates[:2].max():
        raise ReductionError(
            "there is no steady state: nothing holds the temperature; "
            "add a convection, radiation or fixed_temperature load, or step in time"
        )
    return np.asarray(U @ ((U.T @ (F @ (np.asarray(u) - model.input_reference))) / rates))
