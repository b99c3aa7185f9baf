"""Openings of a surface, and small plane ones filled."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin3d.geometry.surfaces.edges import SIDES, Floats, Ints, edges_of, groups_of_points
from twin3d.geometry.surfaces.polygons import ears_of

SMALL = 0.05
"""Largest hole that is filled, its diameter against the part's diagonal."""
PLANE = 0.2
"""How far the rim of a hole may leave a plane, against its diameter."""
MAX_RIM = 1000
"""Longest rim that is filled, in edges."""
MAX_SHOWN = 3


@dataclass(frozen=True, eq=False, slots=True)
class Opening:
    """Open edges that hang together."""

    centre: Floats
    """Shape (3,)."""
    diameter: float
    """Diagonal of its bounding box."""
    area: float
    """Of the plane patch that would close it; a crack has nearly none."""
    n_edges: int


def openings_of(points: Floats, triangles: Ints) -> tuple[Opening, ...]:
    """The openings of a surface, the largest area first.

    Args:
        points: Shape (n_points, 3).
        triangles: Shape (n_triangles, 3).
    """
    rim = _open_sides(triangles)
    if not len(rim):
        return ()
    group = groups_of_points(rim, len(points))[rim[:, 0]]
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    found = [_opening(points[rim[chosen]]) for chosen in np.split(order, starts[1:])]
    return tuple(sorted(found, key=lambda opening: -opening.area))


def filled(points: Floats, triangles: Ints, diagonal: float) -> tuple[Ints, Ints, tuple[str, ...]]:
    """Triangles that fill small, plane and simple holes.

    Args:
        points: Shape (n_points, 3).
        triangles: Running one way, shape (n_triangles, 3).
        diagonal: Of the part.

    Returns:
        New triangles, shape (n, 3); for each, one of the old triangles beside it, shape (n,); and a word on it.
    """
    rim = _open_sides(triangles)
    beside = {(int(a), int(b)): int(owner) for (a, b), owner in zip(rim, _open_owners(triangles), strict=True)}
    patches, owners, closed = [], [], []
    for loop in _simple_loops(rim):
        ring = points[loop]
        if np.linalg.norm(np.ptp(ring, axis=0)) > SMALL * diagonal or not _is_plane(ring):
            continue
        ears = ears_of(ring)
        if len(ears) == len(loop) - 2:
            patches.append(np.array(loop)[ears])
            owners.append(np.full(len(ears), beside[loop[1], loop[0]]))
            closed.append(_opening(np.stack([ring, np.roll(ring, -1, axis=0)], axis=1)))
    if not patches:
        return np.zeros((0, 3), dtype=np.int64), np.zeros(0, dtype=np.int64), ()
    return np.concatenate(patches), np.concatenate(owners), (_words(closed),)


def place(point: Floats) -> str:
    """A point for people, in the file's unit."""
    x, y, z = point
    return f"({x:.6g}, {y:.6g}, {z:.6g})"


def _words(closed: Sequence[Opening]) -> str:
    shown = "; ".join(f"{hole.diameter:.3g} across at {place(hole.centre)}" for hole in closed[:MAX_SHOWN])
    more = f" and {len(closed) - MAX_SHOWN} more" if len(closed) > MAX_SHOWN else ""
    return f"filled {len(closed)} small {'hole' if len(closed) == 1 else 'holes'}: {shown}{more}"


def _open_sides(triangles: Ints) -> Ints:
    """Open edges as their triangles run along them, shape (n, 2)."""
    edges = edges_of(triangles)
    return np.asarray(triangles[:, SIDES][edges.is_open[edges.of_triangle]])


def _open_owners(triangles: Ints) -> Ints:
    edges = edges_of(triangles)
    return np.asarray(np.nonzero(edges.is_open[edges.of_triangle])[0])


def _simple_loops(rim: Ints) -> list[list[int]]:
    """Closed ways against the open edges, so that what fills them runs as its neighbours; none that touches itself."""
    onward: dict[int, list[int]] = defaultdict(list)
    for a, b in rim.tolist():
        onward[b].append(a)
    loops = []
    pending = {start for start, ends in onward.items() if len(ends) == 1}
    for start in sorted(pending):
        if start not in pending:
            continue
        loop, current = [start], onward[start][0]
        pending.discard(start)
        while current in pending and len(loop) <= MAX_RIM:
            pending.discard(current)
            loop.append(current)
            current = onward[current][0]
        if current == start and 3 <= len(loop) <= MAX_RIM:
            loops.append(loop)
    return loops


def _is_plane(ring: Floats) -> bool:
    local = ring - ring.mean(axis=0)
    normal = np.linalg.svd(local, full_matrices=False)[2][-1]
    return bool(np.abs(local @ normal).max() <= PLANE * np.linalg.norm(np.ptp(ring, axis=0)))


def _opening(ends: Floats) -> Opening:
    """An opening of edges with ends of shape (n, 2, 3)."""
    corners = ends.reshape(-1, 3)
    centre = corners.mean(axis=0)
    local = ends - centre
    area = 0.5 * float(np.linalg.norm(np.cross(local[:, 0], local[:, 1]).sum(axis=0)))
    return Opening(centre, float(np.linalg.norm(np.ptp(corners, axis=0))), area, len(ends))
