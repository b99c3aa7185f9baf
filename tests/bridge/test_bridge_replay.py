"""Recorded readings again: from a history, CSV and SenML lines, to an inbox and through a socket."""

import threading
from datetime import UTC, datetime

import numpy as np
import pytest
from bridge_samples import NOW_NS, SENSORS
from hypothesis import given, settings
from hypothesis import strategies as st

from twin3d.bridge.inbox import Inbox
from twin3d.bridge.replay import load_recording, replay, replay_file
from twin3d.bridge.wire import Cause, WireReading, encode_pack, encode_senml
from twin3d.bridge.zeromq import Publisher, Receiver
from twin3d.clock import ManualClock, WallClock
from twin3d.errors import BridgeError, HistoryError
from twin3d.history import History
from twin3d.records import Quality, empty_readings
from twin3d.scene import Sensor

LATEST_NS = 2**63 - 1
START_NS = 1_700_000_000_000_000_000
CSV = """time,sensor,value,unit,quality
1700000000.0,tc1,20.0,degC,
2023-11-14T22:13:21Z,heater,1500,W,uncertain
1700000000.5,tc2,300.0,,good
1700000001.5,tc1,,degC,bad
"""


def recorded(*offsets_s):
    """Readings of tc2 at these times after the start [s], value 300 K and up."""
    readings = empty_readings(len(offsets_s))
    readings["sensor"] = 1
    readings["time_ns"] = START_NS + np.round(np.array(offsets_s) * 1e9).astype(np.int64)
    readings["value"] = 300.0 + np.arange(len(offsets_s))
    return readings


class WatchedInbox(Inbox):
    """An inbox that knows when each reading came."""

    def __init__(self, clock):
        super().__init__(1000)
        self.clock, self.came_ns = clock, []

    def put(self, batch):
        self.came_ns += [self.clock.now_ns()] * len(batch)
        return super().put(batch)


def test_a_csv_file_is_read_in_si_and_time_order(tmp_path):
    path = tmp_path / "run.csv"
    path.write_text(CSV, encoding="utf-8-sig")

    recording = load_recording(path, SENSORS)

    readings = recording.readings
    assert readings["sensor"].tolist() == [0, 1, 2, 0]
    assert ((readings["time_ns"] - START_NS) // 1_000_000).tolist() == [0, 500, 1000, 1500]
    np.testing.assert_allclose(readings["value"], [293.15, 300.0, 1500.0, np.nan], rtol=1e-12)
    assert readings["quality"].tolist() == [Quality.GOOD, Quality.GOOD, Quality.UNCERTAIN, Quality.BAD]
    assert not recording.skipped


def test_rows_that_cannot_be_used_are_counted_by_cause(tmp_path):
    path = tmp_path / "run.csv"
    rows = ["x,tc1,1,degC,", "1700000000,ghost,1,degC,", "1700000000,tc1,1,W,", "1700000000,tc1,warm,degC,"]
    rows += ["1700000000,tc1,nan,degC,", "1700000000,tc1", "1700000000,tc1,,degC,", "1700000000,tc1,1,degC,so so"]
    rows += ["2023-11-14T22:13:21,tc1,1,degC,", "inf,tc1,1,degC,", "1e12,tc1,1,degC,"]
    path.write_text(CSV + "\n".join(rows) + "\n1700000000.0,tc1,20.0,degC,good,more\n")

    recording = load_recording(path, SENSORS)

    assert len(recording.readings) == 4
    assert recording.skipped == {
        Cause.MALFORMED: 7,
        Cause.UNKNOWN_SENSOR: 1,
        Cause.UNIT: 1,
        Cause.NOT_FINITE: 1,
        Cause.FUTURE: 1,
        Cause.DUPLICATE: 1,
    }


def test_columns_are_in_si_and_what_belongs_to_no_sensor_is_counted(tmp_path):
    path = tmp_path / "run.csv"
    path.write_text("time [min],tc1 [K],note,heater [kW]\n0,300,warm,\n1,warm,,2\n2,301,,2\n")

    recording = load_recording(path, SENSORS)

    assert (recording.readings["time_ns"] // 1_000_000_000).tolist() == [0, 120, 120]
    np.testing.assert_allclose(recording.readings["value"], [300.0, 301.0, 2000.0], rtol=1e-12)
    assert recording.skipped == {Cause.UNKNOWN_SENSOR: 1, Cause.MALFORMED: 1}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("run.csv", b"time,tc1\n", r"column 'tc1' of run.csv states no unit; write tc1 \[degC\]"),
        ("run.csv", b"time,tc1 [kg]\n", "column 'tc1 \\[kg\\]' of run.csv is in 'kg', expected a unit of K"),
        ("run.csv", b"time,heatr [W],tc1 [K]\n", "and no sensor has that name; did you mean 'heater'"),
        ("run.csv", b"time,a,b\n", "no column of run.csv is a sensor: it has time, a, b; expected some of tc1"),
        ("run.csv", b"time,name,value\n", "no column 'sensor'.*it has: time, name, value"),
        ("run.csv", b"", "no column 'time'.*it has: none"),
        ("run.csv", b"time,sensor,value\n1,\xff\xfe,3\n", "no CSV file in UTF-8"),
        ("run.csv", b"time,sensor,value\n1,tc1," + b"9" * 200_000 + b"\n", "no CSV file in UTF-8"),
        ("run.txt", b"", r"run.txt is no recording.*\.sqlite, \.csv, \.jsonl"),
    ],
)
def test_a_file_that_is_no_recording_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(BridgeError, match=message):
        load_recording(tmp_path / name, SENSORS)


