import pytest
from box_asset import box_asset, box_inputs, box_rows, box_sensors, reduce_box

from twin3d.estimation import Estimator


@pytest.fixture(scope="session")
def box_model():
    return reduce_box(box_asset(), point_error=0.05)


@pytest.fixture
def make_estimator(box_model):
    """Makes estimators of the small power module; keyword arguments change all its thermocouples."""

    def make(*, model=box_model, inputs=None, **common):
        estimator = Estimator.prepare(model, box_rows(), inputs or box_inputs(), box_sensors(**common), tick_s=0.02)
        estimator.start(0)
        return estimator

    return make
