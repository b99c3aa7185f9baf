"""Deviations of stress and bands of von Mises stress, against what normal distributions say."""

from dataclasses import replace

import numpy as np
import pytest

from twin3d.errors import EstimationError
from twin3d.estimation.stress_band import INDICATOR_SHARE, stress_band, stress_deviation
from twin3d.fem.mechanics.measures import von_mises
from twin3d.records import StressModes
from twin3d.reduction.stress_lift import stress_at

N_MODES, N_INPUTS, N_ENTRIES = 6, 2, 300


@pytest.fixture
def modes(rng):
    n_columns = N_MODES + N_INPUTS + 1
    return StressModes(
        model_hash="model",
        points=np.arange(N_ENTRIES, dtype=np.int32),
        part=np.zeros(N_ENTRIES, dtype=np.int32),
        is_owner=np.ones(N_ENTRIES, dtype=bool),
        stress=(1e6 * rng.normal(size=(N_ENTRIES, 6, n_columns))).astype(np.float32),
        displacement=np.zeros((N_ENTRIES, 3, n_columns), dtype=np.float32),
        gauges=np.zeros((0, n_columns)),
        input_reference=np.array([0.0, 300.0]),
        compliance=np.eye(6)[None],
        expansion=np.zeros((1, 6)),
        stress_free_temperature=300.0,
        relative_error=np.zeros(N_ENTRIES, dtype=np.float32),
        is_singular=np.arange(N_ENTRIES) < 10,
    )


A, U = np.array([1.0, -2.0, 0.5, 0.3, 0.0, 1.5]), np.array([4.0, 303.0])


def test_deviation_is_that_of_the_covariance(modes, rng):
    L = rng.normal(size=(N_MODES + N_INPUTS, 5))
    stress = stress_at(modes, A, U)

    deviation = stress_deviation(modes, stress, L)

    S = modes.stress[:, :, :-1].astype(float)
    variance = np.einsum("eci,ij,ecj->ec", S, L @ L.T, S)
    np.testing.assert_allclose(deviation, np.sqrt(variance), rtol=1e-5)


def test_a_factor_of_modes_alone_leaves_inputs_certain(modes, rng):
    L = rng.normal(size=(N_MODES, 4))
    stress = stress_at(modes, A, U)

    alone = stress_deviation(modes, stress, L)

    np.testing.assert_array_equal(alone, stress_deviation(modes, stress, np.vstack([L, np.zeros((N_INPUTS, 4))])))


def test_a_factor_of_another_model_is_refused(modes):
    with pytest.raises(EstimationError, match="has 3 rows"):
        stress_deviation(modes, np.zeros((N_ENTRIES, 6)), np.zeros((3, 2)))


def test_the_band_of_tension_is_that_of_its_normal_distribution(modes, rng):
    tension = np.zeros_like(modes.stress)
    tension[:, 0, 0], tension[:, 0, -1] = 1e6, 50e6
    factor = np.zeros((N_MODES, 1))
    factor[0] = 3.0

    band = stress_band(replace(modes, stress=tension), np.zeros(N_MODES), U, factor=factor, rng=rng, n_draws=20_000)

    np.testing.assert_allclose(band.von_mises, 50e6, rtol=1e-6)
    np.testing.assert_allclose(band.low, 50e6 - 1.645 * 3e6, rtol=5e-3)
    np.testing.assert_allclose(band.high, 50e6 + 1.645 * 3e6, rtol=5e-3)
    np.testing.assert_allclose(band.deviation[:, 0], 3e6, rtol=1e-5)


def test_bands_hold_for_states_of_the_covariance(modes, rng):
    L = 0.8 * rng.normal(size=(N_MODES, N_MODES))
    band = stress_band(modes, A, U, factor=L, rng=rng)

    truths = [von_mises(stress_at(modes, A + L @ rng.normal(size=N_MODES), U)) for _ in range(400)]

    held = np.mean([(truth >= band.low) & (truth <= band.high) for truth in truths])
    assert 0.87 <= held <= 0.92


def test_a_coarse_mesh_widens_the_band_by_the_size_of_the_stress(modes, rng):
    coarse = replace(modes, relative_error=np.full(N_ENTRIES, 0.2, dtype=np.float32))
    stress, none = stress_at(modes, A, U), np.zeros((N_MODES, 1))

    deviation = stress_deviation(coarse, stress, none)

    size = np.sqrt((stress[:, :3] ** 2).sum(axis=1) + 2.0 * (stress[:, 3:] ** 2).sum(axis=1))
    weights = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])
    np.testing.assert_allclose(np.sqrt((weights * deviation**2).sum(axis=1)), INDICATOR_SHARE * 0.2 * size, rtol=1e-6)
    band = stress_band(coarse, A, U, factor=none, rng=rng)
    assert (band.low < band.high).all()


def test_no_band_is_claimed_at_singular_points(modes, rng):
    band = stress_band(modes, A, U, factor=np.zeros((N_MODES, 1)), rng=rng)

    np.testing.assert_array_equal(band.is_claimed, ~modes.is_singular)
