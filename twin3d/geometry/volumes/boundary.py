"""Facets on the boundary and between parts of a tetrahedral mesh, and the names that a file gives them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin3d.geometry.volumes.cutting import as_triangles
from twin3d.geometry.volumes.draft import Ints, NamedFacets

FACETS = np.array([[1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1]])
"""Corners of a cell's four facets."""


@dataclass(frozen=True, eq=False, slots=True)
class Named:
    """Triangles with a name each."""

    triangles: Ints
    """Point indices, shape (n, 3)."""
    region: Ints
    """Index into `names`, shape (n,)."""
    names: tuple[str, ...]
    messages: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Boundary:
    """Facets at which a part ends, by rising key."""

    keys: npt.NDArray[np.uint64]
    """Shape (n_facets,)."""
    corners: Ints
    """Shape (n_facets, 3)."""


def find_boundary(cells: Ints, region: Ints, n_points: int) -> Boundary:
    """Facets that one cell has, or two cells of different parts.

    Args:
        cells: Point indices, shape (n_cells, 4).
        region: Part of each cell, shape (n_cells,).
        n_points: Number of points.
    """
    keys = np.concatenate([facet_keys(cells[:, facet], n_points) for facet in FACETS])
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    cell = order % len(cells)
    is_first = np.append(True, keys[1:] != keys[:-1])
    is_last = np.append(is_first[1:], True)
    differs = region[cell[:-1]] != region[cell[1:]]
    is_end = is_first & is_last
    is_end[:-1] |= is_first[:-1] & is_last[1:] & differs
    chosen = order[is_end]
    corners = cells[(chosen % len(cells))[:, None], FACETS[chosen // len(cells)]]
    return Boundary(keys[is_end], corners)


def facet_keys(corners: Ints, n_points: int) -> npt.NDArray[np.uint64]:
    """One number for the same three points in any order, shape (n,); wraps around beyond two million points."""
    a, b, c = corners.T
    low, high = np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)
    middle = a + b + c - low - high
    n = np.uint64(n_points)
    return np.asarray((low.astype(np.uint64) * n + middle.astype(np.uint64)) * n + high.astype(np.uint64))


def name_facets(
    boundary: Boundary, facets: Sequence[NamedFacets], point_sets: Sequence[tuple[str, Ints]], n_points: int
) -> Named:
    """Names of boundary facets: from facet sets first, then from point sets, small ones first.

    Args:
        boundary: Of the mesh.
        facets: Facet sets.
        point_sets: Names and point indices; a set of all points names nothing.
        n_points: Number of points.
    """
    region: Ints = np.full(len(boundary.keys), -1, dtype=np.int64)
    names: list[str] = []
    messages: list[str] = []
    for named in facets:
        found, n_missing = _places(boundary, named.corners, n_points)
        if n_missing:
            messages.append(f'{n_missing} facets of "{named.name}" are not on the boundary of a part and were left out')
        _claim(region, found, named.name, names, messages)
    for name, points in sorted(point_sets, key=lambda item: len(item[1])):
        holds = np.zeros(n_points, dtype=bool)
        holds[points] = True
        if not holds.all():
            _claim(region, np.flatnonzero(holds[boundary.corners].all(axis=1)), name, names, messages)
    chosen = np.flatnonzero(region >= 0)
    return Named(boundary.corners[chosen], region[chosen], tuple(names), tuple(messages))


def _claim(region: Ints, found: Ints, name: str, names: list[str], messages: list[str]) -> None:
    """Give facets a name, but for those that have one."""
    number = names.index(name) if name in names else len(names)
    free = found[region[found] < 0]
    others = found[(region[found] >= 0) & (region[found] != number)]
    if others.size:
        first = names[int(region[others[0]])]
        messages.append(f'{len(others)} facets of "{name}" are in "{first}" too and keep that name')
    if free.size:
        region[free] = number
        names += [name] if number == len(names) else []


def _places(boundary: Boundary, corners: Ints, n_points: int) -> tuple[Ints, int]:
    """Boundary facets that polygons lie on, and how many triangles lie on none."""
    keys = facet_keys(as_triangles(corners)[0], n_points)
    place = np.minimum(np.searchsorted(boundary.keys, keys), max(len(boundary.keys) - 1, 0))
    is_there = boundary.keys[place] == keys
    return np.unique(place[is_there]), int((~is_there).sum())
