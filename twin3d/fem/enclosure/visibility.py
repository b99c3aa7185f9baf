"""How much of one node's view of another is free, by rays between samples."""

import numpy as np
import numpy.typing as npt

from twin3d.fem.enclosure.compiled import compiled
from twin3d.fem.enclosure.contours import area_vector, cut_behind
from twin3d.fem.enclosure.rays import is_blocked
from twin3d.fem.enclosure.tree import QUARTERS, FacetTree

Array = npt.NDArray[np.float64]

COARSE_VIEW = 0.01
"""Triangles that fill more than this of each other's view are quartered before rays decide: a small thing between
them would slip through few rays."""
COARSE_QUARTERINGS = 4
MAX_QUARTERINGS = 6
WAITING = 3 * MAX_QUARTERINGS + 1


@compiled
def kernel(point: Array, vector: Array, other_point: Array, other_vector: Array) -> float:
    """A F between two small areas, cos cos dA dA / (π r²); zero where one is behind the other."""
    x, y, z = other_point[0] - point[0], other_point[1] - point[1], other_point[2] - point[2]
    here = vector[0] * x + vector[1] * y + vector[2] * z
    there = -(other_vector[0] * x + other_vector[1] * y + other_vector[2] * z)
    if here <= 0.0 or there <= 0.0:
        return 0.0
    square = x * x + y * y + z * z
    return float(here * there / (np.pi * square * square))


@compiled
def sampled_exchange(tree: FacetTree, a: int, b: int) -> float:
    """A F between two nodes that nothing hides, by the sum over their samples."""
    points, vectors = tree.sample_points, tree.sample_vectors
    total = 0.0
    for i in range(4):
        px, py, pz = points[a, i, 0], points[a, i, 1], points[a, i, 2]
        nx, ny, nz = vectors[a, i, 0], vectors[a, i, 1], vectors[a, i, 2]
        for j in range(4):
            x, y, z = points[b, j, 0] - px, points[b, j, 1] - py, points[b, j, 2] - pz
            here = nx * x + ny * y + nz * z
            there = -(vectors[b, j, 0] * x + vectors[b, j, 1] * y + vectors[b, j, 2] * z)
            square = x * x + y * y + z * z
            if here > 0.0 and there > 0.0:
                total += here * there / (square * square)
    return total / np.pi


@compiled
def free_rays(tree: FacetTree, a: int, b: int) -> tuple[int, int]:
    """How many rays between the samples of two nodes are free, of how many between facets that face each other."""
    if not tree.may_block[0]:
        return 4, 4
    seed = _seed_of(tree.facet[a], tree.facet[b])
    n_free, n_rays = 0, 0
    for i in range(4):
        first, last = tree.sample_facets[a, i], tree.sample_facets[b, (i + 1) % 4]
        start, seed = _point_of(tree, a, i, seed)
        stop, seed = _point_of(tree, b, (i + 1) % 4, seed)
        if kernel(start, area_vector(tree.corners[first]), stop, area_vector(tree.corners[last])) > 0.0:
            n_rays += 1
            n_free += not is_blocked(tree, start, stop, first, last)
    return n_free, n_rays


@compiled
def _point_of(tree: FacetTree, node: int, sample: int, seed: int) -> tuple[Array, int]:
    corners = tree.corners[tree.sample_facets[node, sample]]
    return point_in(_quarter(corners, sample) if tree.n_facets[node] == 1 else corners, seed)


@compiled
def _seed_of(first: int, second: int) -> int:
    return (first * 1_000_003 + second * 7_919) % 2_147_483_646 + 1


@compiled
def point_in(triangle: Array, seed: int) -> tuple[Array, int]:
    """A point drawn evenly from a triangle, and the next seed (Park and Miller's generator).

    Drawn points keep the free share free of bias where samples in step with the mesh would all graze an edge.
    """
    seed = seed * 48_271 % 2_147_483_647
    u = seed / 2_147_483_647.0
    seed = seed * 48_271 % 2_147_483_647
    v = seed / 2_147_483_647.0
    if u + v > 1.0:
        u, v = 1.0 - u, 1.0 - v
    return triangle[0] + u * (triangle[1] - triangle[0]) + v * (triangle[2] - triangle[0]), seed


