"""Finds the shipped meshes, scenes and shaders: in a checkout, an editable install and a wheel alike."""

import difflib
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from twin3d.errors import CapabilityError, SceneError

AssetKind: TypeAlias = Literal["meshes", "scenes", "shaders"]
"""The folders that ship with the package."""

_PACKAGE = Path(__file__).resolve().parent


def asset_folder(kind: AssetKind) -> Path:
    """The folder of one kind of asset; raises CapabilityError where the installation lacks it."""
    candidates = (_PACKAGE / "assets_data" / kind, _PACKAGE.parent / kind)
    for folder in candidates:
        if folder.is_dir():
            return folder
    looked = " and ".join(str(folder) for folder in candidates)
    raise CapabilityError(f"this installation has no {kind}; looked for {looked}; install twin3d again")


def asset_path(kind: AssetKind, name: str) -> Path:
    """The path of one asset; raises SceneError that lists what exists."""
    folder = asset_folder(kind)
    path = folder / name
    parts = PurePosixPath(name).parts
    if ".." not in parts and not Path(name).is_absolute() and path.is_file():
        return path
    existing = list_assets(kind)
    near = difflib.get_close_matches(name, existing, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise SceneError(f"no {kind} file is named {name!r}; {hint}there are: {', '.join(existing) or 'none'}")


def list_assets(kind: AssetKind) -> tuple[str, ...]:
    """The names of all assets of one kind, sorted; what describes or made them is left out."""
    folder = asset_folder(kind)
    files = (path for path in folder.iterdir() if path.is_file() and not path.name.startswith((".", "README")))
    return tuple(sorted(path.name for path in files))
