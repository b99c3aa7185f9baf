"""What lies opposite of positions: the nearest points of facets that face them, straight across a gap."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from twin3d.mesh.locate import nearest_on_triangles

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]


@dataclass(frozen=True, slots=True)
class Facing:
    """When a facet faces a position."""

    opposed: float
    """The product of their normals is below this."""
    ahead: float
    """Cosine of the largest angle between the position's normal and the way across."""
    n_candidates: int
    """Facets, by distance of their centres, that each position is compared with."""


@dataclass(frozen=True, eq=False, slots=True)
class Opposite:
    """What lies opposite of some positions."""

    facet: Index
    """Shape (n,); 0 where nothing faces the position."""
    weights: Array
    """Barycentric coordinates on it, shape (n, 3)."""
    distance: Array
    """Infinite where nothing faces the position [m], shape (n,)."""


def opposite(positions: Array, normals: Array, corners: Array, *, facing: Facing, reach: float) -> Opposite:
    """The nearest point of the facets that face each position.

    Args:
        positions: On the one surface, shape (n, 3) [m].
        normals: Of that surface there, outward, shape (n, 3).
        corners: Of the facets of the other, normals outward, shape (m, 3, 3) [m].
        facing: When a facet faces a position.
        reach: Largest distance that still counts [m].
    """
    found = Opposite(
        np.zeros(len(positions), dtype=np.int64), np.zeros((len(positions), 3)), np.full(len(positions), np.inf)
    )
    if not len(positions) or not len(corners):
        return found
    row, facet = _candidates(positions, corners, facing.n_candidates, reach)
    is_opposed = np.einsum("nd,nd->n", unit_normals(corners)[0][facet], normals[row]) < facing.opposed
    row, facet = row[is_opposed], facet[is_opposed]
    nearest, weights = nearest_on_triangles(corners[facet], positions[row])
    way = nearest - positions[row]
    distance = np.linalg.norm(way, axis=1)
    # surfaces that touch have no way between them, so its direction is rounding
    is_ahead = np.einsum("nd,nd->n", way, normals[row]) >= facing.ahead * distance - 1e-9 * reach
    across = np.flatnonzero(is_ahead & (distance <= reach))
    across = across[np.lexsort((distance[across], row[across]))]
    rows, first = np.unique(row[across], return_index=True)
    best = across[first]
    found.facet[rows], found.weights[rows], found.distance[rows] = facet[best], weights[best], distance[best]
    return found


def unit_normals(corners: Array) -> tuple[Array, Array]:
    """Unit normals of triangles, shape (n, 3), and their areas [m²], shape (n,)."""
    vectors = 0.5 * np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas = np.linalg.norm(vectors, axis=1)
    return vectors / np.maximum(areas, 1e-300)[:, None], areas


def _candidates(positions: Array, corners: Array, n_candidates: int, reach: float) -> tuple[Index, Index]:
    """Pairs of a position and a facet near enough to lie within reach, the nearest centres first for each position."""
    centres = corners.mean(axis=1)
    largest = float(np.linalg.norm(corners - centres[:, None], axis=2).max())
    neighbours = range(1, min(n_candidates, len(corners)) + 1)
    _, near = cKDTree(centres).query(positions, k=neighbours, distance_upper_bound=reach + largest)
    exists = np.asarray(near) < len(corners)
    return np.nonzero(exists)[0], np.asarray(near)[exists]
