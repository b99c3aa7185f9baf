"""XDMF: cell attributes of whole numbers become parts, node sets named facets."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.composing import compose
from twin3d.geometry.volumes.draft import Draft, Floats, Ints
from twin3d.geometry.volumes.joining import joined
from twin3d.geometry.volumes.runs import equal_rows
from twin3d.geometry.volumes.source import naming
from twin3d.geometry.volumes.vtk_cells import Grid, draft_of, is_label, joined_grids
from twin3d.geometry.volumes.xdmf_items import items_of
from twin3d.geometry.volumes.xml_tree import Element, parse_xml
from twin3d.records import VolumeMesh

TOPOLOGIES = {
    **{"triangle": (5, 3), "quadrilateral": (9, 4), "tri_6": (22, 6), "triangle_6": (22, 6), "quad_8": (23, 8)},
    **{"quadrilateral_8": (23, 8), "quad_9": (28, 9), "quadrilateral_9": (28, 9), "polyvertex": (1, 1)},
    **{"polyline": (3, 2), "edge_3": (21, 3), "tetrahedron": (10, 4), "hexahedron": (12, 8), "wedge": (13, 6)},
    **{"pyramid": (14, 5), "tet_10": (24, 10), "tetrahedron_10": (24, 10), "hex_20": (25, 20)},
    **{"hexahedron_20": (25, 20), "hex_27": (29, 27), "hexahedron_27": (29, 27), "wedge_15": (26, 15)},
    **{"wedge_18": (32, 18), "pyramid_13": (27, 13)},
}
"""XDMF's name of a topology in small letters → VTK's number and the number of points."""
MIXED = {
    **{4: (5, 3), 5: (9, 4), 6: (10, 4), 7: (14, 5), 8: (13, 6), 9: (12, 8), 34: (21, 3), 35: (28, 9), 36: (22, 6)},
    **{37: (23, 8), 38: (24, 10), 39: (27, 13), 40: (26, 15), 41: (32, 18), 48: (25, 20), 50: (29, 27)},
}
"""XDMF's number in a mixed topology → VTK's number and the number of points."""
COUNTED = {1: 1, 2: 3, 3: 7}
"""Those that are followed by their number of points: vertices, lines, polygons."""

_BEGIN = re.compile(rb"(\xef\xbb\xbf)?\s*(<\?[^>]*>\s*)?(<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<Xdmf\b", re.S)


class XdmfReader:
    """XDMF with its data in the XML, in HDF5 or in binary files beside it."""

    suffixes: ClassVar[tuple[str, ...]] = (".xdmf", ".xmf")

    def recognises(self, head: bytes) -> bool:
        """Whether a file begins like XDMF."""
        return _BEGIN.match(head) is not None

    def read(self, path: Path) -> VolumeMesh:
        """Read a mesh; of a time series the first step.

        Raises:
            GeometryError: The file is damaged, leads out of its folder, or holds no solid cells.
        """
        with naming(path):
            return compose(_draft(parse_xml(path.read_bytes()), path), path)


def _draft(root: Element, path: Path) -> Draft:
    domain = root.first("Domain")
    grids = [found for grid in (domain.all("Grid") if domain is not None else ()) for found in _uniform(grid)]
    read = [_grid(grid, path) for grid in grids if grid.first("Topology") is not None]
    if not read:
        raise GeometryError("it holds no grid with a topology; export it again")
    whole, piece = joined_grids(read)
    draft = draft_of(whole)
    if len(read) == 1:
        draft = replace(draft, point_sets=tuple(_point_sets(grids[0], path)))
    return joined(draft, piece)


def _uniform(grid: Element) -> Iterator[Element]:
    """The uniform grids of a grid; of a collection over time the first step."""
    kind = grid.get("GridType", "Uniform").lower()
    inner = [found for child in grid.all("Grid") for found in _uniform(child)]
    if kind == "uniform":
        yield grid
    elif kind == "collection" and grid.get("CollectionType", "Spatial").lower() == "temporal":
        yield from inner[:1]
    else:
        yield from inner


def _grid(grid: Element, path: Path) -> Grid:
    geometry, topology = grid.first("Geometry"), grid.first("Topology")
    if geometry is None or topology is None:
        raise GeometryError("a grid has no Geometry of its own; save each grid with its points")
    points = _points(geometry, path)
    connectivity, offsets, types = _cells(topology, path)
    cell_data = {}
    for attribute in grid.all("Attribute"):
        if attribute.get("Center") == "Cell" and is_label(attribute.get("Name")):
            for values in items_of(attribute, path):
                cell_data[attribute.get("Name")] = values.ravel()
    return Grid(points, connectivity, offsets, types, cell_data)


def _points(geometry: Element, path: Path) -> Floats:
    kind = (geometry.get("GeometryType") or geometry.get("Type") or "XYZ").upper()
    items = list(items_of(geometry, path))
    if kind == "XYZ" and items:
        return np.asarray(items[0].reshape(-1, 3), dtype=np.float64)
    if kind == "X_Y_Z" and len(items) == 3:
        return np.column_stack([item.ravel() for item in items]).astype(np.float64)
    raise GeometryError(f"its Geometry is {kind[:40]} of {len(items)} data items; save it as XYZ")


def _cells(topology: Element, path: Path) -> tuple[Ints, Ints, Ints]:
    """Connectivity, offsets and VTK's types."""
    kind = (topology.get("TopologyType") or topology.get("Type")).lower()
    values = next(items_of(topology, path), np.zeros(0, dtype=np.int64)).ravel().astype(np.int64)
    if kind == "mixed":
        connectivity, sizes, types = _mixed(values)
    elif kind in TOPOLOGIES:
        number, n = TOPOLOGIES[kind]
        if len(values) % n:
            raise GeometryError(f"its topology has {len(values)} values, no multiple of {n}; the file is damaged")
        connectivity, sizes = values, np.full(len(values) // n, n)
        types = np.full(len(sizes), number)
    else:
        raise GeometryError(f"its topology {kind[:40]!r} is not known; use one of {', '.join(TOPOLOGIES)} or Mixed")
    stated = topology.get("NumberOfElements") or topology.get("Dimensions")
    if stated.strip().isdigit() and int(stated) != len(sizes):
        raise GeometryError(f"its topology states {stated} cells, but has {len(sizes)}; export it again")
    return connectivity, np.concatenate([[0], np.cumsum(sizes)]), types


def _mixed(values: Ints) -> tuple[Ints, Ints, Ints]:
    pieces, sizes, types = [values[:0]], [values[:0]], [values[:0]]

    def length_of(head: Ints) -> int:
        kind = int(head[0])
        if kind in COUNTED:
            return 2 + max(int(head[1]), 0)
        if kind not in MIXED:
            raise GeometryError(f"a mixed topology has the type {kind}, which is not known; the file is damaged")
        return 1 + MIXED[kind][1]

    for rows in equal_rows(values, (0,), length_of, "the mixed topology"):
        kind = int(rows[0, 0])
        start = 2 if kind in COUNTED else 1
        if kind in COUNTED and (rows[:, 1] != rows[0, 1]).any():
            raise GeometryError("a mixed topology has polygons of different sizes, which are not read; leave them out")
        pieces.append(rows[:, start:].ravel())
        sizes.append(np.full(len(rows), rows.shape[1] - start))
        types.append(np.full(len(rows), COUNTED[kind] if kind in COUNTED else MIXED[kind][0]))
    return np.concatenate(pieces), np.concatenate(sizes), np.concatenate(types)


def _point_sets(grid: Element, path: Path) -> Iterator[tuple[str, Ints]]:
    for each in grid.all("Set"):
        if (each.get("SetType") or each.get("Type")).lower() == "node":
            for values in items_of(each, path):
                yield each.get("Name", "nodes"), np.unique(values.astype(np.int64))
