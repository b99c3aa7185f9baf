r"""Conduction and mass matrices straight into a fixed pattern, cell by cell, without a matrix for each cell between.

On straight cells $K_{ij} = \sum_{ab} R_{ab,ij}\, V k \nabla\lambda_a \cdot \nabla\lambda_b$ with a reference tensor R,
and $M_{ij} = \rho V R_{ij}$: a compiled loop computes and adds them in one pass. Curved cells, conductivities by
direction and devices go by blocks (`twin3d.fem.integrals`), chunk by chunk.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from twin3d.backend import Backend
from twin3d.fem.elements import Element, cell_quadrature, shape_derivatives
from twin3d.fem.integrals import mass_blocks, reference_mass, stiffness_blocks
from twin3d.fem.pattern import Pattern, pattern_of
from twin3d.fem.space import FunctionSpace

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]
Blocks: TypeAlias = Callable[[Index, Array], Any]

CHUNK = 16_384
"""Cells whose blocks are made at once."""
PAIRS = np.array([[0, 0], [1, 1], [2, 2], [0, 1], [0, 2], [1, 2]])
"""Of the three free barycentric coordinates, in the order of the reference tensor."""


def assemble_conduction(
    space: FunctionSpace, cells: Index, conductivity: Array, *, pattern: Pattern | None = None, backend: Backend
) -> sparse.csr_array:
    r"""The conduction matrix of cells, $K_{ij} = \int \nabla N_i \cdot k \nabla N_j$ [W/K].

    Args:
        space: The function space.
        cells: Which cells, shape (n_cells,).
        conductivity: k [W/(m·K)], shape (n_cells,) or (n_cells, 3, 3).
        pattern: Of the dofs of these cells, where it was made before.
        backend: Where blocks are computed.

    Returns:
        Shape (n_dofs, n_dofs), or that of the pattern.
    """
    pattern = pattern_of(space.cell_dofs[cells], space.n_dofs) if pattern is None else pattern
    entries = pattern.zeros()

    def blocks(some: Index, k: Array) -> Any:
        return stiffness_blocks(space, some, k, backend=backend)

    if backend.on_host and conductivity.ndim == 1:
        straight = np.flatnonzero(~space.is_curved[cells])
        _add_straight_conduction(space, cells, straight, conductivity, pattern, entries)
        _add_blocks(blocks, cells, conductivity, np.flatnonzero(space.is_curved[cells]), pattern, entries, backend)
    else:
        _add_blocks(blocks, cells, conductivity, np.arange(len(cells)), pattern, entries, backend)
    return pattern.matrix(entries)


def assemble_mass(
    space: FunctionSpace, cells: Index, density: Array, *, pattern: Pattern | None = None, backend: Backend
) -> sparse.csr_array:
    r"""The consistent mass matrix of cells, $M_{ij} = \int \rho N_i N_j$, unit of the density times m³.

    Args:
        space: The function space.
        cells: Which cells, shape (n_cells,).
        density: Such as ρc [J/(m³·K)], shape (n_cells,).
        pattern: Of the dofs of these cells, where it was made before.
        backend: Where blocks are computed.

    Returns:
        Shape (n_dofs, n_dofs), or that of the pattern.
    """
    pattern = pattern_of(space.cell_dofs[cells], space.n_dofs) if pattern is None else pattern
    entries = pattern.zeros()
    curved = np.flatnonzero(space.is_curved[cells]) if backend.on_host else np.arange(len(cells))
    if backend.on_host:
        straight = np.flatnonzero(~space.is_curved[cells])
        reference, corners = reference_mass(space.element), space.mesh.cells
        _add_mass(space.mesh.points, corners, cells, straight, density, reference, pattern.slots, entries)

    def blocks(some: Index, rho: Array) -> Any:
        return mass_blocks(space, some, rho, backend=backend)

    _add_blocks(blocks, cells, density, curved, pattern, entries, backend)
    return pattern.matrix(entries)


def _add_blocks(
    blocks: Blocks, cells: Index, coefficient: Array, places: Index, pattern: Pattern, entries: Array, backend: Backend
) -> None:
    """Add the blocks of some of the cells, chunk by chunk."""
    for start in range(0, len(places), CHUNK):
        some = places[start : start + CHUNK]
        pattern.add_at(backend.to_host(blocks(cells[some], coefficient[some])), some, entries)


def _add_straight_conduction(
    space: FunctionSpace, cells: Index, places: Index, conductivity: Array, pattern: Pattern, entries: Array
) -> None:
    points, corners, slots = space.mesh.points, space.mesh.cells, pattern.slots
    if space.element is Element.TET4:
        _add_linear_conduction(points, corners, cells, places, conductivity, slots, entries)
    else:
        _add_conduction(points, corners, cells, places, conductivity, _reference_conduction(space), slots, entries)


def _reference_conduction(space: FunctionSpace) -> Array:
    """∫ ∂N_i/∂λ_c ∂N_j/∂λ_d over a cell of unit volume, λ_1..3 free, both orders summed, shape (k, k, 6)."""
    rule = cell_quadrature(2)
    derivatives = shape_derivatives(space.element, rule.points)
    free = derivatives[:, :, 1:] - derivatives[:, :, :1]
    whole = np.einsum("q,qic,qjd->ijcd", rule.weights, free, free)
    c, d = PAIRS.T
    return np.ascontiguousarray(np.where(c == d, whole[..., c, d], whole[..., c, d] + whole[..., d, c]))


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _geometry(points: Any, corners: Any, normals_out: Any) -> Any:
    """Three times the area vectors opposite to corners 1 to 3, and six times the volume."""
    edges = np.zeros((3, 3))
    for k in range(3):
        for x in range(3):
            edges[k, x] = points[corners[k + 1], x] - points[corners[0], x]
    for k in range(3):
        a, b = edges[(k + 1) % 3], edges[(k + 2) % 3]
        normals_out[k, 0] = a[1] * b[2] - a[2] * b[1]
        normals_out[k, 1] = a[2] * b[0] - a[0] * b[2]
        normals_out[k, 2] = a[0] * b[1] - a[1] * b[0]
    return edges[0, 0] * normals_out[0, 0] + edges[0, 1] * normals_out[0, 1] + edges[0, 2] * normals_out[0, 2]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _add_linear_conduction(
    points: Any, corners: Any, cells: Any, places: Any, k: Any, slots: Any, entries_out: Any
) -> None:
    """Of linear elements, whose gradients are the area vectors over the volume; the rows of K sum to zero."""
    edges, normals = np.zeros((3, 3)), np.zeros((4, 3))
    for place in places:
        cell = cells[place]
        origin = corners[cell, 0]
        for e in range(3):
            for x in range(3):
                edges[e, x] = points[corners[cell, e + 1], x] - points[origin, x]
        for x in range(3):
            y, z = (x + 1) % 3, (x + 2) % 3
            normals[1, x] = edges[1, y] * edges[2, z] - edges[1, z] * edges[2, y]
            normals[2, x] = edges[2, y] * edges[0, z] - edges[2, z] * edges[0, y]
            normals[3, x] = edges[0, y] * edges[1, z] - edges[0, z] * edges[1, y]
            normals[0, x] = -(normals[1, x] + normals[2, x] + normals[3, x])
        volumes = edges[0, 0] * normals[1, 0] + edges[0, 1] * normals[1, 1] + edges[0, 2] * normals[1, 2]
        scale = k[place] / (6.0 * volumes)
        for i in range(4):
            for j in range(4):
                slot = slots[place, i, j]
                if slot >= 0:
                    entries_out[slot] += scale * (
                        normals[i, 0] * normals[j, 0] + normals[i, 1] * normals[j, 1] + normals[i, 2] * normals[j, 2]
                    )


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _add_conduction(
    points: Any, corners: Any, cells: Any, places: Any, k: Any, reference: Any, slots: Any, entries_out: Any
) -> None:
    n = reference.shape[0]
    normals, gram = np.zeros((3, 3)), np.zeros(6)
    for place in places:
        scale = k[place] / (6.0 * _geometry(points, corners[cells[place]], normals))
        for pair in range(6):
            c, d = PAIRS[pair, 0], PAIRS[pair, 1]
            gram[pair] = scale * (
                normals[c, 0] * normals[d, 0] + normals[c, 1] * normals[d, 1] + normals[c, 2] * normals[d, 2]
            )
        for i in range(n):
            for j in range(n):
                slot = slots[place, i, j]
                if slot >= 0:
                    value = 0.0
                    for pair in range(6):
                        value += gram[pair] * reference[i, j, pair]
                    entries_out[slot] += value


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _add_mass(
    points: Any, corners: Any, cells: Any, places: Any, rho: Any, reference: Any, slots: Any, entries_out: Any
) -> None:
    n = reference.shape[0]
    normals = np.zeros((3, 3))
    for place in places:
        scale = rho[place] * _geometry(points, corners[cells[place]], normals) / 6.0
        for i in range(n):
            for j in range(n):
                slot = slots[place, i, j]
                if slot >= 0:
                    entries_out[slot] += scale * reference[i, j]
