"""A worker that crashes, hangs or eats memory becomes a plain sentence, and the program lives on."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from twin3d.errors import GeometryError, MeshError
from twin3d.mesh.isolation import GIB, Limits, run_worker

SAMPLES = Path(__file__).resolve().parents[1] / "samples"


@pytest.fixture
def ask(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(SAMPLES))

    def run(how, progress=None, **limits):
        request = {"file": "part.step", "how": how}
        limits = Limits(**limits) if limits else None
        return run_worker("misbehaving_worker", request, "part.step", progress=progress, limits=limits)

    return run


def test_an_answer_comes_back_with_its_progress(ask):
    heard = []

    answer = ask("answer", progress=lambda fraction, text: heard.append((fraction, text)))

    np.testing.assert_array_equal(answer["answer"], [0, 1, 2])
    assert heard == [(0.5, "half way")]


def test_a_refusal_comes_back_as_it_was_raised(ask):
    with pytest.raises(GeometryError, match=r"^part.step holds no solid$"):
        ask("refuse")


@pytest.mark.parametrize(
    ("how", "limits", "message"),
    [
        ("crash", {}, r"the mesher crashed on part.step \(SIGSEGV\); the program itself is fine"),
        ("fail", {}, r"the mesher failed on part.step \(exit code 1\): RuntimeError: an unforeseen case"),
        ("hang", {"silence_s": 1.0}, r"part.step made no progress for 1 s and was given up"),
        ("doze", {"silence_s": 500.0}, r"part.step made no progress for 1 s and was given up"),
        ("spin", {"cpu_s": 1}, r"used up its processor time on part.step"),
        ("eat", {"memory_bytes": 4 * GIB}, r"part.step needs more memory than it may have"),
    ],
)
def test_what_goes_wrong_is_said_plainly(ask, how, limits, message):
    with pytest.raises(MeshError, match=message + ".*; try another cell_size"):
        ask(how, **limits)


def test_ctrl_c_ends_the_worker():
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from twin3d.mesh.isolation import run_worker;"
        "run_worker('misbehaving_worker', {'file': 'part.step', 'how': 'hang'}, 'part.step',"
        " progress=lambda f, t: print(t, flush=True))"
    )
    environment = {**os.environ, "PYTHONPATH": str(SAMPLES)}
    command = [sys.executable, "-c", script, str(SAMPLES)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True, start_new_session=True
    ) as process:
        guard = threading.Timer(60.0, process.kill)
        guard.start()
        assert process.stdout.readline().strip() == "half way"

        os.kill(process.pid, signal.SIGINT)
        errors = process.stderr.read()
        process.wait()
        guard.cancel()

    assert "KeyboardInterrupt" in errors
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
