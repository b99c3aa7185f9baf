"""Exchange areas A F between patches: pairs of branches of the tree, halved until they see each other from afar."""

import numpy as np
import numpy.typing as npt

from twin3d.fem.enclosure.compiled import compiled
from twin3d.fem.enclosure.contours import exchange_area
from twin3d.fem.enclosure.tree import FacetTree
from twin3d.fem.enclosure.visibility import free_rays, free_share, sampled_exchange

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]

WAITING = 512
"""Pairs that wait at most; halving both of a pair needs one for each level, and two where they are one."""
HIDDEN, PARTLY, FACING = 0, 1, 2
GRAZING = 1e-9
"""A height above a plane, in units of the enclosure, that counts as none."""
FAR = 2.5
"""Nodes are far apart beyond this many times the sum of their radii: samples then give A F within some 1e-3."""
GRAZING_PART = 0.05
"""Where a plane cuts a pair, samples are off to one side: such pairs are refined this much further."""
WIDE = 0.35
"""Normals of a node that spread more are never replaced by its samples."""


@compiled
def fill_rows(tree: FacetTree, nodes: IntArray, rows: IntArray, least_view: float, result: Array) -> None:
    """Exchange areas of some patches with themselves and with all patches of higher number.

    Args:
        tree: All facets.
        nodes: The node of each patch, shape (n_patches,).
        rows: Patches to do.
        least_view: A part of the view of a patch too small to be refined where it is partly hidden.
        result: Filled in place and mirrored, shape (n_patches, n_patches).
    """
    for row in rows:
        for column in range(row, len(nodes)):
            least = least_view * min(tree.area[nodes[row]], tree.area[nodes[column]])
            value = _between(tree, nodes[row], nodes[column], least)
            result[row, column] = value
            result[column, row] = value


@compiled
def _between(tree: FacetTree, a: int, b: int, least: float) -> float:
    """A F between two nodes; a pair within one node counts for both of its directions."""
    if a != b and tree.n_facets[a] == 1 and tree.n_facets[b] == 1:
        return max(_unless_near(tree, a, b, least), 0.0)
    pairs, counts = np.zeros((WAITING, 2), np.int32), np.zeros(WAITING)
    pairs[0, 0], pairs[0, 1], counts[0] = a, b, 1.0
    top, total = 0, 0.0
    while top >= 0:
        a, b, count = pairs[top, 0], pairs[top, 1], counts[top]
        top -= 1
        if a == b:
            if tree.n_facets[a] > 1 and tree.spread[a] > 0.0:
                left, right = tree.children[a]
                for k, (first, second) in enumerate(((left, left), (right, right), (left, right))):
                    top += 1
                    pairs[top, 0], pairs[top, 1], counts[top] = first, second, (2.0 if k == 2 else 1.0) * count
            continue
        value = _unless_near(tree, a, b, least)
        if value >= 0.0:
            total += count * value
            continue
        is_first_halved = tree.n_facets[b] == 1 or (tree.n_facets[a] > 1 and tree.radius[a] >= tree.radius[b])
        for side in range(2):
            top += 1
            counts[top] = count
            pairs[top, 0] = tree.children[a, side] if is_first_halved else a
            pairs[top, 1] = b if is_first_halved else tree.children[b, side]
    return total


@compiled
def _unless_near(tree: FacetTree, a: int, b: int, least: float) -> float:
    """A F between two nodes; -1 where one of them must be halved."""
    facing = min(_facing(tree, a, b), _facing(tree, b, a))
    if facing == HIDDEN:
        return 0.0
    value = _from_afar(tree, a, b, facing, least)
    if value < 0.0 and tree.n_facets[a] == 1 and tree.n_facets[b] == 1:
        return _between_facets(tree, a, b, least)
    return value


@compiled
def _facing(tree: FacetTree, a: int, b: int) -> int:
    """Whether none, some or all of node b is in front of node a; some where bounds leave it open."""
    distance, height, cosine = 0.0, 0.0, 0.0
    for k in range(3):
        step = tree.centre[b, k] - tree.centre[a, k]
        distance += step * step
        height += step * tree.normal[a, k]
        cosine += tree.normal[a, k] * tree.normal[b, k]
    sine = np.sqrt(max(1.0 - cosine * cosine, 0.0))
    reach = tree.thickness[a] + min(tree.thickness[b] * abs(cosine) + tree.radius[b] * sine, tree.radius[b])
    reach += tree.spread[a] * (np.sqrt(distance) + tree.radius[a] + tree.radius[b])
    if height + reach <= GRAZING:
        return HIDDEN
    return FACING if height - reach >= -GRAZING else PARTLY


@compiled
def _from_afar(tree: FacetTree, a: int, b: int, facing: int, least: float) -> float:
    """A F by samples; -1 where the pair is too near, too round or half hidden, and must be refined."""
    if tree.n_facets[a] in (2, 3) or tree.n_facets[b] in (2, 3) or max(tree.spread[a], tree.spread[b]) > WIDE:
        return -1.0
    square = 0.0
    for k in range(3):
        square += (tree.centre[b, k] - tree.centre[a, k]) ** 2
    reach = FAR * (tree.radius[a] + tree.radius[b])
    if square < reach * reach:
        return -1.0
    value = sampled_exchange(tree, a, b)
    if facing == PARTLY and value > GRAZING_PART * least:
        return -1.0
    n_free, n_rays = free_rays(tree, a, b)
    if value > least and (n_rays == 0 or 0 < n_free < n_rays):
        return -1.0
    return value * n_free / max(n_rays, 1)


@compiled
def _between_facets(tree: FacetTree, a: int, b: int, least: float) -> float:
    first, second = tree.facet[a], tree.facet[b]
    value = exchange_area(tree.corners[first], tree.corners[second])
    if value <= 0.0:
        return 0.0
    return value * free_share(tree, first, second, least)
