"""Which method suits a matrix."""

import importlib.util

from scipy import sparse

from twin3d.backend import Backend
from twin3d.fem.linear.interface import Method
from twin3d.fem.linear.levels import layer_width
from twin3d.fem.linear.memory import shortage

ALWAYS_DIRECT_MAX = 4_000
"""Up to so many unknowns a factorisation takes 0.1 s at most and never fails to converge."""
DIRECT_MAX = 400_000
"""Above so many unknowns memory is short: a thin part of 350 000 takes 1.2 GB."""
DIRECT_WIDTH_MAX = {Method.SUPERLU: 800.0, Method.PARDISO: 1200.0}
"""Thickest layers, in points, that are factorised for many loads; thicker ones take too many loads to pay for it.

Set-up and solve to 1e-8 with SuperLU and with multigrid, one thread, in milliseconds: a cube of 11 638 unknowns (667
points) 370 and 7.5, 32 and 9.9; a plate of 78 780 (680 points) 2767 and 45, 160 and 84; a cube of 45 360 (1672 points)
3957 and 43, 97 and 43, so that no number of loads pays. PARDISO sets up in less than half that time, solves no faster.
"""


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
    direct = Method.PARDISO if has_pardiso() else Method.SUPERLU
    if n <= ALWAYS_DIRECT_MAX:
        return direct, f"{n:,} unknowns, up to {ALWAYS_DIRECT_MAX:,} are always factorised"
    if once:
        return Method.MULTIGRID, f"{n:,} unknowns and one load, which does not pay for a factorisation"
    if n > DIRECT_MAX:
        return Method.MULTIGRID, f"{n:,} unknowns, more than {DIRECT_MAX:,} are not factorised"
    width, limit = layer_width(A) / size, DIRECT_WIDTH_MAX[direct]
    if width <= limit:
        short = shortage(direct, A)
        if short:
            return Method.MULTIGRID, f"a factor of {n:,} unknowns takes {short}"
        return direct, f"{n:,} unknowns in layers of {width:.0f} points, thin enough to factorise (up to {limit:.0f})"
    return Method.MULTIGRID, f"{n:,} unknowns in layers of {width:.0f} points, too thick to factorise ({limit:.0f})"


def has_pardiso() -> bool:
    """Whether the extra ``mkl`` is installed."""
    return importlib.util.find_spec("pypardiso") is not None
