"""A binary tree over the facets of an enclosure: it bounds them for rays, and stands for them from afar."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from twin3d.fem.enclosure.compiled import compiled

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]

QUARTERS = np.array([[4.0, 1.0, 1.0], [1.0, 4.0, 1.0], [1.0, 1.0, 4.0], [2.0, 2.0, 2.0]]) / 6.0
"""Barycentric coordinates of the middles of the four quarters of a triangle, shape (4, 3)."""
N_SAMPLES = 4


class FacetTree(NamedTuple):
    """Nodes over facets; a leaf holds one facet; children come after their parent.

    Four samples stand for a node of one facet, or of four or more: area vectors at points that share the node's centre
    and its mean square distance from it, so that sums over samples are good to second order.
    """

    corners: Array
    """Shape (n_facets, 3, 3)."""
    children: IntArray
    """-1 at a leaf, shape (n_nodes, 2)."""
    facet: IntArray
    """Of a leaf its facet, else any of its facets, shape (n_nodes,)."""
    n_facets: IntArray
    """Facets below each node, shape (n_nodes,)."""
    low: Array
    """Least coordinates, shape (n_nodes, 3)."""
    high: Array
    """Greatest coordinates, shape (n_nodes, 3)."""
    centre: Array
    """Centre of area, shape (n_nodes, 3)."""
    normal: Array
    """Unit vector along the sum of the area vectors, shape (n_nodes, 3)."""
    area: Array
    """Shape (n_nodes,)."""
    radius: Array
    """Greatest distance of a corner from the centre, shape (n_nodes,)."""
    thickness: Array
    """Greatest distance of a corner from the plane through the centre, shape (n_nodes,)."""
    spread: Array
    """Greatest length of the difference between a facet's normal and the node's, shape (n_nodes,)."""
    sample_points: Array
    """Shape (n_nodes, 4, 3)."""
    sample_vectors: Array
    """Area vectors, shape (n_nodes, 4, 3)."""
    sample_facets: IntArray
    """Facets on which rays of the samples start, shape (n_nodes, 4)."""
    may_block: npt.NDArray[np.bool_]
    """Whether any facet of a node can stand between two others, shape (n_nodes,)."""


def build_tree(corners: Array, patch_of_facet: IntArray, n_patches: int) -> tuple[FacetTree, IntArray]:
    """A tree in which the facets of each patch are a branch.

    Args:
        corners: Shape (n_facets, 3, 3).
        patch_of_facet: Shape (n_facets,); -1 where a facet is of no patch and only casts shadows.
        n_patches: Every patch below it has facets.

    Returns:
        The tree, and the node of each patch, shape (n_patches,).
    """
    group = np.where(patch_of_facet < 0, n_patches, patch_of_facet)
    order = np.argsort(group, kind="stable")
    sizes = np.bincount(group)
    stops = np.cumsum(sizes)
    middles = corners.mean(axis=1)
    group_middles = np.add.reduceat(middles[order], stops - sizes, axis=0) / sizes[:, None]
    parent, children, facet, node_of_group = _bisect(order, stops, middles, group_middles)
    return _measured(corners, parent, children, facet), node_of_group[:n_patches].astype(np.int32)


@compiled
def _halve(members: npt.NDArray[np.int64], middles: Array) -> None:
    """Sort members along the longest side of the box of their middles."""
    longest, axis = -1.0, 0
    for k in range(3):
        values = middles[members, k]
        if values.max() - values.min() > longest:
            longest, axis = values.max() - values.min(), k
    members[:] = members[np.argsort(middles[members, axis])]


@compiled
def _bisect(
    order: npt.NDArray[np.int64], stops: npt.NDArray[np.int64], middles: Array, group_middles: Array
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Halve the groups, then the facets of each; groups are contiguous in the order of facets."""
    n_nodes = 2 * len(order) - 1
    parent, facet = np.full(n_nodes, -1, np.int32), np.full(n_nodes, -1, np.int32)
    children, node_of_group = np.full((n_nodes, 2), -1, np.int32), np.full(len(stops), -1, np.int32)
    groups = np.arange(len(stops))
    stack = [(0, len(stops), -1, 0, True)]
    n_made = 0
    while len(stack) > 0:
        start, stop, above, side, is_of_groups = stack.pop()
        node, n_made = n_made, n_made + 1
        parent[node] = above
        if above >= 0:
            children[above, side] = node
        if is_of_groups and stop - start == 1:
            group = groups[start]
            node_of_group[group] = node
            start, stop, is_of_groups = (stops[group - 1] if group > 0 else 0), stops[group], False
        if stop - start == 1:
            facet[node] = order[start]
            continue
        if is_of_groups:
            _halve(groups[start:stop], group_middles)
        else:
            _halve(order[start:stop], middles)
        middle = (start + stop) // 2
        stack.append((middle, stop, node, 1, is_of_groups))
        stack.append((start, middle, node, 0, is_of_groups))
    return parent, children, facet, node_of_group


