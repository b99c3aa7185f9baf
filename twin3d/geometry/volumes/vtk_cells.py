"""Unstructured grids as VTK numbers their cells, and the cell data that tells the parts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.draft import NOWHERE, CellBlock, Draft, Floats, Ints, NamedFacets, Solid
from twin3d.geometry.volumes.regions import by_label

SOLIDS = {
    **dict.fromkeys((10, 24, 71, 78), Solid.TETRAHEDRON),
    **dict.fromkeys((11, 12, 25, 29, 33, 72, 79), Solid.HEXAHEDRON),
    **dict.fromkeys((13, 26, 31, 32, 73, 80), Solid.WEDGE),
    **dict.fromkeys((14, 27, 37, 74, 81), Solid.PYRAMID),
}
"""VTK's number of a cell type (vtkCellType.h) → its shape."""
FACETS = {**dict.fromkeys((5, 22, 34, 69, 76), 3), **dict.fromkeys((8, 9, 23, 28, 30, 70, 77), 4)}
"""VTK's number of a cell type → corners of a facet."""
OTHER_ORDER = {11: (0, 1, 3, 2, 4, 5, 7, 6), 8: (0, 1, 3, 2)}
"""Voxels and pixels count along the axes."""
EXACT_SIZE = {10: 4, 24: 10, 11: 8, 12: 8, 13: 6, 14: 5, 5: 3, 8: 4, 9: 4}
"""Type → number of its points, where it is fixed and matters."""
KIND_NAMES = {1: "vertex", 3: "line", 4: "polyline", 7: "polygon", 21: "quadratic edge", 42: "polyhedron"}
GHOSTS = "vtkGhostType"
GHOST_CELL = 1
"""Bit of a cell that another piece owns."""

LABELS = (
    *("part", "parts", "partid", "partids", "material", "materials", "materialid", "materialids", "matid", "mat"),
    *("region", "regions", "regionid", "regionids", "subdomain", "subdomains", "subdomainid", "domain", "domainid"),
    *("gmshphysical", "physical", "physicalids", "celltags", "tags", "markers", "meshtags", "medittref", "meditref"),
    *("block", "blockid", "blocks", "objectid", "elementblockids", "zone", "zoneid", "group", "groupids", "elset"),
    *("cellentityids", "gmshgeometrical", "attribute"),
)
"""Names of cell data that tell the parts, best first, in small letters and digits."""


@dataclass(frozen=True, eq=False, slots=True)
class Grid:
    """An unstructured grid."""

    points: Floats
    """Shape (n_points, 3)."""
    connectivity: Ints
    """Point indices of all cells, shape (n,)."""
    offsets: Ints
    """Where each cell begins, and the end, shape (n_cells + 1,)."""
    types: Ints
    """VTK's numbers, shape (n_cells,)."""
    cell_data: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    label_names: tuple[str, ...] = ()
    """Names of the values of the labels, from 0 on, where the file has them."""


def joined_grids(grids: list[Grid]) -> tuple[Grid, Ints]:
    """One grid of several, with the cell data that all have, and the piece of each point."""
    common = set.intersection(*(set(grid.cell_data) for grid in grids))
    first = np.cumsum([0, *(len(grid.points) for grid in grids)])
    ends = np.cumsum([0, *(len(grid.connectivity) for grid in grids)])
    whole = Grid(
        points=np.concatenate([grid.points for grid in grids]),
        connectivity=np.concatenate([g.connectivity + start for g, start in zip(grids, first, strict=False)]),
        offsets=np.concatenate([[0], *(g.offsets[1:] + end for g, end in zip(grids, ends, strict=False))]),
        types=np.concatenate([grid.types for grid in grids]),
        cell_data={name: np.concatenate([grid.cell_data[name] for grid in grids]) for name in sorted(common)},
        label_names=grids[0].label_names,
    )
    return whole, np.repeat(np.arange(len(grids)), np.diff(first))


