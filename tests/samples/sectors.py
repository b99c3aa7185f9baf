"""Rings, and sectors of them, on meshes that match where a sector ends."""

import numpy as np
from box_mesh import box_mesh
from scipy.spatial import cKDTree

from twin3d.mesh.topology import find_facets
from twin3d.records import TetMesh
from twin3d.scene import Axis, Cyclic, selectors

SECTORS = 8
INNER, OUTER, HEIGHT = 0.03, 0.06, 0.02
"""Of the ring, whose height swings once in every sector [m]."""


def cyclic(**changes):
    """The symmetry of `sector_mesh`."""
    ends = {"low": selectors.parse("name y0"), "high": selectors.parse("name y1")}
    return Cyclic(**{"axis": Axis(direction=(0.0, 0.0, 2.0)), "sectors": SECTORS, **ends, **changes})


def sector_mesh(shape=(4, 3, 2), *, skew=0.0, shift=0.0, contact=False, span=(0.0, 1.0)):
    """One sector about the z axis; skewed, its ends are not radial; shifted, the meshes of its ends do not match.

    The span is from where to where it goes, in sectors.
    """

    def bend(unit):
        x, y, z = unit.T
        y = span[0] + (span[1] - span[0]) * y
        z = z + shift * y * np.sin(np.pi * z) * (1.0 - z)
        radius = INNER + (OUTER - INNER) * x
        angle = 2.0 * np.pi / SECTORS * (y + skew * x * x)
        height = HEIGHT * (1.0 + 0.4 * np.cos(SECTORS * angle))
        return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), height * z])

    return box_mesh(shape, mapping=bend, n_parts=2 if contact else 1, contact=contact)


def ring_of(sector):
    """The whole ring of copies of a sector, and the points of each copy in it, shape (SECTORS, n_points)."""
    turned = []
    for k in range(SECTORS):
        angle = 2.0 * np.pi * k / SECTORS
        turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        turned.append(sector.points @ turn.T)
    every = np.concatenate(turned)
    same = cKDTree(every).query_ball_point(every, 1e-9)
    _, first, of_all = np.unique([min(some) for some in same], return_index=True, return_inverse=True)
    number = of_all.reshape(SECTORS, -1)
    points = every[first]
    cells = np.concatenate([some[sector.cells] for some in number]).astype(np.int32)
    region = np.zeros(len(cells), dtype=np.int32)
    facets = find_facets(cells, region, len(points))
    middle = points[facets.corners].mean(axis=1)
    radius = np.linalg.norm(points[facets.corners][..., :2], axis=2)
    face = np.select(
        [(radius < INNER + 1e-9).all(axis=1), (radius > OUTER - 1e-9).all(axis=1), middle[:, 2] < 1e-9], [0, 1, 4], 5
    )
    ring = TetMesh(
        points=points,
        cells=cells,
        cell_region=region,
        part_names=("block",),
        facets=facets.corners,
        facet_region=face.astype(np.int32),
        facet_parts=facets.parts,
        face_names=("x0", "x1", "y0", "y1", "z0", "z1"),
        contact_facets=np.zeros((0, 2, 3), dtype=np.int32),
        contact_parts=np.zeros((0, 2), dtype=np.int32),
    )
    return ring, number
