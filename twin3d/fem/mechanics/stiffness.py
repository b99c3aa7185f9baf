r"""Stiffness matrices of elasticity, $K_{ia,jb} = \int C_{ambn} \partial_m N_i \partial_n N_j$.

On straight cells one matrix product per chunk with a reference tensor (Kirby and Logg, A compiler for variational forms
(2006)); for an isotropic material that is $\lambda D + \mu D^T + \mu \operatorname{tr} D\, I$ with
$D_{ab} = \int \partial_a N_i \partial_b N_j$. On curved cells quadrature. Linear cells of isotropic materials go by a
compiled loop straight into the matrix.
"""

import functools
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from twin3d.backend import Array, Backend
from twin3d.fem.elements import Element, cell_quadrature, shape_derivatives, shape_functions
from twin3d.fem.integrals import CURVED_DEGREE, barycentric_gradients, mass_blocks, sample_cells
from twin3d.fem.mechanics.elastic import ElasticMaterial
from twin3d.fem.mechanics.vector_pattern import VectorPattern, vector_pattern_of
from twin3d.fem.pattern import assemble
from twin3d.fem.space import FunctionSpace

Index: TypeAlias = npt.NDArray[np.signedinteger]
HostArray: TypeAlias = npt.NDArray[np.float64]
Region: TypeAlias = tuple[Index, ElasticMaterial]
"""Cells and the material that they are of."""

CHUNK_VALUES = 1 << 22
"""Numbers in the cell matrices that are made at once; larger chunks leave the cache."""


