"""Closed shells of one part: which lie within others, which way their normals point, and overlapping ones made one."""

from dataclasses import dataclass

import manifold3d
import numpy as np

from twin3d.geometry.surfaces.edges import Floats, Ints, edges_of, shells_of
from twin3d.geometry.surfaces.winding import is_inside

N_TESTED = 32
"""Points of a shell that must lie within another for the shell to do so."""
MAX_SHELLS = 2000
"""A part of more shells is left as it is."""
SLACK = 1e-9
"""Relative difference of volumes that is rounding."""


@dataclass(frozen=True, eq=False, slots=True)
class Shells:
    """The closed shells of a part."""

    of_triangle: Ints
    """Shell of each triangle, index into the rows below, -1 for triangles of open ones, shape (n_triangles,)."""
    volume: Floats
    """Signed, positive where normals point outward, shape (n_shells,)."""
    low: Floats
    """Lowest corners of the bounding boxes, shape (n_shells, 3)."""
    high: Floats
    within: np.ndarray
    """Whether the first shell lies within the second, shape (n_shells, n_shells)."""

    @property
    def depth(self) -> Ints:
        """In how many others each shell lies, shape (n_shells,)."""
        return np.asarray(self.within.sum(axis=1))


def closed_shells(points: Floats, triangles: Ints) -> Shells:
    """The shells of which every edge has two triangles, and how they lie within each other."""
    edges = edges_of(triangles)
    shell = shells_of(edges)
    n_shells = int(shell.max(initial=-1)) + 1
    key, count = np.unique(edges.of_triangle * np.int64(n_shells) + shell[:, None], return_counts=True)
    faulty = np.bincount(key % max(n_shells, 1), weights=(count != 2).astype(float), minlength=n_shells) > 0
    number = np.where(faulty, -1, np.cumsum(~faulty) - 1)
    of_triangle = number[shell]
    n_closed = int((~faulty).sum())
    corner = points[triangles]
    sixth = np.einsum("ni,ni->n", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])) / 6.0
    low, high = np.full((n_closed, 3), np.inf), np.full((n_closed, 3), -np.inf)
    chosen = of_triangle >= 0
    np.minimum.at(low, of_triangle[chosen], corner[chosen].min(axis=1))
    np.maximum.at(high, of_triangle[chosen], corner[chosen].max(axis=1))
    volume = np.bincount(of_triangle[chosen], weights=sixth[chosen], minlength=n_closed).astype(np.float64)
    return Shells(of_triangle, volume, low, high, _within(points, triangles, of_triangle, low, high))


def oriented_shells(points: Floats, triangles: Ints) -> tuple[np.ndarray, tuple[str, ...]]:
    """Which triangles to turn round, so that normals point out of the material.

    A closed shell in an odd number of others bounds a cavity; its normals point into it. An open shell is turned if
    it encloses a negative volume, seen from its own centre.

    Returns:
        Shape (n_triangles,), and a word on cavities.
    """
    shells = closed_shells(points, triangles)
    is_cavity = shells.depth % 2 == 1
    wrong = np.append((shells.volume < 0.0) != is_cavity, False)  # the last is for open shells
    turn = wrong[shells.of_triangle] | _inverted_open(points, triangles, shells.of_triangle)
    n_outward = int((is_cavity & (shells.volume > 0.0)).sum())
    notes = []
    if is_cavity.any():
        doubt = f"; {n_outward} had normals outward: take out what is solid" if n_outward else ""
        notes.append(f"closed shells within others, kept as cavities: {int(is_cavity.sum())}{doubt}")
    return turn, tuple(notes)