@compiled
def free_share(tree: FacetTree, first: int, second: int, least: float) -> float:
    """The free share of the view between two facets, weighted by the kernel.

    Args:
        tree: All facets.
        first: A facet.
        second: Another.
        least: A view that exchanges less is not refined [the square of the unit of length].
    """
    if not tree.may_block[0]:
        return 1.0
    ours, theirs, depth = np.zeros((WAITING, 3, 3)), np.zeros((WAITING, 3, 3)), np.zeros(WAITING, np.int64)
    ours[0], theirs[0] = tree.corners[first], tree.corners[second]
    top, total, free, seed = 0, 0.0, 0.0, _seed_of(first, second)
    while top >= 0:
        a, b, level = ours[top].copy(), theirs[top].copy(), depth[top]
        top -= 1
        view, n_free, n_rays, seed = _probe(tree, a, b, first, second, seed)
        if level < MAX_QUARTERINGS and view > least and (0 < n_free < n_rays or _is_coarse(a, b, view, level)):
            for k in range(4):
                top += 1
                ours[top], theirs[top], depth[top] = a, b, level + 1
                if _area_of(a) >= _area_of(b):
                    ours[top] = _quarter(a, k)
                else:
                    theirs[top] = _quarter(b, k)
        elif n_rays > 0:
            total += view
            free += view * n_free / n_rays
    return free / total if total > 0.0 else _share_of_one_ray(tree, first, second)


@compiled
def _is_coarse(a: Array, b: Array, view: float, level: int) -> bool:
    return level < COARSE_QUARTERINGS and view > COARSE_VIEW * min(_area_of(a), _area_of(b))


@compiled
def _share_of_one_ray(tree: FacetTree, first: int, second: int) -> float:
    """1 where the middles of what two facets show each other are in sight, for slivers that no sample meets."""
    ours = cut_behind(tree.corners[first], tree.corners[second])
    theirs = cut_behind(tree.corners[second], tree.corners[first])
    start, stop = ours.sum(axis=0) / len(ours), theirs.sum(axis=0) / len(theirs)
    return 0.0 if is_blocked(tree, start, stop, first, second) else 1.0


@compiled
def _probe(tree: FacetTree, a: Array, b: Array, first: int, second: int, seed: int) -> tuple[float, int, int, int]:
    """A F by samples, the free of the rays between quarters that face each other, their number and the next seed."""
    our_vector = 0.25 * area_vector(a)
    their_vector = 0.25 * area_vector(b)
    view, n_free, n_rays = 0.0, 0, 0
    our_points, their_points = QUARTERS @ a, QUARTERS @ b
    for i in range(4):
        start, seed = point_in(_quarter(a, i), seed)
        stop, seed = point_in(_quarter(b, (i + 1) % 4), seed)
        if kernel(start, our_vector, stop, their_vector) > 0.0:
            n_rays += 1
            n_free += not is_blocked(tree, start, stop, first, second)
        for j in range(4):
            view += kernel(our_points[i], our_vector, their_points[j], their_vector)
    return view, n_free, n_rays, seed


@compiled
def _area_of(triangle: Array) -> float:
    return float(np.sqrt((area_vector(triangle) ** 2).sum()))


@compiled
def _quarter(triangle: Array, k: int) -> Array:
    """One of the four triangles between the corners and the middles of the sides."""
    quarter = 0.5 * (triangle + triangle[k % 3])
    if k == 3:
        for corner in range(3):
            quarter[corner] = 0.5 * (triangle[(corner + 1) % 3] + triangle[(corner + 2) % 3])
    return np.asarray(quarter)