def assemble_stiffness(
    space: FunctionSpace, regions: Sequence[Region], *, pattern: VectorPattern | None = None, backend: Backend
) -> sparse.csr_array:
    """The stiffness matrix of parts.

    Args:
        space: The function space.
        regions: Every cell once, with its material.
        pattern: Of `space.cell_dofs`, where it was made before.
        backend: Where cell matrices are computed.

    Returns:
        K [N/m], components interleaved, shape (3 n_dofs, 3 n_dofs).
    """
    pattern = vector_pattern_of(space.cell_dofs, space.n_dofs) if pattern is None else pattern
    entries = pattern.zeros()
    size = max(1, CHUNK_VALUES // (9 * space.element.n_cell_dofs**2))
    for cells, material in regions:
        if space.element is Element.TET4 and material.lame is not None:
            scalar = pattern.scalar
            _add_linear(space.mesh.points, pattern.dofs, cells, material.lame, scalar.indptr, scalar.slots, entries)
            continue
        for start in range(0, len(cells), size):
            some = cells[start : start + size]
            blocks = backend.to_host(elastic_blocks(space, some, material, backend=backend))
            pattern.add(blocks, some, entries)
    return pattern.matrix(entries)


def elastic_blocks(space: FunctionSpace, cells: Index, material: ElasticMaterial, *, backend: Backend) -> Array:
    """Cell stiffness matrices, straight or curved.

    Args:
        space: The function space.
        cells: Which cells, shape (n_cells,).
        material: Of all these cells.
        backend: Where the blocks shall live.

    Returns:
        K [N/m], components first, shape (n_cells, 3, 3, k, k); rigid motions are in the kernel.
    """
    xp = backend.xp
    k = space.element.n_cell_dofs
    tensor = xp.asarray(material.tensor().transpose(0, 2, 1, 3).reshape(9, 9))
    gradients, volumes = _straight(space, cells, backend)
    free = gradients[:, 1:]
    # G_mn,cd = V ∂_m λ_c ∂_n λ_d; contracted with C first, for that is the smaller product
    pairs = xp.einsum("e,ecm,edn->emncd", volumes, free, free).reshape(-1, 9, 9)
    blocks = ((tensor @ pairs).reshape(-1, 9) @ xp.asarray(_reference(space.element))).reshape(-1, 3, 3, k, k)
    bent = np.flatnonzero(space.is_curved[cells])
    if bent.size:
        blocks[bent] = _curved(space, cells[bent], tensor, backend)
    return blocks


def assemble_vector_mass(
    space: FunctionSpace, cells: Index, density: HostArray, *, backend: Backend
) -> sparse.csr_array:
    """The consistent mass matrix of a vector field [kg], shape (3 n_dofs, 3 n_dofs); density [kg/m³], (n_cells,)."""
    blocks = backend.to_host(mass_blocks(space, cells, density, backend=backend))
    scalar = assemble(blocks, space.cell_dofs[cells], space.n_dofs)
    return sparse.csr_array(sparse.kron(scalar, sparse.eye_array(3), format="csr"))


def thermal_load(
    space: FunctionSpace, cells: Index, material: ElasticMaterial, warming: HostArray, *, backend: Backend
) -> HostArray:
    r"""Loads that a change of temperature makes, $\int C \alpha \, \Delta T : \nabla N_i$.

    Args:
        space: The function space.
        cells: Which cells, shape (n_cells,).
        material: Of all these cells.
        warming: Temperature above the stress-free one at the dofs [K], shape (n_dofs,).
        backend: Where it is computed.

    Returns:
        Shares of the cells [N], shape (n_cells, k, 3).
    """
    xp = backend.xp
    stress = xp.asarray(material.thermal_stress())
    local = xp.asarray(warming[space.cell_dofs[cells]])
    gradients, volumes = _straight(space, cells, backend)
    weights = xp.einsum("cij,ej->eci", xp.asarray(_reference_heat(space.element)), local)
    loads = xp.einsum("e,eci,ecm,am->eia", volumes, weights, gradients[:, 1:], stress, optimize=True)
    bent = np.flatnonzero(space.is_curved[cells])
    if bent.size:
        samples = sample_cells(space, cells[bent], cell_quadrature(CURVED_DEGREE), backend=backend)
        heat = samples.measures * (local[bent] @ samples.values.T)
        loads[bent] = xp.einsum("eq,eqim,am->eia", heat, samples.gradients, stress, optimize=True)
    return np.asarray(backend.to_host(loads))


def _straight(space: FunctionSpace, cells: Index, backend: Backend) -> tuple[Array, Array]:
    xp = backend.xp
    return barycentric_gradients(xp.asarray(space.mesh.points), xp.asarray(space.mesh.cells[cells]), backend=backend)


def _curved(space: FunctionSpace, cells: Index, tensor: Array, backend: Backend) -> Array:
    xp = backend.xp
    samples = sample_cells(space, cells, cell_quadrature(CURVED_DEGREE), backend=backend)
    n, q, k, _ = samples.gradients.shape
    rows = samples.gradients.transpose(0, 3, 2, 1).reshape(n, 3 * k, q)
    D = (rows * samples.measures[:, None, :]) @ rows.swapaxes(1, 2)
    D = D.reshape(n, 3, k, 3, k).transpose(0, 1, 3, 2, 4).reshape(n, 9, k * k)
    return (tensor @ xp.ascontiguousarray(D)).reshape(n, 3, 3, k, k)


@functools.cache
def _reference(element: Element) -> HostArray:
    """∫ ∂N_i/∂λ_c ∂N_j/∂λ_d over a cell of unit volume, λ_1..3 free, shape (9, k²)."""
    rule = cell_quadrature(2)
    free = _free_derivatives(element, rule.points)
    return np.ascontiguousarray(np.einsum("q,qic,qjd->cdij", rule.weights, free, free).reshape(9, -1))


@functools.cache
def _reference_heat(element: Element) -> HostArray:
    """∫ ∂N_i/∂λ_c N_j over a cell of unit volume, shape (3, k, k)."""
    rule = cell_quadrature(5)
    free, values = _free_derivatives(element, rule.points), shape_functions(element, rule.points)
    return np.ascontiguousarray(np.einsum("q,qic,qj->cij", rule.weights, free, values))


def _free_derivatives(element: Element, points: HostArray) -> HostArray:
    derivatives = shape_derivatives(element, points)
    return np.asarray(derivatives[:, :, 1:] - derivatives[:, :, :1])


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _add_linear(points: Any, dofs: Any, cells: Any, lame: Any, indptr: Any, slots: Any, entries_out: Any) -> None:
    """λ g_i ⊗ g_j + μ g_j ⊗ g_i + μ (g_i · g_j) I, times the volume."""
    lam, mu = lame
    gradients = np.zeros((4, 3))
    edges = np.zeros((3, 3))
    for cell in cells:
        for k in range(3):
            for x in range(3):
                edges[k, x] = points[dofs[cell, k + 1], x] - points[dofs[cell, 0], x]
        for k in range(3):
            a, b = (k + 1) % 3, (k + 2) % 3
            gradients[k + 1, 0] = edges[a, 1] * edges[b, 2] - edges[a, 2] * edges[b, 1]
            gradients[k + 1, 1] = edges[a, 2] * edges[b, 0] - edges[a, 0] * edges[b, 2]
            gradients[k + 1, 2] = edges[a, 0] * edges[b, 1] - edges[a, 1] * edges[b, 0]
        six_volumes = 0.0
        for x in range(3):
            six_volumes += edges[0, x] * gradients[1, x]
            gradients[0, x] = -gradients[1, x] - gradients[2, x] - gradients[3, x]
        scale = 1.0 / (6.0 * six_volumes)
        for i in range(4):
            start = indptr[dofs[cell, i]]
            length = indptr[dofs[cell, i] + 1] - start
            gx, gy, gz = scale * gradients[i, 0], scale * gradients[i, 1], scale * gradients[i, 2]
            for j in range(4):
                hx, hy, hz = gradients[j, 0], gradients[j, 1], gradients[j, 2]
                trace = mu * (gx * hx + gy * hy + gz * hz)
                place = 9 * start + 3 * (slots[cell, i, j] - start)
                entries_out[place] += (lam + mu) * gx * hx + trace
                entries_out[place + 1] += lam * gx * hy + mu * hx * gy
                entries_out[place + 2] += lam * gx * hz + mu * hx * gz
                place += 3 * length
                entries_out[place] += lam * gy * hx + mu * hy * gx
                entries_out[place + 1] += (lam + mu) * gy * hy + trace
                entries_out[place + 2] += lam * gy * hz + mu * hy * gz
                place += 3 * length
                entries_out[place] += lam * gz * hx + mu * hz * gx
                entries_out[place + 1] += lam * gz * hy + mu * hz * gy
                entries_out[place + 2] += (lam + mu) * gz * hz + trace
