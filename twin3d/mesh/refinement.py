"""Uniform refinement: every tetrahedron into eight, every edge into two.

The inner octahedron is cut along its shortest diagonal, so the shape of the cells does not get worse with each step:
Bey: Tetrahedral grid refinement, Computing 55 (1995) 355.
"""

import numpy as np
import numpy.typing as npt

EDGES = ((0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3))
"""Corners of the edges, in VTK's order of mid-edge points."""
CORNER_PIECES = ((0, 4, 6, 7), (1, 5, 4, 8), (2, 6, 5, 9), (3, 7, 9, 8))
"""Pieces at the corners; 4 to 9 are the middles of the edges."""
DIAGONALS = ((4, 9), (5, 7), (6, 8))
"""Middles of opposite edges."""
RINGS = ((5, 6, 7, 8), (8, 9, 6, 4), (4, 5, 9, 7))
"""The other four middles, around each diagonal, turning so that the pieces keep the orientation of the cell."""
TRIANGLE_PIECES = ((0, 3, 5), (1, 4, 3), (2, 5, 4), (3, 4, 5))
"""Pieces of a triangle; 3 to 5 are the middles of the edges 0-1, 1-2, 2-0."""

Points = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


def refine_uniformly(points: Points, cells: Ints, triangles: Ints) -> tuple[Points, Ints, Ints]:
    """Cut every edge in two.

    Args:
        points: Shape (n_points, 3).
        cells: Shape (n_cells, 4), in any orientation.
        triangles: Facets of cells, shape (n_triangles, 3).

    Returns:
        Points, the old ones first; cells, of each eight in a row; triangles, of each four in a row.
    """
    n = len(points)
    keys = np.concatenate([_edge_keys(cells[:, a], cells[:, b], n) for a, b in EDGES])
    known, place = np.unique(keys, return_inverse=True)
    middles = 0.5 * (points[known // n] + points[known % n])
    everything = np.concatenate([points, middles])
    ten = np.column_stack([cells, (n + place).reshape(len(EDGES), len(cells)).T])
    sides = [_edge_keys(triangles[:, a], triangles[:, b], n) for a, b in EDGES[:3]]
    six = np.column_stack([triangles, *(n + np.searchsorted(known, side) for side in sides)])
    return everything, eight_cells(everything, ten), six[:, TRIANGLE_PIECES].reshape(-1, 3).astype(np.int32)


def eight_cells(points: Points, ten: npt.NDArray[np.integer]) -> Ints:
    """Eight cells for each cell of ten points.

    Args:
        points: Shape (n_points, 3).
        ten: Corners and middles of the edges in VTK order, shape (n_cells, 10).

    Returns:
        Of each eight in a row, in the orientation of the cell, shape (8 n_cells, 4); the inner four come last.
    """
    lengths = [np.linalg.norm(points[ten[:, a]] - points[ten[:, b]], axis=1) for a, b in DIAGONALS]
    shortest = np.argmin(lengths, axis=0)
    pieces = np.zeros((len(ten), 8, 4), dtype=np.int32)
    pieces[:, :4] = ten[:, CORNER_PIECES]
    for number, (diagonal, ring) in enumerate(zip(DIAGONALS, RINGS, strict=True)):
        chosen = np.flatnonzero(shortest == number)
        around = [(*diagonal, ring[k], ring[(k + 1) % 4]) for k in range(4)]
        pieces[chosen, 4:] = ten[chosen][:, around]
    return pieces.reshape(-1, 4)


def _edge_keys(a: Ints, b: Ints, n_points: int) -> npt.NDArray[np.int64]:
    return np.minimum(a, b).astype(np.int64) * n_points + np.maximum(a, b)
