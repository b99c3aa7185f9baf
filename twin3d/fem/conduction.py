r"""Conduction where the conductivity depends on the temperature."""

from collections.abc import Iterator

import numpy as np

from twin3d.backend import Backend
from twin3d.fem.elements import cell_quadrature
from twin3d.fem.heat_terms import Array, Instant, Tangent, Variation
from twin3d.fem.integrals import CURVED_DEGREE, Index, Samples, gathered, sample_cells
from twin3d.fem.pattern import Pattern, pattern_of
from twin3d.fem.space import FunctionSpace
from twin3d.fem.tables import PiecewiseLinear

CHUNK = 20_000
"""Cells worked on at a time: their samples of quadratic elements take some 150 MB."""


class TableConduction:
    r"""Conduction with k(T) at quadrature points: rates $-\int k(T) \nabla T \cdot \nabla N_i$.

    Its tangent is $\int k \nabla N_i \cdot \nabla N_j$, symmetric, and
    $\int k'(T) N_j \nabla T \cdot \nabla N_i$, which is not.
    """

    is_internal = True
    variation = Variation.WITH_TEMPERATURE

    def __init__(
        self, name: str, space: FunctionSpace, cells: Index, *, conductivity: PiecewiseLinear, backend: Backend
    ) -> None:
        """Prepare the cells.

        Args:
            name: Of the term.
            space: The function space.
            cells: Which cells, shape (n_cells,).
            conductivity: k(T) [W/(m·K)].
            backend: Where cells are computed.
        """
        self.name = name
        self._space, self._cells, self._conductivity, self._backend = space, cells, conductivity, backend
        self._pattern: Pattern = pattern_of(space.cell_dofs[cells], space.n_dofs)

    def rate(self, T: Array, at: Instant) -> Array:
        """Heat that it brings to the dofs [W], shape (n_dofs,)."""
        xp, rate = self._backend.xp, np.zeros(len(T))
        for cells, samples, local in self._chunks(T):
            k = self._conductivity.at(local @ samples.values.T, backend=self._backend)
            gradient = xp.einsum("eqix,ei->eqx", samples.gradients, local)
            shares = -xp.einsum("eq,eqx,eqix->ei", samples.measures * k, gradient, samples.gradients, optimize=True)
            rate += gathered(self._space.cell_dofs[cells], self._backend.to_host(shares), len(T))
        return rate

    def tangent(self, T: Array, at: Instant) -> Tangent:
        """Both parts of the tangent at T."""
        xp, start = self._backend.xp, 0
        symmetric, rest = self._pattern.zeros(), self._pattern.zeros()
        for cells, samples, local in self._chunks(T):
            at_points = local @ samples.values.T
            weights = samples.measures * self._conductivity.at(at_points, backend=self._backend)
            flux = weights[..., None, None] * samples.gradients
            K = (flux @ xp.swapaxes(samples.gradients, 2, 3)).sum(axis=1)
            slope = samples.measures * self._conductivity.slope(at_points, backend=self._backend)
            gradient = xp.einsum("eqix,ei->eqx", samples.gradients, local)
            along = slope[..., None] * (samples.gradients @ gradient[..., None])[..., 0]
            self._pattern.add(self._backend.to_host(K), symmetric, start=start)
            self._pattern.add(self._backend.to_host(xp.swapaxes(along, 1, 2) @ samples.values), rest, start=start)
            start += len(cells)
        return Tangent(self._pattern.matrix(symmetric), self._pattern.matrix(rest))

    def _chunks(self, T: Array) -> Iterator[tuple[Index, Samples, Array]]:
        """Some cells, their samples and their temperatures at a time."""
        rule = cell_quadrature(2 if self._space.element.degree == 1 else CURVED_DEGREE)
        for start in range(0, len(self._cells), CHUNK):
            cells = self._cells[start : start + CHUNK]
            samples = sample_cells(self._space, cells, rule, backend=self._backend)
            yield cells, samples, self._backend.xp.asarray(T[self._space.cell_dofs[cells]])
