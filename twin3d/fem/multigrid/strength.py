"""Which points of a matrix hang together strongly: the graph that is aggregated."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin3d.backend import Array, Backend
from twin3d.fem.multigrid.launching import launch

DOMINANT = 0.02
"""A point whose connections sum to less than this share of its own entry is left to the smoother."""


@dataclass(frozen=True, eq=False, slots=True)
class Graph:
    """Strong connections in CSR form; every point is its own neighbour."""

    indptr: Array
    """int32, shape (n_points + 1,)."""
    indices: Array
    """int32, shape (n_connections,)."""
    isolated: Array
    """Points that the smoother solves alone, bool, shape (n_points,)."""


def row_maximum(indptr: Array, numbers: Array, *, backend: Backend) -> Array:
    """The greatest number of each row in CSR form, none empty, shape (n_rows,)."""
    xp, n_rows = backend.xp, len(indptr) - 1
    if backend.on_host:
        return xp.maximum.reduceat(numbers, indptr[:-1])
    greatest = xp.zeros(n_rows)
    launch("row_maximum", n_rows, np.int32(n_rows), indptr, numbers, greatest, backend=backend)
    return greatest


def strong_connections(A: Any, point_of_unknown: Array, n_points: int, *, strength: float, backend: Backend) -> Graph:
    """The strong connections of a symmetric matrix, by the norms of the blocks between points.

    Measured against the strongest connections, not against the diagonal as usual, so that the number of neighbours,
    which grows from level to level, does not matter.

    Args:
        A: CSR of the backend's sparse library, shape (n, n).
        point_of_unknown: Shape (n,).
        n_points: Number of points.
        strength: A connection counts that is at least this share of the strongest ones of its two points, in their
            geometric mean.
        backend: Where the arrays live.
    """
    xp = backend.xp
    norms = _block_norms(A, point_of_unknown, n_points, backend)
    entries = norms.tocoo()
    row, column, weight = entries.row, entries.col, entries.data
    across = xp.where(row == column, 0.0, weight)
    strongest = row_maximum(norms.indptr, across, backend=backend)
    own = xp.bincount(row, weights=weight - across, minlength=n_points)
    isolated = xp.bincount(row, weights=across, minlength=n_points) <= DOMINANT * own
    kept = across**2 >= strength**2 * strongest[row] * strongest[column]
    kept = (kept & (across > 0.0) & ~isolated[row] & ~isolated[column]) | (row == column)
    counts = xp.bincount(row[kept], minlength=n_points)
    indptr = xp.concatenate([xp.zeros(1, dtype=xp.int64), xp.cumsum(counts)])
    return Graph(indptr.astype(xp.int32), column[kept].astype(xp.int32), isolated)


def _block_norms(A: Any, point_of_unknown: Array, n_points: int, backend: Backend) -> Any:
    entries = A.tocoo()
    points = point_of_unknown.astype(np.int32)
    places = points[entries.row], points[entries.col]
    squares = backend.sparse.coo_matrix((entries.data**2, places), shape=(n_points, n_points)).tocsr()
    squares.sum_duplicates()
    squares.data = backend.xp.sqrt(squares.data)
    return squares
