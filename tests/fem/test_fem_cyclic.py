"""Cyclic symmetry: ties between the ends of a sector, the tied heat balance, and what is refused."""

import numpy as np
import pytest
from box_mesh import STEEL, box_mesh, make_scene, temperature_input
from elastic_bodies import mapped_mesh
from sectors import INNER, cyclic, sector_mesh
from warm_parts import C_TABLE, K_TABLE, face, fixed, heat_input, nominal

from twin3d.errors import SolverError
from twin3d.fem.balance import Sample, energy_balance
from twin3d.fem.cyclic import cyclic_ties, rotation_about
from twin3d.fem.elements import Element
from twin3d.fem.heat_terms import Instant
from twin3d.fem.newton import HeatSolver
from twin3d.fem.nonlinear import nonlinear_heat
from twin3d.fem.space import function_space
from twin3d.fem.steps import fixed_steps
from twin3d.scene import Axis, Contact, Convection, HeatFlux, HeatSource, Radiation


def warm_scene(**changes):
    return make_scene(
        loads=[
            HeatFlux(name="in", face=face("x0"), input="flux"),
            Radiation(name="glow", face=face("z1"), emissivity=0.8, around=350.0, input="air"),
            Convection(name="film", face=face("x1"), film_coefficient=40.0, input="air"),
            HeatSource(name="winding", part="*", input="loss", temperature_coefficient=0.004),
        ],
        inputs=[heat_input("flux", 2.0e4, "W/m^2"), temperature_input("air", 300.0), heat_input("loss", 5.0)],
        cyclic=cyclic(),
        **changes,
    )


@pytest.mark.parametrize("element", Element)
@pytest.mark.parametrize("contact", [False, True])
def test_matching_ends_are_tied_one_to_one(element, contact):
    space = function_space(sector_mesh(skew=0.3, contact=contact), element)

    ties = cyclic_ties(cyclic(), space)

    assert ties.is_matching
    C = ties.transformation
    np.testing.assert_array_equal(C.sum(axis=1), 1.0)
    np.testing.assert_array_equal((C @ C - C).data, 0.0)
    turned = space.dof_points @ ties.rotation.T
    np.testing.assert_allclose((C @ turned)[ties.dofs], space.dof_points[ties.dofs], atol=1e-12)
    assert len(np.unique(C[ties.dofs].indices)) == len(ties.dofs)


def test_ends_that_do_not_match_are_interpolated():
    space = function_space(sector_mesh((4, 3, 5), shift=0.4), Element.TET10)

    ties = cyclic_ties(cyclic(), space)

    assert not ties.is_matching
    turned = space.dof_points @ ties.rotation.T
    np.testing.assert_allclose((ties.transformation @ turned)[ties.dofs], space.dof_points[ties.dofs], atol=1e-12)


def test_ends_of_curved_cells_that_do_not_match_meet_at_their_points():
    def bend(unit):
        x, y, z = unit.T
        radius, angle = 0.03 * 2.0**x, 0.25 * np.pi * y
        return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), z + 0.2 * y * np.sin(np.pi * z)])

    space = function_space(mapped_mesh((3, 2, 4), bend), Element.TET10)

    ties = cyclic_ties(cyclic(), space)

    assert not ties.is_matching
    turned = space.dof_points @ ties.rotation.T
    np.testing.assert_allclose((ties.transformation @ turned)[ties.dofs], space.dof_points[ties.dofs], atol=1e-12)


def test_points_on_the_axis_are_free():
    space = function_space(box_mesh((3, 3, 2)))
    quarter = cyclic(sectors=4, axis=Axis(direction=(0, 0, 1)), high=face("x0"), low=face("y0"))

    ties = cyclic_ties(quarter, space)

    np.testing.assert_allclose(space.dof_points[ties.axis_dofs][:, :2], 0.0)
    assert len(ties.axis_dofs) == 3
    assert len(ties.dofs) == 9


def test_the_tied_tangent_is_the_derivative_of_the_tied_rate(backend, rng):
    scene = warm_scene()
    heat = nonlinear_heat(scene, function_space(sector_mesh()), backend=backend)
    at, d = Instant(0.0, nominal(scene)), rng.normal(size=heat.space.n_dofs)
    T = heat.with_tied(rng.uniform(300.0, 420.0, heat.space.n_dofs))

    for term in heat.terms:
        tangent = term.tangent(T, at)
        applied = sum((part @ d for part in (tangent.symmetric, tangent.rest, tangent.low_rank) if part is not None), 0)
        slope = (term.rate(T - 1e-4 * d, at) - term.rate(T + 1e-4 * d, at)) / 2e-4
        scale = np.abs(term.rate(T, at)).max()
        np.testing.assert_allclose(applied, slope, rtol=1e-6, atol=1e-6 * scale, err_msg=term.name)
        np.testing.assert_array_equal(slope[heat.ties.dofs], 0.0)


