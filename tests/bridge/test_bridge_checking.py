"""From messages to readings in SI: units, and every cause of rejection."""

import json
import math

import numpy as np
import pytest
from bridge_samples import NOW_NS, SENSORS
from hypothesis import given, settings
from hypothesis import strategies as st

from twin3d.bridge.checking import MAX_BIRTHS, NO_SEQUENCE, ReadingChecker, TimeLimits
from twin3d.bridge.conversion import MAX_LEARNT, UnitTable
from twin3d.bridge.duplicates import MAX_PRODUCERS, REMEMBERED, DuplicateFilter
from twin3d.bridge.rejections import KEPT_BYTES, KEPT_REJECTIONS
from twin3d.bridge.wire import RECORD_DTYPE, Cause, Origin, WireReading, encode_batch, encode_birth, encode_senml
from twin3d.records import Quality

HEATER = 2
DECLARED = [("tc1", "Cel"), ("tc2", "degF"), ("heater", "W"), ("ghost", "Cel"), ("tc1", "W")]


def senml(**fields):
    return [json.dumps({"n": "tc1", "v": 20.0, "t": NOW_NS / 1e9} | fields).encode()]


def records(*rows):
    """Records of (alias, value), measured now."""
    batch = np.zeros(len(rows), dtype=RECORD_DTYPE)
    batch["alias"], batch["value"] = np.array(rows, dtype=float).T
    batch["time_ns"] = NOW_NS
    return batch


def origin(sequence, *, epoch=1, birth=1, producer="plc"):
    return Origin(producer, epoch, sequence, NOW_NS + 5, birth)


@pytest.mark.parametrize(
    ("sensor", "unit", "value", "expected"),
    [
        ("tc1", None, 20.0, 293.15),
        ("tc1", "Cel", 20.0, 293.15),
        ("tc1", "degC", 20.0, 293.15),
        ("tc1", "°C", 20.0, 293.15),
        ("tc1", "degF", 68.0, 293.15),
        ("tc1", "K", 293.15, 293.15),
        ("tc1", "mK", 293_150.0, 293.15),
        ("tc2", None, 293.15, 293.15),
        ("heater", None, 1.5, 1500.0),
        ("heater", "W", 1500.0, 1500.0),
        ("heater", "mW", 1.5e6, 1500.0),
        ("heater", "MW", 0.0015, 1500.0),
        ("heater", "BTU/hour", 3600.0, 1055.056),
    ],
)
def test_values_become_si(checker, sensor, unit, value, expected):
    checker.take(senml(n=sensor, u=unit, v=value))

    (reading,) = checker.collect()

    np.testing.assert_allclose(reading["value"], expected, rtol=1e-7)


@pytest.mark.parametrize(
    ("sensor", "unit"),
    [
        ("tc1", "W"),
        ("tc1", "furlong per fortnight"),
        ("tc1", "C"),
        ("tc1", "delta_degC"),
        ("tc1", "ΔK"),
        ("tc1", ""),
        ("heater", "Cel"),
        ("heater", "W/m2"),
        ("heater", "dBm"),
    ],
)
def test_a_unit_that_is_unknown_or_does_not_fit_is_rejected(checker, rejections, sensor, unit):
    checker.take(senml(n=sensor, u=unit))

    assert not len(checker.collect())
    assert rejections.counts == {Cause.UNIT: 1}
    assert sensor in rejections.last[0].detail


def test_invented_units_are_tried_only_so_often(checker, rejections):
    table = UnitTable(SENSORS)
    for number in range(MAX_LEARNT):
        table.affine(0, f"unit{number}")

    assert table.affine(0, "mK") is None
    assert table.affine(0, "degF") is not None


@given(st.text(max_size=30))
@settings(deadline=None)
def test_any_text_is_a_unit_or_none(unit):
    affine = UnitTable(SENSORS).affine(0, unit)

    assert affine is None or math.isfinite(affine.to_si(1.0))


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ([b"{"], Cause.MALFORMED),
        ([b"\xff\xfe"], Cause.MALFORMED),
        ([b"{}", b"{}"], Cause.MALFORMED),
        ([b""] * 4, Cause.MALFORMED),
        (senml(n="tc9"), Cause.UNKNOWN_SENSOR),
        (senml(v=None), Cause.NO_VALUE),
        (senml(v=math.nan), Cause.NOT_FINITE),
        (senml(v=math.inf), Cause.NOT_FINITE),
        (senml(v=-273.2), Cause.IMPOSSIBLE),
        (senml(t=NOW_NS / 1e9 + 2.001), Cause.FUTURE),
        (senml(t=NOW_NS / 1e9 - 60.001), Cause.TOO_OLD),
        (senml(t=300_000_000), Cause.TOO_OLD),
        ([b" " * 300_000], Cause.TOO_LARGE),
        (encode_batch(origin(1), records((0, 1.0))), Cause.NO_BIRTH),
    ],
)
def test_a_message_is_rejected_for_its_cause(checker, rejections, message, cause):
    checker.take(message)

    assert not len(checker.collect())
    assert rejections.counts == {cause: 1}


