"""CAD solids to conforming tetrahedra; loads netgen, so it runs in the mesher's process alone."""

import netgen.occ as occ

from twin3d.geometry.cad import CadBody
from twin3d.mesh.netgen_mesh import generate, raw_mesh
from twin3d.mesh.raw import RawMesh, Sizing, Tell


def mesh_cad(body: CadBody, sizing: Sizing, name: str, *, tell: Tell) -> RawMesh:
    """Glue the solids of a CAD file, so that touching ones share their faces, and mesh them.

    Args:
        body: The solids.
        sizing: How finely to mesh.
        name: Of the file, for messages.
        tell: Is told how far the work is.

    Raises:
        GeometryError: A local size matches no part.
        MeshError: Netgen gives up.
    """
    sources = {part.name: part for part in body.parts}
    sizing.refuse_idle(list(sources))
    for part, solid in zip(body.parts, body.solids, strict=True):
        solid.name = part.name
        size = sizing.size_of_part(part.name)
        if size is not None:
            solid.maxh = size
    shape = body.solids[0] if len(body.solids) == 1 else occ.Glue(list(body.solids))
    volumes = {solid.name: float(solid.mass) for solid in shape.solids}
    mesh = generate(occ.OCCGeometry(shape), sizing, name, tell=tell)
    names = [mesh.GetMaterial(index + 1) for index in range(len(shape.solids))]
    return raw_mesh(mesh, [sources[own] for own in names], [volumes[own] for own in names], body.messages)
