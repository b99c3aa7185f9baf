"""The bound of the reduction's error stays above the true error."""

from itertools import pairwise

import numpy as np
import pytest
from box_mesh import box_mesh, make_scene, temperature_input
from hidden_asset import two_boxes
from scipy import linalg

from twin3d.backend import get_backend
from twin3d.fem.heat import assemble_heat
from twin3d.fem.space import function_space
from twin3d.fem.system import system_at
from twin3d.reduction import reduce_heat
from twin3d.reduction.march import discretise
from twin3d.reduction.residual import bound_after
from twin3d.scene import FixedTemperature, HeatFlux, Input, Solver, selectors

TOLERANCE = Solver(reduction_tolerance=0.2)


def film_cooled():
    mesh, scene = two_boxes((8, 4, 2))
    return mesh, scene.model_copy(update={"solver": TOLERANCE})


def held_at_an_end():
    loads = [
        HeatFlux(name="heater", face=selectors.parse("name x1"), input="p"),
        FixedTemperature(name="held", face=selectors.parse("name x0"), input="cold"),
    ]
    inputs = [Input(name="p", unit="W", value=5.0), temperature_input("cold")]
    return box_mesh((10, 3, 3), (0.1, 0.02, 0.02)), make_scene(loads=loads, inputs=inputs, solver=TOLERANCE)


@pytest.fixture(scope="module", params=[film_cooled, held_at_an_end])
def case(request):
    mesh, scene = request.param()
    backend, space = get_backend("numpy"), function_space(mesh)
    operators = assemble_heat(scene, space, backend=backend)
    model = reduce_heat(operators, space, scene, rng=np.random.default_rng(0), backend=backend)
    return model, system_at(operators)


def exact_step(system, dt_s):
    """From T and u to T after a step of the full model, exact for held inputs, by all its modes."""
    rates, V = linalg.eigh(system.stiffness.toarray(), system.mass.toarray())
    decay, gain = np.exp(-rates * dt_s), -np.expm1(-rates * dt_s) / rates
    into = V.T @ system.mass.toarray()
    jump = linalg.solve(system.mass.toarray(), system.fixed_mass)
    return V @ (decay[:, None] * into), V @ (gain[:, None] * (V.T @ system.load)), jump


def test_the_slowest_rate_is_not_overstated(case):
    model, system = case
    slowest = linalg.eigh(system.stiffness.toarray(), system.mass.toarray(), eigvals_only=True, subset_by_index=[0, 0])[
        0
    ]

    assert 0.9 * slowest < model.residual.rate <= slowest


def test_the_bound_is_above_the_error_of_twenty_runs(case):
    model, system = case
    M, dt_s = system.mass, 2.0
    keep, push, at_jump = exact_step(system, dt_s)
    step = discretise(model, None, dt_s)
    rng = np.random.default_rng(3)
    for _ in range(20):
        held = rng.normal(size=(6, 2)) * [10.0, 3.0] + model.input_reference
        inputs = np.vstack([model.input_reference, np.repeat(held, 10, axis=0)])
        T, a, bound = np.zeros(len(system.free_dofs)), np.zeros(model.n_modes), 0.0
        for now, after in pairwise(inputs):
            bound = bound_after(model, bound, a=a, u_now=now, u_next=after, dt_s=dt_s)
            T = keep @ T + push @ (now - model.input_reference) - at_jump @ (after - now)
            a = step.step(a, now, after)
            error = T - model.basis[system.free_dofs] @ a
            true = np.sqrt(error @ (M @ error) / model.residual.capacity)
            assert true <= bound + 1e-9
        assert true > 1e-6
        assert bound < 200.0 * true
