"""Heat that is not linear against exact solutions, and against scikit-fem on a part that is not a box."""

import numpy as np
import pytest
from box_mesh import STEEL, box_mesh, make_scene, temperature_input
from peer_heat import peer_steady
from warm_parts import arch_mesh, face, fixed, heat_input, nominal

from twin3d.fem.adaptive import march_adaptive
from twin3d.fem.elements import Element
from twin3d.fem.heat_terms import Instant
from twin3d.fem.march import Scheme
from twin3d.fem.newton import HeatSolver
from twin3d.fem.nonlinear import nonlinear_heat
from twin3d.fem.space import function_space
from twin3d.fem.steps import fixed_steps
from twin3d.scene import (
    STEFAN_BOLTZMANN,
    Convection,
    HeatFlux,
    HeatSource,
    Material,
    PropertyTable,
    Radiation,
    TimeTable,
)

SIZE = (0.02, 0.03, 0.01)
AREA = 2.0 * (SIZE[0] * SIZE[1] + SIZE[1] * SIZE[2] + SIZE[2] * SIZE[0])
VOLUME = float(np.prod(SIZE))
EVENLY_WARM = STEEL.model_copy(update={"conductivity": 1e5})


def steady_field(scene, mesh, element, backend):
    space = function_space(mesh, element)
    heat = nonlinear_heat(scene, space, backend=backend)
    T = HeatSolver(heat, backend=backend).steady(np.full(space.n_dofs, 300.0), Instant(0.0, nominal(scene)))
    return T, space


def last_temperature(steps):
    return list(steps)[-1].temperature


