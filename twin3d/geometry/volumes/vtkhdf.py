"""VTKHDF unstructured grids, static or the first step of a series; the files that twin3d exports among them."""

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import h5py
import numpy as np

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.composing import compose
from twin3d.geometry.volumes.draft import Draft
from twin3d.geometry.volumes.hdf import SIGNATURE, UNITS_M, attribute, child, open_hdf, values_of
from twin3d.geometry.volumes.joining import joined
from twin3d.geometry.volumes.source import naming
from twin3d.geometry.volumes.vtk_cells import Grid, draft_of, is_label, joined_grids
from twin3d.records import VolumeMesh

ROOT = "VTKHDF"
MOST_PARTITIONS = 100_000


class VtkHdfReader:
    """VTKHDF."""

    suffixes: ClassVar[tuple[str, ...]] = (".vtkhdf", ".hdf")

    def recognises(self, head: bytes) -> bool:
        """Whether an HDF5 file names VTK's group near its beginning."""
        return head.startswith(SIGNATURE) and ROOT.encode() in head

    def read(self, path: Path) -> VolumeMesh:
        """Read a mesh; of a time series the first step.

        Raises:
            GeometryError: The file is damaged, no unstructured grid, or holds no solid cells.
        """
        with naming(path), open_hdf(path) as file:
            root = child(file, ROOT)
            if not isinstance(root, h5py.Group):
                raise GeometryError("it has no group VTKHDF; save it from ParaView as VTKHDF or VTU")
            return compose(_draft(root), path)


def _draft(root: h5py.Group) -> Draft:
    kind = attribute(root, "Type")
    if kind != "UnstructuredGrid":
        raise GeometryError(f"it holds {kind[:40] or 'no known type'}, no UnstructuredGrid; save one block of cells")
    n_points, n_cells, n_ids = (
        values_of(root, name) for name in ("NumberOfPoints", "NumberOfCells", "NumberOfConnectivityIds")
    )
    first, n_parts = _first_step(root, len(n_points))
    names = _label_names(root)
    grids = []
    at = dict(first)
    for partition in range(at["PartOffsets"], at["PartOffsets"] + n_parts):
        counts = int(n_points[partition]), int(n_cells[partition]), int(n_ids[partition])
        if counts[1]:
            grids.append(_grid(root, at, counts, names))
        at["PointOffsets"] += counts[0]
        at["CellOffsets"] += counts[1]
        at["ConnectivityIdOffsets"] += counts[2]
        at["Offsets"] += counts[1] + 1
    if not grids:
        raise GeometryError("it holds no cells; export it again")
    grid, piece = joined_grids(grids)
    draft = replace(draft_of(grid), metres_per_unit=UNITS_M.get(attribute(root, "length_unit")))
    return joined(draft, piece)


def _first_step(root: h5py.Group, n_partitions: int) -> tuple[dict[str, int], int]:
    """Where the first step begins in each table, and how many partitions it has."""
    at = dict.fromkeys(("PartOffsets", "PointOffsets", "CellOffsets", "ConnectivityIdOffsets", "Offsets"), 0)
    n_parts = n_partitions
    steps = child(root, "Steps")
    if isinstance(steps, h5py.Group):
        for name in at:
            if child(steps, name) is not None and len(values := values_of(steps, name)):
                at[name] = int(values.flat[0])
        if child(steps, "NumberOfParts") is not None and len(values := values_of(steps, "NumberOfParts")):
            n_parts = int(values[0])
    at["Offsets"] = at["CellOffsets"] + at["PartOffsets"]
    if not 0 <= n_parts <= min(n_partitions - at["PartOffsets"], MOST_PARTITIONS):
        raise GeometryError(
            f"its first step states {n_parts} partitions, but {n_partitions} are there; export it again"
        )
    return at, n_parts


def _grid(root: h5py.Group, at: dict[str, int], counts: tuple[int, int, int], names: tuple[str, ...]) -> Grid:
    n_points, n_cells, n_ids = counts
    data = child(root, "CellData")
    labels = [name for name in data if is_label(name)] if isinstance(data, h5py.Group) else []
    return Grid(
        points=values_of(root, "Points", first=at["PointOffsets"], count=n_points).astype(np.float64, copy=False),
        connectivity=values_of(root, "Connectivity", first=at["ConnectivityIdOffsets"], count=n_ids),
        offsets=values_of(root, "Offsets", first=at["Offsets"], count=n_cells + 1),
        types=values_of(root, "Types", first=at["CellOffsets"], count=n_cells),
        cell_data={name: values_of(data, name, first=at["CellOffsets"], count=n_cells) for name in labels},
        label_names=names,
    )


def _label_names(root: h5py.Group) -> tuple[str, ...]:
    """Names of the parts, as twin3d's own export keeps them."""
    text = attribute(root, "part_names")
    return tuple(text.split(", ")) if text else ()
