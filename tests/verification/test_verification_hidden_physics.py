"""Assets with physics that their twin lacks, against balances and against the twin where they hide nothing."""

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from twin3d.backend import get_backend
from twin3d.fem.space import function_space
from twin3d.score import part_interpolation

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from cases.hidden_asset import HiddenAsset
from cases.hidden_physics import HiddenPhysics
from cases.truth import QUICK, make_truth
from cases.twin_side import open_loop, prepare_twin

SIZE = replace(QUICK, duration_s=600.0)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def side():
    return prepare_twin(SIZE, backend=get_backend("numpy"), cache_dir=None)


@pytest.fixture(scope="module")
def truths(side):
    backend = get_backend("numpy")
    return [make_truth(side.scene, SIZE, draw=draw, backend=backend, cache_dir=None) for draw in range(SIZE.n_draws)]


def plain_physics():
    return HiddenPhysics.none(n_contacts=3, n_sources=3)


def drawn_physics(rng):
    return HiddenPhysics.drawn(rng, n_contacts=3, n_sources=3)


def test_an_asset_that_hides_nothing_is_the_twins_own_model(side):
    times_s = np.arange(0.0, 401.0)
    powers = np.outer(1.0 - np.cos(2.0 * np.pi * times_s / 400.0), [30.0, 10.0, 20.0])
    inputs = np.column_stack([np.full(401, 298.15), powers])
    asset = HiddenAsset(side.scene, function_space(side.prepared.mesh), plain_physics(), backend=get_backend("numpy"))
    readings = np.full((400, len(side.scene.sensors)), 298.15)

    true = asset.march(inputs, 1.0)

    told = open_loop(side, readings, SimpleNamespace(times_s=times_s, inputs=inputs), told_powers=True)
    np.testing.assert_allclose(told.temperature, true[60::10], atol=0.05)
    assert np.abs(told.temperature - true[60::10]).mean() < 0.01


def test_the_heat_that_an_asset_stores_is_what_came_in_less_what_went_out(side, rng):
    asset = HiddenAsset(
        side.scene, function_space(side.prepared.mesh), drawn_physics(rng), backend=get_backend("numpy")
    )
    inputs = np.tile([298.15, 40.0, 20.0, 30.0], (301, 1))

    fields = asset.march(inputs, 1.0).astype(float)

    stored = (asset.mass @ (fields[-1] - fields[0])).sum()
    left = np.trapezoid([asset.heat_leaving(field, 298.15) for field in fields], dx=1.0)
    assert left > 1000.0
    np.testing.assert_allclose(stored + left, 90.0 * 300.0, rtol=5e-3)


def test_an_asset_hardly_depends_on_its_mesh(side, truths, rng):
    physics, backend = drawn_physics(rng), get_backend("numpy")
    inputs = np.tile([298.15, 40.0, 20.0, 30.0], (21, 1))
    meshes = (side.prepared.mesh, truths[0].mesh)

    coarse, fine = (
        HiddenAsset(side.scene, function_space(m), physics, backend=backend).march(inputs, 30.0) for m in meshes
    )

    difference = part_interpolation(truths[0].mesh, side.prepared.mesh) @ fine[-1] - coarse[-1]
    assert truths[0].mesh.n_points > 4 * side.prepared.mesh.n_points
    assert fine[-1].mean() - 298.15 > 15.0
    assert np.sqrt(np.mean(difference**2)) < 0.2


def test_assets_keep_the_field_within_a_thousandth_of_a_kelvin(truths):
    assert all(truth.residual_K < 1e-3 for truth in truths)
