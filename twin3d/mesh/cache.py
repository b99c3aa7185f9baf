"""Meshes kept on disk by content: the same file and sizes are meshed once."""

import hashlib
import importlib.metadata
import json
import logging
import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from twin3d.scene import Contact

_log = logging.getLogger(__name__)


def default_cache_dir() -> Path:
    """Where meshes and models are kept: ``TWIN3D_CACHE``, else ``XDG_CACHE_HOME``/twin3d, else ``~/.cache/twin3d``."""
    if named := os.environ.get("TWIN3D_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "twin3d"


def mesh_key(file: Path, request: Mapping[str, Any], contacts: Sequence[Contact]) -> str:
    """Content address of a mesh: the file's bytes, what is asked, the contacts and the mesher's versions.

    Args:
        file: The geometry file.
        request: All that decides the mesh beside it, plain JSON.
        contacts: Where points are split.
    """
    digest = _digest(file)
    for side in side_files(file):
        digest.update(side.name.encode())
        digest.update(_digest(side).digest())
    settings = {
        "code": _code_digest(),
        "file": file.name,
        "request": request,
        "contacts": sorted([*contact.between, str(contact.gap)] for contact in contacts),
        "meshers": {name: importlib.metadata.version(name) for name in ("netgen-mesher", "pytetwild")},
    }
    digest.update(json.dumps(settings, sort_keys=True).encode())
    return digest.hexdigest()


def side_files(file: Path) -> tuple[Path, ...]:
    """Files in the same folder whose names a file mentions, and those that they mention, sorted.

    Input decks include others, XDMF and glTF keep their numbers beside them: a change there makes another mesh.
    """
    found: set[Path] = set()
    pending = [file]
    beside = [path for path in file.parent.iterdir() if path.is_file() and path != file]
    while pending:
        content = pending.pop().read_bytes()
        new = {path for path in beside if path not in found and path.name.encode() in content}
        found |= new
        pending += new
    return tuple(sorted(found))


@cache
def _code_digest() -> str:
    """Of the code that reads and meshes: another version may make another mesh of the same file."""
    digest = hashlib.blake2b(digest_size=16)
    for room in ("geometry", "mesh"):
        for source in sorted((Path(__file__).parents[1] / room).rglob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()


def _digest(file: Path) -> "hashlib._Hash":
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16))


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
