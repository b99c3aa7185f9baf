"""Contacts across a gap: facets of two parts that face each other, coupled point by point where their meshes differ."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from twin3d.mesh.locate import nearest_on_triangles

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]

_CENTRES = np.array([[4.0, 1.0, 1.0], [1.0, 4.0, 1.0], [1.0, 1.0, 4.0]]) / 6.0
_QUARTERS = 0.5 * np.array(
    [
        [[2, 0, 0], [1, 1, 0], [1, 0, 1]],
        [[1, 1, 0], [0, 2, 0], [0, 1, 1]],
        [[1, 0, 1], [0, 1, 1], [0, 0, 2]],
        [[1, 1, 0], [0, 1, 1], [1, 0, 1]],
    ]
)
QUADRATURE = np.einsum("qk,skc->sqc", _CENTRES, _QUARTERS).reshape(-1, 3)
"""Barycentric coordinates of twelve points of equal weight: three, exact for quadratic functions, on each quarter."""
OPPOSED = -0.5
"""Normals of facets that face each other have a product below this."""
AHEAD = 0.5
"""Cosine of the largest angle between a normal and the way across: what lies behind a face does not face it."""
N_NEIGHBOURS = 32
"""Facets, by distance of their centres, among which the opposite point is looked for."""


@dataclass(frozen=True, eq=False, slots=True)
class GapPairs:
    """Pairs of opposite points, one on each side of a gap."""

    corners: IntArray
    """Corners of the facet on either side, shape (n, 2, 3)."""
    weights: Array
    """Barycentric coordinates of the point on either facet, shape (n, 2, 3)."""
    areas: Array
    """Area that each pair stands for, on the first side [m²], shape (n,)."""
    widths: Array
    """Distance between the points [m], shape (n,)."""

    @classmethod
    def none(cls) -> "GapPairs":
        """No pairs at all."""
        return cls(np.zeros((0, 2, 3), dtype=np.int32), np.zeros((0, 2, 3)), np.zeros(0), np.zeros(0))


def pair_across(points: Array, first: IntArray, second: IntArray, *, reach: float) -> GapPairs:
    """Pair quadrature points of the finer side with the nearest points of the other.

    Args:
        points: Shape (n_points, 3) [m].
        first: Facets of one side, normals outward, shape (n, 3).
        second: Facets of the other side, shape (m, 3).
        reach: Largest distance that still counts [m].
    """
    near_first = first[_near(points, first, second, reach)]
    near_second = second[_near(points, second, first, reach)]
    if not len(near_first) or not len(near_second):
        return GapPairs.none()
    if len(near_first) >= len(near_second):
        return _paired(points, near_first, second, reach)
    pairs = _paired(points, near_second, first, reach)
    return GapPairs(pairs.corners[:, ::-1], pairs.weights[:, ::-1], pairs.areas, pairs.widths)


def faces_other(points: Array, facets: IntArray, others: IntArray, *, reach: float) -> npt.NDArray[np.bool_]:
    """Which facets face some others across a gap, by their centres, shape (n,).

    Args:
        points: Shape (n_points, 3) [m].
        facets: Normals outward, shape (n, 3).
        others: Normals outward, shape (m, 3).
        reach: Largest distance that still counts [m].
    """
    result = np.zeros(len(facets), dtype=bool)
    near, near_others = _near(points, facets, others, reach), _near(points, others, facets, reach)
    if near.any() and near_others.any():
        centres, (normals, _) = points[facets[near]].mean(axis=1), _normals(points, facets[near])
        opposite = _opposite(points, centres, normals, others[near_others])
        result[np.flatnonzero(near)] = opposite.distance <= reach
    return result


def _near(points: Array, facets: IntArray, others: IntArray, reach: float) -> npt.NDArray[np.bool_]:
    """Which facets have a bounding box that, widened by the reach, meets that of all others, shape (n,)."""
    if not len(facets) or not len(others):
        return np.zeros(len(facets), dtype=bool)
    low, high = points[others].min(axis=(0, 1)) - reach, points[others].max(axis=(0, 1)) + reach
    corner = points[facets]
    return np.asarray(((corner.max(axis=1) >= low) & (corner.min(axis=1) <= high)).all(axis=1))


@dataclass(frozen=True, eq=False, slots=True)
class _Opposite:
    """What lies opposite of some positions."""

    facet: npt.NDArray[np.int64]
    """Shape (n,)."""
    weights: Array
    """Barycentric coordinates on it, shape (n, 3)."""
    distance: Array
    """Infinite where nothing faces the position [m], shape (n,)."""


def _opposite(points: Array, positions: Array, normals: Array, facets: IntArray) -> _Opposite:
    facet_normals, _ = _normals(points, facets)
    found = cKDTree(points[facets].mean(axis=1)).query(positions, k=range(1, min(N_NEIGHBOURS, len(facets)) + 1))
    near = np.asarray(found[1])
    nearest, weights = nearest_on_triangles(
        points[facets[near]].reshape(-1, 3, 3), np.repeat(positions, near.shape[1], axis=0)
    )
    way = nearest.reshape(*near.shape, 3) - positions[:, None]
    distance = np.linalg.norm(way, axis=2)
    opposed = np.einsum("nkd,nd->nk", facet_normals[near], normals) < OPPOSED
    ahead = np.einsum("nkd,nd->nk", way, normals) >= AHEAD * distance
    distance = np.where(opposed & ahead, distance, np.inf)
    best, rows = distance.argmin(axis=1), np.arange(len(positions))
    return _Opposite(near[rows, best], weights.reshape(*near.shape, 3)[rows, best], distance[rows, best])


def _paired(points: Array, fine: IntArray, coarse: IntArray, reach: float) -> GapPairs:
    positions = np.einsum("qk,nkd->nqd", QUADRATURE, points[fine]).reshape(-1, 3)
    owner = np.repeat(np.arange(len(fine)), len(QUADRATURE))
    normals, areas = _normals(points, fine)
    opposite = _opposite(points, positions, normals[owner], coarse)
    rows = np.flatnonzero(opposite.distance <= reach)
    return GapPairs(
        corners=np.stack([fine[owner[rows]], coarse[opposite.facet[rows]]], axis=1).astype(np.int32),
        weights=np.stack([QUADRATURE[rows % len(QUADRATURE)], opposite.weights[rows]], axis=1),
        areas=areas[owner[rows]] / len(QUADRATURE),
        widths=opposite.distance[rows],
    )


def _normals(points: Array, facets: IntArray) -> tuple[Array, Array]:
    """Unit normals, shape (n, 3), and areas, shape (n,)."""
    corner = points[facets]
    vectors = 0.5 * np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    areas = np.linalg.norm(vectors, axis=1)
    return vectors / np.maximum(areas, 1e-300)[:, None], areas
