"""Curved cells: quadratic edges that follow the geometry, and never turn a cell inside out."""

from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt

from twin3d.mesh.topology import CELL_EDGES, edge_keys

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]

NO_CURVES: tuple[IntArray, Array] = (np.zeros((0, 2), dtype=np.int32), np.zeros((0, 3)))
"""Edges and mid-edge points of a mesh without curves."""
STRAIGHT = 1e-9
"""Mid-edge points closer to the chord than this, relative to its length, are on it."""
MIN_JACOBIAN = 0.1
"""Smallest Jacobian of a curved cell, relative to that of the straight one, that is kept."""


def curved_edges(points: Array, cells: IntArray) -> tuple[IntArray, Array]:
    """Edges of quadratic cells that leave their chords.

    Args:
        points: Shape (n_points, 3).
        cells: Ten points each in VTK order, shape (n_cells, 10).

    Returns:
        End points, shape (n_curved, 2), and mid-edge points, shape (n_curved, 3).
    """
    ends = cells[:, CELL_EDGES].reshape(-1, 2)
    _, first = np.unique(edge_keys(ends, len(points)), return_index=True)
    ends, middles = ends[first], points[cells[:, 4:].ravel()[first]]
    chord = points[ends[:, 1]] - points[ends[:, 0]]
    bulge = np.linalg.norm(middles - points[ends].mean(axis=1), axis=1)
    leaves = bulge > STRAIGHT * np.linalg.norm(chord, axis=1)
    return ends[leaves].astype(np.int32), middles[leaves]


def with_middles(points: Array, cells: IntArray, edges: IntArray, middles: Array) -> tuple[IntArray, Array, IntArray]:
    """The cells that touch curved edges, as quadratic ones.

    Args:
        points: Shape (n_points, 3).
        cells: Shape (n_cells, 4).
        edges: Curved ones, shape (n_curved, 2).
        middles: Their mid-edge points, shape (n_curved, 3).

    Returns:
        Their numbers (n,), their ten points (n, 10, 3) in VTK order, and which curved edge each of their edges is,
        -1 for a straight one, (n, 6).
    """
    known = edge_keys(edges, len(points))
    order = np.argsort(known)
    keys = edge_keys(cells[:, CELL_EDGES].reshape(-1, 2), len(points))
    place = np.minimum(np.searchsorted(known[order], keys), len(order) - 1)
    edge = np.where(known[order][place] == keys, order[place], -1).reshape(-1, 6)
    chosen = np.flatnonzero((edge >= 0).any(axis=1))
    edge = edge[chosen]
    corners = points[cells[chosen]]
    middle = np.where((edge >= 0)[:, :, None], middles[np.maximum(edge, 0)], corners[:, CELL_EDGES].mean(axis=2))
    return chosen.astype(np.int32), np.concatenate([corners, middle], axis=1), edge.astype(np.int32)


def straightened(points: Array, cells: IntArray, edges: IntArray, middles: Array) -> tuple[IntArray, Array, int]:
    """Curved edges without those that would turn a cell inside out, or nearly so.

    Args:
        points: Shape (n_points, 3).
        cells: In one orientation, shape (n_cells, 4).
        edges: Curved ones, shape (n_curved, 2).
        middles: Their mid-edge points, shape (n_curved, 3).

    Returns:
        Edges and mid-edge points that are kept, and how many were put back on their chords.
    """
    n_before = len(edges)
    while len(edges):
        _, ten, edge = with_middles(points, cells, edges, middles)
        bad = smallest_jacobians(ten) < MIN_JACOBIAN
        if not bad.any():
            break
        kept = np.ones(len(edges), dtype=bool)
        kept[edge[bad][edge[bad] >= 0]] = False
        edges, middles = edges[kept], middles[kept]
    return edges, middles, n_before - len(edges)


def smallest_jacobians(ten: Array) -> Array:
    """A lower bound of the Jacobian determinant of quadratic cells, relative to that of their corners, shape (n,).

    The determinant is a cubic polynomial, bounded by its Bernstein coefficients: Johnen, Remacle, Geuzaine, J. Comput.
    Phys. 233 (2013) 359–372.

    Args:
        ten: Points of the cells in VTK order, shape (n, 10, 3).
    """
    samples = np.linalg.det(np.einsum("enx,pnd->epxd", ten, _GRADIENTS))
    corners = ten[:, :4]
    edges = corners[:, 1:] - corners[:, :1]
    straight = np.einsum("ei,ei->e", np.cross(edges[:, 0], edges[:, 1]), edges[:, 2])
    return np.asarray((samples @ _TO_BERNSTEIN.T).min(axis=1) / straight)


def curved_volume_gain(ten: Array) -> Array:
    """Volume of quadratic cells less that of their corners, in the same unit, shape (n,)."""
    samples = np.linalg.det(np.einsum("enx,pnd->epxd", ten, _GRADIENTS))
    corners = ten[:, :4]
    edges = corners[:, 1:] - corners[:, :1]
    straight = np.einsum("ei,ei->e", np.cross(edges[:, 0], edges[:, 1]), edges[:, 2])
    return np.asarray(((samples @ _TO_BERNSTEIN.T).mean(axis=1) - straight) / 6.0)


def _lattice() -> Array:
    """Barycentric coordinates of the twenty points of the cubic lattice of a tetrahedron, shape (20, 4)."""
    choices = combinations_with_replacement(range(4), 3)
    return np.array([np.bincount(choice, minlength=4) / 3.0 for choice in choices])


def _bernstein(lattice: Array) -> Array:
    """The cubic Bernstein polynomials at the lattice points, shape (20, 20)."""
    powers = np.rint(3.0 * lattice).astype(int)
    factorials = np.array([1.0, 1.0, 2.0, 6.0])
    weights = 6.0 / factorials[powers].prod(axis=1)
    return np.asarray(weights * (lattice[:, None, :] ** powers[None]).prod(axis=2))


def _quadratic_gradients(lattice: Array) -> Array:
    """Gradients of the quadratic shape functions on the unit tetrahedron, shape (20, 10, 3)."""
    of_barycentric = np.array([[-1.0, -1.0, -1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    corners = (4.0 * lattice - 1.0)[:, :, None] * of_barycentric
    a, b = CELL_EDGES.T
    middles = 4.0 * (lattice[:, a, None] * of_barycentric[b] + lattice[:, b, None] * of_barycentric[a])
    return np.concatenate([corners, middles], axis=1)


_LATTICE = _lattice()
_TO_BERNSTEIN = np.linalg.inv(_bernstein(_LATTICE))
_GRADIENTS = _quadratic_gradients(_LATTICE)