def test_times_up_to_the_limits_are_believed(checker, rejections):
    checker.take(senml(t=NOW_NS / 1e9 + 1.999))
    checker.take(senml(t=NOW_NS / 1e9 - 59.999))

    assert len(checker.collect()) == 2
    assert not rejections.counts


def test_a_power_may_be_negative(checker):
    checker.take(senml(n="heater", v=-1.0))

    assert checker.collect()["value"] == [-1000.0]


def test_a_broken_sensor_is_passed_on_as_bad(checker):
    checker.take(senml(v=None, q="bad"))

    (reading,) = checker.collect()

    assert reading["quality"] == Quality.BAD
    assert math.isnan(reading["value"])


def test_a_reading_carries_all_that_the_wire_says(checker):
    wire = WireReading("heater", 2.0, NOW_NS, "kW", Quality.UNCERTAIN, "plc", 4, 17, NOW_NS + 3000)

    checker.take([encode_senml(wire)])

    (reading,) = checker.collect()
    assert reading.item() == (HEATER, Quality.UNCERTAIN, NOW_NS, 2000.0, 17, NOW_NS + 3000)


def test_the_same_sequence_of_one_producer_and_epoch_is_a_duplicate(checker, rejections):
    for producer, epoch, sequence in [("a", 1, 1), ("a", 1, 1), ("b", 1, 1), ("a", 2, 1), ("a", 1, 2), ("a", 1, 2)]:
        checker.take(senml(pid=producer, ep=epoch, seq=sequence))

    assert len(checker.collect()) == 4
    assert rejections.counts == {Cause.DUPLICATE: 2}


def test_sensors_of_a_producer_without_a_name_count_apart(checker, rejections):
    for sensor in ("tc1", "tc2", "tc1"):
        checker.take(senml(n=sensor, v=300.0, seq=1))

    assert len(checker.collect()) == 2
    assert rejections.counts == {Cause.DUPLICATE: 1}


def test_without_a_sequence_the_same_time_is_a_duplicate(checker, rejections):
    for sensor, offset_s in [("tc1", 0), ("tc1", 0), ("tc2", 0), ("tc1", 1), ("tc1", 0)]:
        checker.take(senml(n=sensor, t=NOW_NS / 1e9 + offset_s, v=300.0))

    readings = checker.collect()
    assert len(readings) == 3
    assert (readings["sequence"] == NO_SEQUENCE).all()
    assert rejections.counts == {Cause.DUPLICATE: 2}


def test_a_rejected_reading_may_come_again(checker, rejections):
    checker.take(senml(pid="a", seq=1, u="W"))
    checker.take(senml(pid="a", seq=1, u="Cel"))

    assert len(checker.collect()) == 1
    assert rejections.counts == {Cause.UNIT: 1}


def test_a_late_reading_between_others_is_no_duplicate(checker, rejections):
    for sequence in (5, 7, 6):
        checker.take(senml(pid="a", seq=sequence))

    assert checker.collect()["sequence"].tolist() == [5, 7, 6]
    assert not rejections.counts


def test_duplicates_are_remembered_within_bounds():
    seen = DuplicateFilter()
    for number in range(REMEMBERED + 1):
        seen.add("producer", number)

    assert not seen.add("producer", 1)
    assert seen.add("producer", 0)
    for other in range(MAX_PRODUCERS):
        seen.add(f"other {other}", 0)
    assert seen.add("producer", REMEMBERED)


def test_a_batch_becomes_readings(checker, rejections):
    checker.take(encode_birth(origin(1), DECLARED))
    checker.take(encode_batch(origin(2), records((0, 20.0), (1, 68.0), (2, 1500.0))))

    readings = checker.collect()

    np.testing.assert_allclose(readings["value"], [293.15, 293.15, 1500.0], rtol=1e-12)
    assert readings["sensor"].tolist() == [0, 1, HEATER]
    assert (readings["sequence"] == 2).all()
    assert (readings["sent_ns"] == NOW_NS + 5).all()
    assert not rejections.counts


