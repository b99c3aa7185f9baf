"""Single readings in JSON: round trip, base fields, and what is refused."""

import json
import math

import pytest
from bridge_samples import NOW_NS
from hypothesis import given, settings
from hypothesis import strategies as st

from twin3d.bridge.senml import MAX_JSON_BYTES
from twin3d.bridge.wire import Cause, WireError, WireReading, decode_senml, encode_pack, encode_senml
from twin3d.records import Quality

NAMES = st.text(min_size=1, max_size=40)
COUNTS = st.integers(0, 2**63 - 1)
MICROSECONDS = st.integers(2**28 * 10**6, 4 * 10**15)
READINGS = st.builds(
    WireReading,
    sensor=NAMES,
    value=st.floats(allow_nan=False, allow_infinity=False),
    time_ns=MICROSECONDS.map(lambda us: us * 1000),
    unit=st.none() | st.text(max_size=20),
    quality=st.sampled_from(Quality),
    producer=NAMES,
    epoch=COUNTS,
    sequence=st.none() | COUNTS,
    sent_ns=MICROSECONDS.map(lambda us: us * 1000),
)


def decoded(**fields):
    return decode_senml(json.dumps(fields).encode(), NOW_NS)


def cause_of(payload):
    with pytest.raises(WireError) as caught:
        decode_senml(payload, NOW_NS)
    return caught.value.cause


@given(READINGS)
@settings(deadline=None)
def test_a_reading_survives_the_round_trip(reading):
    assert decode_senml(encode_senml(reading), NOW_NS) == [reading]


@given(st.lists(READINGS, max_size=8))
@settings(deadline=None)
def test_a_pack_survives_the_round_trip(readings):
    assert decode_senml(encode_pack(readings), NOW_NS) == readings


def test_a_broken_sensor_has_no_value():
    (reading,) = decode_senml(encode_senml(WireReading("tc1", math.nan, NOW_NS, quality=Quality.BAD)), NOW_NS)

    assert reading.quality is Quality.BAD
    assert math.isnan(reading.value)


def test_base_fields_are_resolved():
    pack = [
        {"bn": "urn:dev:ow:10e2:", "bt": 1.79e9, "bu": "Cel", "bv": 20.0, "pid": "gateway", "ep": 7},
        {"n": "a", "v": 1.5, "seq": 1},
        {"n": "b", "t": -0.25, "u": "K", "v": 280.0, "seq": 2},
        {"bn": "", "n": "c", "seq": 3},
    ]

    a, b, c = decode_senml(json.dumps(pack).encode(), NOW_NS)

    assert (a.sensor, a.value, a.time_ns, a.unit) == ("urn:dev:ow:10e2:a", 21.5, 1_790_000_000_000_000_000, "Cel")
    assert (b.sensor, b.value, b.time_ns, b.unit) == ("urn:dev:ow:10e2:b", 300.0, 1_789_999_999_750_000_000, "K")
    assert (c.sensor, c.value, c.producer, c.epoch, c.sequence) == ("c", 20.0, "gateway", 7, 3)


@given(
    st.lists(READINGS, min_size=1, max_size=5),
    st.text(max_size=20),
    st.integers(-(10**15), 10**15),
)
@settings(deadline=None)
def test_base_name_and_time_add_up(readings, base_name, base_us):
    pack = json.loads(encode_pack(readings))
    pack[0] |= {"bn": base_name, "bt": base_us * 1e-6}

    answers = decode_senml(json.dumps(pack).encode(), 0)

    for answer, reading in zip(answers, readings, strict=True):
        assert answer.sensor == base_name + reading.sensor
        assert answer.sequence == reading.sequence


@pytest.mark.parametrize(("seconds", "expected_ns"), [(None, NOW_NS), (0.0, NOW_NS), (-2.5, NOW_NS - 2_500_000_000)])
def test_a_time_without_a_date_is_relative_to_now(seconds, expected_ns):
    (reading,) = decoded(n="tc1", v=1.0, t=seconds)

    assert reading.time_ns == expected_ns
    assert reading.sent_ns == 0


def test_a_reading_that_does_not_say_when_it_was_sent_was_sent_when_measured():
    (reading,) = decoded(n="tc1", v=1.0, t=1.79e9)

    assert reading.sent_ns == reading.time_ns == 1_790_000_000_000_000_000


@pytest.mark.parametrize(
    ("label", "quality"),
    [("Bad", Quality.BAD), ("uncertain", Quality.UNCERTAIN), (0x4090_0000, Quality.UNCERTAIN), (0, Quality.GOOD)],
)
def test_quality_is_a_word_or_a_status_code(label, quality):
    (reading,) = decoded(n="tc1", v=1.0, q=label)

    assert reading.quality is quality


@pytest.mark.parametrize(
    ("payload", "cause"),
    [
        (b"", Cause.MALFORMED),
        (b"23.5", Cause.MALFORMED),
        (b'{"n": "tc1", "v": 1.0', Cause.MALFORMED),
        (b'{"n": "tc1", "v": "1.0"}', Cause.MALFORMED),
        (b'{"n": 5, "v": 1.0}', Cause.MALFORMED),
        (b'{"v": 1.0}', Cause.MALFORMED),
        (b'{"n": "tc1", "v": 1.0, "q": "fine"}', Cause.MALFORMED),
        (b'{"n": "tc1", "v": 1.0, "t": 1e10}', Cause.MALFORMED),
        (b'{"n": "tc\xff", "v": 1.0}', Cause.MALFORMED),
        (b'{"n": "' + b"x" * 201 + b'", "v": 1.0}', Cause.MALFORMED),
        (b"[" * 200_000, Cause.MALFORMED),
        (b'{"n": "tc1"}', Cause.NO_VALUE),
        (b'{"bn": "tc1"}', Cause.NO_VALUE),
        (b'{"n": "tc1", "vs": "warm"}', Cause.NO_VALUE),
        (b'{"n": "tc1", "v": NaN}', Cause.NOT_FINITE),
        (b'{"n": "tc1", "v":-Infinity}', Cause.NOT_FINITE),
        (b'{"n": "tc1", "v": 1.0, "bver": 11}', Cause.VERSION),
        (b'{"n": "tc1", "v": 1.0, "strange_": 1}', Cause.VERSION),
        (b" " * (MAX_JSON_BYTES + 1), Cause.TOO_LARGE),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_cause(payload, cause):
    assert cause_of(payload) is cause


def test_one_bad_record_does_not_spoil_its_pack():
    pack = [{"n": "a", "v": 1.0}, {"n": "b"}, {"n": "c", "v": 3.0, "q": "so so"}, {"n": "d", "v": 4.0}]

    a, b, c, d = decode_senml(json.dumps(pack).encode(), NOW_NS)

    assert (a.sensor, d.sensor) == ("a", "d")
    assert (b.cause, c.cause) == (Cause.NO_VALUE, Cause.MALFORMED)


def test_a_pack_of_a_later_version_is_used_up_to_there():
    pack = [{"n": "a", "v": 1.0}, {"bver": 11, "n": "b", "v": 1.0}, {"n": "c", "v": 1.0}]

    a, b = decode_senml(json.dumps(pack).encode(), NOW_NS)

    assert a.sensor == "a"
    assert b.cause is Cause.VERSION


@given(st.binary(max_size=200) | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(repr).map(str.encode))
@settings(deadline=None)
def test_any_bytes_are_decoded_or_refused(payload):
    try:
        answers = decode_senml(payload, NOW_NS)
    except WireError:
        return
    assert all(isinstance(answer, WireReading | WireError) for answer in answers)
