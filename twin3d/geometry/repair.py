"""Surfaces repaired as far as is safe: each step takes triangles and gives better ones, and says what it did."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

from twin3d.geometry.surfaces.edges import Edges, Floats, Ints, edges_of, groups_of_points, same_rows, turned_round
from twin3d.geometry.surfaces.holes import filled
from twin3d.geometry.surfaces.shells import oriented_shells, united
from twin3d.geometry.surfaces.stitching import split_at_points

MERGE = 1e-7
"""Points closer than this are one, relative to the diagonal of the bounding box."""
STITCH = 1e-4
"""Points of open edges closer than this are stitched, relative to the diagonal."""
FLAT = 1e-10
"""A triangle lower than this has no area, relative to the diagonal."""


@dataclass(frozen=True, eq=False, slots=True)
class Patchwork:
    """Triangles under repair."""

    points: Floats
    """Shape (n_points, 3)."""
    triangles: Ints
    """Shape (n_triangles, 3)."""
    region: Ints
    """Named face of each triangle, shape (n_triangles,)."""
    messages: tuple[str, ...] = ()

    @property
    def diagonal(self) -> float:
        """Of the bounding box."""
        return float(np.linalg.norm(np.ptp(self.points, axis=0)))

    def keep(self, chosen: np.ndarray, *messages: str) -> "Patchwork":
        """Only some triangles, with a word on why."""
        kept = replace(self, triangles=self.triangles[chosen], region=self.region[chosen])
        return replace(kept, messages=(*self.messages, *messages))


def repaired(points: Floats, triangles: Ints, region: Ints) -> Patchwork:
    """One part's triangles, repaired as far as is safe.

    Points that coincide are merged, triangles without area or listed twice dropped, cracks stitched, small plane holes
    filled, normals turned outward, closed shells within others kept as cavities, overlapping shells united.

    Args:
        points: Of the part, shape (n_points, 3).
        triangles: Shape (n_triangles, 3).
        region: Named face of each triangle, shape (n_triangles,).

    Returns:
        The triangles, which need not be closed, and what was done.
    """
    work = merged(Patchwork(points, triangles, region))
    work = without_repeated(without_flat(work))
    if not len(work.triangles):
        return work
    work = stitched(work)
    turn, _ = turned_round(edges_of(work.triangles))
    before = work.triangles
    work = replace(work, triangles=np.where(turn[:, None], before[:, ::-1], before))
    work = _filled(work)
    work = _outward(work, turned=np.append(turn, np.zeros(len(work.triangles) - len(turn), dtype=bool)))
    return _united(work)


def merged(work: Patchwork) -> Patchwork:
    """Points that coincide made one; near ones too, where exact ones leave open edges."""
    index, n_points = same_points(work.points)
    first = np.full(n_points, len(index))
    np.minimum.at(first, index, np.arange(len(index)))
    result = replace(work, points=work.points[first], triangles=index[work.triangles])
    if edges_of(_proper(result.triangles)).is_open.any():
        result = _near_merged(result, MERGE * work.diagonal)
    return result


def same_points(points: Floats) -> tuple[Ints, int]:
    """Number of each point among the distinct ones, shape (n_points,), and how many there are.

    By a hash of the bytes, several times as fast as sorting the rows; rows of one hash that differ are told apart.
    """
    plain = np.ascontiguousarray(points + 0.0)  # one zero instead of two
    bits = plain.view(np.uint64)
    primes = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)
    mixed = (bits ^ (bits >> np.uint64(29))) * primes
    keys = mixed[:, 0] ^ (mixed[:, 1] >> np.uint64(7)) ^ (mixed[:, 2] << np.uint64(11))
    _, first, index = np.unique(keys, return_index=True, return_inverse=True)
    if (plain[first][index] != plain).any():
        rows, index = np.unique(plain, axis=0, return_inverse=True)
        return index.ravel(), len(rows)
    return index, len(first)


def without_flat(work: Patchwork) -> Patchwork:
    """Triangles without area dropped."""
    corner = work.points[work.triangles]
    sides = np.linalg.norm(corner - np.roll(corner, 1, axis=1), axis=2)
    doubled = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    solid = (_proper_mask(work.triangles)) & (doubled > FLAT * work.diagonal * sides.max(axis=1))
    if solid.all():
        return work
    return work.keep(solid, f"dropped {int((~solid).sum()):,} triangles without area")


def without_repeated(work: Patchwork) -> Patchwork:
    """Triangles on the same three points made one, or none where they cancel, whichever leaves fewer faulty edges."""
    index, first = same_rows(np.sort(work.triangles, axis=1))
    count = np.bincount(index)
    if (count == 1).all():
        return work
    once = np.zeros(len(index), dtype=bool)
    once[first] = True
    cancelled = once & (count[index] % 2 == 1)
    kept = min((once, cancelled), key=lambda chosen: (_n_faulty(work.triangles[chosen]), not chosen.any()))
    return work.keep(kept, f"dropped {int((~kept).sum()):,} triangles that were listed more than once")


def stitched(work: Patchwork) -> Patchwork:
    """Cracks closed: open points that nearly coincide merged, edges split at open points that lie on them."""
    edges = edges_of(work.triangles)
    if not edges.is_open.any():
        return work
    tolerance = _crack_width(work, edges)
    closed = _near_merged(work, tolerance, among=np.unique(edges.ends[edges.is_open]))
    closed = replace(closed, messages=work.messages)
    points, triangles, source = split_at_points(closed.points, closed.triangles, tolerance)
    closed = replace(closed, points=points, triangles=triangles, region=closed.region[source])
    before, after = int(edges.is_open.sum()), int(edges_of(closed.triangles).is_open.sum())
    if after >= before or edges_of(closed.triangles).is_crowded.sum() > edges.is_crowded.sum():
        return work
    note = f"stitched {before - after:,} open edges of cracks narrower than {tolerance:.3g}"
    return replace(closed, messages=(*work.messages, note))


def _crack_width(work: Patchwork, edges: Edges) -> float:
    """How far points may be moved: little against the part, and against the open edges themselves."""
    ends = work.points[edges.ends[edges.is_open]]
    lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    return min(STITCH * work.diagonal, 0.25 * float(np.median(lengths)))


def _near_merged(work: Patchwork, tolerance: float, among: Ints | None = None) -> Patchwork:
    """Points closer than a tolerance made one; triangles that lose an edge by it dropped."""
    chosen = np.arange(len(work.points)) if among is None else among
    pairs = cKDTree(work.points[chosen]).query_pairs(tolerance, output_type="ndarray")
    if not len(pairs):
        return work
    group = groups_of_points(chosen[pairs], len(work.points))
    first = np.full(group.max() + 1, len(group))
    np.minimum.at(first, group, np.arange(len(group)))
    index = first[group]
    result = replace(work, triangles=index[work.triangles])
    return result.keep(_proper_mask(result.triangles))


def _filled(work: Patchwork) -> Patchwork:
    triangles, beside, notes = filled(work.points, work.triangles, work.diagonal)
    return replace(
        work,
        triangles=np.concatenate([work.triangles, triangles]),
        region=np.concatenate([work.region, work.region[beside]]),
        messages=(*work.messages, *notes),
    )


def _outward(work: Patchwork, *, turned: np.ndarray) -> Patchwork:
    turn, notes = oriented_shells(work.points, work.triangles)
    triangles = np.where(turn[:, None], work.triangles[:, ::-1], work.triangles)
    n_turned = int((turn ^ turned).sum())
    if n_turned:
        notes = (f"turned {n_turned:,} of {len(turn):,} triangles round, so that normals point outward", *notes)
    return replace(work, triangles=triangles, messages=(*work.messages, *notes))


def _united(work: Patchwork) -> Patchwork:
    result = united(work.points, work.triangles)
    if result is None:
        return work
    points, triangles, source, note = result
    return Patchwork(points, triangles, work.region[source], (*work.messages, note))


def _proper_mask(triangles: Ints) -> np.ndarray:
    a, b, c = triangles.T
    return np.asarray((a != b) & (b != c) & (c != a))


def _proper(triangles: Ints) -> Ints:
    return np.asarray(triangles[_proper_mask(triangles)])


def _n_faulty(triangles: Ints) -> int:
    edges = edges_of(triangles)
    return int((edges.count != 2).sum())
