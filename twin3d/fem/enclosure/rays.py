"""Whether a facet stands between two points, and which one a ray meets first."""

import numpy as np
import numpy.typing as npt

from twin3d.fem.enclosure.compiled import compiled
from twin3d.fem.enclosure.tree import FacetTree

Array = npt.NDArray[np.float64]

DEPTH = 128
"""Nodes that wait at most; halving needs one for each level, groups within groups twice that."""
END_MARGIN = 1e-7
"""A hit this near to an end of the segment, in parts of its length, is the surface it starts from or ends on."""
EDGE_MARGIN = 1e-9
"""How far beyond its edges a facet still blocks, in barycentric coordinates: nothing passes between two facets."""


@compiled
def is_blocked(tree: FacetTree, start: Array, stop: Array, first: int, last: int) -> bool:
    """Whether any facet but the first and the last cuts the segment between two points, shape (3,)."""
    step = stop - start
    waiting = np.zeros(DEPTH, np.int32)
    n_waiting = 1
    while n_waiting > 0:
        n_waiting -= 1
        node = waiting[n_waiting]
        if not tree.may_block[node] or not _meets_box(tree, node, start, step):
            continue
        if tree.children[node, 0] < 0:
            facet = tree.facet[node]
            if facet not in (first, last) and _cuts(tree.corners[facet], start, step):
                return True
            continue
        waiting[n_waiting] = tree.children[node, 0]
        waiting[n_waiting + 1] = tree.children[node, 1]
        n_waiting += 2
    return False


@compiled
def _meets_box(tree: FacetTree, node: int, start: Array, step: Array) -> bool:
    near, far = 0.0, 1.0
    for k in range(3):
        low, high = tree.low[node, k] - start[k], tree.high[node, k] - start[k]
        if abs(step[k]) < 1e-300:
            if low > 0.0 or high < 0.0:
                return False
            continue
        inverse = 1.0 / step[k]
        enter, leave = low * inverse, high * inverse
        if enter > leave:
            enter, leave = leave, enter
        near, far = max(near, enter), min(far, leave)
    return near <= far + 1e-12


@compiled
def _cuts(corners: Array, start: Array, step: Array) -> bool:
    t, _, _ = _crossing(corners, start, step)
    return bool(END_MARGIN < t < 1.0 - END_MARGIN)


@compiled
def _crossing(corners: Array, start: Array, step: Array) -> tuple[float, float, float]:
    """Where a line meets a facet: parts of the step, -1 where it misses, and coordinates of the last two corners.

    Möller and Trumbore, Fast, minimum storage ray/triangle intersection, J. Graphics Tools 2 (1997) 21–28.
    """
    ax, ay, az = corners[1, 0] - corners[0, 0], corners[1, 1] - corners[0, 1], corners[1, 2] - corners[0, 2]
    bx, by, bz = corners[2, 0] - corners[0, 0], corners[2, 1] - corners[0, 1], corners[2, 2] - corners[0, 2]
    px, py, pz = step[1] * bz - step[2] * by, step[2] * bx - step[0] * bz, step[0] * by - step[1] * bx
    determinant = ax * px + ay * py + az * pz
    if determinant == 0.0:
        return -1.0, 0.0, 0.0
    inverse = 1.0 / determinant
    sx, sy, sz = start[0] - corners[0, 0], start[1] - corners[0, 1], start[2] - corners[0, 2]
    u = (sx * px + sy * py + sz * pz) * inverse
    if u < -EDGE_MARGIN or u > 1.0 + EDGE_MARGIN:
        return -1.0, 0.0, 0.0
    qx, qy, qz = sy * az - sz * ay, sz * ax - sx * az, sx * ay - sy * ax
    v = (step[0] * qx + step[1] * qy + step[2] * qz) * inverse
    if v < -EDGE_MARGIN or u + v > 1.0 + EDGE_MARGIN:
        return -1.0, 0.0, 0.0
    return (bx * qx + by * qy + bz * qz) * inverse, u, v


@compiled
def first_hits(tree: FacetTree, start: Array, directions: Array) -> tuple[npt.NDArray[np.int32], Array]:
    """The first facet that each ray from a point meets, from either side.

    Args:
        tree: Of the facets.
        start: Where all rays begin, shape (3,).
        directions: Of any length, shape (n_rays, 3).

    Returns:
        Facets, -1 where a ray meets none, shape (n_rays,); barycentric coordinates of its second and third corner at
        the hit, shape (n_rays, 2).
    """
    facets = np.full(len(directions), -1, np.int32)
    coordinates = np.zeros((len(directions), 2))
    waiting = np.zeros(DEPTH, np.int32)
    size = np.sqrt(((tree.high[0] - tree.low[0]) ** 2).sum())
    far = size + np.sqrt(((tree.centre[0] - start) ** 2).sum())
    for ray in range(len(directions)):
        direction = directions[ray] / np.sqrt((directions[ray] ** 2).sum())
        nearest = far
        waiting[0] = 0
        n_waiting = 1
        while n_waiting > 0:
            n_waiting -= 1
            node = waiting[n_waiting]
            if not _meets_box(tree, node, start, direction * nearest):
                continue
            if tree.children[node, 0] >= 0:
                waiting[n_waiting] = tree.children[node, 0]
                waiting[n_waiting + 1] = tree.children[node, 1]
                n_waiting += 2
                continue
            t, u, v = _crossing(tree.corners[tree.facet[node]], start, direction)
            if 0.0 < t < nearest:
                nearest = t
                facets[ray] = tree.facet[node]
                coordinates[ray, 0], coordinates[ray, 1] = u, v
    return facets, coordinates
