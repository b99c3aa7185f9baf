"""The data items of XDMF: numbers in the XML itself, or in an HDF5 or binary file beside it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.hdf import open_hdf, values_of
from twin3d.geometry.volumes.source import ByteSource, checked_count, numbers, side_file
from twin3d.geometry.volumes.xml_tree import Element

KINDS = {"float": "f", "int": "i", "uint": "u", "char": "i", "uchar": "u"}


def read_item(item: Element, path: Path) -> npt.NDArray[Any]:
    """The numbers of a data item in the shape that it states; integers as int64, reals as float64.

    Args:
        item: A ``DataItem``.
        path: The XDMF file.

    Raises:
        GeometryError: It is of a kind that is not read, leads out of the folder, or has another number of values.
    """
    if item.get("ItemType", "Uniform") != "Uniform" or item.get("Reference"):
        kind = item.get("ItemType") or "Reference"
        raise GeometryError(f"a DataItem is a {kind[:40]}, which is not read; save the file with plain data items")
    shape = _shape(item)
    n = int(np.prod([float(length) for length in shape])) if shape else None
    form = item.get("Format", "XML").upper()
    if form == "XML":
        values = numbers(item.text, np.float64 if _kind(item)[0] == "f" else np.int64, "a DataItem")
    elif form == "HDF":
        values = _from_hdf(item, path).ravel()
    elif form == "BINARY":
        values = _from_binary(item, path, n)
    else:
        raise GeometryError(f"a DataItem is in format {form[:40]!r}; save it as XML or HDF")
    if n is None:
        return values
    if n != len(values):
        raise GeometryError(
            f"a DataItem states {n} values, but has {len(values)}; the file is damaged, export it again"
        )
    return values.reshape(shape)


def _shape(item: Element) -> tuple[int, ...]:
    words = item.get("Dimensions").split()
    if len(words) > 8 or any(not word.isdigit() or len(word) > 15 for word in words):
        raise GeometryError(f"a DataItem has the dimensions {item.get('Dimensions')[:40]!r}; export the file again")
    return tuple(map(int, words))


def _kind(item: Element) -> str:
    """NumPy's name of the type; XDMF's is Float of 4 bytes where nothing is said."""
    name = (item.get("NumberType") or item.get("DataType") or "Float").lower()
    size = item.get("Precision") or ("1" if "char" in name else "4")
    kind = KINDS.get(name, "") + size
    if kind not in {"f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"}:
        raise GeometryError(f"a DataItem holds {name[:40]} of {size[:10]} bytes; save it as Float or Int")
    return kind


def _from_hdf(item: Element, path: Path) -> npt.NDArray[Any]:
    text = item.text.decode("utf-8", "replace")
    name, _, inner = text.rpartition(":")
    with open_hdf(side_file(path, name)) as file:
        return values_of(file, inner)


def _from_binary(item: Element, path: Path, n: int | None) -> npt.NDArray[Any]:
    if item.get("Compression", "Raw") != "Raw":
        raise GeometryError(f"a DataItem is compressed with {item.get('Compression')[:40]}; save it as Raw or HDF")
    data = side_file(path, item.text.decode("utf-8", "replace")).read_bytes()
    at = checked_count(int(item.get("Seek", "0")), len(data), "Seek of a DataItem")
    source = ByteSource(data, at, "a DataItem", order=">" if item.get("Endian") == "Big" else "<")
    kind = _kind(item)
    return source.take(n if n is not None else source.rest // int(kind[1]), kind)


def items_of(element: Element, path: Path) -> Iterator[npt.NDArray[Any]]:
    """The numbers of all data items directly within an element."""
    return (read_item(item, path) for item in element.all("DataItem"))
