"""Time steps of the non-linear heat balance: orders, error, energy, and the affine way on linear scenes."""

import numpy as np
import pytest
from box_mesh import STEEL, box_mesh, make_scene, temperature_input
from scipy import sparse
from scipy.integrate import solve_ivp
from warm_parts import arch_mesh, everything_scene, face, fixed, heat_input, nominal

from twin3d.errors import SolverError
from twin3d.fem.adaptive import march_adaptive
from twin3d.fem.balance import Sample, energy_balance
from twin3d.fem.elements import Element
from twin3d.fem.heat import assemble_heat
from twin3d.fem.heat_terms import Instant
from twin3d.fem.march import Scheme, march
from twin3d.fem.newton import HeatSolver
from twin3d.fem.nonlinear import nonlinear_heat
from twin3d.fem.space import function_space
from twin3d.fem.steps import fixed_steps
from twin3d.scene import Convection, HeatSource, PropertyTable, Radiation, TimeTable

START = 320.0
ORDERS = [(Scheme.BACKWARD_EULER, 1.0), (Scheme.CRANK_NICOLSON, 2.0), (Scheme.BDF2, 2.0)]


def warm_bar():
    """A bar that radiates and is heated by losses that rise, its properties by temperature, without kinks."""
    tables = {
        "conductivity": PropertyTable(temperatures=(200.0, 900.0), values=(20.0, 60.0)),
        "specific_heat": PropertyTable(temperatures=(200.0, 900.0), values=(300.0, 900.0)),
    }
    return make_scene(
        loads=[
            Radiation(name="glow", face=face("x1"), emissivity=1.0, around=300.0, input="wall"),
            Convection(name="film", face=face("x0"), film_coefficient=900.0, input="air"),
            HeatSource(name="loss", part="*", input="q", temperature_coefficient=0.004),
        ],
        inputs=[
            temperature_input("wall", 700.0),
            temperature_input("air", 280.0),
            heat_input("q", 4.0e6, "W/m^3"),
        ],
        material=STEEL.model_copy(update=tables),
        start=START,
    )


def inputs_at(time_s):
    return np.array([700.0, 280.0 + 20.0 * np.sin(0.05 * time_s), 4.0e6])


def warm_bar_solver(backend):
    heat = nonlinear_heat(warm_bar(), function_space(box_mesh((5, 1, 1), (0.05, 0.01, 0.01))), backend=backend)
    return HeatSolver(heat, backend=backend), np.full(heat.space.n_dofs, START)


def reference(heat, start, times):
    """The same equations in time by SciPy's Radau method, shape (n_times, n_dofs)."""

    def slope(time_s, T):
        capacity = heat.content.mass + sum(heat.content.table_capacities(T))
        return sparse.linalg.spsolve(sparse.csc_array(capacity), heat.rate(T, Instant(time_s, inputs_at(time_s))))

    found = solve_ivp(slope, (0.0, times[-1]), start, method="Radau", t_eval=times, rtol=1e-10, atol=1e-9)
    return found.y.T


@pytest.mark.parametrize(("scheme", "order"), ORDERS)
def test_schemes_keep_their_order_on_a_non_linear_balance(scheme, order, backend):
    solver, start = warm_bar_solver(backend)
    (exact,) = reference(solver.heat, start, [40.0])

    errors = []
    for n_steps in (20, 40, 80):
        steps = list(fixed_steps(solver, start, inputs_at, dt_s=40.0 / n_steps, n_steps=n_steps, scheme=scheme))
        errors.append(np.abs(steps[-1].temperature - exact).max())

    slopes = np.diff(np.log(errors)) / np.log(0.5)
    assert abs(slopes[-1] - order) < 0.1, (errors, slopes)


@pytest.mark.parametrize("tolerance", [1.0, 0.1, 0.01])
@pytest.mark.parametrize("scheme", [Scheme.CRANK_NICOLSON, Scheme.BDF2])
def test_adaptive_steps_keep_their_tolerance(scheme, tolerance, backend):
    solver, start = warm_bar_solver(backend)
    stops = [20.0, 50.0, 120.0]
    exact = reference(solver.heat, start, stops)

    steps = list(march_adaptive(solver, start, inputs_at, stops_s=stops, tolerance=tolerance, scheme=scheme))

    found = np.array([step.temperature for step in steps if step.time_s in stops])
    assert 0.01 * tolerance < np.abs(found - exact).max() < 1.5 * tolerance
    assert max(step.error for step in steps) <= 0.25 * tolerance


def test_adaptive_euler_keeps_its_tolerance(backend):
    solver, start = warm_bar_solver(backend)
    exact = reference(solver.heat, start, [30.0])

    steps = list(march_adaptive(solver, start, inputs_at, stops_s=[30.0], tolerance=1.0, scheme=Scheme.BACKWARD_EULER))

    assert np.abs(steps[-1].temperature - exact).max() < 3.0


def test_tighter_tolerances_take_more_steps_by_the_order(backend):
    solver, start = warm_bar_solver(backend)

    counts = [
        len(list(march_adaptive(solver, start, inputs_at, stops_s=[120.0], tolerance=tolerance)))
        for tolerance in (0.1, 1e-4)
    ]

    assert 3.0 < counts[1] / counts[0] < 16.0


