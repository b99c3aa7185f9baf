r"""Integrals over cells, for many at once: one matrix product where cells are straight, else quadrature.

On a straight cell the Jacobian is constant, so $\int \nabla N_i \cdot k \nabla N_j$ is a fixed reference tensor times
$V \nabla\lambda_a \cdot k \nabla\lambda_b$ (Kirby and Logg, A compiler for variational forms (2006)).
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.backend import Array, Backend
from twin3d.errors import SolverError
from twin3d.fem.elements import Element, Quadrature, cell_quadrature, shape_derivatives, shape_functions
from twin3d.fem.space import FunctionSpace

Index: TypeAlias = npt.NDArray[np.signedinteger]
HostArray: TypeAlias = npt.NDArray[np.float64]

CURVED_DEGREE = 5
"""Degree of the quadrature where the Jacobian is not constant."""


@dataclass(frozen=True, eq=False, slots=True)
class Samples:
    """Shape functions of cells at quadrature points."""

    values: Array
    """$N_i$, shape (n_quadrature, n_cell_dofs)."""
    gradients: Array
    """$\\nabla N_i$ [1/m], shape (n_cells, n_quadrature, n_cell_dofs, 3)."""
    measures: Array
    """Weights times the volume [m³], shape (n_cells, n_quadrature)."""


def barycentric_gradients(points: Array, cells: Array, *, backend: Backend) -> tuple[Array, Array]:
    r"""Gradients of the barycentric coordinates of straight cells, and the volumes.

    $\nabla \lambda_i$ is the area vector of the facet opposite to corner i over three times the volume.

    Args:
        points: Vertex positions [m], shape (n_points, 3).
        cells: Corners, positive volume, shape (n_cells, 4).
        backend: Where the arrays live.

    Returns:
        Gradients [1/m], shape (n_cells, 4, 3), which sum to zero over the corners; volumes [m³], shape (n_cells,).
    """
    xp = backend.xp
    corner = points[cells]
    a, b, c = (corner[:, k] - corner[:, 0] for k in (1, 2, 3))
    bc, ca, ab = xp.cross(b, c), xp.cross(c, a), xp.cross(a, b)
    six_volumes = xp.einsum("ei,ei->e", a, bc)
    inner = xp.stack([bc, ca, ab], axis=1) / six_volumes[:, None, None]
    return xp.concatenate([-inner.sum(axis=1, keepdims=True), inner], axis=1), six_volumes / 6.0


def sample_cells(space: FunctionSpace, cells: Index, rule: Quadrature, *, backend: Backend) -> Samples:
    """Shape functions, their gradients and the volume at quadrature points of cells, straight or curved.

    Args:
        space: The function space.
        cells: Which cells, shape (n_cells,).
        rule: Points within a cell.
        backend: Where the arrays shall live.
    """
    xp = backend.xp
    derivatives = xp.asarray(shape_derivatives(space.element, rule.points))
    gradients, measures = curved_barycentric_gradients(space, cells, rule, backend=backend)
    return Samples(
        values=xp.asarray(shape_functions(space.element, rule.points)),
        gradients=xp.einsum("qka,eqax->eqkx", derivatives, gradients),
        measures=measures,
    )


def curved_barycentric_gradients(
    space: FunctionSpace, cells: Index, rule: Quadrature, *, backend: Backend
) -> tuple[Array, Array]:
    r"""Gradients of the barycentric coordinates at quadrature points of cells that may be curved, and the volume there.

    Args:
        space: The function space.
        cells: Which cells, shape (n_cells,).
        rule: Points within a cell.
        backend: Where the arrays shall live.

    Returns:
        Gradients [1/m], shape (n_cells, n_quadrature, 4, 3); weights times volume [m³], shape (n_cells, n_quadrature).

    Raises:
        SolverError: A curved edge turns a cell inside out.
    """
    xp = backend.xp
    derivatives = xp.asarray(shape_derivatives(space.element, rule.points))
    positions = xp.asarray(space.dof_points[space.cell_dofs[cells]])
    # columns dx/dλ_a; the coordinates sum to 1, so λ_1..3 are free and λ_0 follows
    tangents = xp.einsum("qka,ekx->eqax", derivatives, positions)
    edges = tangents[:, :, 1:] - tangents[:, :, :1]
    a, b, c = edges[:, :, 0], edges[:, :, 1], edges[:, :, 2]
    bc, ca, ab = xp.cross(b, c), xp.cross(c, a), xp.cross(a, b)
    six_volumes = xp.einsum("eqx,eqx->eq", a, bc)
    _refuse_folded(cells, backend.to_host((six_volumes <= 0.0).any(axis=1)))
    inverse = xp.stack([bc, ca, ab], axis=2) / six_volumes[..., None, None]
    gradients = xp.concatenate([-inverse.sum(axis=2, keepdims=True), inverse], axis=2)
    return gradients, six_volumes / 6.0 * xp.asarray(rule.weights)


def _refuse_folded(cells: Index, is_folded: npt.NDArray[np.bool_]) -> None:
    folded = np.flatnonzero(is_folded)
    if folded.size:
        raise SolverError(
            f"{folded.size} curved cells are folded, first is {cells[folded[0]]}; "
            "mesh finer there, or leave the edges straight"
        )


def stiffness_blocks(space: FunctionSpace, cells: Index, conductivity: Array, *, backend: Backend) -> Array:
    r"""Cell stiffness matrices of conduction, $K^e_{ij} = \int \nabla N_i \cdot k \nabla N_j$.

    Args:
        space: The function space.
        cells: Which cells, shape (n_cells,).
        conductivity: k [W/(m·K)], shape (n_cells,), or (n_cells, 3, 3) where it differs by direction.
        backend: Where the blocks shall live.

    Returns:
        Shape (n_cells, n_cell_dofs, n_cell_dofs) [W/K]; every row sums to zero.
    """
    xp = backend.xp

    def straight(some: Index, k: Array) -> Array:
        gradients, volumes = _straight(space, some, backend)
        flux = k[:, None, None] * gradients if k.ndim == 1 else gradients @ k
        gram = volumes[:, None, None] * (flux @ xp.swapaxes(gradients, 1, 2))
        if space.element is Element.TET4:
            return gram
        return _contracted(gram, xp.asarray(_reference_stiffness(space.element)))

    def curved(some: Index, k: Array) -> Array:
        samples = sample_cells(space, some, cell_quadrature(CURVED_DEGREE), backend=backend)
        flux = k[:, None, None, None] * samples.gradients if k.ndim == 1 else samples.gradients @ k[:, None]
        return xp.einsum("eq,eqix,eqjx->eij", samples.measures, flux, samples.gradients, optimize=True)

    return _by_shape(space, cells, xp.asarray(conductivity), straight=straight, curved=curved)


def mass_blocks(space: FunctionSpace, cells: Index, density: Array, *, backend: Backend) -> Array:
    r"""Cell mass matrices, $M^e_{ij} = \int \rho N_i N_j$.

    The consistent matrix: it conserves exactly; it may undershoot by a little right after a step in a cell that is
    coarse for the time step.

    Args:
        space: The function space.
        cells: Which cells, shape (n_cells,).
        density: What is integrated, such as ρc [J/(m³·K)], shape (n_cells,).
        backend: Where the blocks shall live.

    Returns:
        Shape (n_cells, n_cell_dofs, n_cell_dofs), unit of the density times m³.
    """
    xp = backend.xp

    def straight(some: Index, rho: Array) -> Array:
        _, volumes = _straight(space, some, backend)
        return (volumes * rho)[:, None, None] * xp.asarray(reference_mass(space.element))

    def curved(some: Index, rho: Array) -> Array:
        samples = sample_cells(space, some, cell_quadrature(CURVED_DEGREE), backend=backend)
        weights = samples.measures * rho[:, None]
        return xp.einsum("eq,qi,qj->eij", weights, samples.values, samples.values, optimize=True)

    return _by_shape(space, cells, xp.asarray(density), straight=straight, curved=curved)


def load_blocks(space: FunctionSpace, cells: Index, density: Array, *, backend: Backend) -> Array:
    r"""Cell loads, $\int q N_i$ for a constant q in each cell, shape (n_cells, n_cell_dofs), unit of q times m³."""
    xp = backend.xp

    def straight(some: Index, q: Array) -> Array:
        _, volumes = _straight(space, some, backend)
        return (volumes * q)[:, None] * xp.asarray(_reference_load(space.element))

    def curved(some: Index, q: Array) -> Array:
        samples = sample_cells(space, some, cell_quadrature(CURVED_DEGREE), backend=backend)
        return (samples.measures * q[:, None]) @ samples.values

    return _by_shape(space, cells, xp.asarray(density), straight=straight, curved=curved)


def cell_volumes(space: FunctionSpace, cells: Index) -> HostArray:
    """Volumes of cells, curved ones as they are [m³], shape (n_cells,)."""
    volumes = np.zeros(len(cells))
    curved = space.is_curved[cells]
    corner = space.mesh.points[space.mesh.cells[cells]]
    edges = corner[:, 1:] - corner[:, :1]
    volumes[:] = np.einsum("ei,ei->e", np.cross(edges[:, 0], edges[:, 1]), edges[:, 2]) / 6.0
    if curved.any():
        volumes[curved] = _curved_volumes(space, cells[curved])
    return volumes


def _curved_volumes(space: FunctionSpace, cells: Index) -> HostArray:
    rule = cell_quadrature(CURVED_DEGREE)
    derivatives = shape_derivatives(space.element, rule.points)
    tangents = np.einsum("qka,ekx->eqax", derivatives, space.dof_points[space.cell_dofs[cells]])
    edges = tangents[:, :, 1:] - tangents[:, :, :1]
    return np.asarray(np.linalg.det(edges) @ rule.weights / 6.0)


def gathered(dofs: Index, values: HostArray, n_dofs: int) -> HostArray:
    """Sum the shares of cells or facets (n, k) at their dofs (n, k), shape (n_dofs,)."""
    return np.asarray(np.bincount(dofs.ravel(), weights=values.ravel(), minlength=n_dofs), dtype=np.float64)


def _straight(space: FunctionSpace, cells: Index, backend: Backend) -> tuple[Array, Array]:
    xp = backend.xp
    return barycentric_gradients(xp.asarray(space.mesh.points), xp.asarray(space.mesh.cells[cells]), backend=backend)


def _by_shape(
    space: FunctionSpace,
    cells: Index,
    coefficient: Array,
    *,
    straight: Callable[[Index, Array], Array],
    curved: Callable[[Index, Array], Array],
) -> Array:
    """Straight cells by the quick way, curved ones by quadrature, in the order of `cells`."""
    bent = np.flatnonzero(space.is_curved[cells])
    result = straight(cells, coefficient)
    if bent.size:
        result[bent] = curved(cells[bent], coefficient[bent])
    return result


def _contracted(gram: Array, reference: Array) -> Array:
    """Σ_ab gram_ab reference_abij."""
    n_dofs = reference.shape[-1]
    return (gram.reshape(len(gram), 16) @ reference.reshape(16, -1)).reshape(len(gram), n_dofs, n_dofs)


@functools.cache
def _reference_stiffness(element: Element) -> HostArray:
    """∫ ∂N_i/∂λ_a ∂N_j/∂λ_b over a cell of unit volume, shape (4, 4, k, k)."""
    rule = cell_quadrature(2)
    derivatives = shape_derivatives(element, rule.points)
    return np.ascontiguousarray(np.einsum("q,qia,qjb->abij", rule.weights, derivatives, derivatives))


@functools.cache
def reference_mass(element: Element) -> HostArray:
    """∫ N_i N_j over a cell of unit volume, shape (k, k)."""
    rule = cell_quadrature(2 * element.degree)
    values = shape_functions(element, rule.points)
    return np.asarray(np.einsum("q,qi,qj->ij", rule.weights, values, values))


@functools.cache
def _reference_load(element: Element) -> HostArray:
    rule = cell_quadrature(element.degree)
    return np.asarray(rule.weights @ shape_functions(element, rule.points))
