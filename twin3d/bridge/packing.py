"""Records as bytes for the state sockets: MessagePack with raw arrays; nothing in it can run code."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, TypeVar

import msgspec
import numpy as np

from twin3d.errors import BridgeError
from twin3d.records import SENSOR_STATE_DTYPE, Frame, ViewModel

VERSION: Final = 1
"""Of these bytes; a subscriber of another version says so."""

_ARRAY_CODE: Final = 1
_DTYPES: Mapping[str, np.dtype[Any]] = {
    "f4": np.dtype("<f4"),
    "f8": np.dtype("<f8"),
    "i4": np.dtype("<i4"),
    "i8": np.dtype("<i8"),
    "sensor": SENSOR_STATE_DTYPE,
}
_NAME_OF_DTYPE = {dtype: name for name, dtype in _DTYPES.items()}

Record = TypeVar("Record", Frame, ViewModel)


class _PackedArray(msgspec.Struct, array_like=True, frozen=True):
    dtype: str
    shape: tuple[int, ...]
    fortran: bool
    data: bytes


class _Envelope(msgspec.Struct, frozen=True):
    kind: str
    version: int
    body: dict[str, Any] = {}
    error: str = ""


def pack_frame(frame: Frame) -> bytes:
    """A frame as bytes."""
    return _pack("frame", frame)


def pack_view_model(view_model: ViewModel) -> bytes:
    """A view model as bytes."""
    return _pack("view model", view_model)


def pack_error(text: str) -> bytes:
    """Why a request cannot be answered, as bytes."""
    return _encoder.encode(_Envelope("error", VERSION, error=text))


def unpack_frame(data: bytes) -> Frame:
    """The frame in some bytes; raises BridgeError."""
    return _unpack(Frame, "frame", data)


def unpack_view_model(data: bytes) -> ViewModel:
    """The view model in some bytes; raises BridgeError."""
    return _unpack(ViewModel, "view model", data)


def _pack(kind: str, record: Frame | ViewModel) -> bytes:
    body = {field.name: getattr(record, field.name) for field in fields(record)}
    return _encoder.encode(_Envelope(kind, VERSION, body))


def _unpack(kind: type[Record], name: str, data: bytes) -> Record:
    try:
        envelope = _decoder.decode(data)
        if envelope.error:
            raise BridgeError(f"the twin answers: {envelope.error}")
        if envelope.version != VERSION:
            raise BridgeError(f"the twin sends version {envelope.version}, this is {VERSION}: use the same twin3d")
        if envelope.kind != name:
            raise BridgeError(f"received a {envelope.kind}, expected a {name}")
        return msgspec.convert(envelope.body, kind, dec_hook=_as_declared)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise BridgeError(f"what was received is not a {name} of twin3d: {error}") from error


def _as_declared(kind: Any, value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value
    raise TypeError(f"expected an array, found {type(value).__name__}")


def _encode_array(value: Any) -> msgspec.msgpack.Ext:
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{type(value).__name__} cannot be sent")
    fortran = value.ndim > 1 and value.flags.f_contiguous and not value.flags.c_contiguous
    data = value.tobytes(order="F" if fortran else "C")
    packed = _PackedArray(_NAME_OF_DTYPE[value.dtype], value.shape, fortran, data)
    return msgspec.msgpack.Ext(_ARRAY_CODE, _array_encoder.encode(packed))


def _decode_array(code: int, data: memoryview) -> Any:
    if code != _ARRAY_CODE:
        raise ValueError(f"unknown extension {code}")
    packed = _array_decoder.decode(data)
    if packed.dtype not in _DTYPES:
        raise ValueError(f"unknown type {packed.dtype!r} of an array")
    flat = np.frombuffer(packed.data, dtype=_DTYPES[packed.dtype])
    return flat.reshape(packed.shape, order="F" if packed.fortran else "C")


_array_encoder = msgspec.msgpack.Encoder()
_array_decoder = msgspec.msgpack.Decoder(_PackedArray)
_encoder = msgspec.msgpack.Encoder(enc_hook=_encode_array)
_decoder = msgspec.msgpack.Decoder(_Envelope, ext_hook=_decode_array)
