"""Coolant channels: tangents, balance, and what is refused."""

import numpy as np
import pytest
from coupled_parts import HEIGHT, LENGTH, WIDTH, channel, channel_scene, plate_space
from warm_parts import arch_mesh, face, fixed, heat_input, nominal

from twin3d.errors import SelectionError, SolverError
from twin3d.fem.channel import ChannelFlow, channel_flows, channel_reports
from twin3d.fem.elements import Element
from twin3d.fem.heat_terms import Instant, Variation
from twin3d.fem.newton import HeatSolver
from twin3d.fem.nonlinear import nonlinear_heat
from twin3d.fem.space import function_space
from twin3d.scene import Convection, HeatFlux, TimeTable, selectors

BENT = ((0.05, 0.0, 0.0), (0.035, 0.035, 0.0), (0.0, 0.05, 0.0))
"""Along the outer face of `arch_mesh` [m]."""
SIDES = HEIGHT * (LENGTH + WIDTH)
"""Area of two sides of the plate [m²]."""


def flow_on(space, **changes):
    scene = channel_scene(channel(**changes))
    return channel_flows(scene, space)[0], Instant(10.0, nominal(scene))


@pytest.mark.parametrize("element", Element)
@pytest.mark.parametrize("film", [600.0, TimeTable(times=(0.0, 30.0), values=(200.0, 800.0))])
def test_tangent_is_the_derivative_of_the_rate(element, film, rng):
    flow, at = flow_on(plate_space(12, element), film_coefficient=film, stations=7)
    n = len(flow.rate(np.zeros(plate_space(12, element).n_dofs), at))
    T, d = rng.uniform(300.0, 400.0, n), rng.normal(size=n)

    tangent = flow.tangent(T, at)

    slope = flow.rate(T - 0.5 * d, at) - flow.rate(T + 0.5 * d, at)
    applied = tangent.symmetric @ d + tangent.low_rank @ d
    np.testing.assert_allclose(applied, slope, rtol=0, atol=1e-10 * np.abs(flow.rate(T, at)).max())
    assert (flow.variation is Variation.CONSTANT) == (film == 600.0)


@pytest.mark.parametrize("element", Element)
@pytest.mark.parametrize("stations", [1, 6, 50, None])
def test_the_fluid_takes_what_the_wall_gives(element, stations, rng):
    space = function_space(arch_mesh(), element)
    flow, at = flow_on(space, face=face("x1"), path=BENT, stations=stations, mass_flow=1e-4)
    T = rng.uniform(300.0, 400.0, space.n_dofs)

    rate = flow.rate(T, at)

    taken = flow.coolant(T, at).heat_rate
    np.testing.assert_allclose(-rate.sum(), taken, rtol=1e-12)
    np.testing.assert_allclose(taken, 1e-4 * 4179.0 * (flow.coolant(T, at).outlet_temperature - 290.0), rtol=1e-12)


def test_heat_upstream_warms_the_wall_downstream_but_not_the_other_way():
    space = plate_space(10)
    flow, at = flow_on(space, stations=10)
    up, down = (np.flatnonzero(np.isclose(space.dof_points[:, 0], x)) for x in (0.0, LENGTH))

    effect = []
    for warmed, felt in ((up, down), (down, up)):
        T = np.full(space.n_dofs, 300.0)
        T[warmed] += 50.0
        effect.append((flow.rate(T, at) - flow.rate(np.full(space.n_dofs, 300.0), at))[felt].sum())

    assert effect[0] > 1e-3
    assert effect[1] == 0.0


@pytest.mark.parametrize("mass_flow", [1e-6, 1e-4, 10.0])
def test_weak_and_strong_flows_close_the_balance(mass_flow, backend):
    load = HeatFlux(name="heat", face=face("z1"), input="power")
    scene = channel_scene(channel(mass_flow=mass_flow), loads=[load], inputs=[heat_input("power", 0.05)])
    heat = nonlinear_heat(scene, plate_space(40), backend=backend)
    at = Instant(0.0, nominal(scene))

    T = HeatSolver(heat, backend=backend).steady(np.full(heat.space.n_dofs, 300.0), at)

    report = channel_reports(heat.terms, T, at)[0]
    np.testing.assert_allclose(report.heat_rate, 0.05, rtol=1e-7)
    np.testing.assert_allclose(
        report.outlet_temperature - report.inlet_temperature, 0.05 / mass_flow / 4179.0, rtol=1e-7
    )


def test_two_channels_may_run_against_each_other(backend):
    backwards = channel(name="return", face=face("z1"), path=channel().path[::-1])
    scene = channel_scene(channel(), backwards, loads=[fixed("hot", "x0")], inputs=[heat_input("hot", 350.0, "K")])
    heat = nonlinear_heat(scene, plate_space(20), backend=backend)
    at = Instant(0.0, nominal(scene))

    T = HeatSolver(heat, backend=backend).steady(np.full(heat.space.n_dofs, 300.0), at)

    first, second = channel_reports(heat.terms, T, at)
    assert [first.name, second.name] == ["cooling", "return"]
    assert 290.0 < second.outlet_temperature < 350.0


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (((0.0, 0.0, 1.0), (LENGTH, 0.0, 1.0)), r"channel cooling: .* misses the face: it stays 1 m away"),
        (((0.0, 0.0, 0.0), (0.5 * LENGTH, 0.0, 0.0)), r"channel cooling: .* goes on for 0\.\d+ m beyond its end"),
        (((0.0, 0.0, 0.0), (3.0 * LENGTH, 0.0, 0.0)), r"channel cooling: .* for only 3\d% of its length"),
    ],
)
def test_a_path_that_misses_its_face_is_an_error(path, message):
    with pytest.raises(SolverError, match=message):
        flow_on(plate_space(10), path=path)


def test_a_face_that_is_none_names_the_channel():
    with pytest.raises(SelectionError, match=r"channel cooling: .*name inlet"):
        flow_on(plate_space(4), face=face("inlet"))


@pytest.mark.parametrize(("rest", "area"), [("other", LENGTH * WIDTH + 2 * SIDES), ("name x1 or name y0", SIDES)])
def test_other_leaves_out_the_face_of_a_channel(rest, area, backend):
    air = Convection(name="air", face=selectors.parse(rest), film_coefficient=5.0, input="inlet")
    heat = nonlinear_heat(channel_scene(channel(), loads=[air]), plate_space(8), backend=backend)

    rate = next(term for term in heat.terms if term.name == "air").rate(np.full(36, 300.0), Instant(0.0, [290.0]))

    np.testing.assert_allclose(rate.sum(), -5.0 * 10.0 * area, rtol=1e-12)


def test_a_face_is_not_cooled_twice(backend):
    air = Convection(name="air", face=selectors.parse("outer"), film_coefficient=5.0, input="inlet")

    with pytest.raises(SelectionError, match="16 of its facets have the film of the load air as well; give air the"):
        nonlinear_heat(channel_scene(channel(), loads=[air]), plate_space(8), backend=backend)


def test_areas_of_segments_are_even():
    space = plate_space(16)
    corners = space.mesh.facets[space.mesh.facet_region == 4]

    flow = ChannelFlow(channel(stations=4), space, corners, input_index=0)

    at = Instant(0.0, np.array([290.0]))
    share = 1.0 - np.exp(-600.0 * WIDTH * LENGTH / 4 / (0.002 * 4179.0))
    rise = 310.0 - flow.coolant(np.full(space.n_dofs, 310.0), at).temperature
    np.testing.assert_allclose(rise[1:] / rise[:-1], 1.0 - share, rtol=1e-12)
