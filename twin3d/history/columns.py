"""Readings and frames as compact bytes, with a checksum that tells a flipped bit."""

import zlib
from typing import Final

import numpy as np
import numpy.typing as npt

from twin3d.records import READING_DTYPE, SENSOR_STATE_DTYPE, Frame, empty_readings

COMPRESSION_LEVEL: Final = 1
_COLUMNS: Final = (
    ("sensor", "<i4"),
    ("quality", "<i1"),
    ("time_ns", "<i8"),
    ("value", "<f8"),
    ("sequence", "<i8"),
    ("sent_ns", "<i8"),
)
_DIFFERENCED: Final = frozenset({"time_ns", "sequence"})


class DamagedError(Exception):
    """A stored blob does not match its checksum; it never leaves the history."""


def pack_readings(batch: npt.NDArray[np.void]) -> bytes:
    """A batch of readings, column by column; times and sequences as differences, sending as its delay."""
    parts = []
    for name, dtype in _COLUMNS:
        column = batch[name].astype(dtype)
        if name in _DIFFERENCED:
            column = np.diff(column, prepend=np.array(0, dtype))
        elif name == "sent_ns":
            column = column - batch["time_ns"]
        parts.append(column.tobytes())
    return zlib.compress(b"".join(parts), COMPRESSION_LEVEL)


def unpack_readings(packed: bytes, n_readings: int, checksum: int) -> npt.NDArray[np.void]:
    """The batch again, shape (n_readings,); raises DamagedError."""
    data = _verified(packed, checksum)
    batch = empty_readings(n_readings)
    offset = 0
    for name, dtype in _COLUMNS:
        column = np.frombuffer(data, dtype, n_readings, offset)
        offset += column.nbytes
        if name in _DIFFERENCED:
            column = np.cumsum(column)
        elif name == "sent_ns":
            column = column + batch["time_ns"]
        batch[name] = column
    return batch


def pack_frame(frame: Frame) -> bytes:
    """Coefficients, inputs, their deviations and the sensors of a frame."""
    parts = [np.asarray(part, "<f8").tobytes() for part in (frame.coefficients, frame.inputs, frame.input_deviation)]
    return zlib.compress(b"".join([*parts, np.asarray(frame.sensors, SENSOR_STATE_DTYPE).tobytes()]), COMPRESSION_LEVEL)


def unpack_frame(
    packed: bytes, checksum: int, *, n_modes: int, n_inputs: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.void]]:
    """Coefficients, inputs, their deviations and the sensors again; raises DamagedError."""
    data = _verified(packed, checksum)
    numbers = np.frombuffer(data, "<f8", n_modes + 2 * n_inputs)
    coefficients, inputs, deviation = np.split(numbers, [n_modes, n_modes + n_inputs])
    return coefficients, inputs, deviation, np.frombuffer(data, SENSOR_STATE_DTYPE, offset=numbers.nbytes)


def checksum_of(packed: bytes) -> int:
    """CRC-32 of a blob."""
    return zlib.crc32(packed)


def _verified(packed: bytes, checksum: int) -> bytes:
    if zlib.crc32(packed) != checksum:
        raise DamagedError("the checksum does not match")
    return zlib.decompress(packed)


def join_batches(batches: list[npt.NDArray[np.void]]) -> npt.NDArray[np.void]:
    """One batch in time order of several."""
    if not batches:
        return empty_readings()
    joined = np.concatenate(batches).astype(READING_DTYPE, copy=False)
    return joined[np.argsort(joined["time_ns"], kind="stable")]
