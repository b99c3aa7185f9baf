r"""Strain and stress within cells: $\sigma = C (\varepsilon(u) - \alpha \Delta T)$ at quadrature points."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.backend import Backend
from twin3d.fem.elements import Element, Quadrature, cell_quadrature, shape_functions
from twin3d.fem.integrals import sample_cells
from twin3d.fem.mechanics.elastic import ElasticMaterial
from twin3d.fem.space import FunctionSpace

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]

CHUNK_CELLS = 20_000
"""Cells that are sampled at once, to bound the memory."""


def sampling_rule(element: Element) -> Quadrature:
    """Where stress is the most accurate: the centroid of linear cells, four points in quadratic ones."""
    return cell_quadrature(1 if element is Element.TET4 else 2)


def strain_in_cells(
    space: FunctionSpace, cells: Index, displacement: Array, *, rule: Quadrature, backend: Backend
) -> Array:
    """Strain with engineering shear at quadrature points [–], shape (n_cells, n_quadrature, 6).

    Args:
        space: The function space.
        cells: Which cells, shape (n_cells,).
        displacement: [m], components interleaved, shape (3 n_dofs,).
        rule: Points within a cell.
        backend: Where it is computed.
    """
    u = displacement.reshape(-1, 3)
    strain = np.zeros((len(cells), len(rule.weights), 6))
    for start in range(0, len(cells), CHUNK_CELLS):
        some = cells[start : start + CHUNK_CELLS]
        samples = sample_cells(space, some, rule, backend=backend)
        local = backend.xp.asarray(u[space.cell_dofs[some]])
        H = backend.to_host(backend.xp.einsum("eia,eqib->eqab", local, samples.gradients, optimize=True))
        for component, (a, b) in enumerate(((0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2))):
            strain[start : start + len(some), :, component] = H[..., a, b] + (H[..., b, a] if a != b else 0.0)
    return strain


def stress_of_strain(material: ElasticMaterial, strain: Array, warming: Array | float = 0.0) -> Array:
    """Stress [Pa] of strain (..., 6) at temperatures above the stress-free one [K], shape (...)."""
    free = np.asarray(warming)[..., None] * material.thermal_expansion
    return np.asarray((strain - free) @ material.stiffness)


def stress_in_cells(
    space: FunctionSpace,
    cells: Index,
    material: ElasticMaterial,
    displacement: Array,
    *,
    warming: Array | None = None,
    rule: Quadrature,
    backend: Backend,
) -> Array:
    """Stress at quadrature points of cells of one material [Pa], shape (n_cells, n_quadrature, 6).

    Args:
        space: The function space.
        cells: Which cells, shape (n_cells,).
        material: Of all these cells.
        displacement: [m], components interleaved, shape (3 n_dofs,).
        warming: Temperature above the stress-free one at the dofs [K], shape (n_dofs,).
        rule: Points within a cell.
        backend: Where it is computed.
    """
    strain = strain_in_cells(space, cells, displacement, rule=rule, backend=backend)
    if warming is None:
        return stress_of_strain(material, strain)
    at_points = warming[space.cell_dofs[cells]] @ shape_functions(space.element, rule.points).T
    return stress_of_strain(material, strain, at_points)


def positions_in_cells(space: FunctionSpace, cells: Index, rule: Quadrature) -> Array:
    """Quadrature points of cells [m], shape (n_cells, n_quadrature, 3)."""
    values = shape_functions(space.element, rule.points)
    return np.asarray(np.einsum("qi,eix->eqx", values, space.dof_points[space.cell_dofs[cells]]))


def parts_of(space: FunctionSpace, materials: Sequence[ElasticMaterial]) -> list[tuple[Index, ElasticMaterial]]:
    """Cells of each part with its material, one material a part."""
    region = space.mesh.cell_region
    return [(np.flatnonzero(region == part), material) for part, material in enumerate(materials)]