@pytest.mark.parametrize(("element", "order"), [(Element.TET4, 2.0), (Element.TET10, 3.0)])
def test_conductivity_that_goes_with_temperature_meets_kirchhoffs_solution(element, order, backend):
    cold, hot, low, high = 300.0, 400.0, 40.0, 60.0
    table = PropertyTable(temperatures=(cold, hot), values=(low, high))
    scene = make_scene(
        loads=[fixed("cold", "x0"), fixed("hot", "x1")],
        inputs=[temperature_input("cold", cold), temperature_input("hot", hot)],
        material=STEEL.model_copy(update={"conductivity": table}),
    )
    slope = (high - low) / (hot - cold)

    errors = []
    for n in (6, 12, 24):
        T, space = steady_field(scene, box_mesh((n, n // 3, n // 3), (0.1, 0.03, 0.03)), element, backend)
        share = space.dof_points[:, 0] / 0.1
        exact = cold + (np.sqrt(low**2 + share * (high**2 - low**2)) - low) / slope
        errors.append(np.abs(T - exact).max())

    slopes = np.diff(np.log(errors)) / np.log(0.5)
    assert slopes[-1] > order - 0.15, (errors, slopes)
    assert errors[-1] < {Element.TET4: 0.02, Element.TET10: 1e-3}[element]


@pytest.mark.parametrize("element", Element)
def test_radiating_slab_meets_the_fourth_power_law(element, backend):
    q, wall, emissivity, length = 4000.0, 290.0, 0.7, 0.05
    scene = make_scene(
        loads=[
            HeatFlux(name="in", face=face("x0"), input="q"),
            Radiation(name="glow", face=face("x1"), emissivity=emissivity, around=300.0, input="wall"),
        ],
        inputs=[heat_input("q", q, "W/m^2"), temperature_input("wall", wall)],
    )

    T, space = steady_field(scene, box_mesh((3, 2, 2), (length, 0.02, 0.02), wobble=0.2), element, backend)

    outside = (wall**4 + q / (emissivity * STEFAN_BOLTZMANN)) ** 0.25
    exact = outside + q / STEEL.conductivity * (length - space.dof_points[:, 0])
    np.testing.assert_allclose(T, exact, rtol=0, atol=1e-7)


def test_body_that_radiates_into_the_cold_meets_the_closed_form(backend):
    start, emissivity, end_s = 900.0, 0.9, 600.0
    glow = Radiation(name="glow", face=face("[xyz]*"), emissivity=emissivity, around=300.0, input="space")
    scene = make_scene(loads=[glow], inputs=[temperature_input("space", 0.0)], material=EVENLY_WARM, start=start)
    heat = nonlinear_heat(scene, function_space(box_mesh((1, 1, 1), SIZE)), backend=backend)

    T = last_temperature(
        march_adaptive(
            HeatSolver(heat, backend=backend),
            np.full(heat.space.n_dofs, start),
            lambda _: nominal(scene),
            stops_s=[end_s],
            tolerance=1e-3,
        )
    )

    capacity = STEEL.density * STEEL.specific_heat * VOLUME
    exact = (start**-3 + 3.0 * emissivity * STEFAN_BOLTZMANN * AREA / capacity * end_s) ** (-1.0 / 3.0)
    np.testing.assert_allclose(T, exact, rtol=0, atol=0.02)


@pytest.mark.parametrize("scheme", Scheme)
def test_heated_body_stores_all_its_heat_when_its_specific_heat_rises(scheme, backend):
    power, start, low, high, dt_s, n_steps = 20.0, 300.0, 400.0, 800.0, 7.0, 5
    table = PropertyTable(temperatures=(start, 400.0), values=(low, high))
    scene = make_scene(
        loads=[HeatSource(name="heat", part="*", input="p")],
        inputs=[heat_input("p", power)],
        material=EVENLY_WARM.model_copy(update={"specific_heat": table}),
        start=start,
    )
    heat = nonlinear_heat(scene, function_space(box_mesh((1, 1, 1), SIZE), Element.TET10), backend=backend)

    steps = fixed_steps(
        HeatSolver(heat, backend=backend),
        np.full(heat.space.n_dofs, start),
        lambda _: nominal(scene),
        dt_s=dt_s,
        n_steps=n_steps,
        scheme=scheme,
    )

    heat_per_mass = power * dt_s * n_steps / (STEEL.density * VOLUME)
    slope = (high - low) / 100.0
    exact = start + (np.sqrt(low**2 + 2.0 * slope * heat_per_mass) - low) / slope
    np.testing.assert_allclose(last_temperature(steps), exact, rtol=0, atol=1e-6)


@pytest.mark.parametrize("element", Element)
def test_turned_material_conducts_along_its_axes(element, backend):
    along, across, length, width = 8.0, 0.3, 0.1, 0.02
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    axes = tuple(tuple(2.0 * axis) for axis in turn.T)
    scene = make_scene(
        loads=[fixed("cold", "x0"), fixed("hot", "x1")],
        inputs=[temperature_input("cold", 300.0), temperature_input("hot", 400.0)],
        material=Material(**{**dict(STEEL), "conductivity": (along, across, 2.0 * across), "axes": axes}),
    )
    mesh = box_mesh((4, 3, 3), mapping=lambda unit: unit * (length, width, width) @ turn.T, wobble=0.2)

    T, space = steady_field(scene, mesh, element, backend)

    np.testing.assert_allclose(T, 300.0 + 100.0 * (space.dof_points @ turn[:, 0]) / length, rtol=0, atol=1e-7)
    heat = nonlinear_heat(scene, space, backend=backend)
    flow = heat.rate(T, Instant(0.0, nominal(scene)))[heat.fixed_dofs[heat.fixed_load == 0]].sum()
    np.testing.assert_allclose(flow, along * width**2 * 100.0 / length, rtol=1e-9)


@pytest.mark.parametrize("element", Element)
def test_skew_conductivity_balances_the_flux_of_a_linear_field(element, backend):
    axes = ((1.0, 1.0, 0.0), (-1.0, 1.0, 0.0), (0.0, 0.0, 3.0))
    k, gradient = (5.0, 1.0, 2.0), np.array([300.0, -100.0, 50.0])
    flux = np.array([[3.0, 2.0, 0.0], [2.0, 3.0, 0.0], [0.0, 0.0, 2.0]]) @ gradient
    sides = [
        (f"{axis}{side}", sign * flux[number]) for number, axis in enumerate("xyz") for side, sign in ((0, -1), (1, 1))
    ]
    scene = make_scene(
        loads=[HeatFlux(name=name, face=face(name), input=f"q{name}") for name, _ in sides],
        inputs=[heat_input(f"q{name}", value, "W/m^2") for name, value in sides],
        material=Material(**{**dict(STEEL), "conductivity": k, "axes": axes}),
    )
    space = function_space(box_mesh((3, 4, 2), (0.1, 0.2, 0.1), wobble=0.2), element)

    rate = nonlinear_heat(scene, space, backend=backend).rate(
        300.0 + space.dof_points @ gradient, Instant(0.0, nominal(scene))
    )

    np.testing.assert_allclose(rate, 0.0, atol=1e-11 * np.abs(flux).max())


@pytest.mark.parametrize("coefficient", [0.0039, -0.02])
def test_winding_losses_meet_the_exact_profile(coefficient, backend):
    source, length, k, reference = 4.0e6, 0.05, STEEL.conductivity, 293.15
    scene = make_scene(
        loads=[
            fixed("cold", "x0"),
            HeatSource(name="loss", part="*", input="q", temperature_coefficient=coefficient),
        ],
        inputs=[temperature_input("cold", 310.0), heat_input("q", source, "W/m^3")],
    )

    T, space = steady_field(scene, box_mesh((32, 2, 2), (length, 0.01, 0.01)), Element.TET10, backend)

    from_middle = (length - space.dof_points[:, 0]) * np.sqrt(source * abs(coefficient) / k)
    at_wall = length * np.sqrt(source * abs(coefficient) / k)
    profile = np.cos(from_middle) / np.cos(at_wall) if coefficient > 0 else np.cosh(from_middle) / np.cosh(at_wall)
    exact = reference - 1.0 / coefficient + (310.0 - reference + 1.0 / coefficient) * profile
    np.testing.assert_allclose(T, exact, rtol=0, atol=1e-3)


def test_film_that_goes_with_time_meets_the_exact_decay(backend):
    times, values = (0.0, 100.0, 250.0, 300.0), (20.0, 200.0, 200.0, 50.0)
    table = TimeTable(times=times, values=values)
    air = Convection(name="air", face=face("[xyz]*"), film_coefficient=table, input="air")
    scene = make_scene(loads=[air], inputs=[temperature_input("air", 290.0)], material=EVENLY_WARM, start=400.0)
    heat = nonlinear_heat(scene, function_space(box_mesh((1, 1, 1), SIZE)), backend=backend)

    steps = list(
        march_adaptive(
            HeatSolver(heat, backend=backend),
            np.full(heat.space.n_dofs, 400.0),
            lambda _: nominal(scene),
            stops_s=[*times[1:], 500.0],
            tolerance=1e-3,
        )
    )

    found = np.array([step.temperature.mean() for step in steps if step.time_s in {*times, 500.0}])
    integrals = np.cumsum([0.5 * (20.0 + 200.0) * 100.0, 200.0 * 150.0, 0.5 * (200.0 + 50.0) * 50.0, 50.0 * 200.0])
    exact = 290.0 + 110.0 * np.exp(-AREA / (STEEL.density * STEEL.specific_heat * VOLUME) * integrals)
    np.testing.assert_allclose(found, exact, rtol=0, atol=0.02)


@pytest.mark.parametrize("element", Element)
def test_curved_part_with_all_that_is_not_linear_agrees_with_scikit_fem(element, backend):
    table = PropertyTable(temperatures=(250.0, 600.0), values=(15.0, 45.0))
    scene = make_scene(
        loads=[
            fixed("cold", "y0"),
            HeatFlux(name="in", face=face("x0"), input="flux"),
            Radiation(name="glow", face=face("z1"), emissivity=0.8, around=350.0, input="wall"),
            Convection(name="film", face=face("y1"), film_coefficient=40.0, input="air"),
            HeatSource(name="loss", part="*", input="q", temperature_coefficient=0.004),
        ],
        inputs=[
            temperature_input("cold", 310.0),
            heat_input("flux", 2.0e4, "W/m^2"),
            temperature_input("wall", 290.0),
            temperature_input("air", 300.0),
            heat_input("q", 5.0e5, "W/m^3"),
        ],
        material=STEEL.model_copy(update={"conductivity": table}),
    )
    mesh = arch_mesh((5, 8, 3), wobble=0.2)

    T, space = steady_field(scene, mesh, element, backend)

    theirs = peer_steady(mesh, space, conductivity=table, loads=scene.loads, inputs=nominal(scene))
    np.testing.assert_allclose(T, theirs, rtol=1e-6)
    assert np.ptp(theirs) > 50.0
