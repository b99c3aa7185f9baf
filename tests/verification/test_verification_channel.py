"""Coolant channels against closed forms and an independent solution of the equations of plate and fluid."""

import numpy as np
import pytest
from box_mesh import STEEL
from coupled_parts import HEIGHT, LENGTH, WATER, WIDTH, channel, channel_scene, plate_space
from scipy.integrate import solve_bvp
from warm_parts import arch_mesh, face, fixed, heat_input, nominal

from twin3d.fem.channel import channel_flows
from twin3d.fem.elements import Element
from twin3d.fem.facet_integrals import facet_areas
from twin3d.fem.heat_terms import Instant
from twin3d.fem.newton import HeatSolver
from twin3d.fem.nonlinear import nonlinear_heat
from twin3d.fem.space import function_space
from twin3d.scene import HeatFlux

FLOW, FILM, INLET = 0.002, 600.0, 290.0
CONDUCTIVITY = 150.0
THIN = STEEL.model_copy(update={"conductivity": (CONDUCTIVITY, 1e7, 1e7)})
"""So good a conductor across the plate that the temperature varies along it alone."""


def solved(scene, space, backend):
    heat, at = nonlinear_heat(scene, space, backend=backend), Instant(0.0, nominal(scene))
    T = HeatSolver(heat, backend=backend).steady(np.full(space.n_dofs, 300.0), at)
    return T, channel_flows(scene, space)[0].coolant(T, at)


@pytest.mark.parametrize("element", Element)
@pytest.mark.parametrize("stations", [1, 3, 40])
def test_wall_of_one_temperature_on_a_bent_path(element, stations):
    space = function_space(arch_mesh(), element)
    path = ((0.05, 0.0, 0.0), (0.035, 0.035, 0.0), (0.0, 0.05, 0.0))
    scene = channel_scene(channel(face=face("x1"), path=path, mass_flow=1e-3, stations=stations))

    fluid = channel_flows(scene, space)[0].coolant(np.full(space.n_dofs, 350.0), Instant(0.0, nominal(scene)))

    area = facet_areas(space, space.mesh.facets[space.mesh.facet_region == 1]).sum()
    expected = 350.0 - (350.0 - INLET) * np.exp(-FILM * area / (1e-3 * WATER))
    np.testing.assert_allclose(fluid.outlet_temperature, expected, rtol=1e-12)


@pytest.mark.parametrize("element", Element)
def test_uniform_flux_warms_the_fluid_linearly(element, backend):
    insulating = STEEL.model_copy(update={"conductivity": (1e-6, 1e3, 1e3)})
    load = HeatFlux(name="heat", face=face("z1"), input="flux")
    scene = channel_scene(
        channel(stations=20), loads=[load], inputs=[heat_input("flux", 2e4, "W/m^2")], material=insulating
    )

    _, fluid = solved(scene, plate_space(20, element), backend)

    rise = 2e4 * WIDTH * LENGTH / (FLOW * WATER)
    np.testing.assert_allclose(fluid.temperature, INLET + rise * np.linspace(0.0, 1.0, 21), rtol=0, atol=2e-3 * rise)
    np.testing.assert_allclose(fluid.outlet_temperature, INLET + rise, rtol=1e-9)


def plate_and_fluid():
    """Wall and outlet temperature by scipy's collocation: k t θ'' = h (θ - T_f), ṁ c T_f' = h w (θ - T_f)."""

    def slopes(x, y):
        exchange = FILM * (y[0] - y[2])
        return np.array([y[1], exchange / (CONDUCTIVITY * HEIGHT), exchange * WIDTH / (FLOW * WATER)])

    def ends(start, end):
        return np.array([start[0] - 370.0, end[1], start[2] - INLET])

    x = np.linspace(0.0, LENGTH, 400)
    guess = np.vstack([np.full(400, 320.0), np.zeros(400), np.full(400, 300.0)])
    solution = solve_bvp(slopes, ends, x, guess, tol=1e-8, max_nodes=20_000)
    assert solution.success
    return solution.sol


def hot_end_scene(stations):
    load = fixed("hot", "x0")
    return channel_scene(
        channel(stations=stations), loads=[load], inputs=[heat_input("hot", 370.0, "K")], material=THIN
    )


def test_plate_with_a_hot_end_equals_an_independent_solution(backend):
    space = plate_space(160, Element.TET10)

    T, fluid = solved(hot_end_scene(160), space, backend)

    exact = plate_and_fluid()
    np.testing.assert_allclose(fluid.outlet_temperature, exact(LENGTH)[2], rtol=0, atol=1e-3)
    np.testing.assert_allclose(T, exact(space.dof_points[:, 0])[0], rtol=0, atol=2e-2)
    conducted = -CONDUCTIVITY * HEIGHT * WIDTH * exact(0.0)[1]
    np.testing.assert_allclose(fluid.heat_rate, conducted, rtol=2e-4)


def test_error_falls_with_the_square_of_the_segments(backend):
    space, exact = plate_space(160, Element.TET10), plate_and_fluid()(LENGTH)[2]

    errors = [abs(solved(hot_end_scene(n), space, backend)[1].outlet_temperature - exact) for n in (20, 40, 80)]

    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(orders, 2.0, atol=0.1)
