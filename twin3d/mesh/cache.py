"""Meshes kept on disk by content: the same file and sizes are meshed once."""

import hashlib
import importlib.metadata
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from twin3d.scene import Contact, Geometry

_log = logging.getLogger(__name__)

FORMAT = 2
"""Counts up when what is kept changes its meaning."""


def default_cache_dir() -> Path:
    """Where meshes and models are kept: ``TWIN3D_CACHE``, else ``XDG_CACHE_HOME``/twin3d, else ``~/.cache/twin3d``."""
    if named := os.environ.get("TWIN3D_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "twin3d"


def mesh_key(geometry: Geometry, contacts: Sequence[Contact]) -> str:
    """Content address of a mesh: the file's bytes, the sizes, the contacts and the mesher's version."""
    digest = hashlib.blake2b(geometry.file.read_bytes(), digest_size=16)
    settings = {
        "format": FORMAT,
        "file": geometry.file.name,
        "geometry": geometry.model_dump(mode="json", exclude={"file"}),
        "contacts": sorted(list(contact.between) for contact in contacts),
        "netgen": importlib.metadata.version("netgen-mesher"),
    }
    digest.update(json.dumps(settings, sort_keys=True).encode())
    return digest.hexdigest()


def load_arrays(path: Path) -> dict[str, npt.NDArray[Any]] | None:
    """The arrays of a cached file; None where there is none or it is damaged, so that it is made again."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            return dict(data)
    except Exception as error:  # noqa: BLE001  whatever is wrong with it, it can be made again
        _log.warning("the cached mesh is damaged and is made again: %s: %s", error, path)
        return None


def save_arrays(path: Path, arrays: dict[str, npt.NDArray[Any]]) -> None:
    """Write a cached file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.stem}.{os.getpid()}.part.npz")
    np.savez(temporary, **arrays)  # type: ignore[arg-type]  # the stub knows no keyword arrays
    temporary.replace(path)
