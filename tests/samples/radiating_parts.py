"""Bodies that see each other across a gap."""

import numpy as np
import trimesh
from box_mesh import box_mesh
from warm_parts import face

from twin3d.mesh.topology import find_facets
from twin3d.records import TetMesh
from twin3d.scene import Enclosure, EnclosureFace


def enclosure(*walls, **changes):
    """An enclosure of named faces with their emissivities."""
    faces = tuple(EnclosureFace(face=face(name), emissivity=emissivity) for name, emissivity in walls)
    return Enclosure(**{"name": "cavity", "faces": faces, **changes})


def two_plates(gap, *, n=6, size=(0.2, 0.2, 0.01)):
    """A lower and an upper plate; their faces are named low_x0 … high_z1."""
    low = box_mesh((n, n, 1), size)
    high = box_mesh((n, n, 1), mapping=lambda unit: unit * size + (0.0, 0.0, size[2] + gap))
    return joined(low, high, names=("low", "high"))


def shells(radii, *, n_halvings=2):
    """Hollow spheres, one for each pair of radii; their faces are named a_inside, a_outside, b_inside …."""
    return joined(*(_shell(*pair, n_halvings=n_halvings) for pair in radii), names=("a", "b", "c")[: len(radii)])


def joined(*meshes, names):
    """Meshes as the parts of one; each name goes before those of its faces."""
    starts = np.cumsum([0, *(mesh.n_points for mesh in meshes)])[:-1]
    first_face = np.cumsum([0, *(len(mesh.face_names) for mesh in meshes)])[:-1]
    number = np.arange(len(meshes))
    parts = [mesh.facet_parts + np.where(mesh.facet_parts < 0, 0, k) for k, mesh in zip(number, meshes, strict=True)]
    return TetMesh(
        points=np.concatenate([mesh.points for mesh in meshes]),
        cells=np.concatenate([mesh.cells + k for mesh, k in zip(meshes, starts, strict=True)]).astype(np.int32),
        cell_region=np.repeat(number, [mesh.n_cells for mesh in meshes]).astype(np.int32),
        part_names=tuple(names),
        facets=np.concatenate([mesh.facets + k for mesh, k in zip(meshes, starts, strict=True)]).astype(np.int32),
        facet_region=np.concatenate([m.facet_region + k for m, k in zip(meshes, first_face, strict=True)]),
        facet_parts=np.concatenate(parts),
        face_names=tuple(f"{name}_{of}" for name, mesh in zip(names, meshes, strict=True) for of in mesh.face_names),
        contact_facets=np.zeros((0, 2, 3), dtype=np.int32),
        contact_parts=np.zeros((0, 2), dtype=np.int32),
    )


def _shell(inner, outer, *, n_halvings):
    """One layer of prisms between two spheres, each cut into three cells by the numbers of its corners."""
    sphere = trimesh.creation.icosphere(subdivisions=n_halvings)
    unit, low = np.array(sphere.vertices), np.sort(np.array(sphere.faces), axis=1)
    high = low + len(unit)
    a, b, c = low.T
    cells = np.concatenate(
        [
            np.column_stack([a, b, c, high[:, 2]]),
            np.column_stack([a, b, high[:, 1], high[:, 2]]),
            np.column_stack([a, *high.T]),
        ]
    )
    points = np.concatenate([inner * unit, outer * unit])
    edges = points[cells[:, 1:]] - points[cells[:, :1]]
    flipped = np.linalg.det(edges) < 0.0
    cells[flipped] = cells[flipped][:, [1, 0, 2, 3]]
    region = np.zeros(len(cells), dtype=np.int32)
    facets = find_facets(cells.astype(np.int32), region, len(points))
    return TetMesh(
        points=points,
        cells=cells.astype(np.int32),
        cell_region=region,
        part_names=("shell",),
        facets=facets.corners,
        facet_region=(facets.corners[:, 0] >= len(unit)).astype(np.int32),
        facet_parts=facets.parts,
        face_names=("inside", "outside"),
        contact_facets=np.zeros((0, 2, 3), dtype=np.int32),
        contact_parts=np.zeros((0, 2), dtype=np.int32),
    )
