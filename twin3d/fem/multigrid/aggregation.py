"""Points gathered into aggregates around a maximal independent set of distance two, and the vectors they carry."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin3d.backend import Array, Backend
from twin3d.fem.multigrid.launching import launch
from twin3d.fem.multigrid.strength import Graph

UNDECIDED, ROOT = 1, 2
"""State of a point while roots are being chosen; 0 is a point near a root."""
INDEX_BITS, STATE_SHIFT = 31, 60
"""A key holds the state, 29 bits of hash, and the index of the point, so that keys never tie."""
DEPENDENT = 1e-11
"""A candidate vector of which less than this remains in an aggregate depends on the others there."""


@dataclass(frozen=True, eq=False, slots=True)
class Aggregates:
    """Which aggregate each point belongs to."""

    of_point: Array
    """Number of the aggregate, -1 for a point that is left to the smoother, int64, shape (n_points,)."""
    count: int
    """Number of aggregates."""


def neighbour_maximum(graph: Graph, keys: Array, *, backend: Backend) -> Array:
    """The greatest key around each point, its own included, int64, shape (n_points,)."""
    xp = backend.xp
    if backend.on_host:
        return xp.maximum.reduceat(keys[graph.indices], graph.indptr[:-1])
    greatest = xp.zeros_like(keys)
    n = len(keys)
    launch("neighbour_maximum", n, np.int32(n), graph.indptr, graph.indices, keys, greatest, backend=backend)
    return greatest


def aggregate(graph: Graph, *, backend: Backend) -> Aggregates:
    """Gather points around roots of which no two are within two steps of each other.

    Bell, Dalton and Olson, Exposing fine-grained parallelism in algebraic multigrid methods (SIAM J. Sci. Comput. 34,
    2012), section 4.2, with a hash in place of random numbers: the same aggregates in every run.
    """
    xp = backend.xp
    n_points = len(graph.isolated)
    keys = _keys(graph, backend)
    for _ in range(n_points):
        if not bool((keys >> STATE_SHIFT == UNDECIDED).any()):
            break
        greatest = neighbour_maximum(graph, neighbour_maximum(graph, keys, backend=backend), backend=backend)
        keys = _decided(keys, greatest, backend)
    root_keys = xp.where(keys >> STATE_SHIFT == ROOT, keys, -1)
    beside = neighbour_maximum(graph, root_keys, backend=backend)
    near = neighbour_maximum(graph, beside, backend=backend)
    root = xp.where(beside >= 0, beside, near) & ((1 << INDEX_BITS) - 1)
    number = xp.cumsum(root_keys >= 0) - 1
    of_point = xp.where(graph.isolated, -1, number[xp.where(graph.isolated, 0, root)])
    return Aggregates(of_point.astype(xp.int64), int((root_keys >= 0).sum()))


def _keys(graph: Graph, backend: Backend) -> Array:
    xp = backend.xp
    index = xp.arange(len(graph.isolated), dtype=xp.int64)
    mixed = index.astype(xp.uint64) * xp.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> xp.uint64(31))) * xp.uint64(0xBF58476D1CE4E5B9)
    hashed = (mixed >> xp.uint64(35)).astype(xp.int64)
    state = xp.where(graph.isolated, 0, UNDECIDED).astype(xp.int64)
    return (state << STATE_SHIFT) | (hashed << INDEX_BITS) | index


def _decided(keys: Array, greatest: Array, backend: Backend) -> Array:
    xp = backend.xp
    undecided = keys >> STATE_SHIFT == UNDECIDED
    rest = keys & ((1 << STATE_SHIFT) - 1)
    state = xp.where(greatest == keys, ROOT, xp.where(greatest >> STATE_SHIFT == ROOT, 0, UNDECIDED)).astype(xp.int64)
    return xp.where(undecided, (state << STATE_SHIFT) | rest, keys)


def tentative_prolongator(
    aggregates: Aggregates, candidates: Array, point_of_unknown: Array, *, backend: Backend
) -> tuple[Any, Array]:
    """The candidates cut into aggregates and made orthonormal in each, and what they are on the coarse level.

    Vaněk, Mandel and Brezina, Algebraic multigrid by smoothed aggregation (Computing 56, 1996), section 5; a QR of each
    aggregate by Gram and Schmidt, done twice, all aggregates at once. A candidate that depends on the others in an
    aggregate gives a column of zeros.

    Args:
        aggregates: Of the points.
        candidates: Vectors that the coarse level shall represent, shape (n_unknowns, n_candidates).
        point_of_unknown: Shape (n_unknowns,).
        backend: Where the arrays live.

    Returns:
        Sparse, shape (n_unknowns, n_aggregates * n_candidates); coarse candidates, one row per column of the former.
    """
    xp, n_candidates = backend.xp, candidates.shape[1]
    owner = aggregates.of_point[point_of_unknown]
    inside = owner >= 0
    aggregate_of = owner[inside]
    Q, R = _orthonormal(candidates[inside], aggregate_of, aggregates.count, backend)
    starts = xp.concatenate([xp.zeros(1, dtype=xp.int64), xp.cumsum(inside)]) * n_candidates
    columns = (aggregate_of[:, None] * n_candidates + xp.arange(n_candidates)).ravel()
    shape = (len(owner), aggregates.count * n_candidates)
    parts = Q.ravel(), columns.astype(xp.int32), starts.astype(xp.int32)
    return backend.sparse.csr_matrix(parts, shape=shape), R.reshape(-1, n_candidates)


def _orthonormal(B: Array, aggregate_of: Array, count: int, backend: Backend) -> tuple[Array, Array]:
    xp, n_candidates = backend.xp, B.shape[1]
    Q, R = B.copy(), xp.zeros((count, n_candidates, n_candidates))

    def sums(numbers: Array) -> Array:
        return xp.bincount(aggregate_of, weights=numbers, minlength=count)

    for column in range(n_candidates):
        whole = xp.sqrt(sums(Q[:, column] ** 2))
        for other in [*range(column), *range(column)]:
            share = sums(Q[:, other] * Q[:, column])
            R[:, other, column] += share
            Q[:, column] -= share[aggregate_of] * Q[:, other]
        left = xp.sqrt(sums(Q[:, column] ** 2))
        left = xp.where(left > DEPENDENT * whole, left, 0.0)
        R[:, column, column] = left
        Q[:, column] *= xp.where(left > 0.0, 1.0 / xp.where(left > 0.0, left, 1.0), 0.0)[aggregate_of]
    return Q, R
