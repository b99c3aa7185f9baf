"""Every shipped scene keeps its own promises, at full order."""

import pytest

from twin3d.assets import asset_path, list_assets
from twin3d.backend import get_backend
from twin3d.checks import run_checks
from twin3d.mesh import build_mesh
from twin3d.scene import load_scene

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", list_assets("scenes"))
def test_a_scene_passes_its_checks(name):
    scene = load_scene(asset_path("scenes", name))
    mesh = build_mesh(scene.geometry, scene.contacts, cache_dir=None).mesh

    results = run_checks(scene, mesh, backend=get_backend("numpy"))

    assert results
    assert not [(result.check.name, result.value) for result in results if not result.passed]


def test_the_power_module_is_as_large_as_it_says():
    scene = load_scene(asset_path("scenes", "power_module.toml"))
    plant = scene.plant
    sizes = {"cell_size": plant.cell_size, "refine": plant.refine, "local_sizes": plant.local_sizes}

    twin = build_mesh(scene.geometry, scene.contacts, cache_dir=None).mesh
    asset = build_mesh(scene.geometry.model_copy(update=sizes), scene.contacts, cache_dir=None).mesh

    assert twin.n_points >= 50_000
    assert asset.n_points >= 1.3 * twin.n_points
    assert sum(1.0 / sensor.period for sensor in scene.sensors) == pytest.approx(100.0)