@pytest.mark.parametrize("name", ["run.csv", "run.jsonl", "run.sqlite"])
def test_a_missing_file_is_named(tmp_path, name):
    with pytest.raises(BridgeError, match=f"no recording at .*{name}"):
        load_recording(tmp_path / name, SENSORS)


def test_lines_of_senml_are_read(tmp_path):
    path = tmp_path / "run.jsonl"
    first = WireReading("tc1", 20.0, START_NS + 10**9, "Cel", producer="p", epoch=1, sequence=1, sent_ns=START_NS)
    pack = [WireReading("tc2", 300.0, START_NS), WireReading("heater", 2.0, START_NS + 2 * 10**9)]
    path.write_bytes(b"\n".join([encode_senml(first), b"", encode_pack(pack), b"noise", encode_senml(first)]))

    recording = load_recording(path, SENSORS)

    assert recording.readings["sensor"].tolist() == [1, 0, 2]
    np.testing.assert_allclose(recording.readings["value"], [300.0, 293.15, 2000.0], rtol=1e-12)
    assert recording.skipped == {Cause.MALFORMED: 1, Cause.DUPLICATE: 1}


def test_a_history_is_read_for_the_sensors_of_another_scene(tmp_path):
    path = tmp_path / "history.sqlite"
    readings = recorded(0.0, 1.0, 2.0)
    readings["sensor"] = [0, 1, 2]
    with History(path, sensor_ids=["heater", "ghost", "tc1"]) as history:
        history.append_readings(readings)

    recording = load_recording(path, SENSORS)

    assert recording.readings["sensor"].tolist() == [2, 0]
    assert recording.readings["time_ns"].tolist() == [START_NS, START_NS + 2 * 10**9]
    assert recording.skipped == {Cause.UNKNOWN_SENSOR: 1}


def test_an_empty_history_is_an_empty_recording(tmp_path):
    History(tmp_path / "history.sqlite", sensor_ids=["tc1"]).close()

    recording = load_recording(tmp_path / "history.sqlite", SENSORS)

    assert not len(recording.readings)
    assert not recording.skipped


def test_a_file_that_only_looks_like_a_history_is_named(tmp_path):
    (tmp_path / "run.sqlite").write_bytes(b"noise" * 1000)

    with pytest.raises(HistoryError, match=r"run\.sqlite is damaged or no history"):
        load_recording(tmp_path / "run.sqlite", SENSORS)


@pytest.mark.parametrize("speed", [0.5, 1.0, 20.0])
def test_the_rhythm_is_that_of_the_recording_times_the_speed(clock, speed):
    inbox, offsets_s = WatchedInbox(clock), np.array([0.0, 0.3, 0.3, 1.7, 60.0])

    report = replay(recorded(*offsets_s), SENSORS, inbox, clock=clock, speed=speed)

    due_ns = NOW_NS + np.round(offsets_s * 1e9 / speed).astype(np.int64)
    assert inbox.came_ns == due_ns.tolist()
    taken = inbox.take(LATEST_NS)
    assert taken["time_ns"].tolist() == due_ns.tolist()
    assert taken["sent_ns"].tolist() == due_ns.tolist()
    assert (report.sent, report.dropped) == (5, 0)


