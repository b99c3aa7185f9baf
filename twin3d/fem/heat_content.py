r"""How much heat the asset holds: the enthalpy $H_i(T) = \int \rho h(T) N_i$ with $h' = c$, so that none gets lost."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from twin3d.backend import Array as DeviceArray
from twin3d.backend import Backend
from twin3d.fem.elements import cell_quadrature, shape_functions
from twin3d.fem.heat_terms import Array, Matrix
from twin3d.fem.integrals import CURVED_DEGREE, Index, cell_volumes, curved_barycentric_gradients, gathered
from twin3d.fem.pattern import pattern_of
from twin3d.fem.space import FunctionSpace
from twin3d.fem.tables import PiecewiseLinear


class StoredHeat(Protocol):
    """The heat of some cells."""

    def heat(self, T: Array) -> Array:
        """Heat at the dofs [J], shape (n_dofs,)."""

    def capacity(self, T: Array) -> Matrix:
        """The derivative of `heat` [J/K], of the same pattern at every call."""


class TableContent:
    """The heat of cells whose specific heat depends on the temperature."""

    def __init__(
        self, space: FunctionSpace, cells: Index, *, capacity: PiecewiseLinear, reference: float, backend: Backend
    ) -> None:
        """Prepare the cells.

        Args:
            space: The function space.
            cells: Which cells, shape (n_cells,).
            capacity: ρ c(T) [J/(m³·K)].
            reference: Temperature at which the heat counts as zero [K].
            backend: Where cells are computed.
        """
        curved = space.is_curved[cells]
        rule = cell_quadrature(CURVED_DEGREE if curved.any() else 2 * space.element.degree)
        self._values = backend.xp.asarray(shape_functions(space.element, rule.points))
        self._measures = backend.xp.asarray(cell_volumes(space, cells)[:, None] * rule.weights)
        if curved.any():
            _, self._measures[curved] = curved_barycentric_gradients(space, cells[curved], rule, backend=backend)
        self._capacity, self._reference, self._backend = capacity, reference, backend
        self._dofs = space.cell_dofs[cells]
        self._pattern = pattern_of(self._dofs, space.n_dofs)

    def heat(self, T: Array) -> Array:
        """Heat at the dofs [J], shape (n_dofs,)."""
        density = self._capacity.integral(self._at_points(T), start=self._reference, backend=self._backend)
        shares = (self._measures * density) @ self._values
        return gathered(self._dofs, self._backend.to_host(shares), len(T))

    def capacity(self, T: Array) -> Matrix:
        """The derivative of `heat` [J/K]."""
        xp = self._backend.xp
        weights = self._measures * self._capacity.at(self._at_points(T), backend=self._backend)
        products = (self._values[:, :, None] * self._values[:, None, :]).reshape(len(self._values), -1)
        blocks = xp.asarray(weights @ products).reshape(len(weights), *self._dofs.shape[1:], -1)
        return self._pattern.sum(self._backend.to_host(blocks))

    def _at_points(self, T: Array) -> DeviceArray:
        return self._backend.xp.asarray(T[self._dofs]) @ self._values.T


@dataclass(frozen=True, eq=False, slots=True)
class HeatContent:
    """The heat of all cells."""

    mass: Matrix
    """M of the cells of constant specific heat [J/K], shape (n_dofs, n_dofs)."""
    tables: tuple[StoredHeat, ...]
    """The other cells."""
    reference: float
    """Temperature at which the heat counts as zero [K]."""

    def heat(self, T: Array) -> Array:
        """Heat at the dofs [J], shape (n_dofs,); the sum is that of the asset."""
        heat = np.asarray(self.mass @ (T - self.reference))
        for table in self.tables:
            heat += table.heat(T)
        return heat

    def table_capacities(self, T: Array) -> list[Matrix]:
        """The part of the derivative that depends on the temperature [J/K]."""
        return [table.capacity(T) for table in self.tables]

    def diagonal(self, T: Array) -> Array:
        """The diagonal of the whole derivative [J/K], shape (n_dofs,)."""
        diagonal = np.array(self.mass.diagonal())
        for table in self.tables:
            diagonal += table.capacity(T).diagonal()
        return diagonal