@pytest.mark.parametrize("shift", [0.0, 0.4])
def test_steps_of_a_sector_close_the_balance(shift, backend):
    scene = warm_scene(material=STEEL.model_copy(update={"conductivity": K_TABLE, "specific_heat": C_TABLE}))
    heat = nonlinear_heat(scene, function_space(sector_mesh(shift=shift)), backend=backend)
    solver, start = HeatSolver(heat, backend=backend), np.full(heat.space.n_dofs, 300.0)

    steps = list(fixed_steps(solver, start, lambda _: nominal(scene), dt_s=5.0, n_steps=4))

    for step in steps:
        assert abs(step.balance.imbalance) < 1e-8 * step.balance.turnover
        tied = heat.ties.transformation @ step.temperature
        np.testing.assert_allclose(step.temperature, tied, rtol=1e-12)


def offset_sector():
    """A sector whose high face has its points at other radii than the low one."""

    def bend(unit):
        x, y, z = unit.T
        radius, angle = INNER * (1.0 + x + 0.3 * y * x * (1.0 - x)), 0.25 * np.pi * y
        return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), 0.02 * z])

    return box_mesh((4, 3, 2), mapping=bend)


@pytest.mark.parametrize("mesh", [sector_mesh(), offset_sector()], ids=["one mesh", "two meshes"])
def test_fixed_faces_across_the_sector_hold_both_ends(mesh, backend):
    scene = make_scene(
        loads=[fixed("cold", "x0"), fixed("hot", "x1")],
        inputs=[temperature_input("cold", 300.0), temperature_input("hot", 400.0)],
        cyclic=cyclic(),
    )
    heat = nonlinear_heat(scene, function_space(mesh), backend=backend)
    at = Instant(0.0, nominal(scene))

    T = HeatSolver(heat, backend=backend).steady(np.full(heat.space.n_dofs, 300.0), at)

    radius = np.linalg.norm(heat.space.dof_points[:, :2], axis=1)
    np.testing.assert_allclose(T[radius < INNER + 1e-9], 300.0, rtol=0, atol=1e-9)
    balance = energy_balance(heat, [Sample(1.0, T, at)])
    assert abs(balance.imbalance) < 1e-9 * balance.turnover


def test_a_fixed_end_alone_is_an_error(backend):
    scene = make_scene(loads=[fixed("cold", "y1")], inputs=[temperature_input("cold", 300.0)], cyclic=cyclic())

    with pytest.raises(SolverError, match=r"\[cyclic\] \d+ points of the high face .*take both ends"):
        nonlinear_heat(scene, function_space(sector_mesh()), backend=backend)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sectors": 6}, r"low turned by 360°/6 = 60° .*they are 45° apart: set sectors = 8$"),
        ({"low": face("y1"), "high": face("y0")}, r"45° apart.* swap low and high"),
        ({"axis": Axis(direction=(0, 0, -1))}, r"swap low and high, or turn the direction"),
        ({"axis": Axis(point=(0.01, 0.0, 0.0), direction=(0, 0, 1))}, r"misses high by up to 0\.00\d+ m"),
        ({"high": face("x1")}, r"check the axis, and that both faces are cut alike"),
    ],
)
def test_faces_that_do_not_match_are_errors_that_say_what_would(changes, message):
    with pytest.raises(SolverError, match=message):
        cyclic_ties(cyclic(**changes), function_space(sector_mesh()))


def test_contact_runs_through_the_ends_of_a_sector(backend):
    scene = warm_scene(contacts=[Contact(name="joint", between=("part_0", "part_1"), conductance=500.0)])
    heat = nonlinear_heat(scene, function_space(sector_mesh(contact=True)), backend=backend)

    T = HeatSolver(heat, backend=backend).steady(np.full(heat.space.n_dofs, 300.0), Instant(0.0, nominal(scene)))

    radius = np.round(np.linalg.norm(heat.space.dof_points[:, :2], axis=1), 9)
    on_joint = np.flatnonzero(radius == np.unique(radius)[2])
    parts = np.isin(on_joint, heat.space.cell_dofs[heat.space.mesh.cell_region == 0])
    assert T[on_joint][parts].min() > T[on_joint][~parts].max() + 1.0


def test_rotation_keeps_lengths_and_turns_counter_clockwise():
    R = rotation_about(np.array([0.0, 0.0, 1.0]), np.pi / 2)

    np.testing.assert_allclose(R @ [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], atol=1e-15)
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-15)