def united(points: Floats, triangles: Ints) -> tuple[Floats, Ints, Ints, str] | None:
    """Bodies that overlap or touch made one, by Manifold.

    Returns:
        Points, triangles, the old triangle that each lies on, and a word on it; None where nothing overlaps, or the
        shells are not all closed.
    """
    shells = closed_shells(points, triangles)
    bodies = _bodies(shells)
    if (shells.of_triangle < 0).any() or not _boxes_meet(shells, bodies):
        return None
    solids = [_solid(points, triangles, np.isin(shells.of_triangle, body)) for body in bodies]
    if any(solid.status() != manifold3d.Error.NoError for solid in solids):
        return None
    union = manifold3d.Manifold.batch_boolean(solids, manifold3d.OpType.Add)
    total = sum(solid.volume() for solid in solids)
    shared = total - union.volume()
    n_left = len(union.decompose())
    if union.status() != manifold3d.Error.NoError or (shared <= SLACK * total and n_left >= len(bodies)):
        return None
    mesh = union.to_mesh64()
    note = f"united {len(bodies)} bodies that overlap or touch into {n_left}; they shared a volume of {shared:.4g}"
    corners = np.asarray(mesh.tri_verts, dtype=np.int64)
    return np.asarray(mesh.vert_properties[:, :3]), corners, np.asarray(mesh.face_id, dtype=np.int64), note


def _within(points: Floats, triangles: Ints, of_triangle: Ints, low: Floats, high: Floats) -> np.ndarray:
    n_shells = len(low)
    within = np.zeros((n_shells, n_shells), dtype=bool)
    if not 1 < n_shells <= MAX_SHELLS:
        return within
    inside_box = np.asarray(((low[:, None] > low[None]) & (high[:, None] < high[None])).all(axis=2))
    samples = {}
    for outer in np.flatnonzero(inside_box.any(axis=0)):
        inner = np.flatnonzero(inside_box[:, outer])
        for shell in inner:
            if shell not in samples:
                corners = np.unique(triangles[of_triangle == shell])
                samples[shell] = points[corners[:: max(1, len(corners) // N_TESTED)]]
        tested = np.concatenate([samples[shell] for shell in inner])
        inside = is_inside(points, triangles[of_triangle == outer], tested)
        starts = np.cumsum([0, *(len(samples[shell]) for shell in inner)])[:-1]
        within[inner, outer] = np.logical_and.reduceat(inside, starts)
    return within


def _inverted_open(points: Floats, triangles: Ints, of_triangle: Ints) -> np.ndarray:
    """Triangles of open shells that enclose a clearly negative volume."""
    shell = shells_of(edges_of(triangles))
    n_open = np.bincount(shell, weights=(of_triangle < 0).astype(float))
    corner = points[triangles]
    count = np.bincount(shell)
    centre = np.column_stack([np.bincount(shell, weights=axis) / count for axis in corner.mean(axis=1).T])
    local = corner - centre[shell][:, None]
    volume = np.bincount(shell, weights=np.einsum("ni,ni->n", local[:, 0], np.cross(local[:, 1], local[:, 2])) / 6.0)
    size = np.bincount(shell, weights=np.linalg.norm(local, axis=2).max(axis=1) ** 3) / count
    return np.asarray(((n_open > 0.0) & (volume < -1e-3 * size))[shell])


def _bodies(shells: Shells) -> list[Ints]:
    """Numbers of the shells of each body: one outer, and the cavities right within it."""
    depth = shells.depth
    outer = np.flatnonzero(depth % 2 == 0)
    return [np.append(shell, np.flatnonzero(shells.within[:, shell] & (depth == depth[shell] + 1))) for shell in outer]


def _boxes_meet(shells: Shells, bodies: list[Ints]) -> bool:
    """Whether two bodies side by side may touch."""
    if not 1 < len(bodies) <= MAX_SHELLS:
        return False
    outer = np.array([body[0] for body in bodies])
    low, high = shells.low[outer], shells.high[outer]
    meet = (low[:, None] <= high[None]).all(axis=2) & (low[None] <= high[:, None]).all(axis=2)
    nested = shells.within[np.ix_(outer, outer)]
    return bool((meet & ~nested & ~nested.T & ~np.eye(len(outer), dtype=bool)).any())


def _solid(points: Floats, triangles: Ints, chosen: np.ndarray) -> manifold3d.Manifold:
    used, corners = np.unique(triangles[chosen], return_inverse=True)
    mesh = manifold3d.Mesh64(
        vert_properties=np.ascontiguousarray(points[used]),
        tri_verts=corners.reshape(-1, 3).astype(np.uint64),
        face_id=np.flatnonzero(chosen).astype(np.uint64),
    )
    return manifold3d.Manifold(mesh)
