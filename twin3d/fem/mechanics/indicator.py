r"""Where the mesh is too coarse for the stress: the indicator of Zienkiewicz and Zhu.

$\eta_e^2 = \int_e (\sigma^* - \sigma_h) : C^{-1} (\sigma^* - \sigma_h)$ with the recovered stress $\sigma^*$.
Source: Zienkiewicz and Zhu, Int. J. Numer. Methods Eng. 24 (1987) 337–357.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.backend import Backend
from twin3d.fem.elements import cell_quadrature, shape_functions
from twin3d.fem.integrals import sample_cells
from twin3d.fem.mechanics.elastic import ElasticMaterial
from twin3d.fem.mechanics.recovery import PartField
from twin3d.fem.mechanics.stress import stress_in_cells
from twin3d.fem.space import FunctionSpace

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class ErrorIndicator:
    """An estimate of the error in the energy of strain."""

    per_cell: Array
    """η_e² [J], shape (n_cells,)."""
    energy: Array
    """Of the recovered stress, twice the stored energy of each cell [J], shape (n_cells,)."""

    @property
    def relative(self) -> float:
        """Estimated error of the stress in the energy norm, relative to the stress [–]."""
        total = float(self.energy.sum())
        return float(np.sqrt(self.per_cell.sum() / total)) if total > 0.0 else 0.0


def error_indicator(
    space: FunctionSpace,
    field: PartField,
    material: ElasticMaterial,
    displacement: Array,
    *,
    warming: Array | None = None,
    backend: Backend,
) -> ErrorIndicator:
    """The indicator for the cells of a part; arguments as for `stress_in_cells`."""
    rule = cell_quadrature(2 * space.element.degree)
    values = shape_functions(space.element, rule.points)
    smooth = np.einsum("qi,eic->eqc", values, field.in_cells(space))
    rough = stress_in_cells(space, field.cells, material, displacement, warming=warming, rule=rule, backend=backend)
    measures = backend.to_host(sample_cells(space, field.cells, rule, backend=backend).measures)
    compliance = np.linalg.inv(material.stiffness)

    def energy(stress: Array) -> Array:
        return np.asarray(np.einsum("eq,eqc,cd,eqd->e", measures, stress, compliance, stress, optimize=True))

    return ErrorIndicator(energy(smooth - rough), energy(smooth))
