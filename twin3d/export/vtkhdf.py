"""Fields over time on one mesh as VTKHDF, which ParaView opens: the format's own layout, written with h5py.

VTK's writer keeps times in single precision and cannot append, so the file is laid out here (VTK file formats, VTKHDF
2.3, temporal unstructured grids).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np
import numpy.typing as npt

from twin3d.records import TetMesh

Array = npt.NDArray[np.float64]

TETRAHEDRON = 10
"""VTK's number of the cell type."""
FIELDS = ("temperature", "deviation")
"""Point data [K]."""
CHUNK = 1 << 16


class TimeSeriesWriter:
    """Appends temperatures and their deviations; the file is readable after every step."""

    def __init__(self, path: Path, mesh: TetMesh, *, more: Mapping[str, int] | None = None) -> None:
        self._n_points = mesh.n_points
        self._components = {**dict.fromkeys(FIELDS, 1), **(more or {})}
        self._file = h5py.File(path, "w")
        root = self._file.create_group("VTKHDF")
        root.attrs["Version"] = np.array([2, 3], dtype="i8")
        root.attrs.create("Type", b"UnstructuredGrid", dtype=h5py.string_dtype("ascii", len("UnstructuredGrid")))
        _write_mesh(root, mesh)
        points = root.create_group("PointData")
        chunk = min(CHUNK, mesh.n_points)
        self._fields = {
            name: _growing(points, name, "f4", chunk=chunk, n_components=n) for name, n in self._components.items()
        }
        root.create_group("CellData").create_dataset("part", data=mesh.cell_region.astype("i4"), compression="gzip")
        root.attrs["part_names"] = ", ".join(mesh.part_names)
        root.attrs["length_unit"] = "m"
        self._steps = root.create_group("Steps")
        self._steps.attrs["NSteps"] = np.int64(0)
        self._tables = _step_tables(self._steps, tuple(self._components))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(
        self, time_s: float, temperature: Array, deviation: Array, *, more: Mapping[str, Array] | None = None
    ) -> None:
        """Add a step.

        Args:
            time_s: Its time [s].
            temperature: [K], shape (n_points,).
            deviation: Standard deviation [K], shape (n_points,).
            more: The further fields that the writer was made with, shape (n_points,) or (n_points, n_components).

        Raises:
            ValueError: The file is closed, or a field has another shape.
        """
        if not self._file:
            raise ValueError("the time series is closed")
        n_steps = int(self._steps.attrs["NSteps"])
        given = {**dict(zip(FIELDS, (temperature, deviation), strict=True)), **(more or {})}
        if set(given) != set(self._components):
            raise ValueError(f"the step has {', '.join(given)}; the file has {', '.join(self._components)}")
        for name, values in given.items():
            n = self._components[name]
            if values.shape != ((self._n_points,) if n == 1 else (self._n_points, n)):
                raise ValueError(f"{name} has shape {values.shape}; the mesh has {self._n_points} points")
            _append(self._fields[name], values)
        offsets = {"Values": time_s, "NumberOfParts": 1}
        offsets.update({f"PointDataOffsets/{name}": n_steps * self._n_points for name in given})
        for name, table in self._tables.items():
            _append(table, np.full((1, *table.shape[1:]), offsets.get(name, 0)))
        self._steps.attrs["NSteps"] = np.int64(n_steps + 1)
        self._file.flush()

    def close(self) -> None:
        """Finish the file."""
        if self._file:
            self._file.close()


def _write_mesh(root: Any, mesh: TetMesh) -> None:
    counts = {
        "NumberOfPoints": mesh.n_points,
        "NumberOfCells": mesh.n_cells,
        "NumberOfConnectivityIds": mesh.cells.size,
    }
    for name, count in counts.items():
        root[name] = np.array([count], dtype="i8")
    root.create_dataset("Points", data=mesh.points, compression="gzip")
    root.create_dataset("Connectivity", data=mesh.cells.ravel().astype("i8"), compression="gzip")
    root.create_dataset("Offsets", data=np.arange(0, mesh.cells.size + 1, 4, dtype="i8"), compression="gzip")
    root.create_dataset("Types", data=np.full(mesh.n_cells, TETRAHEDRON, dtype="u1"), compression="gzip")


def _step_tables(steps: Any, names: Sequence[str]) -> dict[str, Any]:
    """The tables of the steps; the mesh stays, so most offsets are 0."""
    tables = {"Values": _growing(steps, "Values", "f8")}
    for name in ("PartOffsets", "PointOffsets", "NumberOfParts"):
        tables[name] = _growing(steps, name, "i8")
    for name in ("CellOffsets", "ConnectivityIdOffsets"):
        tables[name] = steps.create_dataset(name, (0, 1), "i8", maxshape=(None, 1), chunks=(64, 1))
    point_offsets, cell_offsets = steps.create_group("PointDataOffsets"), steps.create_group("CellDataOffsets")
    for name in names:
        tables[f"PointDataOffsets/{name}"] = _growing(point_offsets, name, "i8")
    tables["CellDataOffsets/part"] = _growing(cell_offsets, "part", "i8")
    return tables


def _growing(group: Any, name: str, kind: str, *, chunk: int = 64, n_components: int = 1) -> Any:
    compression = "gzip" if kind == "f4" else None
    wide = () if n_components == 1 else (n_components,)
    return group.create_dataset(
        name, (0, *wide), kind, maxshape=(None, *wide), chunks=(chunk, *wide), compression=compression
    )


def _append(table: Any, values: npt.NDArray[Any]) -> None:
    before = table.shape[0]
    table.resize(before + len(values), axis=0)
    table[before:] = values
