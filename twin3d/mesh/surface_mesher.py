"""Closed surfaces to tetrahedra: netgen first, fTetWild's envelope where it gives up."""

import importlib
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from twin3d.errors import MeshError
from twin3d.geometry.surface import nearest_triangles
from twin3d.mesh.envelope import mesh_wildly
from twin3d.mesh.raw import RawMesh, Sizing, Tell
from twin3d.mesh.topology import find_facets, patches_by_angle
from twin3d.records import Surface


def mesh_surface(surface: Surface, sizing: Sizing, name: str, *, tell: Tell) -> RawMesh:
    """Mesh what a closed surface encloses.

    Args:
        surface: Of one part.
        sizing: How finely to mesh; the smallest size of all holds for the one part.
        name: Of the file, for messages.
        tell: Is told how far the work is.

    Raises:
        GeometryError: A local size matches no part.
        MeshError: Neither mesher succeeds.
    """
    sizing.refuse_idle([part.name for part in surface.parts])
    sizes = [sizing.cell_size, *(size for _, size in sizing.part_sizes)]
    sizing = replace(sizing, cell_size=min(sizes))
    try:
        raw = _mesh_with_netgen(surface, sizing, name, tell=tell)
    except MeshError as error:
        tell(0.4, "meshing again, with fTetWild")
        raw = mesh_wildly(surface, sizing, reason=str(error))
    return _with_patches(raw, surface, sizing.cell_size)


def _mesh_with_netgen(surface: Surface, sizing: Sizing, name: str, *, tell: Tell) -> RawMesh:
    stl = importlib.import_module("netgen.stl")
    netgen_mesh = importlib.import_module("twin3d.mesh.netgen_mesh")
    recipe = netgen_mesh.Recipe(
        sizing.cell_size,
        sizing.metres_per_unit,
        curvature=sizing.curvature or netgen_mesh.DEFAULT_CURVATURE,
        point_sizes=sizing.point_sizes,
    )
    tell(0.15, f"meshing {name}, {recipe}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "surface.stl"
        importlib.import_module("trimesh").Trimesh(surface.points, surface.triangles, process=False).export(file)
        mesh = netgen_mesh.generate(stl.STLGeometry(str(file)), recipe)
    for number in range(sizing.refine):
        tell(0.7, f"refining the mesh, {number + 1} of {sizing.refine}")
        mesh.Refine()
    volumes = dict(zip((part.name for part in surface.parts), surface.enclosed_volumes(), strict=True))
    raw: RawMesh = netgen_mesh.raw_mesh(mesh, surface.parts, volumes, surface.messages)
    return raw


def _with_patches(raw: RawMesh, surface: Surface, cell_size: float) -> RawMesh:
    """Name the faces after the smooth patches of the surface that was read, which is finer than the mesh's own."""
    region: npt.NDArray[np.int32] = np.zeros(len(raw.cells), dtype=np.int32)
    corners = find_facets(raw.cells, region, len(raw.points)).corners
    patch = patches_by_angle(surface.points, surface.triangles)
    nearest = nearest_triangles(surface, raw.points[corners], spacing=cell_size)
    return replace(
        raw,
        cell_region=region,
        triangles=corners,
        triangle_face=patch[nearest],
        face_names=("",) * (int(patch.max()) + 1),
    )
