"""Parts of a volume mesh that share volume, which no real parts do: cells that lie within cells of another part."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from twin3d.mesh.locate import INSIDE, barycentric
from twin3d.mesh.wording import number_text

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

NEGLIGIBLE = 1e-6
"""Shared volume, relative to the smaller of two parts, that counts as touching: flat cells have it at interfaces."""
MOST_PAIRS = 4_000_000
"""Pairs of a centre and a cell that are tried for two parts; beyond it every so many centres stand for the others."""
PAIRS_AT_ONCE = 1_000_000
"""Pairs that are handled at a time, to bound the memory."""


@dataclass(frozen=True, slots=True)
class MeshOverlap:
    """Two parts whose cells share volume."""

    smaller: int
    """Part of less volume."""
    larger: int
    volume: float
    """Of the cells whose centres lie within the other part; of the two parts the larger sum, in the unit cubed."""
    share: float
    """Of the smaller part's volume [–]."""
    centre: tuple[float, float, float]
    """Of these cells, in the unit of the points."""

    def describe(self, part_names: Sequence[str], metres_per_unit: float) -> str:
        """What people should know, lengths in millimetres."""
        scale = metres_per_unit * 1e3
        x, y, z = (scale * coordinate for coordinate in self.centre)
        smaller, larger = part_names[self.smaller], part_names[self.larger]
        return (
            f"the parts {smaller!r} and {larger!r} overlap by about {number_text(self.volume * scale**3)} mm³ "
            f"({self.share:.2%} of {smaller!r}) near ({x:.4g}, {y:.4g}, {z:.4g}) mm: this volume counts twice; cut one "
            "out of the other and mesh again"
        )


@dataclass(frozen=True, eq=False, slots=True)
class _Cells:
    """Some cells of a mesh with what is asked of them again and again."""

    corners: Floats
    """Shape (n, 4, 3)."""
    centres: Floats
    volumes: Floats
    low: Floats
    """Lowest corner of the box around each, shape (n, 3)."""
    high: Floats

    def chosen(self, which: npt.NDArray[np.bool_] | Ints) -> "_Cells":
        return _Cells(self.corners[which], self.centres[which], self.volumes[which], self.low[which], self.high[which])


def find_overlaps(
    points: Floats, cells: npt.NDArray[np.int32], cell_region: npt.NDArray[np.int32]
) -> tuple[MeshOverlap, ...]:
    """Pairs of parts that share volume, the largest share first.

    Overlaps shallower than about half a cell hold no centre and are not found.

    Args:
        points: Shape (n_points, 3).
        cells: Shape (n_cells, 4).
        cell_region: Part of each cell, shape (n_cells,).
    """
    if len(np.unique(cell_region)) < 2:
        return ()
    order = np.argsort(cell_region, kind="stable")
    ends = np.cumsum(np.bincount(cell_region))
    parts = [_cells_of(points, cells[own]) for own in np.split(order, ends[:-1])]
    found = [_overlap(parts, a, b) for a, b in _meeting(parts)]
    return tuple(sorted((overlap for overlap in found if overlap is not None), key=lambda overlap: -overlap.share))


def _cells_of(points: Floats, cells: npt.NDArray[np.int32]) -> _Cells:
    corners = points[cells]
    edges = corners[:, 1:] - corners[:, :1]
    volumes = np.abs(np.einsum("ei,ei->e", np.cross(edges[:, 0], edges[:, 1]), edges[:, 2])) / 6.0
    return _Cells(corners, corners.mean(axis=1), volumes, corners.min(axis=1), corners.max(axis=1))


def _meeting(parts: Sequence[_Cells]) -> Iterator[tuple[int, int]]:
    """Pairs of parts whose boxes share volume, the first of fewer number."""
    filled = [number for number, part in enumerate(parts) if len(part.centres)]
    low = np.array([parts[number].low.min(axis=0) for number in filled])
    high = np.array([parts[number].high.max(axis=0) for number in filled])
    for place, first in enumerate(filled):
        depth = np.minimum(high[place], high[place + 1 :]) - np.maximum(low[place], low[place + 1 :])
        for other in np.flatnonzero((depth > 0.0).all(axis=1)):
            yield first, filled[place + 1 + int(other)]


