r"""Conduction where the conductivity depends on the temperature.

All is in barycentric coordinates: $\nabla N_i = D_{ia} \nabla\lambda_a$ with $D_{ia} = \partial N_i/\partial\lambda_a$
the same in every cell, so that a few matrix products serve all cells.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twin3d.backend import Array as DeviceArray
from twin3d.backend import Backend
from twin3d.fem.elements import Element, cell_quadrature, shape_derivatives, shape_functions
from twin3d.fem.heat_terms import Array, Instant, Tangent, Variation
from twin3d.fem.integrals import CURVED_DEGREE, Index, barycentric_gradients, curved_barycentric_gradients, gathered
from twin3d.fem.pattern import pattern_of
from twin3d.fem.space import FunctionSpace
from twin3d.fem.tables import PiecewiseLinear

CHUNK = 20_000
"""Cells worked on at a time: what is between takes 2 kB each in quadratic elements."""


@dataclass(frozen=True, eq=False, slots=True)
class _Group:
    """Cells that are all straight, or all curved."""

    cells: Index
    gram: DeviceArray
    """∇λ_a · ∇λ_b [1/m²], shape (n_cells, 1 or n_quadrature, 4, 4)."""
    measures: DeviceArray
    """Weights times the volume [m³], shape (n_cells, n_quadrature)."""


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
        self._space, self._conductivity, self._backend = space, conductivity, backend
        self._rule = cell_quadrature(2 if space.element is Element.TET4 else CURVED_DEGREE)
        self._groups = tuple(self._grouped(cells))
        ordered = np.concatenate([group.cells for group in self._groups])
        self._pattern = pattern_of(space.cell_dofs[ordered], space.n_dofs)
        xp = backend.xp
        self._values = xp.asarray(shape_functions(space.element, self._rule.points))
        # those of linear elements are the same all over a cell: one point stands for all
        n_different = 1 if space.element is Element.TET4 else len(self._rule.points)
        self._derivatives = xp.asarray(shape_derivatives(space.element, self._rule.points[:n_different]))

    def rate(self, T: Array, at: Instant) -> Array:
        """Heat that it brings to the dofs [W], shape (n_dofs,)."""
        xp, rate = self._backend.xp, np.zeros(len(T))
        onto_dofs = xp.swapaxes(self._derivatives, 1, 2).reshape(-1, self._values.shape[1])
        for group in self._groups:
            local = xp.asarray(T[self._space.cell_dofs[group.cells]])
            k = self._conductivity.at(local @ self._values.T, backend=self._backend)
            flux = self._where_different(group.measures * k)[..., None] * self._along(group, local)
            shares = -flux.reshape(len(local), -1) @ onto_dofs
            rate += gathered(self._space.cell_dofs[group.cells], self._backend.to_host(shares), len(T))
        return rate

    def tangent(self, T: Array, at: Instant) -> Tangent:
        """Both parts of the tangent at T."""
        xp, start = self._backend.xp, 0
        D, N = self._derivatives, self._values
        n = N.shape[1]
        pairs = xp.einsum("qia,qjb->qabij", D, D).reshape(-1, n * n)
        mixed = xp.einsum("qia,qj->qaij", xp.broadcast_to(D, (len(N), *D.shape[1:])), N).reshape(-1, n * n)
        symmetric, rest = self._pattern.zeros(), self._pattern.zeros()
        for group in self._chunks():
            local = xp.asarray(T[self._space.cell_dofs[group.cells]])
            at_points = local @ N.T
            k, slope = (
                group.measures * of(at_points, backend=self._backend)
                for of in (self._conductivity.at, self._conductivity.slope)
            )
            K = (self._where_different(k)[..., None, None] * group.gram).reshape(len(local), -1) @ pairs
            unsymmetric = (slope[..., None] * self._along(group, local)).reshape(len(local), -1) @ mixed
            for blocks, entries in ((K, symmetric), (unsymmetric, rest)):
                self._pattern.add(self._backend.to_host(blocks).reshape(-1, n, n), entries, start=start)
            start += len(local)
        return Tangent(self._pattern.matrix(symmetric), self._pattern.matrix(rest))

    def _where_different(self, weights: DeviceArray) -> DeviceArray:
        """Weights (n_cells, n_quadrature), summed where one point stands for all."""
        return weights if len(self._derivatives) > 1 else weights.sum(axis=1, keepdims=True)

    def _along(self, group: _Group, local: DeviceArray) -> DeviceArray:
        """∇λ_a · ∇T at quadrature points, shape (n_cells, n_quadrature, 4); one point does for linear elements."""
        D = self._derivatives
        by_dofs = self._backend.xp.swapaxes(D, 0, 1).reshape(D.shape[1], -1)
        slopes = (local @ by_dofs).reshape(len(local), -1, 4)
        if group.gram.shape[1] == 1:
            return slopes @ group.gram[:, 0]
        return (slopes[:, :, None] @ group.gram)[:, :, 0]

    def _grouped(self, cells: Index) -> Iterator[_Group]:
        space, xp = self._space, self._backend.xp
        curved = space.is_curved[cells]
        straight, bent = cells[~curved], cells[curved]
        if straight.size:
            corners = xp.asarray(space.mesh.cells[straight])
            gradients, volumes = barycentric_gradients(xp.asarray(space.mesh.points), corners, backend=self._backend)
            gram = (gradients @ xp.swapaxes(gradients, 1, 2))[:, None]
            yield _Group(straight, gram, volumes[:, None] * xp.asarray(self._rule.weights))
        if bent.size:
            gradients, measures = curved_barycentric_gradients(space, bent, self._rule, backend=self._backend)
            yield _Group(bent, gradients @ xp.swapaxes(gradients, 2, 3), measures)

    def _chunks(self) -> Iterator[_Group]:
        for group in self._groups:
            for start in range(0, len(group.cells), CHUNK):
                some = slice(start, start + CHUNK)
                yield _Group(group.cells[some], group.gram[some], group.measures[some])
