"""From netgen's mesh to ours; loads netgen, so it runs in the mesher's process alone."""

from collections.abc import Sequence
from typing import Any

import netgen.meshing as meshing
import numpy as np

from twin3d.errors import MeshError
from twin3d.mesh.raw import RawMesh, Sizing, Tell
from twin3d.records import PartSource

GRADING = 0.3
"""How fast cells grow away from small features, netgen's scale from 0 (slowly) to 1."""


def generate(geometry: Any, sizing: Sizing, name: str, *, tell: Tell) -> Any:
    """Netgen's mesh of one of its geometries.

    Raises:
        MeshError: Netgen gives up, or finds no volume.
    """
    tell(0.15, f"meshing {name}")
    meshing.SetMessageImportance(0)
    try:
        mesh = geometry.GenerateMesh(maxh=sizing.cell_size, grading=GRADING)
    except Exception as error:
        raise MeshError(
            f"netgen cannot mesh {name} with cells of {sizing.cell_size:g}, in the file's unit: {error}"
        ) from error
    for number in range(sizing.refine):
        tell(0.7, f"refining the mesh, {number + 1} of {sizing.refine}")
        mesh.Refine()
    if not len(mesh.Elements3D()):
        raise MeshError(f"netgen found no volume in {name}")
    return mesh


def raw_mesh(mesh: Any, parts: Sequence[PartSource], volumes: Sequence[float], messages: Sequence[str]) -> RawMesh:
    """Netgen's mesh as arrays; its domains are the parts, in order."""
    cells, triangles = mesh.Elements3D().NumPy(), mesh.Elements2D().NumPy()
    faces = list(mesh.FaceDescriptors())
    return RawMesh(
        points=np.array(mesh.Coordinates(), dtype=np.float64),
        cells=np.array(cells["nodes"][:, :4], dtype=np.int32) - 1,
        cell_region=np.array(cells["index"], dtype=np.int32) - 1,
        triangles=np.array(triangles["nodes"][:, :3], dtype=np.int32) - 1,
        triangle_face=np.array(triangles["index"], dtype=np.int32) - 1,
        parts=tuple(parts),
        face_names=tuple("" if face.bcname == "default" else str(face.bcname) for face in faces),
        part_volumes=tuple(volumes),
        messages=tuple(messages),
    )