def test_factorisations_are_fewer_than_steps(backend):
    solver, start = warm_bar_solver(backend)

    n_steps = len(list(march_adaptive(solver, start, inputs_at, stops_s=[120.0], tolerance=0.01)))

    assert n_steps > 50
    assert solver.n_factorisations < n_steps / 4


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("element", Element)
def test_energy_of_every_step_balances(scheme, element, backend):
    scene = everything_scene()
    heat = nonlinear_heat(scene, function_space(arch_mesh((2, 4, 2), contact=True), element), backend=backend)
    start = np.full(heat.space.n_dofs, 300.0)

    steps = list(
        march_adaptive(
            HeatSolver(heat, backend=backend),
            start,
            lambda _: nominal(scene),
            stops_s=[1.0],
            tolerance=2.0,
            scheme=scheme,
        )
    )

    assert set(steps[0].balance.loads) == {"cold", "in", "glow", "film", "winding"}
    assert steps[-1].balance.loads["winding"] > 30.0
    for step in steps:
        assert abs(step.balance.imbalance) < 1e-9 * step.balance.turnover


def test_energy_of_the_steady_state_balances(backend):
    scene = everything_scene()
    heat = nonlinear_heat(scene, function_space(arch_mesh(contact=True)), backend=backend)
    at = Instant(0.0, nominal(scene))
    T = HeatSolver(heat, backend=backend).steady(np.full(heat.space.n_dofs, 300.0), at)

    balance = energy_balance(heat, [Sample(1.0, T, at)])

    assert balance.stored == 0.0
    assert balance.loads["cold"] < 0.0 < balance.loads["in"]
    assert abs(balance.imbalance) < 1e-9 * balance.turnover


@pytest.mark.parametrize("scheme", Scheme)
def test_linear_scene_steps_as_the_affine_way_does(scheme, backend):
    scene = make_scene(
        loads=[fixed("wave", "x0"), Convection(name="film", face=face("x1"), film_coefficient=80.0, input="air")],
        inputs=[temperature_input("wave", 300.0), temperature_input("air", 310.0)],
    )
    space = function_space(box_mesh((5, 2, 2), (0.05, 0.02, 0.02)))
    start = np.full(space.n_dofs, 300.0)

    def wave(time_s):
        return np.array([300.0 + 50.0 * np.sin(time_s), 310.0])

    operators = assemble_heat(scene, space, backend=backend)
    heat = nonlinear_heat(scene, space, backend=backend)

    steps = list(fixed_steps(HeatSolver(heat, backend=backend), start, wave, dt_s=0.2, n_steps=10, scheme=scheme))

    affine = list(march(operators, start, wave, dt_s=0.2, n_steps=10, scheme=scheme, backend=backend))
    np.testing.assert_allclose(steps[-1].temperature, affine[-1], rtol=0, atol=1e-7)


def test_a_jump_of_an_input_acts_from_its_event_on(backend):
    solver, start = warm_bar_solver(backend)
    before, after = np.array([320.0, 320.0, 0.0]), np.array([320.0, 320.0, 4.0e6])

    steps = list(
        march_adaptive(
            solver,
            start,
            lambda time_s: before if time_s < 10.0 else after,
            stops_s=[20.0],
            events_s=[10.0],
            tolerance=0.1,
        )
    )

    at_jump = next(step for step in steps if step.time_s == 10.0)
    np.testing.assert_allclose(at_jump.temperature, START, rtol=0, atol=1e-6)
    assert steps[-1].temperature.min() > START + 1.0
    assert steps[-1].time_s == 20.0


def test_film_by_time_is_taken_at_the_time_of_the_step(backend):
    table = TimeTable(times=(0.0, 10.0), values=(10.0, 110.0))
    film = Convection(name="film", face=face("x1"), film_coefficient=table, input="air")
    scene = make_scene(loads=[film], inputs=[temperature_input("air", 310.0)])
    heat = nonlinear_heat(scene, function_space(box_mesh((2, 1, 1))), backend=backend)
    T, u = np.full(heat.space.n_dofs, 300.0), np.array([310.0])

    rates = [heat.rate(T, Instant(time_s, u)).sum() for time_s in (0.0, 5.0, 10.0, 99.0)]

    np.testing.assert_allclose(rates, [100.0, 600.0, 1100.0, 1100.0], rtol=1e-12)


def test_step_that_is_not_positive_is_an_error(backend):
    solver, start = warm_bar_solver(backend)

    with pytest.raises(SolverError, match=r"dt_s is 0.0; it must be positive"):
        list(fixed_steps(solver, start, inputs_at, dt_s=0.0, n_steps=1))


def test_input_that_is_not_a_number_ends_the_march_with_the_reason(backend):
    solver, start = warm_bar_solver(backend)

    steps = march_adaptive(
        solver,
        start,
        lambda time_s: np.array([700.0, 280.0, 4e6 if time_s < 5.0 else np.nan]),
        stops_s=[10.0],
        tolerance=0.1,
    )

    with pytest.raises(SolverError, match=r"no time step is short enough at .*not finite.*time_tolerance"):
        list(steps)
