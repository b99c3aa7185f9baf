"""VTK's XML unstructured grids (VTU): cell data such as MaterialIds become parts."""

import re
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.composing import compose
from twin3d.geometry.volumes.draft import Draft
from twin3d.geometry.volumes.joining import joined
from twin3d.geometry.volumes.source import naming
from twin3d.geometry.volumes.vtk_arrays import ArrayReader
from twin3d.geometry.volumes.vtk_cells import Grid, draft_of, is_label, joined_grids
from twin3d.geometry.volumes.xml_tree import Element, parse_xml
from twin3d.records import VolumeMesh

_APPENDED = re.compile(rb"<AppendedData\b([^>]*)>\s*_")
_BASE64_LETTERS = re.compile(rb"[A-Za-z0-9+/=\s]*")


class VtkXmlReader:
    """VTK XML unstructured grids."""

    suffixes: ClassVar[tuple[str, ...]] = (".vtu",)

    def recognises(self, head: bytes) -> bool:
        """Whether a file begins like one of VTK's XML formats."""
        return re.match(rb"(\xef\xbb\xbf)?\s*(<\?[^>]*>\s*)?(<!--.*?-->\s*)*<VTKFile\b", head, re.S) is not None

    def read(self, path: Path) -> VolumeMesh:
        """Read a mesh.

        Raises:
            GeometryError: The file is damaged, no unstructured grid, or holds no solid cells.
        """
        with naming(path):
            return compose(_draft(path.read_bytes()), path)


def _draft(data: bytes) -> Draft:
    match = _APPENDED.search(data)
    if match is None:
        root, appended, is_base64 = parse_xml(data), b"", False
    else:
        root = parse_xml(data[: match.start()] + b"</VTKFile>")
        is_base64 = b"base64" in match[1]
        appended = data[match.end() :]
        if is_base64:
            found = _BASE64_LETTERS.match(appended)
            appended = b"".join(found[0].split()) if found else b""
    kind = root.get("type")
    if root.tag != "VTKFile" or kind != "UnstructuredGrid":
        remedy = "open it in ParaView and save one .vtu" if kind[:1] == "P" else "a .vtu of tetrahedra is needed"
        raise GeometryError(f"it holds {(kind or root.tag)[:40]}, no UnstructuredGrid; {remedy}")
    order: Any = ">" if root.get("byte_order") == "BigEndian" else "<"
    header = np.dtype({"UInt64": "u8"}.get(root.get("header_type"), "u4")).newbyteorder(order)
    reader = ArrayReader(header, order, root.get("compressor"), appended, is_base64)
    grid_element = root.first("UnstructuredGrid")
    pieces = list(grid_element.all("Piece")) if grid_element is not None else []
    grids = [_grid(piece, reader) for piece in pieces if piece.get("NumberOfCells") != "0"]
    if not grids:
        raise GeometryError("it holds no cells; export it again")
    grid, piece_of_point = joined_grids(grids)
    return joined(draft_of(grid), piece_of_point)


def _grid(piece: Element, reader: ArrayReader) -> Grid:
    n_points, n_cells = _count(piece, "NumberOfPoints"), _count(piece, "NumberOfCells")
    points_element, cells = _child(piece, "Points"), _child(piece, "Cells")
    points = reader.read(_child(points_element, "DataArray")).astype(np.float64, copy=False)
    arrays = {array.get("Name"): array for array in cells.all("DataArray")}
    for name in ("connectivity", "offsets", "types"):
        if name not in arrays:
            raise GeometryError(f"the cells have no array {name!r}; export the file again")
    ends, types = reader.read(arrays["offsets"]), reader.read(arrays["types"])
    for what, stated, found in (("points", 3 * n_points, len(points)), ("cells", n_cells, len(ends))):
        if stated != found:
            raise GeometryError(f"it states {stated} values for its {what}, but holds {found}; export it again")
    return Grid(
        points=points.reshape(-1, 3),
        connectivity=reader.read(arrays["connectivity"]),
        offsets=np.concatenate([[0], ends]),
        types=types,
        cell_data=_cell_data(piece, reader, n_cells),
    )


def _cell_data(piece: Element, reader: ArrayReader, n_cells: int) -> dict[str, npt.NDArray[Any]]:
    """The cell data that matters for parts."""
    found = {}
    element = piece.first("CellData")
    for array in element.all("DataArray") if element is not None else ():
        if array.get("NumberOfComponents", "1") == "1" and is_label(array.get("Name")):
            values = reader.read(array)
            if len(values) != n_cells:
                raise GeometryError(
                    f"cell data {array.get('Name')!r} has {len(values)} values for {n_cells} cells; export it again"
                )
            found[array.get("Name")] = values
    return found


def _count(piece: Element, name: str) -> int:
    text = piece.get(name)
    if not text.isdigit() or len(text) > 18:
        raise GeometryError(f"{name} is {text[:40]!r}; the file is damaged, export it again")
    return int(text)


def _child(element: Element, tag: str) -> Element:
    found = element.first(tag)
    if found is None:
        raise GeometryError(f"<{element.tag}> has no <{tag}>; the file is damaged, export it again")
    return found
