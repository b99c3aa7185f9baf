r"""Heat sources that rise with the temperature, as the losses of a winding do: $q = q_0 (1 + \alpha (T - T_r))$."""

from dataclasses import dataclass

import numpy as np

from twin3d.fem.heat_terms import Array, Instant, Matrix, Tangent, Variation


@dataclass(frozen=True, eq=False, slots=True)
class WindingLosses:
    """A heat source that is linear in the local temperature."""

    name: str
    load: Array
    """F: shares of the source at the reference temperature [W per unit of the input], shape (n_dofs,)."""
    mass: Matrix
    """How the dofs share what the temperature adds: ∫ N_i N_j in the source [W per unit of the input], (n_dofs,)²."""
    coefficient: float
    """α [1/K]."""
    reference: float
    """T_r [K]."""
    input_index: int

    @property
    def is_internal(self) -> bool:
        """Heat enters the asset."""
        return False

    @property
    def variation(self) -> Variation:
        """The tangent goes with the input."""
        return Variation.IN_TIME

    def rate(self, T: Array, at: Instant) -> Array:
        """Heat that it brings to the dofs [W], shape (n_dofs,)."""
        rise = self.coefficient * (self.mass @ (T - self.reference))
        return np.asarray(at.inputs[self.input_index] * (self.load + rise))

    def tangent(self, T: Array, at: Instant) -> Tangent:
        """Negative for losses that rise with the temperature, hence no part of what is factorised."""
        return Tangent(rest=-self.slope(at) * self.mass)

    def slope(self, at: Instant) -> float:
        """How the source rises with the temperature, in the unit of the input per kelvin."""
        return float(at.inputs[self.input_index] * self.coefficient)
