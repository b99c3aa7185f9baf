"""What all message forms share: a reading as written, and why one is rejected."""

from enum import StrEnum
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from twin3d.records import Quality

Name: TypeAlias = Annotated[str, Meta(max_length=200)]
Seconds: TypeAlias = Annotated[float, Meta(ge=-9e9, le=9e9)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_STATUS_OF_QUALITY = {Quality.GOOD: 0, Quality.UNCERTAIN: 0x4000_0000, Quality.BAD: 0x8000_0000}


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


def quality_of_status(status: int) -> Quality:
    """Severity of an OPC UA StatusCode."""
    return Quality(min(status >> 30, Quality.BAD))


def status_of_quality(quality: Quality) -> int:
    """The plain OPC UA StatusCode of a quality."""
    return _STATUS_OF_QUALITY[quality]
