"""Bytes and text of a file taken bit by bit; nothing is allocated for a count that the file is too short for."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.draft import Ints


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Every error within names the file; whatever is not a GeometryError becomes one."""
    try:
        yield
    except GeometryError as error:
        if path.name in str(error):
            raise
        raise GeometryError(f"{path.name}: {error}") from error
    except MemoryError as error:
        raise GeometryError(f"{path.name} needs more memory than there is; is it damaged?") from error
    except Exception as error:
        detail = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise GeometryError(f"{path.name} is damaged or cut short ({detail[:200]}); export it again") from error


def numbers(text: bytes, kind: type[np.float64] | type[np.int64], what: str) -> npt.NDArray[Any]:
    """All numbers of a text that white space separates.

    Args:
        text: As in the file.
        kind: Of the numbers.
        what: The thing that they are, for errors.

    Raises:
        GeometryError: Something in it is no such number.
    """
    text = text.strip()
    if not text:
        return np.zeros(0, dtype=kind)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return np.fromstring(text, dtype=kind, sep=" ")
    except (ValueError, DeprecationWarning):
        pass
    for word in text.split():
        try:
            float(word) if kind is np.float64 else int(word)
        except ValueError:
            shown = word[:40].decode("ascii", "backslashreplace")
            raise GeometryError(f"{what}: {shown!r} is no number; the file is damaged, export it again") from None
    return np.array(text.split(), dtype=kind)


class TextSource:
    """Numbers in a text, taken from the front."""

    def __init__(self, values: npt.NDArray[Any], what: str) -> None:
        self._values = values
        self._what = what
        self._at = 0

    @property
    def rest(self) -> int:
        """How many numbers are left."""
        return len(self._values) - self._at

    def take(self, count: float, kind: str) -> npt.NDArray[Any]:
        """The next numbers; `kind` is f, i or u as for `ByteSource`."""
        n = checked_count(count, self.rest, self._what)
        values = self._values[self._at : self._at + n]
        self._at += n
        return values if kind[0] == "f" else values.astype(np.int64, copy=False)


class ByteSource:
    """Numbers in bytes, taken from a place on."""

    def __init__(self, data: bytes, at: int, what: str, *, order: Literal["<", ">"] = "<") -> None:
        self._data = data
        self._what = what
        self._order: Literal["<", ">"] = order
        self.at = at

    def take(self, count: float, kind: str) -> npt.NDArray[Any]:
        """The next numbers of a NumPy kind such as i4, u8 or f8; integers come as int64."""
        dtype = np.dtype(kind).newbyteorder(self._order)
        n = checked_count(count, (len(self._data) - self.at) // dtype.itemsize, self._what)
        values = np.frombuffer(self._data, dtype=dtype, count=n, offset=self.at)
        self.at += n * dtype.itemsize
        return values.astype(np.float64 if dtype.kind == "f" else np.int64, copy=False)

    @property
    def rest(self) -> int:
        """How many bytes are left."""
        return len(self._data) - self.at

    def take_rows(self, count: int, fields: list[tuple[Any, ...]]) -> npt.NDArray[Any]:
        """The next records of named fields, as a structured array that shares the bytes."""
        dtype = np.dtype(fields).newbyteorder(self._order)
        n = checked_count(count, self.rest // dtype.itemsize, self._what)
        rows = np.frombuffer(self._data, dtype=dtype, count=n, offset=self.at)
        self.at += n * dtype.itemsize
        return rows


def checked_count(count: float, available: int, what: str) -> int:
    """A count that a file states, against what there is.

    Raises:
        GeometryError: There is less.
    """
    if not 0 <= count <= available:
        raise GeometryError(
            f"{what}: the file states {count:,.0f} values, but only {available:,} are there; it is damaged or "
            "cut short, export it again"
        )
    return int(count)


def index_of(ids: Ints, wanted: Ints, *, what: str = "point") -> Ints:
    """Places of ids in a list of ids, in the shape of `wanted`.

    Args:
        ids: Shape (n,).
        wanted: Ids, of any shape.
        what: The thing that has these ids, for errors.

    Raises:
        GeometryError: An id is missing, or there twice.
    """
    if not wanted.size:
        return np.zeros(wanted.shape, dtype=np.int64)
    if not ids.size:
        raise GeometryError(f"{what} {int(wanted.flat[0])} is used, but the file has none; export it again")
    first, n = int(ids[0]), len(ids)
    if int(ids[-1]) - first == n - 1 and (np.diff(ids) == 1).all():
        place = wanted - first
        is_there = (place >= 0) & (place < n)
    else:
        order = np.argsort(ids, kind="stable")
        rising = ids[order]
        same = np.flatnonzero(rising[1:] == rising[:-1])
        if same.size:
            raise GeometryError(f"{what} {int(rising[same[0]])} is there twice; export the file again")
        spot = np.minimum(np.searchsorted(rising, wanted), n - 1)
        is_there, place = rising[spot] == wanted, order[spot]
    if not is_there.all():
        missing = int(wanted[~is_there].flat[0])
        raise GeometryError(f"{what} {missing} is used, but not there; the file is damaged, export it again")
    return np.asarray(place)


def side_file(path: Path, name: str) -> Path:
    """A file that another one refers to, which must lie in the same folder.

    Args:
        path: The file that refers to it.
        name: As written there.

    Raises:
        GeometryError: The name leads elsewhere, or there is no such file.
    """
    plain = name.strip().strip("\"'").strip()
    if not plain or plain in {".", ".."} or re.search(r"[/\\:\0]", plain.removeprefix("./")):
        raise GeometryError(
            f"{path.name} refers to {plain[:80]!r}; only files in the same folder are followed, put it beside and name "
            "it without a folder"
        )
    found = path.parent / plain.removeprefix("./")
    if found.is_symlink() and found.resolve().parent != path.parent.resolve():
        raise GeometryError(f"{path.name} refers to {plain!r}, a link that leads out of the folder; put the file there")
    if not found.is_file():
        raise GeometryError(f"{path.name} refers to {plain!r}, which is not beside it; put it there")
    return found
