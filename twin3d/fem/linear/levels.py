"""Breadth-first layers of a matrix: which unknowns hang together, and how thick the part is."""

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

Indices = npt.NDArray[np.int32]


def connected_pieces(A: sparse.csr_array) -> tuple[int, Indices]:
    """How many pieces a symmetric pattern has, and the piece of each unknown, shape (n,)."""
    n = A.shape[0]
    piece, queue = np.full(n, -1, dtype=np.int32), np.zeros(n, dtype=np.int32)
    return int(_label(A.indptr, A.indices, piece, queue)), piece


def layer_width(A: sparse.csr_array) -> float:
    """Root mean square of the sizes of the layers that a breadth-first walk from end to end makes.

    A layer separates a part in two, so its size bounds the fronts of a factorisation (George and Liu, Computer solution
    of large sparse positive definite systems (1981), chapter 4): small in thin and long parts, large in lumps.
    """
    n = A.shape[0]
    piece, queue = np.full(n, -1, dtype=np.int32), np.zeros(n, dtype=np.int32)
    _label(A.indptr, A.indices, piece, queue)
    last = queue[np.concatenate([np.flatnonzero(np.diff(piece[queue])), [n - 1]])]
    mark = np.full(n, -1, dtype=np.int32)
    squares, n_layers = 0.0, 0
    for number, root in enumerate(last):
        _, piece_squares, piece_layers = _walk(A.indptr, A.indices, np.int32(root), mark, np.int32(number), queue)
        squares, n_layers = squares + piece_squares, n_layers + piece_layers
    return float(np.sqrt(squares / n_layers))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _walk(
    starts: Indices, columns: Indices, root: int, mark: Indices, number: int, queue: Indices
) -> tuple[int, float, int]:
    """Mark what hangs together with the root; how many, the sum of squared sizes of layers, and how many layers."""
    mark[root], queue[0] = number, root
    first, last = 0, 1
    squares, n_layers = 0.0, 0
    while first < last:
        squares += float(last - first) ** 2
        n_layers += 1
        end = last
        for position in range(first, end):
            i = queue[position]
            for k in range(starts[i], starts[i + 1]):
                j = columns[k]
                if mark[j] != number:
                    mark[j], queue[last] = number, j
                    last += 1
        first = end
    return last, squares, n_layers


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _label(starts: Indices, columns: Indices, piece: Indices, queue: Indices) -> int:
    n_pieces, done = 0, 0
    for i in range(len(piece)):
        if piece[i] < 0:
            done += _walk(starts, columns, i, piece, n_pieces, queue[done:])[0]
            n_pieces += 1
    return n_pieces
