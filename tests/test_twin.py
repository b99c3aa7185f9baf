"""What frames say of the model they come from."""

from dataclasses import replace

import numpy as np
import pytest

from twin3d.backend import get_backend
from twin3d.pipeline import prepare
from twin3d.records import empty_readings
from twin3d.scene import load_scene
from twin3d.twin import Twin


@pytest.fixture(scope="module")
def prepared(bar_scene):
    scene = load_scene(bar_scene)
    return scene, prepare(scene, backend=get_backend("numpy"), cache_dir=None)


def first_frame(scene, prepared):
    twin = Twin(scene, prepared, rng=np.random.default_rng(0))
    twin.start(0)
    return twin.advance(empty_readings(), 20_000_000)


def test_a_frame_inside_the_trained_range_has_no_flag(prepared):
    assert not [flag for flag in first_frame(*prepared).flags if "outside" in flag]


def test_a_frame_outside_the_trained_range_is_flagged_and_has_wider_bars(prepared):
    scene, found = prepared
    power = found.model.input_names.index("power")
    narrow = found.model.trained.inputs.copy()
    narrow[power] = [0.0, 1.0]  # the scene's power of 2 W is two half-widths outside
    left = replace(found, model=replace(found.model, trained=replace(found.model.trained, inputs=narrow)))

    inside, outside = first_frame(scene, found), first_frame(scene, left)

    assert "power outside the model's range" in outside.flags
    np.testing.assert_allclose(outside.covariance_factor, 13.0 * inside.covariance_factor, rtol=1e-9)
