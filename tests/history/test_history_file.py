"""The history file: who may open it, and that it survives a killed writer."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from history_samples import SENSOR_IDS, make_frame, make_readings

from twin3d.errors import HistoryError
from twin3d.history import History
from twin3d.history.schema import APPLICATION_ID, SCHEMA_VERSION

EVER = (-(2**63), 2**63 - 1)
WRITER = """
import itertools, sys
from pathlib import Path
import numpy as np
from history_samples import SENSOR_IDS, make_frame, make_readings
from twin3d.history import History

history = History(Path(sys.argv[1]), sensor_ids=SENSOR_IDS)
for n in itertools.count():
    history.append_readings(make_readings(20 * n, 20))
    history.append_frame(make_frame(n, factor=np.full((4, 2), n // 5) if n % 5 == 0 else None))
    history.append_event(n, "step", str(n))
    if n % 3 == 0:
        history.flush()
        print(n, flush=True)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.sqlite"


@pytest.fixture
def start_writer(path):
    """Starts a process that writes for ever; its output says which step is surely on the disk."""
    processes = []

    def start():
        command = [sys.executable, "-c", WRITER, str(path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def steps_told(process, n_lines):
    return [int(process.stdout.readline()) for _ in range(n_lines)][-1]


def check_whole(history, n_steps):
    """Everything up to a step is there, each step whole and in its place."""
    readings, frames, events = history.readings(*EVER), history.frames(*EVER), history.events(*EVER)
    assert readings["value"].tolist() == list(range(len(readings)))
    assert len(readings) >= 20 * n_steps
    assert [frame.sequence for frame in frames] == list(range(len(frames)))
    assert len(frames) >= n_steps
    assert [frame.covariance_factor[0, 0] for frame in frames] == [n // 5 for n in range(len(frames))]
    assert [int(text) for _, _, text in events] == list(range(len(events)))
    return len(frames)


@pytest.mark.parametrize("n_lines", [1, 5, 12])
def test_what_was_committed_survives_a_killed_writer(path, start_writer, n_lines):
    process = start_writer()
    told = steps_told(process, n_lines)
    process.kill()
    process.wait()

    with History(path, read_only=True) as history:
        n_frames = check_whole(history, told + 1)
        assert history.counts()["damaged"] == 0
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    with History(path, sensor_ids=SENSOR_IDS) as history:
        history.append_frame(make_frame(n_frames))
        assert len(history.frames(*EVER)) == n_frames + 1


def test_two_readers_see_a_growing_history_while_it_is_written(path, start_writer):
    process = start_writer()
    steps_told(process, 1)

    with History(path, read_only=True) as one, History(path, read_only=True) as two:
        lengths = []
        for _ in range(5):
            told = steps_told(process, 2)
            lengths += [check_whole(one, told + 1), check_whole(two, told + 1)]

    assert lengths == sorted(lengths)
    assert lengths[-1] > lengths[0]
    assert process.poll() is None


def test_it_is_written_ahead_and_forced_to_the_disk(path):
    with History(path, sensor_ids=SENSOR_IDS) as history:
        history.append_readings(make_readings(0, 10))
        history.flush()

        with sqlite3.connect(path) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        connection.close()
        assert history._writer._connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_closed_history_is_one_file_and_reading_leaves_nothing_behind(path):
    with History(path, sensor_ids=SENSOR_IDS) as history:
        history.append_frame(make_frame(0))
    assert [file.name for file in path.parent.iterdir()] == [path.name]

    with History(path, read_only=True) as history:
        assert history.last_frame().sequence == 0
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_closing_while_another_process_reads_does_no_harm(path):
    with History(path, sensor_ids=SENSOR_IDS) as history:
        history.append_frame(make_frame(0))
        history.flush()
        reader = History(path, read_only=True)

    assert reader.last_frame().sequence == 0
    reader.close()


def test_read_only_means_read_only(path):
    with History(path, sensor_ids=SENSOR_IDS) as history:
        history.append_frame(make_frame(0))

    with History(path, read_only=True) as history:
        for append in (
            lambda: history.append_readings(make_readings(0, 1)),
            lambda: history.append_frame(make_frame(1)),
            lambda: history.append_event(0, "", ""),
            lambda: history.put_model("", b""),
        ):
            with pytest.raises(HistoryError, match="opened read-only"):
                append()
        assert history.counts()["frames"] == 1


def test_a_missing_history_is_not_made_by_reading(path):
    with pytest.raises(HistoryError, match=f"no history at {path}"):
        History(path, read_only=True)

    assert not path.exists()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(HistoryError, match="no/folder"):
        History(tmp_path / "no/folder/history.sqlite")


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_is_no_database_is_refused_and_left_alone(path, read_only):
    path.write_bytes(b"not a database" * 100)

    with pytest.raises(HistoryError, match=f"{path} is damaged or no history"):
        History(path, read_only=read_only)

    assert path.read_bytes() == b"not a database" * 100


@pytest.mark.parametrize("read_only", [True, False])
def test_a_database_of_another_program_is_refused_and_left_alone(path, read_only):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(HistoryError, match="database of another program; choose another file"):
        History(path, sensor_ids=SENSOR_IDS, read_only=read_only)

    assert path.read_bytes() == before


@pytest.mark.parametrize("read_only", [True, False])
def test_a_history_of_a_later_form_is_refused(path, read_only):
    History(path, sensor_ids=SENSOR_IDS).close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    connection.close()

    with pytest.raises(HistoryError, match=f"newer twin3d .form {SCHEMA_VERSION + 1}, this one knows {SCHEMA_VERSION}"):
        History(path, read_only=read_only)


def test_odd_characters_in_a_path_are_no_trouble(tmp_path):
    path = tmp_path / "Kühl?körper #1 %41.sqlite"
    with History(path, sensor_ids=SENSOR_IDS) as history:
        history.append_frame(make_frame(0))

    assert path.is_file()
    with History(path, read_only=True) as history:
        assert history.last_frame().sequence == 0
