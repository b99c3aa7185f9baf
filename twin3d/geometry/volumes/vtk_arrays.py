"""The data arrays of VTK's XML files: text, base64 or raw, in the file or appended, compressed or not."""

import base64
import importlib
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.source import checked_count, numbers
from twin3d.geometry.volumes.xml_tree import Element

TYPES = {
    **{f"{sign}Int{bits}": f"{sign.lower() or 'i'}{bits // 8}" for bits in (8, 16, 32, 64) for sign in ("", "U")},
    "Float32": "f4",
    "Float64": "f8",
}
"""VTK's name of a type → NumPy's."""
MOST_BYTES = 1 << 33
"""Of one array."""
LARGEST_RATIO = 1100
"""Of compression; zlib itself reaches 1032."""
SMALL_BYTES = 1 << 24
"""So much is unpacked whatever the ratio."""


@dataclass(frozen=True, eq=False, slots=True)
class ArrayReader:
    """Reads arrays as the head of a file says."""

    header: np.dtype[Any]
    """Type of the lengths before the data."""
    order: Literal["<", ">"]
    compressor: str
    appended: bytes = b""
    appended_is_base64: bool = False

    def read(self, array: Element) -> npt.NDArray[Any]:
        """The values, integers as int64 and others as float64, shape (n,)."""
        kind = TYPES.get(array.get("type"))
        name = array.get("Name", "points")
        if kind is None:
            raise GeometryError(f"array {name!r} is of type {array.get('type')!r}, which holds no numbers")
        is_real = kind[0] == "f"
        match array.get("format", "ascii"):
            case "ascii":
                return numbers(array.text, np.float64 if is_real else np.int64, f"array {name!r}")
            case "binary":
                data = self._payload(b"".join(array.text.split()), is_base64=True, name=name)
            case "appended":
                at = checked_count(int(array.get("offset", "0")), len(self.appended), f"array {name!r}")
                data = self._payload(self.appended[at:], is_base64=self.appended_is_base64, name=name)
            case other:
                raise GeometryError(f"array {name!r} is in format {other!r}; export it as ascii, binary or appended")
        dtype = np.dtype(kind).newbyteorder(self.order)
        if len(data) % dtype.itemsize:
            raise GeometryError(f"array {name!r} has {len(data)} bytes, no whole number of {array.get('type')}")
        return np.frombuffer(data, dtype=dtype).astype(np.float64 if is_real else np.int64)

    def _payload(self, raw: bytes, *, is_base64: bool, name: str) -> bytes:
        """The bytes of an array that begins at the front of some bytes."""
        if self.compressor:
            return self._unpacked(raw, is_base64=is_base64, name=name)
        head = _taken(raw, self.header.itemsize, is_base64=is_base64, name=name)
        n = int(np.frombuffer(head, dtype=self.header)[0])
        size = self.header.itemsize
        if not is_base64:
            checked_count(n, len(raw) - size, f"array {name!r}")
            return raw[size : size + n]
        n_head = _n_letters(size)
        if b"=" in raw[:n_head]:  # the length was encoded by itself
            return _taken(raw[n_head:], n, is_base64=True, name=name)
        return _taken(raw, size + n, is_base64=True, name=name)[size:]

    def _unpacked(self, raw: bytes, *, is_base64: bool, name: str) -> bytes:
        size = self.header.itemsize
        head = _taken(raw, size, is_base64=is_base64, name=name)
        n_blocks = checked_count(int(np.frombuffer(head, dtype=self.header)[0]), len(raw) // size, f"array {name!r}")
        if not n_blocks:
            return b""
        head = _taken(raw, (3 + n_blocks) * size, is_base64=is_base64, name=name)
        lengths = [int(length) for length in np.frombuffer(head, dtype=self.header)]
        _, whole, last, *packed = lengths
        total, n_packed = (n_blocks - (last > 0)) * whole + last, sum(packed)
        if total > min(max(LARGEST_RATIO * n_packed, SMALL_BYTES), MOST_BYTES) or last > whole:
            raise GeometryError(f"array {name!r} unpacks to {total:.15g} bytes from {n_packed}; the file is damaged")
        start = _n_letters((3 + n_blocks) * size) if is_base64 else (3 + n_blocks) * size
        data = _taken(raw[start:], n_packed, is_base64=is_base64, name=name)
        unpack = unpacker(self.compressor)
        pieces, at = [], 0
        for number, length in enumerate(packed):
            want = last if last and number == n_blocks - 1 else whole
            piece = unpack(data[at : at + length], want)
            if len(piece) != want:
                raise GeometryError(f"array {name!r}: block {number} has {len(piece)} bytes instead of {want}")
            pieces.append(piece)
            at += length
        return b"".join(pieces)


def unpacker(compressor: str) -> Callable[[bytes, int], bytes]:
    """A function from packed bytes and their length unpacked to the bytes; it unpacks no more than that.

    Raises:
        GeometryError: There is no such compressor here.
    """
    match compressor:
        case "vtkZLibDataCompressor":
            return lambda data, size: zlib.decompressobj().decompress(data, size) if size else b""
        case "vtkLZMADataCompressor":
            return lambda data, size: lzma.LZMADecompressor().decompress(data, size) if size else b""
        case "vtkLZ4DataCompressor":
            try:
                block = importlib.import_module("lz4.block")
            except ImportError as error:
                raise GeometryError(
                    "it is compressed with LZ4; install the package lz4, or save it with zlib or without compression"
                ) from error
            return lambda data, size: bytes(block.decompress(data, uncompressed_size=size)) if size else b""
    raise GeometryError(f"it is compressed with {compressor!r}; save it with zlib or without compression")


def _n_letters(n_bytes: int) -> int:
    """Letters of so many bytes in base64."""
    return (n_bytes + 2) // 3 * 4


def _taken(raw: bytes, n_bytes: int, *, is_base64: bool, name: str) -> bytes:
    """The first bytes that base64 or raw bytes hold."""
    if not is_base64:
        checked_count(n_bytes, len(raw), f"array {name!r}")
        return raw[:n_bytes]
    checked_count(_n_letters(n_bytes), len(raw) + 3, f"array {name!r}")
    data = base64.b64decode(raw[: _n_letters(n_bytes)], validate=True)
    checked_count(n_bytes, len(data), f"array {name!r}")
    return data[:n_bytes]
