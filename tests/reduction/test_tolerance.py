"""The size of a reduced model follows from its tolerance, and its error from runs that end near rest."""

import numpy as np
import pytest
from hidden_asset import two_boxes

from twin3d.backend import get_backend
from twin3d.errors import ReductionError
from twin3d.fem.elements import Element
from twin3d.fem.heat import assemble_heat
from twin3d.fem.space import function_space
from twin3d.reduction import reduce_heat
from twin3d.reduction.weights import volume_weights
from twin3d.scene import Solver


def reduced(shape=(10, 6, 3), **solver):
    mesh, scene = two_boxes(shape)
    scene = scene.model_copy(update={"solver": Solver(**solver)})
    space, backend = function_space(mesh), get_backend("numpy")
    operators = assemble_heat(scene, space, backend=backend)
    return reduce_heat(operators, space, scene, rng=np.random.default_rng(0), backend=backend)


def test_a_finer_tolerance_takes_more_modes_and_is_kept():
    coarse, fine = reduced(reduction_tolerance=0.1), reduced(reduction_tolerance=0.01)

    assert coarse.n_modes < fine.n_modes
    assert coarse.error_rms <= 0.1
    assert fine.error_rms <= 0.01
    assert fine.tolerance == 0.01


def test_the_number_of_modes_hardly_depends_on_the_mesh():
    sizes = [reduced(shape, reduction_tolerance=0.02).n_modes for shape in ((10, 5, 3), (20, 10, 6))]

    assert abs(sizes[0] - sizes[1]) <= 2


def test_too_few_modes_are_refused_with_what_they_reach():
    with pytest.raises(ReductionError, match=r"K off .* with 2 modes, the tolerance is 0\.01 K; state a larger"):
        reduced(reduction_tolerance=0.01, max_modes=2)


def test_modes_that_do_nearly_nothing_are_refused_without_a_stated_tolerance():
    with pytest.raises(ReductionError, match="with 1 modes"):
        reduced(max_modes=1)


def test_runs_settle_and_try_several_parameters():
    model = reduced()

    assert len(model.validation) == 3
    assert all(run.horizon_s > 3.0 / model.decay_rates[0] for run in model.validation)
    assert not np.array_equal(model.validation[1].theta, model.validation[2].theta)
    np.testing.assert_allclose(
        model.error_rms, np.sqrt(np.mean([run.error_rms**2 for run in model.validation])), rtol=1e-9
    )


@pytest.mark.parametrize("element", list(Element))
def test_weights_are_those_of_volume_and_parts(element):
    mesh, _ = two_boxes((4, 2, 2))
    space = function_space(mesh, element)

    weights = volume_weights(space)

    np.testing.assert_allclose(weights.sum(), 1.0, rtol=1e-12)
    np.testing.assert_allclose(weights @ space.dof_points, mesh.points.max(axis=0) / 2.0, rtol=1e-9)
    assert (weights > 0.0).all()
