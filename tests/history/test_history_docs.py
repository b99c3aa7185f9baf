"""What docs/history.md says of a history is so."""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from history_samples import SENSOR_IDS, make_frame, make_readings

from twin3d.history import History
from twin3d.history.schema import APPLICATION_ID, SCHEMA_VERSION

TEXT = (Path(__file__).parents[2] / "docs" / "history.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    with History(tmp_path / "history.sqlite", sensor_ids=SENSOR_IDS) as history:
        history.append_readings(make_readings(0, 30))
        history.append_frame(make_frame(0, factor=np.eye(4)))
        history.append_event(make_frame(0).time_ns, "start", "the twin begins")
    return tmp_path


def test_the_example_reads_a_history_back(folder):
    (code,) = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    root = str(Path(__file__).parents[2])

    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert "'readings': 30" in answer.stdout
    assert "(4, 4)" in answer.stdout
    assert "the twin begins" in answer.stdout


def test_every_table_and_column_is_told(folder):
    with sqlite3.connect(folder / "history.sqlite") as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")] for table in tables}
    connection.close()

    for table in tables:
        (row,) = re.findall(rf"^\| `{table}` \|.*$", TEXT, re.MULTILINE)
        assert [name for name in columns[table] if name != "id" and f"`{name}`" not in row] == []


def test_the_numbers_that_mark_a_history_are_told():
    assert f"`{APPLICATION_ID:#x}`" in TEXT
    assert f"version of these tables, {SCHEMA_VERSION};" in TEXT
