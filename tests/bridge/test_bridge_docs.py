"""What docs/bridge.md tells a publisher's author works as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from bridge_samples import SENSORS, make_frame, make_view_model

from twin3d.bridge.inbox import Inbox
from twin3d.bridge.recordings import load_recording
from twin3d.bridge.senml import decode_senml
from twin3d.bridge.state import StatePublisher
from twin3d.bridge.wire import Cause
from twin3d.bridge.zeromq import Receiver
from twin3d.clock import WallClock

TEXT = (Path(__file__).parents[2] / "docs" / "bridge.md").read_text(encoding="utf-8")
LATEST_NS = 2**63 - 1


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.fixture
def inbox():
    return Inbox(100)


@pytest.fixture
def receiver(inbox):
    with Receiver(SENSORS, inbox, endpoint="tcp://127.0.0.1:*", clock=WallClock()) as receiver:
        yield receiver


def test_the_publisher_has_five_lines_and_works(receiver, inbox, wait_until):
    code = blocks("python")[0]

    run(code.replace("tcp://127.0.0.1:5555", receiver.endpoint))

    assert len(code.splitlines()) == 5
    assert wait_until(lambda: receiver.accepted == 1)
    np.testing.assert_allclose(inbox.take(LATEST_NS)["value"], [41.2 + 273.15], rtol=1e-12)


def test_the_batch_publisher_works(receiver, inbox, wait_until):
    run(blocks("python")[1].replace("tcp://127.0.0.1:5555", receiver.endpoint))

    assert wait_until(lambda: receiver.accepted == 2)
    np.testing.assert_allclose(inbox.take(LATEST_NS)["value"], [41.2 + 273.15, 1500.0], rtol=1e-12)
    assert not receiver.rejected


def test_the_pack_is_understood():
    first, second = decode_senml(blocks("json")[0].encode(), 0)

    assert (first.sensor, second.sensor) == ("rig/tc1", "rig/tc2")
    assert second.time_ns - first.time_ns == 100_000_000


def test_the_viewer_works(rng):
    with StatePublisher("tcp://127.0.0.1:*", "tcp://127.0.0.1:*", make_view_model(rng)) as publisher:
        publisher.publish(make_frame(0))
        code = blocks("python")[2].replace("tcp://127.0.0.1:5556", publisher.frame_endpoint)

        answer = run(code.replace("tcp://127.0.0.1:5557", publisher.model_endpoint))

    assert "corrected" in answer


def test_the_csv_file_is_read(tmp_path):
    path = tmp_path / "run.csv"
    path.write_text(blocks("csv")[0])

    recording = load_recording(path, SENSORS)

    assert len(recording.readings) == 2
    assert not recording.skipped


def test_the_csv_file_with_a_column_for_each_sensor_is_read(tmp_path):
    path = tmp_path / "run.csv"
    path.write_text(blocks("csv")[1])

    recording = load_recording(path, SENSORS)

    assert recording.readings["time_ns"].tolist() == [0, 0, 500_000_000]
    np.testing.assert_allclose(recording.readings["value"], [314.35, 1500.0, 314.45], rtol=1e-12)
    assert not recording.skipped


def test_every_cause_is_in_the_table():
    told = set(re.findall(r"^\| `([a-z ]+)` \| (?:message|readings)", TEXT, re.MULTILINE))

    assert told == set(Cause)
