"""Cell and facet integrals of linear tetrahedra, for all cells at once."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import Array, Backend
from twin3d.records import TetMesh

CELL_MASS = (np.ones((4, 4)) + np.eye(4)) / 20.0
"""Consistent mass matrix of a cell of unit volume and heat capacity."""

FACET_MASS = (np.ones((3, 3)) + np.eye(3)) / 12.0
"""Consistent mass matrix of a facet of unit area."""


def shape_gradients(points: Array, cells: Array, *, backend: Backend) -> tuple[Array, Array]:
    r"""Gradients of the linear shape functions, and the cell volumes.

    $\nabla N_i$ is the area vector of the facet opposite to corner i over three times the volume.

    Args:
        points: Vertex positions [m], shape (n_points, 3).
        cells: Vertex indices, positive volume, shape (n_cells, 4).
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


def conduction_stiffness(gradients: Array, volumes: Array, conductivity: Array, *, backend: Backend) -> Array:
    r"""Cell stiffness matrices of conduction, $K^e_{ij} = V k \nabla N_i \cdot \nabla N_j$.

    Args:
        gradients: Shape-function gradients [1/m], shape (n_cells, 4, 3).
        volumes: Cell volumes [m³], shape (n_cells,).
        conductivity: Thermal conductivity k [W/(m·K)], shape (n_cells,).
        backend: Where the arrays live.

    Returns:
        Shape (n_cells, 4, 4) [W/K]; every row sums to zero.
    """
    products = gradients @ backend.xp.swapaxes(gradients, 1, 2)
    return (volumes * conductivity)[:, None, None] * products


def heat_capacity_mass(volumes: Array, heat_capacity: Array, *, backend: Backend) -> Array:
    r"""Cell mass matrices, $M^e_{ij} = V \rho c (1 + \delta_{ij}) / 20$.

    The consistent matrix: second order in space, as lumping is, and conservative; it may undershoot by a little
    right after a step in a cell that is coarse for the time step.

    Args:
        volumes: Cell volumes [m³], shape (n_cells,).
        heat_capacity: ρc [J/(m³·K)], shape (n_cells,).
        backend: Where the arrays live.

    Returns:
        Shape (n_cells, 4, 4) [J/K].
    """
    return (volumes * heat_capacity)[:, None, None] * backend.xp.asarray(CELL_MASS)


def assemble(blocks: Array, corners: npt.NDArray[np.int32], n_points: int, *, backend: Backend) -> sparse.csr_array:
    """Sum element matrices into a matrix on the host.

    Args:
        blocks: Shape (n_elements, k, k).
        corners: Points of each element, shape (n_elements, k).
        n_points: Number of points.
        backend: Where the blocks live.
    """
    k = corners.shape[1]
    rows, columns = np.repeat(corners, k, axis=1).ravel(), np.tile(corners, (1, k)).ravel()
    values = backend.to_host(blocks).ravel()
    return sparse.csr_array(sparse.coo_array((values, (rows, columns)), shape=(n_points, n_points)))


def facet_areas(mesh: TetMesh, facets: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """Areas of chosen facets [m²], shape (n_chosen,)."""
    return np.asarray(np.linalg.norm(mesh.facet_area_vectors()[facets], axis=1))


def film_stiffness(areas: npt.NDArray[np.float64], film_coefficient: float) -> npt.NDArray[np.float64]:
    r"""Facet matrices of a film, $K^f_{ij} = h \int N_i N_j = h A (1 + \delta_{ij}) / 12$ [W/K], shape (n, 3, 3)."""
    return film_coefficient * areas[:, None, None] * FACET_MASS


def contact_stiffness(areas: npt.NDArray[np.float64], conductance: float) -> npt.NDArray[np.float64]:
    r"""Matrices of contact facets, $h \int (N_i^+ - N_i^-)(N_j^+ - N_j^-)$ [W/K], shape (n, 6, 6), one side first."""
    film = film_stiffness(areas, conductance)
    return np.concatenate([np.concatenate([film, -film], axis=2), np.concatenate([-film, film], axis=2)], axis=1)


def gap_stiffness(
    areas: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], conductance: float
) -> npt.NDArray[np.float64]:
    r"""Matrices of pairs of points across a gap, $h A (N^+ - N^-)_i (N^+ - N^-)_j$ [W/K], shape (n, 6, 6).

    Args:
        areas: That each pair stands for [m²], shape (n,).
        weights: Shape functions at the points on the first and second side, shape (n, 2, 3).
        conductance: h [W/(m² K)].
    """
    jump = np.concatenate([weights[:, 0], -weights[:, 1]], axis=1)
    return np.asarray(conductance * areas[:, None, None] * jump[:, :, None] * jump[:, None, :])


def facet_load(
    areas: npt.NDArray[np.float64], corners: npt.NDArray[np.int32], n_points: int
) -> npt.NDArray[np.float64]:
    r"""$\int N_i$ over facets [m²], shape (n_points,)."""
    return np.asarray(
        np.bincount(corners.ravel(), weights=np.repeat(areas / 3.0, 3), minlength=n_points), dtype=np.float64
    )


def volume_load(
    volumes: npt.NDArray[np.float64], corners: npt.NDArray[np.int32], n_points: int
) -> npt.NDArray[np.float64]:
    r"""$\int N_i$ over cells [m³], shape (n_points,)."""
    return np.asarray(
        np.bincount(corners.ravel(), weights=np.repeat(volumes / 4.0, 4), minlength=n_points), dtype=np.float64
    )
