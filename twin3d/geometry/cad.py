"""CAD files to solids with unique names; loads netgen, so it runs in the mesher's process alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netgen.occ as occ

from twin3d.errors import GeometryError

GENERIC_NAMES = ("", "Open CASCADE STEP translator", "COMPOUND", "SOLID")
"""Beginnings of names that no person gave."""


@dataclass(frozen=True, eq=False, slots=True)
class CadBody:
    """Solids of a CAD file."""

    names: tuple[str, ...]
    """Unique names of the solids."""
    solids: tuple[Any, ...]
    """Their shapes, in the order of `names`."""
    messages: tuple[str, ...]
    """What people should know of the file."""


def read_cad(path: Path) -> CadBody:
    """Read all solids of a STEP, IGES or BREP file.

    Raises:
        GeometryError: The file cannot be read, or holds no solid.
    """
    geometry = _opened(path)
    leaves = _leaves(geometry)
    found = [(_name_of(leaf_name, solid, len(solids)), solid) for leaf_name, solids in leaves for solid in solids]
    if not found:
        raise GeometryError(f"{path.name} holds no solid, only faces or curves; export closed solids from the CAD")
    names, renamed = unique_names([name for name, _ in found])
    messages = tuple(f"a second part is named {old!r}; it is called {new!r} here" for old, new in renamed)
    return CadBody(tuple(names), tuple(solid for _, solid in found), messages)


def unique_names(names: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Names made unique by a number, and the pairs (old, new) of those that changed."""
    result: list[str] = []
    renamed = []
    for index, name in enumerate(names):
        plain = name or f"part_{index + 1}"
        new, number = plain, 2
        while new in result:
            new, number = f"{plain}_{number}", number + 1
        if name and new != name:
            renamed.append((name, new))
        result.append(new)
    return result, renamed


def _opened(path: Path) -> Any:
    try:
        geometry = occ.OCCGeometry(str(path))
        geometry.shape  # noqa: B018  a file that could not be read fails only here
    except Exception as error:
        raise GeometryError(f"{path.name} cannot be read as CAD: {error}; export it again as STEP AP214") from error
    return geometry


def _leaves(geometry: Any) -> list[tuple[str, list[Any]]]:
    """Name and solids of every leaf of the assembly; the kernel's own shape holds the last root only."""
    tree = geometry.GetAssemblyTree()
    if tree is None:
        return [("", list(geometry.shape.solids))]
    leaves: list[tuple[str, list[Any]]] = []
    pending = [tree]
    while pending:
        node = pending.pop(0)
        if node.is_assembly:
            pending = [*node.children, *pending]
        else:
            leaves.append((node.name or "", list(node.shape.solids)))
    return leaves


def _name_of(leaf_name: str, solid: Any, n_solids: int) -> str:
    """A solid's own name within a body of several, else that of its place in the assembly."""
    own = "" if _is_generic(solid.name or "") else str(solid.name)
    leaf = "" if _is_generic(leaf_name) else leaf_name
    return (own or leaf) if n_solids > 1 else (leaf or own)


def _is_generic(name: str) -> bool:
    return not name or any(name.startswith(generic) for generic in GENERIC_NAMES if generic)
