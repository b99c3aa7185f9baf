"""Hexahedra, wedges and pyramids cut into tetrahedra that fit together across cells.

Every quadrilateral is cut by the diagonal through its smallest point index, so both cells at it agree: Dompierre,
Labbé, Vallet, Camarero: How to subdivide pyramids, prisms and hexahedra into tetrahedra, 8th Int. Meshing Roundtable
(1999). Within a cell, the smallest point is joined to all faces that it is not on, which follows from the same rule.
"""

import numpy as np

from twin3d.geometry.volumes.draft import Ints, Solid


def cut(corners: Ints, solid: Solid) -> tuple[Ints, Ints]:
    """Tetrahedra of cells.

    Args:
        corners: Point indices, shape (n_cells, n_corners); a point may be there twice, as in a collapsed cell.
        solid: Shape of the cells.

    Returns:
        Point indices, shape (n_tets, 4), and the cell that each tetrahedron is a piece of, shape (n_tets,); in the
        order of the cells, those of a collapsed edge left out.
    """
    if solid is Solid.TETRAHEDRON:
        return corners, np.arange(len(corners))
    lowest = corners.argmin(axis=1)
    pieces, parents = [], []
    for vertex in range(solid.n_corners):
        chosen = np.flatnonzero(lowest == vertex)
        own = corners[chosen]
        for face in solid.faces:
            if vertex not in face and chosen.size:
                triangles, owner = as_triangles(own[:, face])
                pieces.append(np.column_stack([own[owner, vertex], triangles]))
                parents.append(chosen[owner])
    tets, parent = np.concatenate(pieces), np.concatenate(parents)
    ordered = np.sort(tets, axis=1)
    whole = np.flatnonzero((ordered[:, 1:] != ordered[:, :-1]).all(axis=1))
    order = whole[np.argsort(parent[whole], kind="stable")]
    return tets[order], parent[order]


def as_triangles(polygons: Ints) -> tuple[Ints, Ints]:
    """Triangles of triangles or quadrilaterals, and the polygon that each is a piece of.

    Args:
        polygons: Point indices, shape (n, 3) or (n, 4).

    Returns:
        Shapes (n_triangles, 3) and (n_triangles,).
    """
    owner = np.arange(len(polygons))
    if polygons.shape[1] == 3:
        return polygons, owner
    along_02 = np.minimum(polygons[:, 0], polygons[:, 2]) < np.minimum(polygons[:, 1], polygons[:, 3])
    turned = np.where(along_02[:, None], polygons, np.roll(polygons, -1, axis=1))
    return np.concatenate([turned[:, [0, 1, 2]], turned[:, [0, 2, 3]]]), np.concatenate([owner, owner])
