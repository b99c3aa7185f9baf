"""The mesher's process: a request in, tetrahedra out, so that a crash of the kernel cannot take the program along.

Run as ``python -m twin3d.mesh.mesher REQUEST.json``; progress goes to standard output as JSON lines, the result into
the .npz file that the request names, see `twin3d.mesh.isolation`.
"""

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from twin3d import geometry
from twin3d.mesh.imported_mesher import mesh_imported
from twin3d.mesh.isolation import tell, worker_main
from twin3d.mesh.raw import RawMesh, Sizing, Tell, default_cell_size, save_raw
from twin3d.mesh.surface_mesher import mesh_surface
from twin3d.records import Surface, VolumeMesh


def serve(request: Mapping[str, Any]) -> None:
    """Serve one request: read, mesh, write."""
    path = Path(request["file"])
    tell(0.05, f"reading {path.name}")
    shape = geometry.read(path)
    extent = float(np.ptp(shape.points, axis=0).max()) if isinstance(shape, Surface | VolumeMesh) else None
    scale = geometry.metres_per_unit(path.name, shape.metres_per_unit, request["unit"], extent=extent)
    raw = mesh_shape(shape, _sizing(request, scale, shape), path.name, tell=tell)
    tell(0.9, "writing the mesh")
    save_raw(Path(request["out"]), raw, scale=scale)


def mesh_shape(shape: geometry.Shape, sizing: Sizing, name: str, *, tell: Tell) -> RawMesh:
    """Tetrahedra of whatever a file held.

    Args:
        shape: What was read.
        sizing: How finely to mesh.
        name: Of the file, for messages.
        tell: Is told how far the work is.

    Raises:
        GeometryError: A local size matches no part.
        MeshError: No mesher succeeds.
    """
    match shape:
        case VolumeMesh():
            return mesh_imported(shape, sizing)
        case Surface():
            return mesh_surface(shape, sizing, name, tell=tell)
        case _:
            mesh_cad = importlib.import_module("twin3d.mesh.cad_mesher").mesh_cad
            raw: RawMesh = mesh_cad(shape, sizing, name, tell=tell)
            return raw


def _sizing(request: Mapping[str, Any], scale: float, shape: geometry.Shape) -> Sizing:
    """The sizes of a request, in the unit of the file."""
    size = request["cell_size"]
    return Sizing(
        cell_size=_default_size(shape) if size is None else size / scale,
        metres_per_unit=scale,
        refine=request["refine"],
        part_sizes=_local_sizes(request, "part", scale),
        face_sizes=_local_sizes(request, "face", scale),
        point_sizes=tuple(
            (*(coordinate / scale for coordinate in point), request["sensor_cell_size"] / scale)
            for point in request["sensor_points"]
        ),
        curvature=request["curvature_cells"],
        wall_cells=request["wall_cells"],
        is_curved=request["curved"],
        crash=request["crash"],
    )


def _local_sizes(request: Mapping[str, Any], key: str, scale: float) -> tuple[tuple[str, float], ...]:
    return tuple((item[key], item["cell_size"] / scale) for item in request["local_sizes"] if item[key] is not None)


def _default_size(shape: geometry.Shape) -> float:
    match shape:
        case VolumeMesh():
            sides = np.ptp(shape.points, axis=0)
            return default_cell_size(float(sides.prod()), float(sides.max()))
        case Surface():
            extent = float(np.ptp(shape.points, axis=0).max())
            return default_cell_size(float(shape.enclosed_volumes().sum()), extent)
        case _:
            boxes = np.array([[tuple(corner) for corner in solid.bounding_box] for solid in shape.solids])
            extent = float((boxes[:, 1].max(axis=0) - boxes[:, 0].min(axis=0)).max())
            return default_cell_size(float(sum(solid.mass for solid in shape.solids)), extent)


if __name__ == "__main__":
    sys.exit(worker_main(serve, sys.argv[1]))
