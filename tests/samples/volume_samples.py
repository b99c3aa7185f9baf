"""Small volume meshes of two parts with a shared face, in all shapes of cells, for the writers of each format."""

from dataclasses import dataclass

import numpy as np
from box_mesh import KUHN

SIZES = np.array([3.0, 1.0, 1.5])
PARTS = ("housing", "core")
VOLUMES = {"housing": 3.0, "core": 1.5}
"""The box is cut at x = 2."""
INLET_AREA = 1.5
"""The face at x = 0."""

EDGES = {
    "tetra": ((0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3)),
    "hexahedron": ((0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7)),
    "wedge": ((0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3), (0, 3), (1, 4), (2, 5)),
    "pyramid": ((0, 1), (1, 2), (2, 3), (3, 0), (0, 4), (1, 4), (2, 4), (3, 4)),
}
"""Edges in the order of VTK's mid-edge points."""
CORNERS = {"tetra": 4, "hexahedron": 8, "wedge": 6, "pyramid": 5, "triangle": 3, "quad": 4}


@dataclass(frozen=True)
class Block:
    shape: str
    cells: np.ndarray
    """In VTK's order."""
    part: int


@dataclass(frozen=True)
class Sample:
    points: np.ndarray
    blocks: tuple[Block, ...]
    inlet_shape: str
    inlet: np.ndarray
    """Facets at x = 0."""

    @property
    def inlet_points(self):
        return np.flatnonzero(np.abs(self.points[:, 0]) < 1e-9)

    @property
    def is_quadratic(self):
        return self.blocks[0].cells.shape[1] > CORNERS[self.blocks[0].shape]

    @property
    def n_cells(self):
        return sum(len(block.cells) for block in self.blocks)


def sample_of(shape, *, quadratic=False, scale=1):
    """A sample of one shape, or of all four for ``mixed``; `scale` refines a grid of tetrahedra."""
    points, hexes, part = _grid(scale)
    if shape == "tetra":
        cells = np.concatenate([hexes[:, [0, 1, 3, 2, 4, 5, 7, 6]][:, list(tet)] for tet in KUHN])
        blocks = _by_part("tetra", cells, np.tile(part, len(KUHN)))
    elif shape == "hexahedron":
        blocks = _by_part("hexahedron", hexes, part)
    elif shape == "wedge":
        wedges = np.concatenate([hexes[:, [0, 1, 2, 4, 5, 6]], hexes[:, [0, 2, 3, 4, 6, 7]]])
        blocks = _by_part("wedge", wedges, np.tile(part, 2))
    else:
        points, blocks = _mixed(points, hexes)
    shape_of_inlet = "triangle" if shape == "tetra" else "quad"
    inlet = _inlet(points, blocks, CORNERS[shape_of_inlet])
    if quadratic:
        points, blocks = _with_mid_points(points, blocks)
    return Sample(points, tuple(blocks), shape_of_inlet, inlet)


def _grid(scale):
    shape = np.array([3, 1, 1]) * scale
    axes = [np.linspace(0.0, size, n + 1) for size, n in zip(SIZES, shape, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    points = np.column_stack([a.ravel() for a in (x, y, z)])
    index = np.arange(len(points)).reshape(shape + 1)
    corners = [index[:-1, :-1, :-1], index[1:, :-1, :-1], index[1:, 1:, :-1], index[:-1, 1:, :-1]]
    corners += [index[:-1, :-1, 1:], index[1:, :-1, 1:], index[1:, 1:, 1:], index[:-1, 1:, 1:]]
    hexes = np.column_stack([corner.ravel() for corner in corners])
    part = (points[hexes].mean(axis=1)[:, 0] > 2.0).astype(int)
    return points, hexes, part


def _by_part(shape, cells, part):
    return [Block(shape, cells[part == number], number) for number in range(len(PARTS)) if (part == number).any()]


def _mixed(points, hexes):
    """A hexahedron, two wedges, five pyramids and two tetrahedra, face to face."""
    centre = len(points)
    points = np.vstack([points, points[hexes[2]].mean(axis=0)])
    last = hexes[2]
    bases = [last[list(face)] for face in ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (2, 3, 7, 6), (3, 0, 4, 7))]
    pyramids = np.array([[*base, centre] for base in bases])
    tets = np.array([[last[1], last[2], last[6], centre], [last[1], last[6], last[5], centre]])
    wedges = np.vstack([hexes[1][[0, 1, 2, 4, 5, 6]], hexes[1][[0, 2, 3, 4, 6, 7]]])
    return points, [
        Block("hexahedron", hexes[:1], 0),
        Block("wedge", wedges, 0),
        Block("pyramid", pyramids, 1),
        Block("tetra", tets, 1),
    ]


def _inlet(points, blocks, n):
    facets = {}
    for block in blocks:
        for cell in block.cells:
            on = sorted(point for point in cell if points[point, 0] == 0.0)
            if len(on) == n:
                facets[tuple(on)] = on
    corners = np.array(list(facets.values()))
    return corners if n == 3 else corners[:, [0, 1, 3, 2]]


def _with_mid_points(points, blocks):
    known, added, new = {}, [], []
    for block in blocks:
        rows = []
        for cell in block.cells:
            mids = []
            for a, b in EDGES[block.shape]:
                key = (min(cell[a], cell[b]), max(cell[a], cell[b]))
                if key not in known:
                    known[key] = len(points) + len(added)
                    added.append(points[list(key)].mean(axis=0))
                mids.append(known[key])
            rows.append([*cell, *mids])
        new.append(Block(block.shape, np.array(rows), block.part))
    return np.vstack([points, added]), new


def measured(mesh):
    """Part → volume of its cells, in the file's unit cubed."""
    corner = mesh.points[mesh.cells[:, :4]]
    edge = corner[:, 1:] - corner[:, :1]
    volumes = np.abs(np.linalg.det(edge)) / 6.0
    sums = np.bincount(mesh.cell_region, weights=volumes, minlength=len(mesh.parts))
    return {part.name: float(volume) for part, volume in zip(mesh.parts, sums, strict=True)}


def facet_areas(mesh):
    """Name → area of the named facets, in the file's unit squared."""
    corner = mesh.points[mesh.triangles]
    areas = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1) / 2.0
    sums = np.bincount(mesh.triangle_region, weights=areas, minlength=len(mesh.region_names))
    return {name: float(area) for name, area in zip(mesh.region_names, sums, strict=True)}


def open_area(mesh):
    """Area of facets that one cell alone has; more than the outside where the mesh does not fit together."""
    facets = mesh.cells[:, [[1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1]]].reshape(-1, 3)
    _, first, counts = np.unique(np.sort(facets, axis=1), axis=0, return_index=True, return_counts=True)
    corner = mesh.points[facets[first[counts == 1]]]
    assert counts.max() <= 2
    return float(np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1).sum() / 2)
