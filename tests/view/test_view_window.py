"""The live window on a virtual display: it opens, follows frames, answers its keys and closes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[1] / "samples"

SCRIPT = """
import sys, numpy as np
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from view_samples import make_frame, make_view_model
from twin3d.view.stage import Look
from twin3d.view.window import LiveWindow
model = make_view_model(12)
shown = []
def latest():
    shown.append(1)
    return make_frame(model, seed=len(shown))
window = LiveWindow(model, latest, Look(), is_over=lambda: len(shown) >= 12, picture_folder=Path(sys.argv[2]))
def press(key):
    window._interactor.SetKeySym(key)
    window._interactor.InvokeEvent("KeyPressEvent")
original = window._turn
def turn():
    original()
    if len(shown) in (4, 8):
        press("p")
    if len(shown) == 6:
        press("d")
window._turn = turn
window.run()
print("frames", len(shown))
"""


@pytest.fixture
def display():
    """A virtual display; skips, aloud, where Xvfb is not installed."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("no virtual display here: Xvfb is not installed (apt-get install xvfb)")
    read, write = os.pipe()
    command = [server, "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as process:
        os.close(write)
        with os.fdopen(read) as file:
            number = file.readline().strip()
        yield f":{number}"
        process.terminate()


@pytest.mark.gl
def test_a_window_follows_frames_and_keys_and_closes(display, tmp_path):
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(SAMPLES), str(tmp_path)],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "DISPLAY": display},
    )  # fmt: skip

    assert answer.returncode == 0, answer.stderr[-2000:]
    assert "frames 12" in answer.stdout
    pictures = [path.read_bytes() for path in sorted(tmp_path.glob("twin3d-*.png"))]
    assert len(pictures) == 2
    assert pictures[0] != pictures[1]


@pytest.mark.gl
def test_without_a_display_view_says_what_to_do_instead(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key not in {"DISPLAY", "WAYLAND_DISPLAY"}}

    answer = subprocess.run(
        [sys.executable, "-m", "twin3d", "view", "power_module"],
        capture_output=True, text=True, timeout=60, check=False, env=environment, cwd=tmp_path,
    )  # fmt: skip

    assert answer.returncode == 3
    assert "twin3d render" in answer.stderr