def _measured(corners: Array, parent: IntArray, children: IntArray, facet: IntArray) -> FacetTree:
    n_nodes = len(parent)
    tree = FacetTree(
        corners=corners,
        children=children,
        facet=facet.copy(),
        n_facets=np.zeros(n_nodes, np.int32),
        low=np.full((n_nodes, 3), np.inf),
        high=np.full((n_nodes, 3), -np.inf),
        centre=np.zeros((n_nodes, 3)),
        normal=np.zeros((n_nodes, 3)),
        area=np.zeros(n_nodes),
        radius=np.zeros(n_nodes),
        thickness=np.zeros(n_nodes),
        spread=np.zeros(n_nodes),
        sample_points=np.zeros((n_nodes, N_SAMPLES, 3)),
        sample_vectors=np.zeros((n_nodes, N_SAMPLES, 3)),
        sample_facets=np.full((n_nodes, N_SAMPLES), -1, np.int32),
        may_block=np.zeros(n_nodes, np.bool_),
    )
    edges = corners[:, 1:] - corners[:, :1]
    vectors = 0.5 * np.cross(edges[:, 0], edges[:, 1])
    vector, second_moment = _sum_up(tree, parent, vectors)
    length = np.maximum(np.linalg.norm(vector, axis=1, keepdims=True), np.finfo(float).tiny)
    tree.normal[:] = vector / length
    _bound(tree, parent, vectors)
    _sample(tree, vector, second_moment)
    _find_blockers(tree, parent)
    return tree


@compiled
def _sum_up(tree: FacetTree, parent: IntArray, vectors: Array) -> tuple[Array, Array]:
    """Area vectors, and polar second moments of area about the origin, from the leaves up."""
    n_nodes = len(parent)
    vector, second_moment, first_moment = np.zeros((n_nodes, 3)), np.zeros(n_nodes), np.zeros((n_nodes, 3))
    for node in range(n_nodes - 1, -1, -1):
        if tree.children[node, 0] < 0:
            facet = tree.facet[node]
            corners = tree.corners[facet]
            area = np.sqrt((vectors[facet] ** 2).sum())
            total = corners[0] + corners[1] + corners[2]
            tree.area[node], tree.n_facets[node] = area, 1
            vector[node], first_moment[node] = vectors[facet], area * total / 3.0
            second_moment[node] = area * ((corners**2).sum() + (total**2).sum()) / 12.0
            for corner in range(3):
                tree.low[node] = np.minimum(tree.low[node], corners[corner])
                tree.high[node] = np.maximum(tree.high[node], corners[corner])
        tree.centre[node] = first_moment[node] / tree.area[node]
        above = parent[node]
        if above >= 0:
            tree.area[above] += tree.area[node]
            tree.n_facets[above] += tree.n_facets[node]
            vector[above] += vector[node]
            first_moment[above] += first_moment[node]
            second_moment[above] += second_moment[node]
            tree.low[above] = np.minimum(tree.low[above], tree.low[node])
            tree.high[above] = np.maximum(tree.high[above], tree.high[node])
            tree.facet[above] = tree.facet[node]
    return vector, second_moment


