"""The edges of triangles: how many meet at each, which way they run, and what hangs together."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.integer[Any]]
Mask: TypeAlias = npt.NDArray[np.bool_]

SIDES = ((0, 1), (1, 2), (2, 0))
"""Corners at the ends of a triangle's edges."""


@dataclass(frozen=True, eq=False, slots=True)
class Edges:
    """The edges of a set of triangles."""

    ends: Ints
    """Points at the ends, the lower first, shape (n_edges, 2)."""
    of_triangle: Ints
    """The three edges of each triangle, shape (n_triangles, 3)."""
    count: Ints
    """Triangles that meet at each edge, shape (n_edges,)."""
    balance: Ints
    """Triangles that run along an edge from its lower to its higher point, less the others, shape (n_edges,)."""

    @property
    def is_open(self) -> Mask:
        """Edges of one triangle only, shape (n_edges,)."""
        return np.asarray(self.count == 1)

    @property
    def is_crowded(self) -> Mask:
        """Edges of more than two triangles, shape (n_edges,)."""
        return np.asarray(self.count > 2)

    @property
    def is_flipped(self) -> Mask:
        """Edges that their two triangles run along the same way, so that one has its normal inwards."""
        return np.asarray((self.count == 2) & (self.balance != 0))


def edges_of(triangles: Ints) -> Edges:
    """The edges of triangles of shape (n_triangles, 3)."""
    directed = triangles[:, SIDES].reshape(-1, 2).astype(np.int64)
    rises = directed[:, 0] < directed[:, 1]
    n_points = int(triangles.max(initial=0)) + 1
    keys, edge = np.unique(directed.min(axis=1) * n_points + directed.max(axis=1), return_inverse=True)
    n_edges = len(keys)
    return Edges(
        ends=np.column_stack([keys // n_points, keys % n_points]),
        of_triangle=edge.reshape(-1, 3),
        count=np.bincount(edge, minlength=n_edges),
        balance=np.bincount(edge, weights=np.where(rises, 1.0, -1.0), minlength=n_edges).astype(np.int64),
    )


def same_rows(rows: Ints) -> tuple[Ints, Ints]:
    """Number of each row among the distinct ones, shape (n_rows,), and the first row of each; faster than `unique`."""
    order = np.lexsort(rows.T)
    is_new = np.ones(len(rows), dtype=bool)
    is_new[1:] = (rows[order[1:]] != rows[order[:-1]]).any(axis=1)
    index = np.zeros(len(rows), dtype=np.int64)
    index[order] = np.cumsum(is_new) - 1
    return index, order[is_new]


def neighbours(edges: Edges) -> tuple[Ints, Ints, Mask]:
    """Pairs of triangles that meet alone at an edge, and whether each pair runs along it both ways, as it should."""
    edge = edges.of_triangle.ravel()
    order = np.argsort(edge, kind="stable")
    paired = order[edges.count[edge[order]] == 2].reshape(-1, 2)
    agrees = edges.balance[edge[paired[:, 0]]] == 0
    return paired[:, 0] // 3, paired[:, 1] // 3, agrees


def shells_of(edges: Edges) -> Ints:
    """Number of the shell of each triangle: those joined by edges of two triangles, shape (n_triangles,)."""
    first, second, _ = neighbours(edges)
    return _components(len(edges.of_triangle), first, second)


def turned_round(edges: Edges) -> tuple[Mask, Mask]:
    """Which triangles to turn round so that each shell runs one way, turning as few as can be.

    Each triangle is a node twice, as it is and turned round; neighbours join the nodes that agree. A shell that can
    be given one direction then falls into two halves.

    Returns:
        Triangles to turn, and triangles of shells that have no inside, like a Möbius strip's, shape (n_triangles,).
    """
    n = len(edges.of_triangle)
    first, second, agrees = neighbours(edges)
    across = np.where(agrees, 0, n)
    half = _components(
        2 * n, np.concatenate([first, first + n]), np.concatenate([second + across, second + n - across])
    )
    as_is, turned = half[:n], half[n:]
    votes = np.bincount(as_is, minlength=half.max(initial=0) + 1)
    return votes[turned] > votes[as_is], as_is == turned


def _components(n: int, first: Ints, second: Ints) -> Ints:
    graph = sparse.coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(n, n))
    return np.asarray(csgraph.connected_components(graph, directed=False)[1])


def groups_of_points(ends: Ints, n_points: int) -> Ints:
    """Number of the connected group of each point, along edges of shape (n_edges, 2); shape (n_points,)."""
    return _components(n_points, ends[:, 0], ends[:, 1])
