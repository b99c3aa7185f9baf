"""Enclosures in a heat balance: tangents, conservation, and what is refused."""

import numpy as np
import pytest
from box_mesh import box_mesh, make_scene, temperature_input
from radiating_parts import enclosure, joined, shells, two_plates
from sectors import cyclic
from warm_parts import fixed, heat_input, nominal

from twin3d.errors import SelectionError, SolverError
from twin3d.fem.cavity import cavities, enclosure_reports
from twin3d.fem.elements import Element
from twin3d.fem.heat_terms import Instant
from twin3d.fem.newton import HeatSolver
from twin3d.fem.nonlinear import nonlinear_heat
from twin3d.fem.space import function_space

RADII = ((0.03, 0.04), (0.08, 0.09))
SPHERES = (("a_outside", 0.3), ("b_inside", 0.7))
PLATES = (("low_z1", 0.4), ("high_z0", 0.8))


def scene_with(walls, *, ambient=None, **changes):
    inputs = [] if ambient is None else [temperature_input("room", ambient)]
    name = None if ambient is None else "room"
    return make_scene(loads=[], inputs=inputs, enclosures=[enclosure(*walls, input=name, **changes)])


def radiation(scene, mesh, element=Element.TET4):
    space = function_space(mesh, element)
    return cavities(scene, space)[0], space, Instant(0.0, nominal(scene))


@pytest.mark.parametrize("element", Element)
@pytest.mark.parametrize("ambient", [None, 280.0])
def test_tangent_is_the_derivative_of_the_rate(element, ambient, rng):
    mesh, walls = (shells(RADII, n_halvings=1), SPHERES) if ambient is None else (two_plates(0.05), PLATES)
    term, space, at = radiation(scene_with(walls, ambient=ambient, patches=60), mesh, element)
    T, d = rng.uniform(300.0, 900.0, space.n_dofs), rng.normal(size=space.n_dofs)

    tangent = term.tangent(T, at)

    slope = (term.rate(T - 1e-2 * d, at) - term.rate(T + 1e-2 * d, at)) / 2e-2
    applied = tangent.symmetric @ d + tangent.low_rank @ d
    np.testing.assert_allclose(applied, slope, rtol=0, atol=1e-6 * np.abs(slope).max())


def test_a_closed_enclosure_keeps_its_heat(rng):
    term, space, at = radiation(scene_with(SPHERES), shells(RADII, n_halvings=1))
    T = rng.uniform(300.0, 900.0, space.n_dofs)

    rate = term.rate(T, at)

    assert term.is_internal
    assert abs(rate.sum()) < 1e-12 * np.abs(rate).sum()
    np.testing.assert_allclose(term.face_rates(T, at).sum(), 0.0, atol=1e-12 * np.abs(rate).sum())


@pytest.mark.parametrize("ambient", [None, 400.0])
def test_equal_temperatures_exchange_nothing(ambient):
    mesh, walls = (shells(RADII, n_halvings=1), SPHERES) if ambient is None else (two_plates(0.05), PLATES)
    term, space, at = radiation(scene_with(walls, ambient=ambient), mesh)

    rate = term.rate(np.full(space.n_dofs, 400.0), at)

    np.testing.assert_allclose(rate, 0.0, atol=1e-12)


@pytest.mark.parametrize("patches", [20, 200])
def test_there_are_no_more_patches_than_asked_for(patches):
    term, space, at = radiation(scene_with(PLATES, ambient=300.0, patches=patches), two_plates(0.05, n=10))

    n_patches = term.tangent(np.full(space.n_dofs, 300.0), at).low_rank.core.shape[0]

    assert patches / 4 <= n_patches <= patches


def test_other_parts_hide_what_is_behind_them():
    walls = (("low_z1", 0.5), ("high_z0", 0.5))
    plates, screen = two_plates(0.05), box_mesh((2, 2, 1), mapping=lambda unit: unit * (0.2, 0.2, 0.01) + (0, 0, 0.03))
    screened = joined(plates, screen, names=("pair", "screen"))
    behind = tuple((f"pair_{name}", emissivity) for name, emissivity in walls)

    with pytest.raises(SolverError, match='"name pair_low_z1" sees no face of it'):
        radiation(scene_with(behind, ambient=300.0), screened)


def test_heat_of_a_warm_sphere_ends_up_outside(backend):
    scene = make_scene(
        loads=[fixed("wall", "b_outside")],
        inputs=[heat_input("wall", 300.0, "K")],
        enclosures=[enclosure(*SPHERES)],
    )
    heat = nonlinear_heat(scene, function_space(shells(RADII, n_halvings=1)), backend=backend)
    at = Instant(0.0, nominal(scene))

    T = HeatSolver(heat, backend=backend).steady(np.full(heat.space.n_dofs, 600.0), at)

    np.testing.assert_allclose(T, 300.0, rtol=0, atol=1e-6)
    assert [name for name, _ in enclosure_reports(heat.terms, T, at)[0].heat_rates] == [
        "name a_outside",
        "name b_inside",
    ]


def test_an_enclosure_of_one_sector_is_an_error():
    scene = scene_with(PLATES, ambient=300.0).model_copy(update={"cyclic": cyclic()})

    with pytest.raises(SolverError, match=r"enclosure cavity: .*model the whole asset"):
        radiation(scene, two_plates(0.05))


@pytest.mark.parametrize(
    ("walls", "ambient", "error", "message"),
    [
        (PLATES, None, SolverError, r'enclosure cavity: .*"name low_z1" sees \d+.\d%.*add the faces that are missing'),
        ((("low_z0", 0.5), ("high_z1", 0.5)), 300.0, SolverError, r'"name low_z0" sees no face of it; add those'),
        ((("low_z1", 0.5), ("low_z1", 0.8)), 300.0, SolverError, r"72 facets are of .*give each facet one emissivity"),
        ((("low_z1", 0.5), ("lid", 0.8)), 300.0, SelectionError, r"enclosure cavity: .*name lid"),
    ],
)
def test_faces_that_make_no_enclosure_are_errors(walls, ambient, error, message):
    with pytest.raises(error, match=message):
        radiation(scene_with(walls, ambient=ambient), two_plates(0.02))
