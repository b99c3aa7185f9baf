"""Where arrays live: NumPy and SciPy on the CPU, CuPy on the GPU, behind one frozen record."""

import functools
import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
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
    graph: Callable[[Callable[[], None]], Callable[[], None]]
    """Make a bundle of launches quick to repeat.

    On a device it is run once, captured as a graph and replayed, so it must consist of kernels and element-wise
    operations on arrays that stay; on the host it is taken as it is."""
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
    return Backend("numpy", numpy, scipy.sparse, scipy.sparse.linalg, numpy.asarray, _no_kernel, _as_it_is, reason)


def _no_kernel(name: str) -> Callable[..., None]:
    raise CapabilityError(f"the kernel {name!r} runs on a GPU; take the backend cupy; {INSTALL_HINT}")


def _as_it_is(work: Callable[[], None]) -> Callable[[], None]:
    return work


def kernel_options(folder: Path) -> tuple[str, ...]:
    """How NVRTC compiles the kernels of a folder, which share headers."""
    return "--std=c++17", f"-I{folder}"


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
        path = asset_path("shaders", f"{name}.cu")
        code = path.read_text(encoding="utf-8")
        module = cupy.RawModule(code=code, options=kernel_options(path.parent))
        compiled: Callable[..., None] = module.get_function(name)
        return compiled

    graph = functools.partial(_captured, cupy)
    return Backend("cupy", cupy, sparse, linalg, cupy.asnumpy, kernel, graph, f"{reason}: {device}")


def _captured(cupy: Any, work: Callable[[], None]) -> Callable[[], None]:
    """Capture needs a stream of its own; events keep its order with whatever stream is current when it is replayed."""
    stream = cupy.cuda.Stream(non_blocking=True)

    def in_order(action: Callable[[], None]) -> None:
        current = cupy.cuda.get_current_stream()
        stream.wait_event(current.record())
        with stream:
            action()
        current.wait_event(stream.record())

    in_order(work)
    with stream:
        stream.begin_capture()
        work()
        captured = stream.end_capture()
    return functools.partial(in_order, functools.partial(captured.launch, stream))


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
