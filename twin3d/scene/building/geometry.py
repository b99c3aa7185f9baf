"""Finds the file of the asset's shape, and checks that its unit is known."""

from pathlib import Path

from twin3d.assets import asset_path, list_assets
from twin3d.scene.building.noting import noted
from twin3d.scene.geometry import Geometry
from twin3d.scene.problems import Problems
from twin3d.units import affine_to_si

UNITLESS_SUFFIXES = frozenset({".stl", ".obj", ".ply", ".off", ".brep"})
"""Formats whose files never say their unit."""


def geometry_of(geometry: Geometry, path: Path, problems: Problems) -> Geometry:
    """The geometry with its file found: beside the scene, or shipped with twin3d.

    Args:
        geometry: As the file says it.
        path: The scene file.
        problems: Takes a file that is nowhere, and a unit that is missing or is none of length.
    """
    place = ("geometry", "file")
    if geometry.file.suffix.lower() in UNITLESS_SUFFIXES and geometry.unit is None:
        problems.add(place, f'{geometry.file.suffix} files do not say their unit; add unit = "mm" or what it is')
    if geometry.unit is not None:
        noted(("geometry", "unit"), problems, lambda: affine_to_si(str(geometry.unit), "m"), None)
    beside = path.parent / geometry.file
    if beside.is_file():
        return geometry.model_copy(update={"file": beside.resolve()})
    if geometry.file.name == str(geometry.file) and geometry.file.name in list_assets("meshes"):
        return geometry.model_copy(update={"file": asset_path("meshes", geometry.file.name)})
    problems.add(place, f'no file at "{beside}"; shipped with twin3d: {", ".join(list_assets("meshes")) or "none"}')
    return geometry