def _overlap(parts: Sequence[_Cells], a: int, b: int) -> MeshOverlap | None:
    """What two parts share; the side whose cells there have more volume tells it."""
    smaller, larger = sorted((a, b), key=lambda part: float(parts[part].volumes.sum()))
    sides = [_shared(parts[smaller], parts[larger]), _shared(parts[larger], parts[smaller])]
    volume, centre = max(sides, key=lambda side: side[0])
    whole = float(parts[smaller].volumes.sum())
    if volume <= NEGLIGIBLE * whole:
        return None
    x, y, z = map(float, centre)
    return MeshOverlap(smaller, larger, volume, min(1.0, volume / whole), (x, y, z))


def _shared(part: _Cells, other: _Cells) -> tuple[float, Floats]:
    """Volume and mean centre of the cells of a part whose centres lie within another."""
    low, high = other.low.min(axis=0), other.high.max(axis=0)
    inner = part.chosen(((part.centres > low) & (part.centres < high)).all(axis=1))
    if len(inner.centres):
        low, high = inner.centres.min(axis=0), inner.centres.max(axis=0)
        other = other.chosen(((other.low < high) & (other.high > low)).all(axis=1))
    if not len(inner.centres) or not len(other.centres):
        return 0.0, np.zeros(3)
    radii = np.linalg.norm(other.corners - other.centres[:, None, :], axis=2).max(axis=1)
    tree = cKDTree(inner.centres)
    near = tree.query(other.centres, distance_upper_bound=float(radii.max()) * (1.0 + 1e-9))[0] <= radii
    other, radii = other.chosen(near), radii[near]
    counts = np.asarray(tree.query_ball_point(other.centres, radii, return_length=True), dtype=np.int64)
    stride = _stride(int(counts.sum()))
    if stride > 1:
        inner = inner.chosen(np.arange(0, len(inner.centres), stride))
        tree = cKDTree(inner.centres)
    is_within = np.zeros(len(inner.centres), dtype=bool)
    for some in _chunks(counts // stride):
        is_within[_within(tree, inner.centres, other.chosen(some), radii[some])] = True
    volume = float(inner.volumes[is_within].sum()) * stride
    return volume, inner.centres[is_within].mean(axis=0) if volume else np.zeros(3)


def _within(tree: cKDTree, centres: Floats, others: _Cells, radii: Floats) -> Ints:
    """Numbers of the centres that lie within one of the other cells."""
    lists = tree.query_ball_point(others.centres, radii, return_sorted=False)
    owner = np.repeat(np.arange(len(lists)), [len(one) for one in lists])
    inner = np.fromiter(chain.from_iterable(lists), dtype=np.int64, count=len(owner))
    in_box = ((centres[inner] > others.low[owner]) & (centres[inner] < others.high[owner])).all(axis=1)
    owner, inner = owner[in_box], inner[in_box]
    solid = others.volumes[owner] > 0.0
    owner, inner = owner[solid], inner[solid]
    coordinates = barycentric(others.corners[owner], centres[inner])
    return np.asarray(inner[(coordinates >= INSIDE).all(axis=1)])


def _stride(n_pairs: int) -> int:
    """Each how many centres one is tried; no multiple of 2, 3 or 5, into so many tetrahedra other cells are cut."""
    stride = max(1, -(-n_pairs // MOST_PAIRS))
    while math.gcd(stride, 30) > 1:
        stride += 1
    return stride


def _chunks(counts: Ints) -> Iterator[Ints]:
    """Numbers of cells, in chunks of so many pairs."""
    chunk = np.cumsum(counts) // PAIRS_AT_ONCE
    yield from np.split(np.arange(len(counts)), np.flatnonzero(np.diff(chunk)) + 1)
