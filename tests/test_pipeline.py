"""From scene to model: what the cache knows, and what sensors see."""

from dataclasses import replace

import numpy as np
import pytest

from twin3d.backend import get_backend
from twin3d.checks import run_checks
from twin3d.errors import MeshError
from twin3d.fem.space import function_space
from twin3d.pipeline import prepare, sensor_rows
from twin3d.records import ParameterKind
from twin3d.reduction import lift
from twin3d.reduction.address import ROOMS, code_digest, model_key
from twin3d.reduction.march import steady
from twin3d.scene import CalibratedParameter, ParameterFile, load_scene, nominal_values


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


def test_a_twin_is_made_of_calibrated_values_and_its_asset_is_not(cached):
    scene, folder, first = cached
    name = next(item.name for item in first.model.parameters if item.kind is ParameterKind.FILM)
    item = CalibratedParameter(
        name=name, nominal=str(nominal_values(scene)[name]), factor=1.3, deviation=0.02, prior_deviation=0.2
    )
    head = {"version": 1, "scene": scene.name, "data": "run.csv", "data_hash": "00", "made": "2026-11-25"}
    found = scene.model_copy(update={"parameters": ParameterFile(**head, twin3d="0.1.0", parameter=(item,))})
    index = [parameter.name for parameter in first.model.parameters].index(name)
    theta = np.ones(len(first.model.parameters))
    theta[index] = 1.3
    hot = np.array([5.0 if item.unit == "W" else 298.15 for item in scene.inputs])

    twin = prepare(found, backend=get_backend("numpy"), cache_dir=folder)
    asset = prepare(found, draw_theta=lambda drawn: np.ones(len(drawn)), backend=get_backend("numpy"), cache_dir=None)

    by_values = lift.temperature(twin.model, steady(twin.model, hot), hot)
    by_theta = lift.temperature(first.model, steady(first.model, hot, theta), hot)
    asset_field = lift.temperature(asset.model, steady(asset.model, hot), hot)
    stated_field = lift.temperature(first.model, steady(first.model, hot), hot)
    tolerance = 4.0 * first.model.tolerance
    np.testing.assert_allclose(by_values, by_theta, atol=tolerance)
    np.testing.assert_allclose(asset_field, stated_field, atol=tolerance)
    assert np.abs(by_values - stated_field).max() > 50.0 * tolerance
    assert not twin.from_cache
    assert twin.model.parameters[index].spread == 0.02
