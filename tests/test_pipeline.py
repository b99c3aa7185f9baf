"""From scene to model: what the cache knows, and what sensors see."""

from dataclasses import replace

import numpy as np
import pytest

from twin3d.backend import get_backend
from twin3d.checks import run_checks
from twin3d.errors import MeshError
from twin3d.fem.space import function_space
from twin3d.pipeline import prepare, sensor_rows
from twin3d.reduction.address import ROOMS, code_digest, model_key
from twin3d.scene import load_scene


@pytest.fixture(scope="module")
def cached(bar_scene, tmp_path_factory):
    scene, folder = load_scene(bar_scene), tmp_path_factory.mktemp("cache")
    return scene, folder, prepare(scene, backend=get_backend("numpy"), cache_dir=folder)


def test_the_second_time_comes_from_the_cache(cached):
    scene, folder, first = cached
    said = []

    second = prepare(
        scene, backend=get_backend("numpy"), cache_dir=folder, progress=lambda share, text: said.append((share, text))
    )

    assert not first.from_cache
    assert second.from_cache
    assert second.model.model_hash == first.model.model_hash
    assert said[-1] == (1.0, "ready")


def test_a_damaged_model_is_made_again(cached):
    scene, folder, first = cached
    (stored,) = folder.glob("model-*.npz")
    stored.write_bytes(stored.read_bytes()[:500])

    again = prepare(scene, backend=get_backend("numpy"), cache_dir=folder)

    assert not again.from_cache
    np.testing.assert_allclose(again.model.decay_rates, first.model.decay_rates, rtol=1e-9)


def test_the_key_follows_physics_and_pace_and_not_where_sensors_sit(cached):
    scene, _, first = cached
    hotter = scene.model_copy(update={"initial_temperature": 300.0})
    fewer = scene.model_copy(update={"sensors": scene.sensors[:1]})

    faster = scene.model_copy(update={"feed": scene.feed.model_copy(update={"tick": 0.001})})

    keys = [model_key(variant, first.mesh, None) for variant in (scene, hotter, fewer, faster)]

    assert keys[0] != keys[1]
    assert keys[0] == keys[2]
    assert keys[0] != keys[3]
    assert model_key(scene, first.mesh, np.ones(3)) != keys[0]


def test_the_key_follows_which_face_a_facet_belongs_to(cached):
    scene, _, first = cached
    moved = replace(first.mesh, facet_region=np.roll(first.mesh.facet_region, 1))

    assert model_key(scene, moved, None) != model_key(scene, first.mesh, None)


def test_the_key_follows_code_at_any_depth(tmp_path):
    digests = []
    for version in ("one", "two"):
        deep = tmp_path / version / ROOMS[0] / "linear" / "solver.py"
        deep.parent.mkdir(parents=True)
        deep.write_text(f"VERSION = {version!r}")
        digests.append(code_digest(tmp_path / version))

    assert digests[0] != digests[1]


def test_the_key_follows_the_version_of_a_library(cached, monkeypatch):
    scene, _, first = cached
    now = model_key(scene, first.mesh, None)
    monkeypatch.setattr("importlib.metadata.version", lambda name: "99.0")

    assert model_key(scene, first.mesh, None) != now


def test_sensor_rows_read_the_field_where_the_sensors_sit(cached):
    scene, _, first = cached

    x = sensor_rows(scene.sensors, function_space(first.mesh)) @ first.mesh.points[:, 0]

    np.testing.assert_allclose(x, [sensor.position[0] for sensor in scene.sensors], atol=1e-9)


def test_a_sensor_outside_is_named(cached):
    scene, _, first = cached
    lost = scene.sensors[0].model_copy(update={"id": "lost", "position": (1.0, 0.0, 0.0)})

    with pytest.raises(MeshError, match="lost"):
        sensor_rows([lost], function_space(first.mesh))


def test_checks_are_solved_at_full_order(cached):
    scene, _, first = cached

    (result,) = run_checks(scene, first.mesh, backend=get_backend("numpy"))

    assert result.passed
    assert 293.15 < result.value < 363.15
