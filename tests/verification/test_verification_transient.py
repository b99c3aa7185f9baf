"""Transient heat conduction: orders in time, NAFEMS, energy, and the reduced model on the same cases."""

from collections import deque

import numpy as np
import pytest
from box_mesh import STEEL, box_mesh, make_scene, temperature_input
from scipy import linalg

from twin3d.fem.elements import Element
from twin3d.fem.heat import assemble_heat
from twin3d.fem.march import Scheme, march
from twin3d.fem.space import function_space
from twin3d.fem.system import system_at
from twin3d.reduction import reduce_heat
from twin3d.reduction.lift import temperature
from twin3d.reduction.march import discretise
from twin3d.scene import Convection, FixedTemperature, HeatSource, Input, selectors


def face(name):
    return selectors.parse(f"name {name}")


def last(states):
    return deque(states, maxlen=1).pop()


def heated_slab(n=8):
    mesh = box_mesh((n, 1, 1), (0.05, 0.01, 0.01))
    scene = make_scene(
        loads=[
            HeatSource(name="heat", part="*", input="p"),
            Convection(name="film", face=face("x1"), film_coefficient=500.0, input="air"),
        ],
        inputs=[Input(name="p", unit="W", value=3.0), temperature_input("air", 290.0)],
    )
    return mesh, scene


@pytest.mark.parametrize("element", Element)
@pytest.mark.parametrize(
    ("scheme", "order"), [(Scheme.BACKWARD_EULER, 1.0), (Scheme.CRANK_NICOLSON, 2.0), (Scheme.BDF2, 2.0)]
)
def test_schemes_converge_at_their_order(scheme, order, element, backend):
    mesh, scene = heated_slab()
    space = function_space(mesh, element)
    operators = assemble_heat(scene, space, backend=backend)
    system = system_at(operators)
    u, end_s = np.array([3.0, 290.0]), 20.0
    rates, V = linalg.eigh(system.stiffness.toarray(), system.mass.toarray())
    rest = linalg.solve(system.stiffness.toarray(), system.load @ u)
    exact = rest + V @ (np.exp(-rates * end_s) * (V.T @ (system.mass @ (300.0 - rest))))

    errors = []
    for n_steps in (20, 40, 80):
        start = np.full(space.n_dofs, 300.0)
        states = march(
            operators, start, lambda _: u, dt_s=end_s / n_steps, n_steps=n_steps, scheme=scheme, backend=backend
        )
        errors.append(np.abs(last(states) - exact).max())

    slopes = np.diff(np.log(errors)) / np.log(0.5)
    assert abs(slopes[-1] - order) < 0.1, (errors, slopes)


def nafems_t3(n=40):
    """NAFEMS, The Standard NAFEMS Benchmarks (1990), T3: a bar of 0.1 m, one end at 0, one at 100 sin(π t / 40) °C."""
    mesh = box_mesh((n, 2, 2), (0.1, 0.004, 0.004))
    scene = make_scene(
        loads=[
            FixedTemperature(name="cold", face=face("x0"), input="cold"),
            FixedTemperature(name="wave", face=face("x1"), input="wave"),
        ],
        inputs=[temperature_input("cold", 273.15), temperature_input("wave", 273.15)],
        material=STEEL,
        start=273.15,
    )
    return mesh, scene


def wave(time_s):
    return np.array([273.15, 273.15 + 100.0 * np.sin(np.pi * time_s / 40.0)])


@pytest.mark.parametrize(("element", "n", "tolerance"), [(Element.TET4, 40, 0.1), (Element.TET10, 20, 0.02)])
def test_nafems_t3_at_full_order(element, n, tolerance, backend):
    mesh, scene = nafems_t3(n)
    space = function_space(mesh, element)
    operators = assemble_heat(scene, space, backend=backend)
    states = march(operators, np.full(space.n_dofs, 273.15), wave, dt_s=0.1, n_steps=320, backend=backend)

    probe = np.isclose(space.dof_points[:, 0], 0.08)

    np.testing.assert_allclose(last(states)[probe] - 273.15, 36.6031, atol=tolerance)


def test_nafems_t3_reduced(backend, rng):
    mesh, scene = nafems_t3()
    space = function_space(mesh)
    model = reduce_heat(assemble_heat(scene, space, backend=backend), space, scene, rng=rng, backend=backend)
    step = discretise(model, None, 0.02)
    a = np.zeros(model.n_modes)
    for number in range(1600):
        a = step.step(a, wave(0.02 * number + 0.01), wave(0.02 * number + 0.03))

    T = temperature(model, a, wave(32.0))

    probe = np.isclose(mesh.points[:, 0], 0.08)
    np.testing.assert_allclose(T[probe] - 273.15, 36.60, atol=0.15)


@pytest.mark.parametrize("element", Element)
@pytest.mark.parametrize(("scheme", "share"), [(Scheme.BACKWARD_EULER, 1.0), (Scheme.CRANK_NICOLSON, 0.5)])
def test_heat_that_goes_in_is_stored_or_goes_out(scheme, share, element, backend):
    mesh, scene = heated_slab()
    space = function_space(mesh, element)
    operators = assemble_heat(scene, space, backend=backend)
    system = system_at(operators)
    u, dt_s, start = np.array([3.0, 290.0]), 0.5, np.full(space.n_dofs, 300.0)

    states = march(operators, start, lambda _: u, dt_s=dt_s, n_steps=40, scheme=scheme, backend=backend)

    history = np.array([start, *states])
    net_rate = np.sum(system.load @ u) - history @ system.stiffness.sum(axis=0)
    brought = dt_s * np.sum(share * net_rate[1:] + (1.0 - share) * net_rate[:-1])
    np.testing.assert_allclose(system.mass.sum(axis=0) @ (history[-1] - start), brought, rtol=1e-9)
    capacity = STEEL.density * STEEL.specific_heat * 0.05 * 1e-4
    np.testing.assert_allclose(system.mass.sum(), capacity, rtol=1e-12)


@pytest.mark.parametrize("element", Element)
@pytest.mark.parametrize(("steps_in_a_cell", "limit"), [(100.0, 0.06), (1.0, 1e-3)])
def test_a_jump_undershoots_where_cells_are_coarse_for_the_step(steps_in_a_cell, limit, element, backend):
    """The time that heat takes through a cell of size h is h² ρ c / k."""
    mesh = box_mesh((16, 4, 4), (0.16, 0.04, 0.04), wobble=0.25)
    scene = make_scene(
        loads=[FixedTemperature(name="hot", face=face("x0"), input="hot")], inputs=[temperature_input("hot", 400.0)]
    )
    space, u = function_space(mesh, element), np.array([400.0])
    through_a_cell_s = 0.01**2 * STEEL.density * STEEL.specific_heat / STEEL.conductivity
    operators, start = assemble_heat(scene, space, backend=backend), np.full(space.n_dofs, 300.0)

    states = march(operators, start, lambda _: u, dt_s=through_a_cell_s / steps_in_a_cell, n_steps=20, backend=backend)

    assert 300.0 - np.array(list(states)).min() < limit * 100.0
