"""The messages on the wire: SenML in JSON for single readings, 24-byte records in three frames for many.

A single reading is one frame, a SenML record or pack (RFC 8428)::

    {"n": "tc1", "u": "Cel", "v": 41.2, "t": 1790000000.25}

with these labels beside SenML's own: ``q`` quality (``"good"``, ``"uncertain"``, ``"bad"`` or an OPC UA StatusCode),
``pid`` producer, ``ep`` epoch, ``seq`` sequence, ``ts`` when it was sent [s].

A batch is three frames, ``[b"t3/1/…", header in JSON, payload]``. A *birth* gives each sensor a number, *data* refers
to sensors by that number; birth comes first and is repeated, so that a twin that joins late understands.
"""

import math
import re
import zlib
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Final, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from twin3d.records import Quality

SENML_VERSION: Final = 10
"""The version of RFC 8428; a pack of a later version is rejected."""
RELATIVE_TIME_LIMIT_S: Final = 2.0**28
"""SenML: a smaller time is relative to now."""
TOPIC: Final = b"t3/1/readings"
"""First frame of a batch; the number is the major version."""
TOPIC_PREFIX: Final = b"t3/1/"
MAX_JSON_BYTES: Final = 256 * 1024
"""Longest SenML message."""
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

_Name: TypeAlias = Annotated[str, Meta(max_length=200)]
_Seconds: TypeAlias = Annotated[float, Meta(ge=-9e9, le=9e9)]
_Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_QUALITY_OF_WORD = {"good": Quality.GOOD, "uncertain": Quality.UNCERTAIN, "bad": Quality.BAD}
_STATUS_OF_QUALITY = {Quality.GOOD: 0, Quality.UNCERTAIN: 0x4000_0000, Quality.BAD: 0x8000_0000}
_NOT_FINITE = re.compile(rb":\s*-?(?:NaN|Infinity)\b")
_MUST_UNDERSTAND = re.compile(rb'_"\s*:')


class Cause(StrEnum):
    """Why a message or a reading was rejected."""

    MALFORMED = "malformed"
    """It is none of the message forms, or a field has the wrong type."""
    TOO_LARGE = "too large"
    """Longer than its form allows."""
    VERSION = "version"
    """A later version of SenML or of the batch form, or a label that must be understood and is not."""
    CORRUPT = "corrupt"
    """Length or checksum of a batch do not match."""
    NO_BIRTH = "no birth"
    """A batch whose sensors were not declared."""
    UNKNOWN_SENSOR = "unknown sensor"
    """The scene has no sensor of this name."""
    UNIT = "unit"
    """The unit is unknown or does not fit the sensor's quantity."""
    NO_VALUE = "no value"
    """Neither a value nor the quality ``bad``."""
    NOT_FINITE = "not finite"
    """NaN or infinite."""
    IMPOSSIBLE = "below absolute zero"
    """A temperature below 0 K."""
    FUTURE = "future"
    """Measured later than the clock allows."""
    TOO_OLD = "too old"
    """Measured too long ago."""
    DUPLICATE = "duplicate"
    """Received before."""
    OVERFLOW = "overflow"
    """The inbox was full; the oldest readings had to go."""
    INTERNAL = "internal error"
    """A fault of this program, logged in full."""