@compiled
def _bound(tree: FacetTree, parent: IntArray, vectors: Array) -> None:
    """Radius, thickness and spread of normals: each facet widens all nodes above it."""
    for leaf in range(len(parent)):
        if tree.children[leaf, 0] >= 0:
            continue
        facet = tree.facet[leaf]
        normal = vectors[facet] / tree.area[leaf]
        node = leaf
        while node >= 0:
            tree.spread[node] = max(tree.spread[node], np.sqrt(((normal - tree.normal[node]) ** 2).sum()))
            for corner in range(3):
                offset = tree.corners[facet, corner] - tree.centre[node]
                tree.radius[node] = max(tree.radius[node], np.sqrt((offset**2).sum()))
                tree.thickness[node] = max(tree.thickness[node], abs((offset * tree.normal[node]).sum()))
            node = parent[node]


@compiled
def _sample(tree: FacetTree, vector: Array, second_moment: Array) -> None:
    """The middles of four quarters of a facet, or of four grandchildren, spread to keep the second moment."""
    for node in range(len(tree.area)):
        if tree.n_facets[node] in (2, 3):
            continue
        quarter_moment = 0.0
        for k in range(4):
            if tree.n_facets[node] == 1:
                facet = tree.facet[node]
                corners = tree.corners[facet]
                part = QUARTERS[k, 0] * corners[0] + QUARTERS[k, 1] * corners[1] + QUARTERS[k, 2] * corners[2]
                part_vector, area = 0.25 * vector[node], 0.25 * tree.area[node]
            else:
                below = tree.children[tree.children[node, k // 2], k % 2]
                facet = tree.facet[below]
                part, part_vector, area = tree.centre[below], vector[below], tree.area[below]
            tree.sample_points[node, k], tree.sample_vectors[node, k] = part, part_vector
            tree.sample_facets[node, k] = facet
            quarter_moment += area * ((part - tree.centre[node]) ** 2).sum()
        moment = second_moment[node] - tree.area[node] * (tree.centre[node] ** 2).sum()
        stretch = min(np.sqrt(max(moment, 0.0) / quarter_moment), 1.5)
        for k in range(4):
            offset = tree.sample_points[node, k] - tree.centre[node]
            tree.sample_points[node, k] = tree.centre[node] + stretch * offset


@compiled
def _find_blockers(tree: FacetTree, parent: IntArray) -> None:
    """Facets with something behind their plane; the others support the hull, and no segment crosses them."""
    for leaf in range(len(parent)):
        if tree.children[leaf, 0] >= 0 or not _has_points_behind(tree, leaf):
            continue
        node = leaf
        while node >= 0 and not tree.may_block[node]:
            tree.may_block[node] = True
            node = parent[node]


@compiled
def _has_points_behind(tree: FacetTree, leaf: int) -> bool:
    normal, centre = tree.normal[leaf], tree.centre[leaf]
    margin = 1e-9 * np.sqrt(((tree.high[0] - tree.low[0]) ** 2).sum())
    waiting = [0]
    while len(waiting) > 0:
        node = waiting.pop()
        height = 0.0
        for k in range(3):
            extreme = tree.low[node, k] if normal[k] > 0.0 else tree.high[node, k]
            height += normal[k] * (extreme - centre[k])
        if height >= -margin:
            continue
        if tree.children[node, 0] >= 0:
            waiting.append(tree.children[node, 0])
            waiting.append(tree.children[node, 1])
            continue
        corners = tree.corners[tree.facet[node]]
        for corner in range(3):
            if ((corners[corner] - centre) * normal).sum() < -margin:
                return True
    return False