def draft_of(grid: Grid) -> Draft:
    """The mesh of a grid.

    Raises:
        GeometryError: The offsets, types or connectivity contradict one another.
    """
    _check(grid)
    label_name, labels = find_labels(grid.cell_data, len(grid.types))
    ghosts = grid.cell_data.get(GHOSTS)
    blocks, regions, facets = [], [], []
    left_out: dict[str, int] = {}
    for kind, rows, cells in _by_type(grid):
        if ghosts is not None and ghosts.shape == grid.types.shape:
            own = ghosts[rows].astype(np.int64) & GHOST_CELL == 0
            rows, cells = rows[own], cells[own]
        if kind in OTHER_ORDER:
            cells = cells[:, OTHER_ORDER[kind]]
        if kind in SOLIDS:
            blocks.append(CellBlock(SOLIDS[kind], cells))
            regions.append(rows)
        elif kind in FACETS and labels is not None:
            region, values = by_label(labels[rows])
            corners = cells[:, : FACETS[kind]]
            facets += [
                NamedFacets(_name(grid, label_name, int(value)), corners[region == number])
                for number, value in enumerate(values)
            ]
        else:
            name = KIND_NAMES.get(kind, f"VTK type {kind}" if kind not in FACETS else "facet")
            left_out[name] = left_out.get(name, 0) + len(rows)
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *regions])
    region, values = by_label(labels[rows]) if labels is not None else (np.full(len(rows), NOWHERE), rows[:0])
    return Draft(
        points=grid.points,
        blocks=tuple(blocks),
        region=region,
        region_names=tuple(_name(grid, label_name, int(value)) for value in values),
        facets=tuple(facets),
        left_out=left_out,
    )


def is_label(name: str) -> bool:
    """Whether cell data of this name may tell the parts, or which cells to leave out."""
    return name == GHOSTS or _plain(name) in LABELS


def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def find_labels(cell_data: Mapping[str, npt.NDArray[Any]], n_cells: int) -> tuple[str, Ints | None]:
    """The cell data that tells the parts: its name and values; whole numbers, one for each cell."""
    plain = {_plain(name): name for name in reversed(list(cell_data))}
    for label in LABELS:
        if label not in plain:
            continue
        values = cell_data[plain[label]]
        values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
        if values.shape != (n_cells,) or values.dtype.kind not in "iuf":
            continue
        whole = values.astype(np.int64) if values.dtype.kind in "iu" else _whole(values)
        if whole is not None:
            return plain[label], whole
    return "", None


def _whole(values: npt.NDArray[Any]) -> Ints | None:
    if not (np.abs(values) < 2.0**53).all():
        return None
    rounded = np.rint(values)
    return rounded.astype(np.int64) if (rounded == values).all() else None


def _name(grid: Grid, label: str, value: int) -> str:
    if 0 <= value < len(grid.label_names):
        return grid.label_names[value]
    return f"{label.removeprefix('gmsh:')}_{value}"


def _check(grid: Grid) -> None:
    n = len(grid.types)
    if len(grid.offsets) != n + 1:
        raise GeometryError(f"the file has {n} cell types, but {len(grid.offsets) - 1} cells; export it again")
    if grid.offsets[0] != 0 or (np.diff(grid.offsets) < 0).any() or grid.offsets[-1] > len(grid.connectivity):
        raise GeometryError(
            f"the offsets of the cells do not rise from 0 to {len(grid.connectivity)}, the length of the connectivity; "
            "the file is damaged, export it again"
        )


def _by_type(grid: Grid) -> Iterator[tuple[int, Ints, Ints]]:
    """Type, numbers of the cells and their points, shape (n, k), for each type and number of points."""
    sizes = np.diff(grid.offsets)
    keys = grid.types * (int(sizes.max(initial=0)) + 1) + sizes
    kinds, values = by_label(keys)
    for number in range(len(values)):
        rows = np.flatnonzero(kinds == number) if len(values) > 1 else np.arange(len(kinds))
        kind, size = int(grid.types[rows[0]]), int(sizes[rows[0]])
        n_corners = SOLIDS[kind].n_corners if kind in SOLIDS else FACETS.get(kind, 0)
        if size < n_corners or EXACT_SIZE.get(kind, size) != size:
            raise GeometryError(
                f"{len(rows)} cells of VTK type {kind} have {size} points; the file is damaged, export it again"
            )
        start = grid.offsets[rows]
        if len(values) == 1:
            yield kind, rows, grid.connectivity[start[0] : start[0] + len(rows) * size].reshape(len(rows), size)
        elif n_corners:
            yield kind, rows, grid.connectivity[start[:, None] + np.arange(size)]
        else:
            yield kind, rows, np.zeros((len(rows), 0), dtype=np.int64)
