"""Derivatives by adjoints against finite differences of the full model."""

import numpy as np
import pytest
from box_mesh import box_mesh, make_scene, temperature_input
from scipy import sparse

from twin3d.backend import get_backend
from twin3d.errors import SolverError
from twin3d.fem.elements import Element
from twin3d.fem.heat import assemble_heat
from twin3d.fem.march import Scheme, march
from twin3d.fem.rows import mean_over, rows_at
from twin3d.fem.sensitivity import History, steady_sensitivity, transient_gradient
from twin3d.fem.solve import steady
from twin3d.fem.space import function_space
from twin3d.scene import Contact, Convection, FixedTemperature, HeatSource, Input, selectors

STEP = 1e-5
U = np.array([40.0, 300.0, 330.0])
DT_S = 20.0


def face(name):
    return selectors.parse(f"name {name}")


@pytest.fixture(scope="module")
def model():
    """Operators with a parameter of every kind, and outputs inside and on a face."""
    mesh = box_mesh((6, 3, 2), (0.1, 0.04, 0.02), n_parts=2, contact=True)
    scene = make_scene(
        loads=[
            HeatSource(name="heat", part="part_0", input="p"),
            Convection(name="film", face=face("z0"), film_coefficient=200.0, input="air"),
            FixedTemperature(name="base", face=face("x1"), input="base"),
        ],
        inputs=[Input(name="p", unit="W", value=40.0), temperature_input("air"), temperature_input("base")],
        contacts=[Contact(name="joint", between=("part_0", "part_1"), conductance=500.0)],
    )
    space = function_space(mesh, Element.TET10)
    rows = [rows_at(space, np.array([[0.013, 0.02, 0.01]])), mean_over(space, np.flatnonzero(mesh.facet_region == 5))]
    return assemble_heat(scene, space, backend=get_backend("numpy")), sparse.csr_array(sparse.vstack(rows))


def by_differences(values_of, at):
    """Central differences of values by each entry of `at`, shape (n_values, n_entries)."""
    shifts = STEP * np.diag(np.abs(at))
    return np.column_stack([(values_of(at + s) - values_of(at - s)) / (2.0 * s.sum()) for s in shifts])


def test_steady_outputs_change_as_differences_say(model, backend):
    operators, rows = model
    theta = np.linspace(0.8, 1.3, len(operators.parameters))

    found = steady_sensitivity(operators, U, rows, theta=theta, backend=backend)

    def outputs(t, u=U):
        return rows @ steady(operators, u, theta=t, backend=backend)

    np.testing.assert_allclose(found.values, outputs(theta), rtol=1e-10)
    np.testing.assert_allclose(found.by_parameter, by_differences(outputs, theta), atol=1e-6)
    np.testing.assert_allclose(found.by_input, by_differences(lambda u: outputs(theta, u), U), atol=1e-7)


@pytest.mark.parametrize("scheme", [Scheme.BACKWARD_EULER, Scheme.CRANK_NICOLSON])
def test_a_misfit_in_time_changes_as_differences_say(scheme, model, backend):
    operators, rows = model
    theta = np.linspace(0.8, 1.3, len(operators.parameters))
    start = np.full(operators.n_dofs, 310.0)
    start[operators.fixed_dofs] = 330.0
    inputs = np.array([U + np.array([5.0 * n, 0.0, 0.0]) for n in range(9)])

    def states_at(t):
        options = {"dt_s": DT_S, "n_steps": 8, "theta": t, "scheme": scheme, "backend": backend}
        steps = march(operators, start, lambda time_s: inputs[round(time_s / DT_S)], **options)
        return np.array([start, *steps])

    def misfit(t):
        return np.array([((states_at(t)[1:] @ rows.T - 320.0) ** 2).sum()])

    states = states_at(theta)
    weights = 2.0 * (states[1:] @ rows.T - 320.0)

    gradient = transient_gradient(
        operators, History(states, inputs, DT_S, scheme), rows, weights, theta=theta, backend=backend
    )

    np.testing.assert_allclose(gradient, by_differences(misfit, theta)[0], rtol=1e-5, atol=1e-3)


def test_what_does_not_fit_is_refused(model, backend):
    operators, rows = model
    states, inputs = np.zeros((3, operators.n_dofs)), np.zeros((3, 3))

    with pytest.raises(SolverError, match=r"rows of shape \(2, 5\) do not fit"):
        steady_sensitivity(operators, U, rows[:, :5], backend=backend)
    with pytest.raises(SolverError, match="no adjoint of bdf2; march by backward_euler or crank_nicolson"):
        History(states, inputs, 1.0, Scheme.BDF2)
    with pytest.raises(SolverError, match="3 states and 2 inputs; expected as many"):
        History(states, inputs[1:], 1.0)
    with pytest.raises(SolverError, match="3 states and 3 weights; expected one for each step"):
        transient_gradient(operators, History(states, inputs, 1.0), rows, np.zeros((3, 2)), backend=backend)
