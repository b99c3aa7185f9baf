"""The history: what goes in comes back by time."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import numpy as np
import pytest
from history_samples import SENSOR_IDS, START_NS, make_frame, make_readings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from twin3d.errors import HistoryError
from twin3d.history import History
from twin3d.history.columns import checksum_of, pack_frame, pack_readings, unpack_frame, unpack_readings
from twin3d.records import READING_DTYPE, SENSOR_STATE_DTYPE

EVER = (-(2**63), 2**63 - 1)
FACTOR = np.arange(12.0).reshape(4, 3)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.sqlite"


@pytest.fixture
def history(path):
    with History(path, sensor_ids=SENSOR_IDS) as history:
        yield history


def assert_same_frame(ours, theirs, factor):
    for field in fields(ours):
        mine, other = getattr(ours, field.name), getattr(theirs, field.name)
        if field.name == "covariance_factor":
            np.testing.assert_array_equal(mine, factor)
        elif isinstance(other, np.ndarray):
            assert mine.tobytes() == other.tobytes(), field.name
        else:
            assert mine == other, field.name


@given(npst.arrays(READING_DTYPE, st.integers(1, 30)))
@settings(deadline=None)
def test_readings_survive_the_columns(batch):
    batch["quality"] %= 3
    packed = pack_readings(batch)

    assert unpack_readings(packed, len(batch), checksum_of(packed)).tobytes() == batch.tobytes()


@given(
    npst.arrays(np.float64, st.integers(0, 20)),
    npst.arrays(np.float64, 3),
    npst.arrays(SENSOR_STATE_DTYPE, st.integers(0, 5)),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_frames_survive_the_columns(coefficients, inputs, sensors):
    frame = make_frame(0)
    for name, value in {"coefficients": coefficients, "inputs": inputs, "input_deviation": -inputs}.items():
        object.__setattr__(frame, name, value)
    object.__setattr__(frame, "sensors", sensors)
    packed = pack_frame(frame)

    answer = unpack_frame(packed, checksum_of(packed), n_modes=len(coefficients), n_inputs=3)

    for mine, other in zip(answer, (coefficients, inputs, -inputs, sensors), strict=True):
        assert mine.tobytes() == other.tobytes()


def test_readings_come_back_in_time_order(history):
    batch = make_readings(0, 100)
    history.append_readings(batch[50:])
    history.append_readings(batch[:50][::-1])

    assert history.readings(*EVER).tobytes() == batch.tobytes()


def test_a_time_span_includes_its_start_and_not_its_end(history):
    batch = make_readings(0, 100)
    for chunk in np.split(batch, 10):
        history.append_readings(chunk)
        history.flush()

    t0_ns, t1_ns = int(batch["time_ns"][25]), int(batch["time_ns"][61])

    assert history.readings(t0_ns, t1_ns)["value"].tolist() == list(range(25, 61))
    assert history.readings(t0_ns, t0_ns + 1)["value"].tolist() == [25]
    assert not len(history.readings(t1_ns, t0_ns))
    assert history.counts()["batches"] == 10


def test_one_sensor_can_be_asked_for(history):
    history.append_readings(make_readings(0, 30))

    assert history.readings(*EVER, sensor="tc2")["value"].tolist() == list(range(1, 30, 3))
    assert history.sensor_ids == SENSOR_IDS
    with pytest.raises(HistoryError, match="no sensor 'tc9'; it has tc1, tc2, heater"):
        history.readings(*EVER, sensor="tc9")


def test_a_batch_that_is_changed_later_does_not_change_the_history(history):
    batch = make_readings(0, 3)
    history.append_readings(batch)

    batch["value"] = -1.0

    assert history.readings(*EVER)["value"].tolist() == [0.0, 1.0, 2.0]


def test_frames_come_back_with_the_factor_that_held_then(history):
    frames = [make_frame(n, flags=("power_1 beyond its maximum", "tc2 grey")[: n % 3]) for n in range(6)]
    factors = [None, FACTOR, FACTOR, 2.0 * FACTOR, 2.0 * FACTOR, 2.0 * FACTOR]
    for n in (1, 3):
        object.__setattr__(frames[n], "covariance_factor", factors[n])
    for frame in frames:
        history.append_frame(frame)

    kept = history.frames(START_NS, frames[5].time_ns + 1)

    for frame, expected, factor in zip(kept, frames, factors, strict=True):
        assert_same_frame(frame, expected, factor)


def test_the_factor_is_stored_only_when_it_changes(history):
    for n in range(10):
        history.append_frame(make_frame(n, factor=FACTOR.copy() * (1 + n // 5)))
        history.append_frame(make_frame(n))

    assert history.counts()["frames"] == 20
    assert history.counts()["factors"] == 2


def test_a_frame_can_be_asked_for_by_time(history):
    assert history.frame_at(START_NS) is None
    assert history.last_frame() is None
    for n in range(5):
        history.append_frame(make_frame(n, factor=FACTOR if n == 0 else None))

    second = make_frame(2)

    assert history.frame_at(START_NS - 1) is None
    assert_same_frame(history.frame_at(second.time_ns), second, FACTOR)
    assert_same_frame(history.frame_at(second.time_ns + 199_999_999), second, FACTOR)
    assert_same_frame(history.last_frame(), make_frame(4), FACTOR)


def test_a_restart_goes_on_in_the_same_file(path):
    for n in range(2):
        with History(path, sensor_ids=SENSOR_IDS) as history:
            history.append_frame(make_frame(2 * n, factor=FACTOR + n))
            history.append_frame(make_frame(2 * n + 1))
            history.append_readings(make_readings(10 * n, 10))

    with History(path, read_only=True) as history:
        assert len(history.readings(*EVER)) == 20
        for frame, factor in zip(history.frames(*EVER), (FACTOR, FACTOR, FACTOR + 1, FACTOR + 1), strict=True):
            np.testing.assert_array_equal(frame.covariance_factor, factor)


def test_events_models_and_scenes_are_kept(history):
    history.append_event(np.int64(START_NS + 5), "gated", "tc2 is 5 K off")
    history.append_event(START_NS, "start", "Kühlkörper")
    for content in (b"\0basis", b"other"):
        history.put_model("model a", content)
    assert history.scene_text() is None
    for number in range(2):
        history.put_scene(START_NS + number, f"scene {number}")

    assert history.events(*EVER) == [(START_NS, "start", "Kühlkörper"), (START_NS + 5, "gated", "tc2 is 5 K off")]
    assert history.events(START_NS + 1, START_NS + 5) == []
    assert history.get_model("model a") == b"\0basis"
    assert history.scene_text() == "scene 1"
    with pytest.raises(HistoryError, match="has no model 'model b'"):
        history.get_model("model b")


def test_counts_and_span_say_what_is_kept(history):
    assert history.span() is None
    history.append_readings(make_readings(5, 10))
    history.append_readings(make_readings(0, 0))
    history.append_frame(make_frame(3, factor=FACTOR))
    history.append_event(START_NS, "start", "")
    history.put_model("model a", b"")

    assert history.counts() == {
        "readings": 10,
        "batches": 1,
        "frames": 1,
        "events": 1,
        "models": 1,
        "factors": 1,
        "lost": 0,
        "damaged": 0,
    }
    assert history.span() == (START_NS + 50_000_000, START_NS + 600_000_000)


@pytest.mark.parametrize("index", [-1, 3])
def test_a_reading_of_an_unknown_sensor_is_refused(history, index):
    batch = make_readings(0, 3)
    batch["sensor"][1] = index

    with pytest.raises(HistoryError, match=f"reading of sensor {index}; 3 are declared"):
        history.append_readings(batch)


def test_readings_need_sensors(path):
    with History(path) as history, pytest.raises(HistoryError, match="give them to keep readings"):
        history.append_readings(make_readings(0, 3))


@pytest.mark.parametrize(
    ("sensor_ids", "difference"),
    [
        (("tc1", "tc2"), "gone: heater"),
        ((*SENSOR_IDS, "tc3"), "new: tc3"),
        (("tc1", "tc3", "heater"), "gone: tc2; new: tc3"),
        (("tc2", "tc1", "heater"), "in another order"),
    ],
)
def test_a_history_belongs_to_its_sensors(path, sensor_ids, difference):
    History(path, sensor_ids=SENSOR_IDS).close()

    with pytest.raises(HistoryError, match=rf"other sensors \({difference}\); choose another file"):
        History(path, sensor_ids=sensor_ids)
    with History(path, sensor_ids=SENSOR_IDS) as history:
        assert history.sensor_ids == SENSOR_IDS


def test_a_damaged_entry_is_left_out_and_counted(path, caplog):
    with History(path, sensor_ids=SENSOR_IDS) as history:
        for n in range(3):
            history.append_readings(make_readings(10 * n, 10))
            history.append_frame(make_frame(n, factor=FACTOR + n))
            history.flush()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE readings SET columns = zeroblob(length(columns)) WHERE id = 2")
        connection.execute("UPDATE frames SET columns = zeroblob(length(columns)) WHERE id = 3")
        connection.execute("UPDATE factors SET factor = zeroblob(length(factor)) WHERE id = 1")
    connection.close()

    with History(path, read_only=True) as history:
        assert history.readings(*EVER)["value"].tolist() == [*range(10), *range(20, 30)]
        assert [frame.sequence for frame in history.frames(*EVER)] == [1]
        assert history.last_frame().sequence == 1
        assert history.counts()["damaged"] == 4

    assert "readings 2" in caplog.text
    assert "frames 3" in caplog.text


def test_what_cannot_be_stored_is_counted_and_raised_by_the_next_call(history):
    history.append_event(START_NS, "start", object())

    with pytest.raises(HistoryError, match="cannot be done"):
        history.flush()
    history.append_event(START_NS, "start", "again")

    assert history.counts()["events"] == 1
    assert history.counts()["lost"] == 1


def test_a_closed_history_takes_nothing_and_says_so(path):
    history = History(path, sensor_ids=SENSOR_IDS)
    history.close()
    history.close()

    with pytest.raises(HistoryError, match="is closed"):
        history.append_readings(make_readings(0, 1))
    with pytest.raises(HistoryError, match=r"cannot be done.*closed"):
        history.readings(*EVER)


def test_many_threads_append_and_read(history):
    def work(thread):
        for n in range(20):
            history.append_readings(make_readings(1000 * thread + 10 * n, 10))
            history.append_event(START_NS + n, f"thread {thread}", "")
            if n % 10 == 9:
                history.readings(*EVER)

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(work, thread) for thread in range(4)]:
            future.result()

    assert np.unique(history.readings(*EVER)["value"]).size == 800
    assert history.counts()["events"] == 80
