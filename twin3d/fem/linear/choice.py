"""Which method suits a matrix."""

import importlib.util

from scipy import sparse

from twin3d.backend import Backend
from twin3d.fem.linear.interface import Method

DIRECT_MAX = 250_000
"""Most unknowns that SuperLU factorises for many right-hand sides.

A finned heat sink of 347 130 points takes 33 s, 1.2 GB and 0.18 s for each of a block, multigrid 6 s for each; in a
cube of 250 000 points, which fills far more, the two are even."""
ONCE_MAX = 10_000
"""Most unknowns that SuperLU factorises for one right-hand side: 51 470 take 1.5 s, multigrid 0.6 s."""
PARDISO_MAX = 400_000
"""Most unknowns that PARDISO factorises."""


def choose(A: sparse.csr_array, backend: Backend, *, once: bool = False) -> tuple[Method, str]:
    """The method and the reason for it."""
    n = A.shape[0]
    if not backend.on_host:
        return Method.CONJUGATE_GRADIENTS, f"{n:,} unknowns {backend.reason}"
    if n <= PARDISO_MAX and has_pardiso():
        return Method.PARDISO, f"{n:,} unknowns, at most {PARDISO_MAX:,} are factorised"
    limit = ONCE_MAX if once else DIRECT_MAX
    loads = "one load" if once else "many loads"
    if n <= limit:
        return Method.SUPERLU, f"{n:,} unknowns and {loads}, at most {limit:,} are factorised"
    return Method.MULTIGRID, f"{n:,} unknowns and {loads}, more than {limit:,} are not factorised"


def has_pardiso() -> bool:
    """Whether the extra ``mkl`` is installed."""
    return importlib.util.find_spec("pypardiso") is not None
