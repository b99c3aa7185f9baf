"""HDF5 files opened with care: no links out of the file, no data set larger than its bytes can be."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError
from twin3d.geometry.names import decoded

SIGNATURE = b"\x89HDF\r\n\x1a\n"
UNITS_M = {"m": 1.0, "mm": 1e-3, "cm": 1e-2, "dm": 0.1, "um": 1e-6, "µm": 1e-6, "km": 1e3, "in": 0.0254, "ft": 0.3048}
"""How a file may state its unit of length, and that unit [m]."""
MOST_BYTES = 1 << 33
"""Of one data set."""
LARGEST_RATIO = 1100
"""Of compression; zlib itself reaches 1032."""
SMALL_BYTES = 1 << 24
"""So much is read whatever the ratio."""


def open_hdf(path: Path) -> h5py.File:
    """A file for reading, without locks, so that a file on a read-only disk opens too."""
    return h5py.File(path, "r", locking=False)


def child(group: h5py.Group, name: str) -> Any:
    """A group or data set by its path within the file, or None.

    Raises:
        GeometryError: A link on the way leads out of the file.
    """
    here: Any = group
    for step in name.strip("/").split("/"):
        link = here.get(step, getlink=True) if isinstance(here, h5py.Group) else None
        if link is None:
            return None
        if isinstance(link, h5py.ExternalLink):
            raise GeometryError(f"{name!r} leads to another file, {link.filename[:80]!r}; save it with its data inside")
        here = here.get(step)
    return here


def values_of(group: h5py.Group, name: str, *, first: int = 0, count: int | None = None) -> npt.NDArray[Any]:
    """The values of a data set, or some rows of it; integers as int64, reals as float64.

    Args:
        group: Where it is.
        name: Its path.
        first: Row to begin with.
        count: Rows; None for all that follow.

    Raises:
        GeometryError: It is missing, holds no numbers, is too short, or cannot be as large as it says.
    """
    data = child(group, name)
    if not isinstance(data, h5py.Dataset):
        raise GeometryError(f"{name!r} is missing; export the file again")
    _refuse_absurd(data, name)
    if data.dtype.kind not in "iuf":
        raise GeometryError(f"{name!r} holds {data.dtype}, no numbers; export the file again")
    if not data.shape:
        raise GeometryError(f"{name!r} holds a single value, not a list; export the file again")
    last = data.shape[0] if count is None else first + count
    if not 0 <= first <= last <= data.shape[0]:
        raise GeometryError(f"{name!r} has {data.shape[0]} rows, but {first} to {last} are needed; export it again")
    values = data[first:last]
    return np.asarray(values, dtype=np.float64 if data.dtype.kind == "f" else np.int64)


def attribute(group: h5py.Group, name: str) -> str:
    """An attribute as text; empty where there is none."""
    value = group.attrs.get(name)
    if isinstance(value, bytes):
        return decoded(value)
    return "" if value is None else str(value)


def _refuse_absurd(data: h5py.Dataset, name: str) -> None:
    if data.external or data.is_virtual:
        raise GeometryError(f"{name!r} keeps its values in another file; save it with its data inside")
    size = data.size * data.dtype.itemsize
    stored = data.id.get_storage_size()
    if size > min(max(LARGEST_RATIO * stored, SMALL_BYTES), MOST_BYTES):
        raise GeometryError(f"{name!r} states {size:.15g} bytes, but {stored} are stored; the file is damaged")