class WireError(Exception):
    """A message cannot be used; it never leaves the bridge."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause


class WireReading(msgspec.Struct, frozen=True, gc=False):
    """One reading as the producer wrote it."""

    sensor: str
    """Name of the sensor."""
    value: float
    """In `unit`; NaN only where the quality is bad."""
    time_ns: int
    """When it was measured, UTC [ns]; whole microseconds in JSON."""
    unit: str | None = None
    """SenML or plain name of the unit; None leaves it to the scene."""
    quality: Quality = Quality.GOOD
    producer: str | None = None
    """Who sent it."""
    epoch: int = 0
    """Grows with every restart of the producer."""
    sequence: int | None = None
    """Counts up within an epoch; None where the producer does not count."""
    sent_ns: int = 0
    """When it was sent, UTC [ns]; 0 where it is not known."""


class SenmlRecord(msgspec.Struct, gc=False, omit_defaults=True):
    """A SenML record with the labels that the bridge understands; others are ignored, as the RFC asks."""

    n: _Name | None = None
    u: _Name | None = None
    v: float | None = None
    t: _Seconds | None = None
    q: str | Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = None
    pid: _Name | None = None
    ep: _Count | None = None
    seq: _Count | None = None
    ts: Annotated[float, Meta(ge=0.0, le=9e9)] | None = None
    bn: _Name | None = None
    bt: _Seconds | None = None
    bu: _Name | None = None
    bv: float | None = None
    bver: int | None = None


_decoder = msgspec.json.Decoder(SenmlRecord | list[SenmlRecord])
_encoder = msgspec.json.Encoder()


def encode_senml(reading: WireReading) -> bytes:
    """One reading as a SenML record."""
    return _encoder.encode(_record(reading))


def encode_pack(readings: Sequence[WireReading]) -> bytes:
    """Several readings as a SenML pack."""
    return _encoder.encode([_record(reading) for reading in readings])


def decode_senml(payload: bytes, now_ns: int) -> list[WireReading | WireError]:
    """The readings of a SenML record or pack; raises WireError when nothing of it can be used.

    Args:
        payload: The frame.
        now_ns: When it was received, UTC [ns]; times without a date are relative to it.

    Returns:
        What each record says, or what is wrong with it.
    """
    if len(payload) > MAX_JSON_BYTES:
        raise WireError(Cause.TOO_LARGE, f"{len(payload)} bytes, at most {MAX_JSON_BYTES} are taken")
    try:
        decoded = _decoder.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        cause = Cause.NOT_FINITE if _NOT_FINITE.search(payload) else Cause.MALFORMED
        raise WireError(cause, str(error)) from None
    if b'_"' in payload and _MUST_UNDERSTAND.search(payload):
        raise WireError(Cause.VERSION, "a label ends in '_': it must be understood, and is not")
    if isinstance(decoded, list):
        return list(_resolve(decoded, now_ns))
    if decoded.bver is not None and decoded.bver > SENML_VERSION:
        raise WireError(Cause.VERSION, f"SenML version {decoded.bver}, {SENML_VERSION} is understood")
    return list(_resolve([decoded], now_ns))


def _record(reading: WireReading) -> SenmlRecord:
    return SenmlRecord(
        n=reading.sensor,
        u=reading.unit,
        v=reading.value if math.isfinite(reading.value) else None,
        t=round(reading.time_ns / 1e9, 6),
        q=None if reading.quality is Quality.GOOD else reading.quality.name.lower(),
        pid=reading.producer,
        ep=reading.epoch or None,
        seq=reading.sequence,
        ts=round(reading.sent_ns / 1e9, 6) if reading.sent_ns else None,
    )


def _resolve(records: list[SenmlRecord], now_ns: int) -> Iterator[WireReading | WireError]:
    """Add the base fields to each record, as RFC 8428 section 4.6 says; `pid` and `ep` carry on like base fields."""
    base = SenmlRecord()
    for record in records:
        for label in ("bn", "bt", "bu", "bv", "pid", "ep"):
            value = getattr(record, label)
            if value is not None:
                setattr(base, label, value)
        if record.bver is not None and record.bver > SENML_VERSION:
            yield WireError(Cause.VERSION, f"SenML version {record.bver}, {SENML_VERSION} is understood")
            return
        if record.n is None and record.v is None and _has_base(record):
            continue
        try:
            yield _reading(record, base, now_ns)
        except WireError as error:
            yield error


def _has_base(record: SenmlRecord) -> bool:
    return not (record.bn is None and record.bt is None and record.bu is None and record.bv is None)


def _reading(record: SenmlRecord, base: SenmlRecord, now_ns: int) -> WireReading:
    name = (base.bn or "") + (record.n or "")
    if not name:
        raise WireError(Cause.MALFORMED, "a record without a name")
    quality = _quality(record.q)
    value = _value(record, base, quality, name)
    seconds = (base.bt or 0.0) + (record.t or 0.0)
    is_absolute = seconds >= RELATIVE_TIME_LIMIT_S
    time_ns = round(seconds * 1e6) * 1000 + (0 if is_absolute else now_ns)
    stamped_s = record.ts if record.ts is not None else seconds if is_absolute else 0.0
    return WireReading(
        name,
        value,
        time_ns,
        record.u if record.u is not None else base.bu,
        quality,
        base.pid,
        base.ep or 0,
        record.seq,
        round(stamped_s * 1e6) * 1000,
    )


def _value(record: SenmlRecord, base: SenmlRecord, quality: Quality, name: str) -> float:
    if record.v is None and base.bv is None:
        if quality is not Quality.BAD:
            raise WireError(Cause.NO_VALUE, f'{name!r} has no value; a broken sensor says it by "q": "bad"')
        return math.nan
    return (base.bv or 0.0) + (record.v or 0.0)


def _quality(label: str | int | None) -> Quality:
    if label is None:
        return Quality.GOOD
    if isinstance(label, int):
        return quality_of_status(label)
    try:
        return _QUALITY_OF_WORD[label.lower()]
    except KeyError:
        raise WireError(Cause.MALFORMED, f"quality {label!r}; choose good, uncertain or bad") from None


def quality_of_status(status: int) -> Quality:
    """Severity of an OPC UA StatusCode."""
    return Quality(min(status >> 30, Quality.BAD))


def status_of_quality(quality: Quality) -> int:
    """The plain OPC UA StatusCode of a quality."""
    return _STATUS_OF_QUALITY[quality]


class BatchKind(StrEnum):
    """What a batch message carries."""

    BIRTH = "birth"
    DATA = "data"


class BatchHeader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Second frame of a batch; unknown keys are ignored."""

    v: int = 1
    """Version of the form."""
    type: BatchKind
    pid: _Name
    """Producer."""
    ep: _Count
    """Epoch: grows with every restart of the producer."""
    seq: _Count
    """Counts up within the epoch, one per message."""
    n: _Count
    """Number of records, or of sensors in a birth."""
    enc: str
    """``rec24`` or ``json``."""
    len: _Count
    """Length of the payload [bytes]."""
    crc: _Count
    """CRC-32 of the payload."""
    ts: _Count
    """When it was sent, UTC [ns]."""
    mv: _Count = 0
    """Which birth the data refers to."""


class DeclaredSensor(msgspec.Struct, frozen=True, gc=False):
    """One sensor of a birth."""

    a: Annotated[int, Meta(ge=0, lt=MAX_ALIASES)]
    """Its number in the records."""
    n: _Name
    """Its name."""
    u: _Name | None = None
    """The unit of its values; None leaves it to the scene."""


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