@given(
    st.lists(st.integers(0, 10**12), min_size=1, max_size=30).map(sorted),
    st.floats(0.01, 1000.0),
)
@settings(deadline=None)
def test_every_reading_goes_out_once_in_order_and_never_early(times_ns, speed):
    clock = ManualClock(NOW_NS)
    inbox, readings = WatchedInbox(clock), recorded(*[0.0] * len(times_ns))
    readings["time_ns"] = START_NS + np.array(times_ns)

    replay(readings, SENSORS, inbox, clock=clock, speed=speed)

    taken = inbox.take(LATEST_NS)
    assert taken["value"].tolist() == readings["value"].tolist()
    assert (np.array(inbox.came_ns) >= taken["time_ns"]).all()


def test_times_stay_as_recorded_on_request(clock):
    inbox, readings = Inbox(10), recorded(0.0, 5.0)

    replay(readings, SENSORS, inbox, clock=clock, restamp=False)

    assert inbox.take(LATEST_NS)["time_ns"].tolist() == readings["time_ns"].tolist()
    assert clock.now_ns() == NOW_NS + 5 * 10**9


def test_all_at_once_takes_no_time(clock):
    inbox, readings = Inbox(10), recorded(0.0, 5.0, 3600.0)

    replay(readings, SENSORS, inbox, clock=clock, speed=float("inf"))

    assert inbox.take(LATEST_NS)["time_ns"].tolist() == readings["time_ns"].tolist()
    assert clock.now_ns() == NOW_NS


def test_what_a_full_inbox_drops_is_reported(clock):
    report = replay(recorded(*range(10)), SENSORS, Inbox(4), clock=clock, speed=float("inf"))

    assert (report.sent, report.dropped) == (4, 6)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_speed_that_leads_nowhere_is_refused(clock, speed):
    with pytest.raises(BridgeError, match="it must be above 0"):
        replay(recorded(0.0), SENSORS, Inbox(4), clock=clock, speed=speed)


def test_a_replay_can_be_stopped(clock):
    stop = threading.Event()

    class StoppingInbox(Inbox):
        def put(self, batch):
            stop.set()
            return super().put(batch)

    report = replay(recorded(0.0, 1.0, 2.0), SENSORS, StoppingInbox(10), clock=clock, stop=stop)

    assert report.sent == 1


def test_a_replay_through_a_socket_arrives_as_it_was_measured(tmp_path, wait_until):
    path, wall, inbox = tmp_path / "history.sqlite", WallClock(), Inbox(1000)
    readings = recorded(*np.linspace(0.0, 2.0, 50))
    readings["sensor"] = np.arange(50) % 3
    readings["quality"][7], readings["value"][7] = Quality.BAD, np.nan
    with History(path, sensor_ids=[sensor.id for sensor in SENSORS]) as history:
        history.append_readings(readings)

    with Receiver(SENSORS, inbox, endpoint="tcp://127.0.0.1:*", clock=wall) as receiver:
        with Publisher(receiver.endpoint) as publisher:
            recording, report = replay_file(path, SENSORS, publisher, clock=wall, speed=10.0)
        assert wait_until(lambda: receiver.accepted == 50)
        assert not receiver.rejected

    arrived = inbox.take(LATEST_NS)
    assert len(recording.readings) == report.sent == 50
    assert arrived["sensor"].tolist() == readings["sensor"].tolist()
    assert arrived["quality"].tolist() == readings["quality"].tolist()
    np.testing.assert_allclose(arrived["value"], readings["value"], rtol=1e-12)
    np.testing.assert_allclose(np.diff(arrived["time_ns"]) * 1e-9, 2.0 / 49 / 10.0, atol=2e-6)


def test_a_unit_with_an_offset_survives_the_way_out_and_in(clock, wait_until):
    sensors = [Sensor(id="tc2", unit="degF", noise=0.1, period=1.0)]
    readings, inbox, wall = recorded(0.0), Inbox(10), WallClock()
    readings["sensor"] = 0

    with Receiver(sensors, inbox, endpoint="tcp://127.0.0.1:*", clock=wall) as receiver:
        with Publisher(receiver.endpoint) as publisher:
            replay(readings, sensors, publisher, clock=wall)
        assert wait_until(lambda: receiver.accepted == 1)

    np.testing.assert_allclose(inbox.take(LATEST_NS)["value"], 300.0, rtol=1e-12)


def test_the_first_line_may_be_any_iso_time(tmp_path):
    path = tmp_path / "run.csv"
    moment = datetime.fromtimestamp(START_NS // 10**9, UTC).isoformat()
    path.write_text(f"time,sensor,value\n{moment},tc1,20\n")

    assert load_recording(path, SENSORS).readings["time_ns"].tolist() == [START_NS]
