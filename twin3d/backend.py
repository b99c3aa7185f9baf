"""Where arrays live: NumPy and SciPy on the CPU, CuPy on the GPU, behind one frozen record."""

import functools
import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy
import scipy.sparse
import scipy.sparse.linalg
from threadpoolctl import ThreadpoolController

from twin3d.assets import asset_path
from twin3d.errors import CapabilityError

Array = Any
"""A NumPy or a CuPy array."""

GPU_MIN_DOFS = 200_000
"""Below this size the transfer and launch costs outweigh the device, so `auto` stays on the CPU."""

KERNEL_OPTIONS = ("--std=c++17",)
"""How NVRTC compiles the kernels."""

INSTALL_HINT = "pip install 'twin3d[gpu]' for CUDA 12 or 'twin3d[gpu-cuda13]' for CUDA 13"


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
    kernel: Callable[[str], Callable[..., None]]
    """The function of a name, compiled from ``shaders/NAME.cu``; raises CapabilityError where there is no GPU.

    It is called with the grid, the block and the arguments of CUDA, scalars as NumPy scalars of the exact type."""
    reason: str
    """Why this one was taken, for people."""

    @property
    def on_host(self) -> bool:
        """Whether arrays live in the memory of the CPU."""
        return self.name == "numpy"


def get_backend(name: str = "auto", *, n_dofs: int | None = None) -> Backend:
    """The array library to compute with.

    Args:
        name: ``auto``, ``numpy`` or ``cupy``. ``auto`` takes the GPU where one answers and the problem is large.
        n_dofs: Number of unknowns, where it is known.

    Raises:
        CapabilityError: ``cupy`` was asked for and cannot be used; says why and what to install.
        ValueError: The name is unknown.
    """
    if name not in {"auto", "numpy", "cupy"}:
        raise ValueError(f"unknown backend {name!r}; choose auto, numpy or cupy")
    if name == "numpy":
        return _numpy("asked for")
    if name == "auto" and n_dofs is not None and n_dofs < GPU_MIN_DOFS:
        return _numpy(f"on the CPU: {n_dofs:,} unknowns, a GPU pays from {GPU_MIN_DOFS:,}")
    try:
        return _cupy("asked for" if name == "cupy" else "on the GPU")
    except CapabilityError as error:
        if name == "cupy":
            raise
        return _numpy(f"on the CPU: {error}")


def _numpy(reason: str) -> Backend:
    return Backend("numpy", numpy, scipy.sparse, scipy.sparse.linalg, numpy.asarray, _no_kernel, reason)


def _no_kernel(name: str) -> Callable[..., None]:
    raise CapabilityError(f"the kernel {name!r} runs on a GPU; take the backend cupy; {INSTALL_HINT}")


def _cupy(reason: str) -> Backend:
    try:
        cupy = importlib.import_module("cupy")
    except ImportError as error:
        raise CapabilityError(f"CuPy is not installed; {INSTALL_HINT}") from error
    try:
        device = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise CapabilityError(f"no CUDA device answers: {error}; check the driver with nvidia-smi") from error
    sparse, linalg = (importlib.import_module(f"cupyx.scipy.sparse{end}") for end in ("", ".linalg"))

    @functools.cache
    def kernel(name: str) -> Callable[..., None]:
        code = asset_path("shaders", f"{name}.cu").read_text(encoding="utf-8")
        compiled: Callable[..., None] = cupy.RawModule(code=code, options=KERNEL_OPTIONS).get_function(name)
        return compiled

    return Backend("cupy", cupy, sparse, linalg, cupy.asnumpy, kernel, f"{reason}: {device}")


def one_blas_thread() -> AbstractContextManager[object]:
    """Keep OpenBLAS to one thread for a while, process-wide.

    Its waiting threads spin. On two cores that other work uses too, the dense algebra of a reduction of 51 000 points
    took 27 s with two threads and 0.9 s with one. MKL is left alone: PARDISO gains by its threads.
    """
    limit: AbstractContextManager[object] = _threads().limit(limits={"libopenblas": 1, "libscipy_openblas": 1})
    return limit


@functools.cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()
