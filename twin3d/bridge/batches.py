"""Batches of readings: 24-byte records in three frames, and the births that say what their numbers mean."""

import zlib
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from twin3d.bridge.forms import Cause, Count, Name, WireError

TOPIC: Final = b"t3/1/readings"
"""First frame of a batch; the number is the major version."""
TOPIC_PREFIX: Final = b"t3/1/"
MAX_HEADER_BYTES: Final = 1024
"""Longest header of a batch."""
MAX_PAYLOAD_BYTES: Final = 4 * 1024 * 1024
"""Longest payload of a batch: 170 000 records."""
MAX_ALIASES: Final = 16_384
"""Most sensors that one producer can declare."""

RECORD_DTYPE = np.dtype(
    [
        ("alias", "<u4"),  # number of the sensor in the producer's birth
        ("status", "<u4"),  # OPC UA StatusCode; the two highest bits tell good, uncertain, bad
        ("time_ns", "<i8"),  # when it was measured, UTC
        ("value", "<f8"),  # in the unit of the birth
    ]
)
"""One reading of a batch, 24 bytes."""


class BatchKind(StrEnum):
    """What a batch message carries."""

    BIRTH = "birth"
    DATA = "data"


class BatchHeader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Second frame of a batch; unknown keys are ignored."""

    v: int = 1
    """Version of the form."""
    type: BatchKind
    pid: Name
    """Producer."""
    ep: Count
    """Epoch: grows with every restart of the producer."""
    seq: Count
    """Counts up within the epoch, one per message."""
    n: Count
    """Number of records, or of sensors in a birth."""
    enc: str
    """``rec24`` or ``json``."""
    len: Count
    """Length of the payload [bytes]."""
    crc: Count
    """CRC-32 of the payload."""
    ts: Count
    """When it was sent, UTC [ns]."""
    mv: Count = 0
    """Which birth the data refers to."""


class DeclaredSensor(msgspec.Struct, frozen=True, gc=False):
    """One sensor of a birth."""

    a: Annotated[int, Meta(ge=0, lt=MAX_ALIASES)]
    """Its number in the records."""
    n: Name
    """Its name."""
    u: Name | None = None
    """The unit of its values; None leaves it to the scene."""


_encoder = msgspec.json.Encoder()
_header_decoder = msgspec.json.Decoder(BatchHeader)
_birth_decoder = msgspec.json.Decoder(list[DeclaredSensor])


class Origin(msgspec.Struct, frozen=True):
    """Who sends a batch, and which of its messages it is."""

    producer: str
    epoch: int
    sequence: int
    sent_ns: int
    """When it is sent, UTC [ns]."""
    birth: int = 0
    """Which birth the records refer to."""


def encode_batch(origin: Origin, records: npt.NDArray[np.void]) -> list[bytes]:
    """The three frames of a batch of `RECORD_DTYPE` records."""
    return _frames(BatchKind.DATA, origin, len(records), "rec24", np.asarray(records, dtype=RECORD_DTYPE).tobytes())


def encode_birth(origin: Origin, sensors: Sequence[tuple[str, str | None]]) -> list[bytes]:
    """The three frames that give sensors, each a name and a unit, their numbers: their places in the sequence."""
    declared = [DeclaredSensor(number, name, unit) for number, (name, unit) in enumerate(sensors)]
    return _frames(BatchKind.BIRTH, origin, len(declared), "json", _encoder.encode(declared))


def decode_header(frames: Sequence[bytes]) -> BatchHeader:
    """The header of a batch, once its frames are known to be whole; raises WireError."""
    topic, head, payload = frames
    if not topic.startswith(TOPIC_PREFIX):
        is_other_version = topic.startswith(b"t3/")
        cause = Cause.VERSION if is_other_version else Cause.MALFORMED
        raise WireError(cause, f"first frame {topic[:40]!r}, expected {TOPIC!r}")
    if len(head) > MAX_HEADER_BYTES or len(payload) > MAX_PAYLOAD_BYTES:
        raise WireError(Cause.TOO_LARGE, f"header {len(head)}, payload {len(payload)} bytes")
    try:
        header = _header_decoder.decode(head)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(Cause.MALFORMED, f"header: {error}") from None
    if header.v != 1:
        raise WireError(Cause.VERSION, f"batch form {header.v}, 1 is understood")
    if header.len != len(payload) or header.crc != zlib.crc32(payload):
        raise WireError(Cause.CORRUPT, f"{len(payload)} bytes do not match length {header.len} and checksum")
    return header


def decode_records(header: BatchHeader, payload: bytes) -> npt.NDArray[np.void]:
    """The records of a data message, shape (n_records,), read-only; raises WireError."""
    if header.enc != "rec24":
        raise WireError(Cause.MALFORMED, f"encoding {header.enc!r} of data, expected 'rec24'")
    if header.n * RECORD_DTYPE.itemsize != len(payload):
        raise WireError(Cause.CORRUPT, f"{len(payload)} bytes cannot hold {header.n} records")
    return np.frombuffer(payload, dtype=RECORD_DTYPE)


def decode_birth(header: BatchHeader, payload: bytes) -> list[DeclaredSensor]:
    """The sensors of a birth; raises WireError."""
    if header.enc != "json":
        raise WireError(Cause.MALFORMED, f"encoding {header.enc!r} of a birth, expected 'json'")
    try:
        declared = _birth_decoder.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(Cause.MALFORMED, f"birth: {error}") from None
    if len(declared) > MAX_ALIASES:
        raise WireError(Cause.TOO_LARGE, f"{len(declared)} sensors, at most {MAX_ALIASES} are taken")
    return declared


def _frames(kind: BatchKind, origin: Origin, n_entries: int, encoding: str, payload: bytes) -> list[bytes]:
    header = BatchHeader(
        type=kind,
        pid=origin.producer,
        ep=origin.epoch,
        seq=origin.sequence,
        n=n_entries,
        enc=encoding,
        len=len(payload),
        crc=zlib.crc32(payload),
        ts=origin.sent_ns,
        mv=origin.birth,
    )
    return [TOPIC, _encoder.encode(header), payload]
