"""Fields over time on one mesh as VTKHDF, which ParaView opens: the format's own layout, written with h5py.

VTK's writer keeps times in single precision and cannot append, so the file is laid out here (VTK file formats, VTKHDF
2.3, temporal unstructured grids).
"""

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

    def __init__(self, path: Path, mesh: TetMesh) -> None:
        self._n_points = mesh.n_points
        self._file = h5py.File(path, "w")
        root = self._file.create_group("VTKHDF")
        root.attrs["Version"] = np.array([2, 3], dtype="i8")
        root.attrs.create("Type", b"UnstructuredGrid", dtype=h5py.string_dtype("ascii", len("UnstructuredGrid")))
        _write_mesh(root, mesh)
        points = root.create_group("PointData")
        self._fields = {name: _growing(points, name, "f4", chunk=min(CHUNK, mesh.n_points)) for name in FIELDS}
        root.create_group("CellData").create_dataset("part", data=mesh.cell_region.astype("i4"), compression="gzip")
        root.attrs["part_names"] = ", ".join(mesh.part_names)
        root.attrs["length_unit"] = "m"
        self._steps = root.create_group("Steps")
        self._steps.attrs["NSteps"] = np.int64(0)
        self._tables = _step_tables(self._steps)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(self, time_s: float, temperature: Array, deviation: Array) -> None:
        """Add a step.

        Args:
            time_s: Its time [s].
            temperature: [K], shape (n_points,).
            deviation: Standard deviation [K], shape (n_points,).

        Raises:
            ValueError: The file is closed, or a field has another shape.
        """
        if not self._file:
            raise ValueError("the time series is closed")
        n_steps = int(self._steps.attrs["NSteps"])
        for name, values in zip(FIELDS, (temperature, deviation), strict=True):
            if values.shape != (self._n_points,):
                raise ValueError(f"{name} has shape {values.shape}; the mesh has {self._n_points} points")
            _append(self._fields[name], values)
        offsets = {"Values": time_s, "NumberOfParts": 1}
        offsets.update({f"PointDataOffsets/{name}": n_steps * self._n_points for name in FIELDS})
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


def _step_tables(steps: Any) -> dict[str, Any]:
    """The tables of the steps; the mesh stays, so most offsets are 0."""
    tables = {"Values": _growing(steps, "Values", "f8")}
    for name in ("PartOffsets", "PointOffsets", "NumberOfParts"):
        tables[name] = _growing(steps, name, "i8")
    for name in ("CellOffsets", "ConnectivityIdOffsets"):
        tables[name] = steps.create_dataset(name, (0, 1), "i8", maxshape=(None, 1), chunks=(64, 1))
    point_offsets, cell_offsets = steps.create_group("PointDataOffsets"), steps.create_group("CellDataOffsets")
    for name in FIELDS:
        tables[f"PointDataOffsets/{name}"] = _growing(point_offsets, name, "i8")
    tables["CellDataOffsets/part"] = _growing(cell_offsets, "part", "i8")
    return tables


def _growing(group: Any, name: str, kind: str, *, chunk: int = 64) -> Any:
    compression = "gzip" if kind == "f4" else None
    return group.create_dataset(name, (0,), kind, maxshape=(None,), chunks=(chunk,), compression=compression)


def _append(table: Any, values: npt.NDArray[Any]) -> None:
    before = table.shape[0]
    table.resize(before + len(values), axis=0)
    table[before:] = values
