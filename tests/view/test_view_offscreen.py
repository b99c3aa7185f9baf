"""Pictures, looked at by pixel: both ways of drawing agree, stale is grey, text is whole."""

import subprocess
import sys
import threading

import numpy as np
import pytest
from view_samples import make_frame, make_view_model

from twin3d.records import SensorStatus
from twin3d.view import gl as module
from twin3d.view.offscreen import OffscreenRenderer
from twin3d.view.stage import Look

pytestmark = pytest.mark.gl
SIZE = (900, 600)


def draw(view_model, frame, *, show="temperature", **look):
    with OffscreenRenderer(view_model, Look(smooths_edges=False, **look), size=SIZE) as renderer:
        return renderer.render(frame, show=show).astype(int)


@pytest.mark.parametrize("n_modes", [5, 12, 48, 60, 101])
def test_shader_and_cpu_draw_the_same(gl, n_modes):
    view_model = make_view_model(n_modes)
    frame = make_frame(view_model)

    shader, cpu = (draw(view_model, frame, method=method) for method in ("shader", "cpu"))

    assert np.abs(shader - cpu).max() <= 2
    assert len(np.unique(shader.reshape(-1, 3), axis=0)) > 500


def test_the_shader_follows_the_coefficients(gl, view_model):
    first, second = make_frame(view_model, seed=1), make_frame(view_model, seed=2)
    with OffscreenRenderer(view_model, Look(smooths_edges=False, scalar_range=(280.0, 320.0)), size=SIZE) as renderer:
        before = renderer.render(first).astype(int)
        after = renderer.render(second).astype(int)
        again = renderer.render(first).astype(int)

    assert np.abs(after - before).max() > 50
    np.testing.assert_array_equal(again, before)


def test_the_deviation_is_another_picture_and_keeps_the_last_factor(gl, view_model):
    with OffscreenRenderer(view_model, Look(), size=SIZE) as renderer:
        shown = renderer.render(make_frame(view_model), show="deviation").astype(int)
        kept = renderer.render(make_frame(view_model, factor=False), show="deviation").astype(int)
        temperature = renderer.render(make_frame(view_model)).astype(int)

    np.testing.assert_array_equal(kept, shown)
    assert np.abs(temperature - shown).max() > 50


def dot_colour(view_model, status):
    with OffscreenRenderer(view_model, Look(smooths_edges=False), size=SIZE) as renderer:
        image = renderer.render(make_frame(view_model, status=status))
        stage = renderer.stage.renderer
        stage.SetWorldPoint(*view_model.sensors[0].position, 1.0)
        stage.WorldToDisplay()
        x, y = stage.GetDisplayPoint()[:2]
    return image[SIZE[1] - 1 - round(y), round(x)].astype(int)


def test_a_stale_sensor_is_grey_and_a_used_one_is_green(gl, view_model):
    stale, used = (dot_colour(view_model, status) for status in (SensorStatus.STALE, SensorStatus.USED))

    assert np.ptp(stale) <= 3
    assert used[1] > used[0] + 50


def test_no_label_is_clipped_or_covers_another(gl, view_model):
    with OffscreenRenderer(view_model, Look(), size=SIZE) as renderer:
        renderer.render(make_frame(view_model))
        boxes = renderer.stage.labels.boxes()

    for index, (left, bottom, right, top) in enumerate(boxes):
        assert 0 <= left < right <= SIZE[0]
        assert 0 <= bottom < top <= SIZE[1]
        for other in boxes[index + 1 :]:
            assert right < other[0] or other[2] < left or top < other[1] or other[3] < bottom


def test_no_face_is_black(gl, view_model):
    image = draw(view_model, make_frame(view_model))
    middle = image[150:450, 250:650]

    assert (middle.sum(axis=2) < 25).mean() < 0.01


def test_another_thread_may_not_draw(gl, view_model):
    errors = []
    with OffscreenRenderer(view_model, Look(), size=(200, 200)) as renderer:

        def draw_elsewhere():
            try:
                renderer.render(make_frame(view_model))
            except RuntimeError as error:
                errors.append(str(error))

        thread = threading.Thread(target=draw_elsewhere)
        thread.start()
        thread.join(30.0)

    assert "only the thread" in errors[0]


def test_the_probe_survives_a_drawing_library_that_crashes(monkeypatch):
    module._renderer.cache_clear()
    monkeypatch.setattr(module, "PROBE", "import os; os.kill(os.getpid(), 11)")

    answer = module.probe()

    module._renderer.cache_clear()
    assert not answer.ok
    assert "apt-get install" in answer.message


def test_importing_the_view_draws_nothing():
    code = "import twin3d.view.stage, twin3d.view.window, sys; print('pyvista' in sys.modules)"

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "False"
