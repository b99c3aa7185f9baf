"""`twin3d doctor`: what this machine can do, and the one line that mends what it cannot."""

import importlib.metadata
import os
import platform
import shutil

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from twin3d import __version__
from twin3d.backend import Backend, get_backend
from twin3d.cli.proof import prove
from twin3d.errors import CapabilityError, SolverError
from twin3d.mesh.cache import default_cache_dir
from twin3d.view.gl import probe

LIBRARIES = ("numpy", "scipy", "netgen-mesher", "pyzmq", "vtk", "pyvista", "h5py", "av", "pydantic")
OPTIONAL = {
    "pypardiso": "pip install 'twin3d[mkl]' makes large factorisations about ten times faster on x86",
}


def doctor() -> int:
    """Say what this machine can do and prove that it solves right.

    Returns:
        0; 1 where a solver gives a wrong answer; 3 where pictures cannot be drawn.
    """
    table = Table("what", "state", "found", title=f"twin3d {__version__}")
    table.add_row("python", _ok(), f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    table.add_row("processors", _ok(), f"{len(os.sched_getaffinity(0))} usable")
    for name in LIBRARIES:
        table.add_row(name, _ok(), importlib.metadata.version(name))
    for name, remedy in OPTIONAL.items():
        table.add_row(name, *_optional(name, remedy))
    proofs = {"solver": _proof(get_backend("numpy")), "GPU": _gpu()}
    for name, row in proofs.items():
        table.add_row(name, *row)
    drawing = probe()
    table.add_row(
        "pictures", _ok() if drawing.ok else "[red]no[/]", drawing.renderer if drawing.ok else drawing.message
    )
    window = probe(window=True)
    table.add_row("window", _ok() if window.ok else "[yellow]no[/]", window.renderer if window.ok else window.message)
    table.add_row("cache", *_cache())
    Console(highlight=False).print(table)
    if any(state == _wrong() for state, _ in proofs.values()):
        return SolverError.exit_code
    return 0 if drawing.ok else CapabilityError.exit_code


def _ok() -> str:
    return "[green]ok[/]"


def _optional(name: str, remedy: str) -> tuple[str, str]:
    try:
        return _ok(), importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "[yellow]not installed[/]", escape(remedy)


def _gpu() -> tuple[str, str]:
    try:
        backend = get_backend("cupy")
    except CapabilityError as error:
        return "[yellow]no[/]", escape(str(error))
    return _proof(backend)


def _proof(backend: Backend) -> tuple[str, str]:
    try:
        where = "CPU" if backend.on_host else backend.reason.rpartition(": ")[2]
        return _ok(), escape(f"{where}: {prove(backend)}")
    except Exception as error:  # noqa: BLE001 - whatever a driver or a compiler raises is what the user must see here
        return _wrong(), escape(f"{type(error).__name__}: {error}")


def _wrong() -> str:
    return "[red]wrong[/]"


def _cache() -> tuple[str, str]:
    folder = default_cache_dir()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
    used = sum(path.stat().st_size for path in files)
    free = shutil.disk_usage(existing).free
    return _ok(), f"{folder}: {used / 1e6:.0f} MB in {len(files)} files, {free / 1e9:.0f} GB free"
