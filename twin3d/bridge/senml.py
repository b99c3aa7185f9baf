"""Single readings: SenML records and packs in JSON (RFC 8428), one frame each."""

import math
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from twin3d.bridge.forms import Cause, Count, Name, Seconds, WireError, WireReading, quality_of_status
from twin3d.records import Quality

SENML_VERSION: Final = 10
"""The version of RFC 8428; a pack of a later version is rejected."""
RELATIVE_TIME_LIMIT_S: Final = 2.0**28
"""SenML: a smaller time is relative to now."""
MAX_JSON_BYTES: Final = 256 * 1024
"""Longest SenML message."""

_QUALITY_OF_WORD = {"good": Quality.GOOD, "uncertain": Quality.UNCERTAIN, "bad": Quality.BAD}
_NOT_FINITE = re.compile(rb":\s*-?(?:NaN|Infinity)\b")
_MUST_UNDERSTAND = re.compile(rb'_"\s*:')


class SenmlRecord(msgspec.Struct, gc=False, omit_defaults=True):
    """A SenML record with the labels that the bridge understands; others are ignored, as the RFC asks."""

    n: Name | None = None
    u: Name | None = None
    v: float | None = None
    t: Seconds | None = None
    q: str | Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = None
    pid: Name | None = None
    ep: Count | None = None
    seq: Count | None = None
    ts: Annotated[float, Meta(ge=0.0, le=9e9)] | None = None
    bn: Name | None = None
    bt: Seconds | None = None
    bu: Name | None = None
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
    _check_version(decoded)
    return [_reading(decoded, decoded, now_ns)]


def _record(reading: WireReading) -> SenmlRecord:
    return SenmlRecord(
        n=reading.sensor,
        u=reading.unit,
        v=reading.value if math.isfinite(reading.value) else None,
        t=round(reading.time_ns / 1e9, 6),
        q=None if reading.quality is Quality.GOOD else reading.quality.name.lower(),
        pid=reading.producer,
        ep=None if reading.producer is None else reading.epoch,
        seq=reading.sequence,
        ts=round(reading.sent_ns / 1e9, 6) if reading.sent_ns else None,
    )


def _resolve(records: list[SenmlRecord], now_ns: int) -> Iterator[WireReading | WireError]:
    """Add the base fields to each record, as RFC 8428 section 4.6 says; `pid` and `ep` carry on like base fields."""
    base = SenmlRecord()
    for record in records:
        if _has_base(record) or record.pid is not None or record.ep is not None:
            _carry_on(record, base)
        try:
            _check_version(record)
            if not _is_base_only(record):
                yield _reading(record, base, now_ns)
        except WireError as error:
            yield error
            if error.cause is Cause.VERSION:
                return


def _carry_on(record: SenmlRecord, base: SenmlRecord) -> None:
    for label in ("bn", "bt", "bu", "bv", "pid", "ep"):
        value = getattr(record, label)
        if value is not None:
            setattr(base, label, value)


def _check_version(record: SenmlRecord) -> None:
    if record.bver is not None and record.bver > SENML_VERSION:
        raise WireError(Cause.VERSION, f"SenML version {record.bver}, {SENML_VERSION} is understood")


def _is_base_only(record: SenmlRecord) -> bool:
    return record.n is None and record.v is None and _has_base(record)


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
