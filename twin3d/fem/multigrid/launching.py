"""Starts kernels with one thread per item, or with blocks that sum over their threads."""

from typing import Any

from twin3d.backend import Backend

THREADS = 256
"""Threads of a block."""
MAX_VECTORS = 32
"""Most vectors side by side that a sum over a block takes."""
MAX_BLOCKS = 512
"""Most blocks that share a sum; enough to fill a device of today."""


def launch(name: str, n_threads: int, *arguments: Any, backend: Backend) -> None:
    """Run a kernel with one thread per item; arguments are arrays and NumPy scalars of the exact type."""
    backend.kernel(name)((max(-(-n_threads // THREADS), 1),), (THREADS,), arguments)


def summing_grid(n_rows: int, n_vectors: int) -> tuple[int, int]:
    """Number of blocks, and of threads in each, that sum over the rows of vectors side by side."""
    lanes = THREADS // n_vectors
    return min(max(-(-n_rows // lanes), 1), MAX_BLOCKS), lanes * n_vectors
