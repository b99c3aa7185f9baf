"""Solids that exchange heat through an enclosure, conduction included, against closed forms."""

import numpy as np
from box_mesh import STEEL, make_scene, temperature_input
from radiating_parts import enclosure, shells, two_plates
from scipy.optimize import brentq
from warm_parts import face, fixed, heat_input, nominal

from twin3d.fem.balance import Sample, energy_balance
from twin3d.fem.cavity import enclosure_reports
from twin3d.fem.facet_integrals import facet_areas
from twin3d.fem.heat_terms import Instant
from twin3d.fem.newton import HeatSolver
from twin3d.fem.nonlinear import nonlinear_heat
from twin3d.fem.space import function_space
from twin3d.scene import STEFAN_BOLTZMANN, HeatFlux

METAL = STEEL.model_copy(update={"conductivity": 400.0})
POWER = 60.0


def solved(scene, mesh, backend):
    heat, at = nonlinear_heat(scene, function_space(mesh), backend=backend), Instant(0.0, nominal(scene))
    return heat, at, HeatSolver(heat, backend=backend).steady(np.full(heat.space.n_dofs, 400.0), at)


def mean_on(heat, T, name):
    mesh = heat.space.mesh
    corners = mesh.facets[mesh.facet_region == mesh.face_names.index(name)]
    areas = facet_areas(heat.space, corners)
    return (areas * T[corners].mean(axis=1)).sum() / areas.sum(), areas.sum()


def test_sphere_in_a_sphere_warms_to_the_closed_form(backend):
    scene = make_scene(
        loads=[HeatFlux(name="heat", face=face("a_inside"), input="power"), fixed("sink", "b_outside")],
        inputs=[heat_input("power", POWER), temperature_input("sink", 300.0)],
        material=METAL,
        enclosures=[enclosure(("a_outside", 0.3), ("b_inside", 0.7))],
    )

    heat, at, T = solved(scene, shells(((0.03, 0.04), (0.08, 0.09))), backend)

    (hot, inner), (cold, outer) = mean_on(heat, T, "a_outside"), mean_on(heat, T, "b_inside")
    resistance = 1.0 / 0.3 + inner / outer * (1.0 / 0.7 - 1.0)
    expected = (cold**4 + POWER * resistance / (STEFAN_BOLTZMANN * inner)) ** 0.25
    np.testing.assert_allclose(hot - cold, expected - cold, rtol=1e-5)
    rates = dict(enclosure_reports(heat.terms, T, at)[0].heat_rates)
    np.testing.assert_allclose([rates["name b_inside"], -rates["name a_outside"]], POWER, rtol=1e-8)
    balance = energy_balance(heat, [Sample(1.0, T, at)])
    assert abs(balance.imbalance) < 1e-8 * POWER


def test_near_plates_conduct_and_radiate_in_series(backend):
    k, thickness, first, second = 0.5, 0.01, 0.4, 0.8
    scene = make_scene(
        loads=[fixed("hot", "low_z0"), fixed("cold", "high_z1")],
        inputs=[temperature_input("hot", 800.0), temperature_input("cold", 300.0), temperature_input("room", 300.0)],
        material=STEEL.model_copy(update={"conductivity": k}),
        enclosures=[enclosure(("low_z1", first), ("high_z0", second), input="room")],
    )

    heat, at, T = solved(scene, two_plates(0.0002), backend)

    def surplus(q):
        hot, cold = 800.0 - q * thickness / k, 300.0 + q * thickness / k
        return STEFAN_BOLTZMANN * (hot**4 - cold**4) - q * (1.0 / first + 1.0 / second - 1.0)

    q = brentq(surplus, 0.0, 2e4, xtol=1e-9)
    balance = energy_balance(heat, [Sample(1.0, T, at)])
    np.testing.assert_allclose([balance.loads["hot"], -balance.loads["cold"]], q * 0.04, rtol=5e-3)
    assert abs(balance.imbalance) < 1e-8 * balance.turnover
