"""Whether a method has the memory that it takes, before it takes it."""

import os
from pathlib import Path

from scipy import sparse

from twin3d.errors import SolverError
from twin3d.fem.linear.interface import Method
from twin3d.fem.linear.levels import layer_width

FACTOR_BYTES = {Method.SUPERLU: 12.0, Method.PARDISO: 6.0}
"""For each unknown and each unknown of a layer, at most.

SuperLU took 7 to 11 (cubes of 30 000 unknowns, linear, and 24 000, quadratic; a plate of 46 000); PARDISO keeps one
triangle of two."""
LEAST_WIDTH = 50.0
"""Added to the size of a layer: the factors of thin bars of 49 points a layer hold more than twice as many a row."""
MULTIGRID_BYTES = 55.0
"""For each entry of the matrix: 34 to 55 were taken by cubes of 118 000 and 227 000 unknowns and a plate of 102 000."""
USABLE = 0.8
"""Share of the memory at hand that one solver may take."""
MEMINFO = Path("/proc/meminfo")
_REMEDY = "take a larger cell_size, linear elements, or a machine with more memory"
_REMEDY_OF_FACTORS = "take multigrid, a larger cell_size, or a machine with more memory"


def needed_bytes(method: Method, A: sparse.csr_array) -> float:
    """About what a method takes beyond the matrix, rather too much [byte]; nothing for work on a device."""
    if method is Method.CONJUGATE_GRADIENTS:
        return 0.0
    if method is Method.MULTIGRID:
        return MULTIGRID_BYTES * A.nnz
    return FACTOR_BYTES[method] * A.shape[0] * (layer_width(A) + LEAST_WIDTH)


def available_bytes() -> float:
    """Memory that can be had without swapping [byte]; all of it where the system does not tell, else infinite."""
    try:
        for line in MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024.0 * float(line.split()[1])
    except OSError:
        pass
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * float(os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return float("inf")


def shortage(method: Method, A: sparse.csr_array) -> str:
    """What a method takes and what there is, in words; empty where it suffices."""
    needed, available = needed_bytes(method, A), available_bytes()
    if needed <= USABLE * available:
        return ""
    return f"about {_in_words(needed)} of memory, {_in_words(available)} are free"


def check_memory(method: Method, A: sparse.csr_array) -> None:
    """Raise SolverError where a method takes more memory than there is."""
    short = shortage(method, A)
    if short:
        remedy = _REMEDY if method is Method.MULTIGRID else _REMEDY_OF_FACTORS
        raise SolverError(f"{method.value} for {A.shape[0]:,} unknowns takes {short}; {remedy}")


def _in_words(n_bytes: float) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"
