"""Which method suits a matrix."""

import importlib.util

from scipy import sparse

from twin3d.backend import Backend
from twin3d.fem.linear.interface import Method
from twin3d.fem.linear.levels import layer_width
from twin3d.fem.linear.memory import shortage

ALWAYS_DIRECT_MAX = 10_000
"""Up to so many unknowns a factorisation takes 0.3 s at most and never fails to converge."""
DIRECT_MAX = 400_000
"""Above so many unknowns memory is short: a thin part of 350 000 takes 1.2 GB."""
SUPERLU_WIDTH_MAX = 1000.0
"""Thickest layers, in points, that SuperLU factorises.

It takes about 4e-8 s for each unknown and each point of a layer (cubes of 13 248 and 45 360 unknowns: 729 and 1672
points, 0.27 and 2.7 s; a plate of 79 200: 913 points, 2.0 s) and saves 1e-6 s for each unknown and load, so that up to
60 loads pay for it."""
PARDISO_WIDTH_MAX = 2000.0
"""Thickest layers that PARDISO factorises: the cube of 45 360 in 1.6 s; 45 loads pay for it."""


def choose(A: sparse.csr_array, backend: Backend, *, once: bool = False, size: int = 1) -> tuple[Method, str]:
    """The method and the reason for it.

    Args:
        A: The matrix.
        backend: Where to solve.
        once: Whether there will be one load only.
        size: Unknowns of a point.
    """
    n = A.shape[0]
    if not backend.on_host:
        return Method.MULTIGRID, f"{n:,} unknowns {backend.reason}"
    direct, limit = (Method.PARDISO, PARDISO_WIDTH_MAX) if has_pardiso() else (Method.SUPERLU, SUPERLU_WIDTH_MAX)
    if n <= ALWAYS_DIRECT_MAX:
        return direct, f"{n:,} unknowns, up to {ALWAYS_DIRECT_MAX:,} are always factorised"
    if once:
        return Method.MULTIGRID, f"{n:,} unknowns and one load, which does not pay for a factorisation"
    if n > DIRECT_MAX:
        return Method.MULTIGRID, f"{n:,} unknowns, more than {DIRECT_MAX:,} are not factorised"
    width = layer_width(A) / size
    if width <= limit:
        short = shortage(direct, A)
        if short:
            return Method.MULTIGRID, f"a factor of {n:,} unknowns takes {short}"
        return direct, f"{n:,} unknowns in layers of {width:.0f} points, thin enough to factorise (up to {limit:.0f})"
    return Method.MULTIGRID, f"{n:,} unknowns in layers of {width:.0f} points, too thick to factorise ({limit:.0f})"


def has_pardiso() -> bool:
    """Whether the extra ``mkl`` is installed."""
    return importlib.util.find_spec("pypardiso") is not None
