"""Contacts across a gap: facets of two parts that face each other, coupled point by point where their meshes differ."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin3d.mesh.opposite import Facing, opposite, unit_normals

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
FACING = Facing(opposed=-0.5, ahead=0.5, n_candidates=32)
"""What lies behind a face does not face it."""


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
        corners = points[facets[near]]
        found = opposite(
            corners.mean(axis=1), unit_normals(corners)[0], points[others[near_others]], facing=FACING, reach=reach
        )
        result[near] = np.isfinite(found.distance)
    return result


def _near(points: Array, facets: IntArray, others: IntArray, reach: float) -> npt.NDArray[np.bool_]:
    """Which facets have a bounding box that, widened by the reach, meets that of all others, shape (n,)."""
    if not len(facets) or not len(others):
        return np.zeros(len(facets), dtype=bool)
    low, high = points[others].min(axis=(0, 1)) - reach, points[others].max(axis=(0, 1)) + reach
    corner = points[facets]
    return np.asarray(((corner.max(axis=1) >= low) & (corner.min(axis=1) <= high)).all(axis=1))


def _paired(points: Array, fine: IntArray, coarse: IntArray, reach: float) -> GapPairs:
    positions = np.einsum("qk,nkd->nqd", QUADRATURE, points[fine]).reshape(-1, 3)
    owner = np.repeat(np.arange(len(fine)), len(QUADRATURE))
    normals, areas = unit_normals(points[fine])
    found = opposite(positions, normals[owner], points[coarse], facing=FACING, reach=reach)
    rows = np.flatnonzero(np.isfinite(found.distance))
    return GapPairs(
        corners=np.stack([fine[owner[rows]], coarse[found.facet[rows]]], axis=1).astype(np.int32),
        weights=np.stack([QUADRATURE[rows % len(QUADRATURE)], found.weights[rows]], axis=1),
        areas=areas[owner[rows]] / len(QUADRATURE),
        widths=found.distance[rows],
    )
