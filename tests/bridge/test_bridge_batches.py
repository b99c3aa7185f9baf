"""Batches of 24-byte records in three frames: round trip, and what is refused."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from twin3d.bridge.batches import MAX_ALIASES, MAX_HEADER_BYTES, MAX_PAYLOAD_BYTES
from twin3d.bridge.wire import (
    RECORD_DTYPE,
    BatchKind,
    Cause,
    Origin,
    WireError,
    decode_birth,
    decode_header,
    decode_records,
    encode_batch,
    encode_birth,
)

COUNTS = st.integers(0, 2**63 - 1)
ORIGINS = st.builds(Origin, producer=st.text(max_size=100), epoch=COUNTS, sequence=COUNTS, sent_ns=COUNTS, birth=COUNTS)
ORIGIN = Origin("plc", epoch=3, sequence=8, sent_ns=1_790_000_000_000_000_000, birth=2)
NAMED = st.tuples(st.text(max_size=40), st.none() | st.text(max_size=20))


def with_header(frames, **changes):
    return [frames[0], json.dumps(json.loads(frames[1]) | changes).encode(), frames[2]]


def cause_of(decode, *args):
    with pytest.raises(WireError) as caught:
        decode(*args)
    return caught.value.cause


@given(ORIGINS, npst.arrays(RECORD_DTYPE, st.integers(0, 20)))
@settings(deadline=None)
def test_records_survive_the_round_trip(origin, records):
    frames = encode_batch(origin, records)

    header = decode_header(frames)

    assert len(frames) == 3
    assert (header.type, header.pid, header.ep) == (BatchKind.DATA, origin.producer, origin.epoch)
    assert (header.seq, header.ts, header.mv) == (origin.sequence, origin.sent_ns, origin.birth)
    assert decode_records(header, frames[2]).tobytes() == records.tobytes()


@given(ORIGINS, st.lists(NAMED, max_size=10))
@settings(deadline=None)
def test_a_birth_survives_the_round_trip(origin, sensors):
    frames = encode_birth(origin, sensors)

    header = decode_header(frames)
    declared = decode_birth(header, frames[2])

    assert header.type is BatchKind.BIRTH
    assert [(entry.a, entry.n, entry.u) for entry in declared] == [
        (number, name, unit) for number, (name, unit) in enumerate(sensors)
    ]


def test_a_record_is_24_bytes_little_endian():
    payload = struct.pack("<IIqd", 5, 0x8000_0000, 1_790_000_000_000_000_000, 41.5)

    (record,) = np.frombuffer(payload, dtype=RECORD_DTYPE)

    assert RECORD_DTYPE.itemsize == 24
    assert record.item() == (5, 0x8000_0000, 1_790_000_000_000_000_000, 41.5)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda frames: [b"readings", *frames[1:]], Cause.MALFORMED),
        (lambda frames: [b"t3/2/readings", *frames[1:]], Cause.VERSION),
        (lambda frames: [frames[0], b"{", frames[2]], Cause.MALFORMED),
        (lambda frames: [frames[0], b"\xff\xfe", frames[2]], Cause.MALFORMED),
        (lambda frames: with_header(frames, v=2), Cause.VERSION),
        (lambda frames: with_header(frames, type="death"), Cause.MALFORMED),
        (lambda frames: with_header(frames, seq=-1), Cause.MALFORMED),
        (lambda frames: with_header(frames, pid="x" * MAX_HEADER_BYTES), Cause.TOO_LARGE),
        (lambda frames: with_header(frames, len=1), Cause.CORRUPT),
        (lambda frames: with_header(frames, crc=1), Cause.CORRUPT),
        (lambda frames: [*frames[:2], frames[2][:-1]], Cause.CORRUPT),
        (lambda frames: [*frames[:2], bytes([frames[2][0] ^ 1]) + frames[2][1:]], Cause.CORRUPT),
        (lambda frames: [*frames[:2], bytes(MAX_PAYLOAD_BYTES + 1)], Cause.TOO_LARGE),
    ],
)
def test_a_wrong_envelope_is_refused_with_its_cause(change, cause):
    frames = change(encode_batch(ORIGIN, np.zeros(2, dtype=RECORD_DTYPE)))

    assert cause_of(decode_header, frames) is cause


@pytest.mark.parametrize(("changes", "cause"), [({"enc": "arrow"}, Cause.MALFORMED), ({"n": 3}, Cause.CORRUPT)])
def test_records_that_do_not_fit_their_header_are_refused(changes, cause):
    frames = with_header(encode_batch(ORIGIN, np.zeros(2, dtype=RECORD_DTYPE)), **changes)

    assert cause_of(decode_records, decode_header(frames), frames[2]) is cause


def test_a_record_of_another_size_is_refused():
    frames = encode_batch(ORIGIN, np.zeros(2, dtype=RECORD_DTYPE))
    header = decode_header(frames)

    assert cause_of(decode_records, header, frames[2][:46]) is Cause.CORRUPT


@pytest.mark.parametrize(
    "payload", [b"{}", b'[{"a": -1, "n": "x"}]', b'[{"a": 16384, "n": "x"}]', b'[{"a": 0}]', b"\xff"]
)
def test_a_birth_that_makes_no_sense_is_refused(payload):
    header = decode_header(encode_birth(ORIGIN, [("tc1", None)]))

    assert cause_of(decode_birth, header, payload) is Cause.MALFORMED


def test_a_birth_declares_a_limited_number_of_sensors():
    header = decode_header(encode_birth(ORIGIN, []))
    payload = json.dumps([{"a": 0, "n": "x"}] * (MAX_ALIASES + 1)).encode()

    assert cause_of(decode_birth, header, payload) is Cause.TOO_LARGE


@given(st.lists(st.binary(max_size=60), min_size=3, max_size=3))
@settings(deadline=None)
def test_any_three_frames_are_refused(frames):
    assert cause_of(decode_header, [b"t3/1/readings", *frames[1:]]) in {Cause.MALFORMED, Cause.CORRUPT}
