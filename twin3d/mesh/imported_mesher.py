"""Volume meshes from other tools, taken as they are or refined uniformly."""

import numpy as np

from twin3d.errors import MeshError
from twin3d.mesh.raw import RawMesh, Sizing
from twin3d.records import VolumeMesh


def mesh_imported(shape: VolumeMesh, sizing: Sizing) -> RawMesh:
    """The mesh of another tool.

    Args:
        shape: What was read.
        sizing: Sizes do not apply; a uniform refinement does not either, yet.

    Raises:
        MeshError: The scene asks for sizes.
    """
    if sizing.refine or sizing.part_sizes:
        raise MeshError("a volume mesh has its cells already; remove refine and local_sizes from [geometry]")
    corner = shape.points[shape.cells[:, :4]]
    edges = corner[:, 1:] - corner[:, :1]
    volumes = np.abs(np.einsum("ei,ei->e", np.cross(edges[:, 0], edges[:, 1]), edges[:, 2])) / 6.0
    return RawMesh(
        points=shape.points,
        cells=np.ascontiguousarray(shape.cells[:, :4]),
        cell_region=shape.cell_region,
        triangles=shape.triangles,
        triangle_face=shape.triangle_region,
        parts=shape.parts,
        face_names=shape.region_names,
        part_volumes=tuple(np.bincount(shape.cell_region, weights=volumes, minlength=len(shape.parts))),
        messages=shape.messages,
    )
