"""Where arrays live: NumPy and SciPy on the CPU, CuPy on the GPU, behind one frozen record."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

Array = Any
"""A NumPy or a CuPy array."""

GPU_MIN_DOFS = 200_000
"""Below this size the transfer and launch costs outweigh the device, so `auto` stays on the CPU."""


@dataclass(frozen=True, slots=True)
class Backend:
    """The array library that a computation runs on."""

    name: str
    """``numpy`` or ``cupy``."""
    xp: ModuleType
    """numpy or cupy."""
    sparse: ModuleType
    """scipy.sparse or cupyx.scipy.sparse."""
    linalg: ModuleType
    """scipy.sparse.linalg or cupyx.scipy.sparse.linalg."""
    to_host: Callable[[Array], Any]
    """Copy an array to the host."""
    reason: str
    """Why this one was taken, for people."""
