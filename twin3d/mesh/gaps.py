"""Parts that face each other across a small gap: most likely they should touch, and heat cannot pass."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from twin3d.mesh.opposite import Facing, opposite, unit_normals
from twin3d.records import TetMesh
from twin3d.records.mesh import OUTSIDE

Array: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int32]

FACING = Facing(opposed=-0.7, ahead=0.85, n_candidates=24)
"""Stricter than for contacts, which people declare: a gap is only suspected."""
REACH = 0.005
"""Gaps up to this share of the asset's diagonal are looked for where nobody says a length."""
QUARTERS = np.array([[4, 1, 1], [1, 4, 1], [1, 1, 4], [2, 2, 2]]) / 6.0
"""Barycentric coordinates of the centres of a triangle's four quarters."""


@dataclass(frozen=True, eq=False, slots=True)
class Gap:
    """Two parts that face each other without touching."""

    parts: tuple[int, int]
    names: tuple[str, str]
    smallest: float
    """Smallest distance that was found [m]."""
    median: float
    """Median distance, by area [m]."""
    area: float
    """Area over which they face each other [m²]."""
    place: tuple[float, float, float]
    """Where the gap is, on the surface of one of the parts [m]."""
    facets: IntArray
    """Facets of the one part that face the other, indices into the mesh's facets, shape (n,)."""


@dataclass(frozen=True, eq=False, slots=True)
class _Samples:
    """Points on the outside of one part, four on each facet."""

    facets: IntArray
    """Facet of each sample, shape (n,)."""
    positions: Array
    """Shape (n, 3) [m]."""
    normals: Array
    """Outward, shape (n, 3)."""
    areas: Array
    """What each sample stands for [m²], shape (n,)."""

    def chosen(self, mask: npt.NDArray[np.bool_]) -> "_Samples":
        """Those of a mask."""
        return _Samples(self.facets[mask], self.positions[mask], self.normals[mask], self.areas[mask])


def default_reach(mesh: TetMesh) -> float:
    """How far apart parts may be to be looked at where nobody says a length [m]."""
    return REACH * float(np.linalg.norm(np.ptp(mesh.points, axis=0)))


def find_gaps(mesh: TetMesh, reach: float) -> tuple[Gap, ...]:
    """Pairs of parts whose outer facets face each other across a gap, the largest area first.

    What lies within reach of a place where the two parts do touch is no gap: there the two surfaces part ways.

    Args:
        mesh: The mesh.
        reach: Gaps up to this width are found [m].
    """
    samples = [_sampled(mesh, part) for part in range(len(mesh.part_names))]
    boxes = [_box(mesh, part) for part in range(len(mesh.part_names))]
    gaps: list[Gap] = []
    for a, b in combinations(range(len(samples)), 2):
        if (boxes[a][0] <= boxes[b][1] + reach).all() and (boxes[b][0] <= boxes[a][1] + reach).all():
            gaps += _gap(mesh, (a, b), (samples[a], samples[b]), reach)
    return tuple(sorted(gaps, key=lambda gap: -gap.area))


def _sampled(mesh: TetMesh, part: int) -> _Samples:
    facets = np.flatnonzero((mesh.facet_parts[:, 0] == part) & (mesh.facet_parts[:, 1] == OUTSIDE)).astype(np.int32)
    corners = mesh.points[mesh.facets[facets]]
    normals, areas = unit_normals(corners)
    return _Samples(
        facets=np.repeat(facets, len(QUARTERS)),
        positions=np.einsum("qk,nkd->nqd", QUARTERS, corners).reshape(-1, 3),
        normals=np.repeat(normals, len(QUARTERS), axis=0),
        areas=np.repeat(areas / len(QUARTERS), len(QUARTERS)),
    )


def _box(mesh: TetMesh, part: int) -> tuple[Array, Array]:
    points = mesh.points[mesh.cells[mesh.cell_region == part]].reshape(-1, 3)
    if not len(points):
        return np.full(3, np.inf), np.full(3, -np.inf)
    return points.min(axis=0), points.max(axis=0)


def _gap(mesh: TetMesh, parts: tuple[int, int], samples: tuple[_Samples, _Samples], reach: float) -> Iterator[Gap]:
    """What lies between two parts, if anything; measured from the side whose facets face the other most fully."""
    touching = _touching_points(mesh, parts)
    sides = []
    for own, other in (samples, samples[::-1]):
        near = own.chosen(_is_near_box(own.positions, other.positions, reach))
        corners = mesh.points[mesh.facets[np.unique(other.facets)]]
        distances = opposite(near.positions, near.normals, corners, facing=FACING, reach=reach).distance
        sees = np.isfinite(distances) & _is_apart(near.positions, touching, reach)
        if sees.any():
            sides.append((near.chosen(sees), distances[sees]))
    if not sides:
        return
    fullest, widths = max(sides, key=lambda side: len(side[1]) / len(np.unique(side[0].facets)))
    order = np.argsort(widths, kind="stable")
    half = np.searchsorted(np.cumsum(fullest.areas[order]), 0.5 * fullest.areas.sum())
    centre = fullest.areas @ fullest.positions / fullest.areas.sum()
    middle = fullest.positions[np.linalg.norm(fullest.positions - centre, axis=1).argmin()]
    yield Gap(
        parts=parts,
        names=(mesh.part_names[parts[0]], mesh.part_names[parts[1]]),
        smallest=float(widths[order[0]]),
        median=float(widths[order[min(half, len(order) - 1)]]),
        area=float(fullest.areas.sum()),
        place=(float(middle[0]), float(middle[1]), float(middle[2])),
        facets=np.unique(fullest.facets).astype(np.int32),
    )


def _touching_points(mesh: TetMesh, parts: tuple[int, int]) -> Array:
    """Points of the facets that two parts share, bonded or in contact, shape (n, 3)."""
    is_shared = np.isin(mesh.facet_parts, parts).all(axis=1)
    return mesh.points[np.unique(mesh.facets[is_shared])]


def _is_near_box(positions: Array, others: Array, reach: float) -> npt.NDArray[np.bool_]:
    if not len(others):
        return np.zeros(len(positions), dtype=bool)
    low, high = others.min(axis=0) - reach, others.max(axis=0) + reach
    # the outermost samples lie a third of a facet within the part
    slack = 0.1 * (high - low)
    return np.asarray(((positions >= low - slack) & (positions <= high + slack)).all(axis=1))


def _is_apart(positions: Array, touching: Array, reach: float) -> npt.NDArray[np.bool_]:
    if not len(touching) or not len(positions):
        return np.ones(len(positions), dtype=bool)
    return np.asarray(cKDTree(touching).query(positions, distance_upper_bound=reach)[0] > reach)
