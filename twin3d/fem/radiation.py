r"""Radiation to large surroundings, $q = \varepsilon \sigma (T_s^4 - T^4)$, without linearisation."""

import numpy as np

from twin3d.fem.elements import facet_quadrature
from twin3d.fem.facet_integrals import facet_samples
from twin3d.fem.heat_terms import Array, Instant, Tangent, Variation
from twin3d.fem.integrals import CURVED_DEGREE, Index, gathered
from twin3d.fem.pattern import pattern_of
from twin3d.fem.space import FunctionSpace
from twin3d.scene import STEFAN_BOLTZMANN


class AmbientRadiation:
    r"""Rates $\int \varepsilon \sigma (T_s^4 - T^4) N_i$ over facets; tangent: a film of $4 \varepsilon \sigma T^3$."""

    is_internal = False
    variation = Variation.WITH_TEMPERATURE

    def __init__(self, name: str, space: FunctionSpace, corners: Index, *, emissivity: float, input_index: int) -> None:
        """Prepare the facets.

        Args:
            name: Of the load.
            space: The function space.
            corners: Points of the facets, shape (n_facets, 3).
            emissivity: ε [–].
            input_index: The input that is the temperature of the surroundings.
        """
        self.name, self._input_index = name, input_index
        self._values, vectors = facet_samples(space, corners, facet_quadrature(CURVED_DEGREE))
        self._weights = emissivity * STEFAN_BOLTZMANN * np.linalg.norm(vectors, axis=2)
        self._dofs = space.facet_dofs(corners)
        self._pattern = pattern_of(self._dofs, space.n_dofs)

    def rate(self, T: Array, at: Instant) -> Array:
        """Heat that it brings to the dofs [W], shape (n_dofs,)."""
        difference = at.inputs[self._input_index] ** 4 - self._at_points(T) ** 4
        return gathered(self._dofs, (self._weights * difference) @ self._values, len(T))

    def tangent(self, T: Array, at: Instant) -> Tangent:
        """The film of 4 ε σ T³ at T."""
        weights = 4.0 * self._weights * self._at_points(T) ** 3
        products = self._values[:, :, None] * self._values[:, None, :]
        blocks = (weights @ products.reshape(len(self._values), -1)).reshape(-1, *products.shape[1:])
        return Tangent(self._pattern.sum(blocks))

    def _at_points(self, T: Array) -> Array:
        return np.asarray(T[self._dofs] @ self._values.T)