def test_each_record_of_a_batch_is_judged_alone(checker, rejections):
    batch = records((0, 20.0), (3, 1.0), (4, 1.0), (99, 1.0), (0, np.nan), (0, -300.0), (2, -5.0), (0, 1.0), (0, 2.0))
    batch["time_ns"][7] += 3_000_000_000
    batch["time_ns"][8] -= 61_000_000_000
    checker.take(encode_birth(origin(1), DECLARED))

    checker.take(encode_batch(origin(2), batch))

    assert checker.collect()["value"].tolist() == [293.15, -5.0]
    assert rejections.counts == {
        Cause.UNKNOWN_SENSOR: 2,
        Cause.UNIT: 1,
        Cause.NOT_FINITE: 1,
        Cause.IMPOSSIBLE: 1,
        Cause.FUTURE: 1,
        Cause.TOO_OLD: 1,
    }


def test_the_status_of_a_record_tells_its_quality(checker):
    batch = records((0, 20.0), (0, 20.0), (0, np.nan), (0, 20.0))
    batch["status"] = [0, 0x4090_0000, 0x8000_0000, 0xFFFF_FFFF]
    checker.take(encode_birth(origin(1), DECLARED))

    checker.take(encode_batch(origin(2), batch))

    readings = checker.collect()
    assert readings["quality"].tolist() == [Quality.GOOD, Quality.UNCERTAIN, Quality.BAD, Quality.BAD]
    assert np.isnan(readings["value"]).tolist() == [False, False, True, False]


def test_a_batch_counts_every_reading_that_is_lost(checker, rejections):
    batch = records(*[(0, 20.0)] * 5)
    checker.take(encode_batch(origin(1), batch))
    checker.take(encode_birth(origin(2), DECLARED))
    checker.take(encode_batch(origin(3), batch))
    checker.take(encode_batch(origin(3), batch))
    checker.take(encode_batch(origin(4, birth=9), batch))
    checker.take(encode_batch(origin(5, epoch=2), batch))

    assert len(checker.collect()) == 5
    assert rejections.counts == {Cause.NO_BIRTH: 15, Cause.DUPLICATE: 5}


def test_a_birth_that_is_repeated_or_empty_does_no_harm(checker, rejections):
    for sequence in range(2):
        checker.take(encode_birth(origin(sequence), DECLARED))
    checker.take(encode_birth(origin(0, producer="other"), []))
    checker.take(encode_batch(origin(5), records((0, 20.0))))
    checker.take(encode_batch(origin(5, producer="other"), records((0, 20.0))))

    assert len(checker.collect()) == 1
    assert rejections.counts == {Cause.UNKNOWN_SENSOR: 1}


def test_the_producer_that_was_silent_longest_must_declare_again(checker, rejections):
    for number in range(MAX_BIRTHS + 1):
        checker.take(encode_birth(origin(1, producer=f"plc {number}"), DECLARED))

    checker.take(encode_batch(origin(2, producer="plc 0"), records((0, 20.0))))
    checker.take(encode_batch(origin(2, producer="plc 1"), records((0, 20.0))))

    assert len(checker.collect()) == 1
    assert rejections.counts == {Cause.NO_BIRTH: 1}


def test_a_scene_without_sensors_rejects_everything(clock, rejections):
    limits = TimeLimits(max_future_s=2.0, max_age_s=60.0)
    checker = ReadingChecker([], rejections, clock=clock, limits=limits)

    checker.take(senml())
    checker.take(encode_birth(origin(1), DECLARED))
    checker.take(encode_batch(origin(2), records((0, 20.0))))

    assert not len(checker.collect())
    assert rejections.counts == {Cause.UNKNOWN_SENSOR: 2}


def test_the_last_rejections_are_kept_for_a_look(checker, rejections):
    for number in range(KEPT_REJECTIONS + 5):
        checker.take([b'{"n": "ghost %d", "v": 1, "x": "' % number + b"y" * KEPT_BYTES + b'"}'])

    assert len(rejections.last) == KEPT_REJECTIONS
    assert rejections.last[0].payload.startswith(b'{"n": "ghost 5"')
    assert {len(kept.payload) for kept in rejections.last} == {KEPT_BYTES}
    assert rejections.last[-1].time_ns == NOW_NS


def test_a_cause_is_logged_at_most_once_in_ten_seconds(checker, clock, caplog):
    for _ in range(100):
        checker.take([b"{"])
    checker.take(senml(n="ghost"))
    clock.sleep(10.0)
    checker.take([b"{"])

    assert [record.args[0] for record in caplog.records] == [Cause.MALFORMED, Cause.UNKNOWN_SENSOR, Cause.MALFORMED]
    assert caplog.records[-1].args[1] == 101
