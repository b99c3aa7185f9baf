import dataclasses

import numpy as np
import pytest
from box_asset import AMBIENT_K, box_rows, box_sensors

from twin3d.estimation import Estimator
from twin3d.estimation.uncertainty import lifted_inputs, low_rank_factor, point_metric
from twin3d.records import empty_readings
from twin3d.reduction import lift
from twin3d.scene import Input, UnknownPrior


@pytest.fixture
def held_model(box_model):
    """The box with its first hundred points at the temperature of the ambient, to see how that is lifted."""
    lifting = np.zeros((box_model.n_dofs, 4))
    lifting[:100, 3] = 1.0
    basis = box_model.basis.copy(order="F")
    basis[:100] = 0.0
    return dataclasses.replace(box_model, basis=basis, lifting=lifting)


def test_factor_gives_the_variance_of_the_field_and_of_prescribed_temperatures(held_model):
    rng = np.random.default_rng(3)
    root = 0.1 * rng.normal(size=(31, 31)) * np.append(np.ones(30), 5.0)
    rows = np.hstack([held_model.basis, held_model.lifting[:, lifted_inputs(held_model)]])
    expected = np.sqrt(np.sum((rows @ root) ** 2, axis=1))

    L = low_rank_factor(root @ root.T, point_metric(held_model))

    np.testing.assert_allclose(np.linalg.norm(rows @ L, axis=1), expected, rtol=0.02)


def test_points_at_an_unknown_temperature_are_as_uncertain_as_it(held_model):
    unknown = UnknownPrior(spread=2.0, time_constant=100.0)
    powers = (Input(name=f"power_{n + 1}", unit="W", value=40.0) for n in range(3))
    inputs = (*powers, Input(name="ambient", unit="K", value=AMBIENT_K, unknown=unknown))
    estimator = Estimator.prepare(held_model, box_rows()[:8], inputs, box_sensors()[:8], tick_s=0.02)

    estimator.start(0)

    estimate = estimator.advance(empty_readings(), 0)
    assert estimate.covariance_factor.shape[0] == held_model.n_modes + 4
    held = lift.deviation(held_model, estimate.covariance_factor, dofs=slice(100))
    np.testing.assert_allclose(held, np.hypot(2.0, 0.05), rtol=0.02)
