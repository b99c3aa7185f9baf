"""The derivative of a whole heat balance: what never changes is summed once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.fem.heat_terms import Array, Instant, Matrix, Tangent, Variation
from twin3d.fem.nonlinear import NonlinearHeat
from twin3d.fem.sums import MatrixSum


@dataclass(frozen=True, eq=False, slots=True)
class Jacobian:
    """$C + w K$ on the free dofs."""

    symmetric: Matrix
    """What is factorised, shape (n_free, n_free)."""
    others: tuple[Tangent, ...]
    """Tangents with an unsymmetric or dense part."""
    weight_s: float
    free_dofs: npt.NDArray[np.int32]
    n_dofs: int

    def __matmul__(self, x: Array) -> Array:
        """The derivative times a vector (n_free,)."""
        y = self.symmetric @ x
        if not self.others:
            return np.asarray(y)
        full = np.zeros(self.n_dofs)
        full[self.free_dofs] = x
        parts = [part for tangent in self.others for part in (tangent.rest, tangent.low_rank) if part is not None]
        for part in parts:
            y = y + self.weight_s * (part @ full)[self.free_dofs]
        return np.asarray(y)


class JacobianBuilder:
    """Makes Jacobians of one balance, all of the same pattern."""

    def __init__(self, heat: NonlinearHeat) -> None:
        self._heat, self._free = heat, heat.free_dofs
        self._sum: MatrixSum | None = None
        self._fixed_tangents: dict[int, Tangent] = {}
        self._stiffness = self._mass = np.zeros(0)

    def at(self, T: Array, at: Instant, *, weight_s: float, stored: bool) -> Jacobian:
        """The Jacobian at a temperature.

        Args:
            T: Temperature [K], shape (n_dofs,).
            at: Time and inputs.
            weight_s: w.
            stored: Whether the heat content takes part.
        """
        heat, n_tables = self._heat, len(self._heat.content.tables)
        capacities = heat.content.table_capacities(T) if stored or self._sum is None else []
        tangents = [self._tangent(number, T, at) for number in range(len(heat.terms))]
        total = self._pattern(capacities, tangents)
        entries = weight_s * self._stiffness + (self._mass if stored else 0.0)
        for number, capacity in enumerate(capacities if stored else []):
            total.add(capacity, 1 + number, entries)
        for number, (term, tangent) in enumerate(zip(heat.terms, tangents, strict=True)):
            if term.variation is not Variation.CONSTANT and tangent.symmetric is not None:
                total.add(tangent.symmetric, 1 + n_tables + number, entries, weight=weight_s)
        others = tuple(some for some in tangents if some.rest is not None or some.low_rank is not None)
        return Jacobian(total.matrix(entries), others, weight_s, self._free, heat.space.n_dofs)

    def _tangent(self, number: int, T: Array, at: Instant) -> Tangent:
        term = self._heat.terms[number]
        if term.variation is not Variation.CONSTANT:
            return term.tangent(T, at)
        if number not in self._fixed_tangents:
            self._fixed_tangents[number] = term.tangent(T, at)
        return self._fixed_tangents[number]

    def _pattern(self, capacities: list[Matrix], tangents: list[Tangent]) -> MatrixSum:
        """The pattern of the sum, found the first time, and with it the sums of what never changes."""
        if self._sum is not None:
            return self._sum
        n_dofs = self._heat.space.n_dofs
        none = sparse.csr_array((n_dofs, n_dofs))
        symmetric = [none if some.symmetric is None else some.symmetric for some in tangents]
        total = MatrixSum([self._heat.content.mass, *capacities, *symmetric], self._free, n_dofs)
        self._mass, self._stiffness = total.zeros(), total.zeros()
        total.add(self._heat.content.mass, 0, self._mass)
        for number, (term, matrix) in enumerate(zip(self._heat.terms, symmetric, strict=True)):
            if term.variation is Variation.CONSTANT:
                total.add(matrix, 1 + len(capacities) + number, self._stiffness)
        self._sum = total
        return total
