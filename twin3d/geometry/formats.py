"""Which file endings mean what, and in which unit their coordinates come."""

from pathlib import Path

from twin3d.errors import GeometryError
from twin3d.units import affine_to_si

CAD_SUFFIXES = frozenset({".step", ".stp", ".iges", ".igs", ".brep"})
"""Boundary representations: solids with faces and, but for BREP, names."""

SURFACE_SUFFIXES = frozenset({".stl", ".obj", ".ply", ".off", ".3mf", ".glb", ".gltf"})
"""Triangulated surfaces."""

KERNEL_UNIT = "mm"
"""Open CASCADE converts STEP and IGES to this."""


def is_cad(path: Path) -> bool:
    """Whether a file is a boundary representation.

    Raises:
        GeometryError: The ending is unknown.
    """
    suffix = path.suffix.lower()
    if suffix in CAD_SUFFIXES | SURFACE_SUFFIXES:
        return suffix in CAD_SUFFIXES
    known = ", ".join(sorted(CAD_SUFFIXES | SURFACE_SUFFIXES))
    raise GeometryError(f"{path.name} has an ending that I cannot read; use one of {known}")


def metres_per_unit(path: Path, unit: str | None) -> float:
    """Length of one unit of a file's coordinates [m].

    Args:
        path: The file.
        unit: What the scene says; it wins over the file, as for exports that state the wrong unit.

    Raises:
        GeometryError: Neither the scene nor the file says a unit.
    """
    if unit is not None:
        return affine_to_si(unit, "m").scale
    if path.suffix.lower() == ".brep" or not is_cad(path):
        raise GeometryError(f'{path.name} does not say its unit; add unit = "mm", or what it is, to [geometry]')
    return affine_to_si(KERNEL_UNIT, "m").scale
