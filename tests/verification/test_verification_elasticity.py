"""Elasticity against exact solutions: patch test, orders of convergence, cylinders, holes, beams, heat."""

import numpy as np
import pytest
from box_mesh import box_mesh
from elastic_bodies import (
    NUMPY,
    STEEL,
    bent_box,
    corners_of,
    errors_against,
    facets_of,
    mapped_mesh,
    recovered_stress,
    solved,
    vectors,
)

from twin3d.fem.elements import Element
from twin3d.fem.mechanics import forces
from twin3d.fem.mechanics.elastic import isotropic
from twin3d.fem.mechanics.measures import principal_stresses, von_mises
from twin3d.fem.mechanics.statics import Body, prepare_body, solve_static
from twin3d.fem.mechanics.stiffness import assemble_vector_mass
from twin3d.fem.mechanics.supports import Support, fixed, symmetry
from twin3d.fem.space import function_space

ELEMENTS = (Element.TET4, Element.TET10)
E = 210e9
SOFT = isotropic("soft", youngs_modulus=1.0, poissons_ratio=0.3)


def rollers(space, *names):
    return [symmetry(space, facets_of(space, name), name=name) for name in names]


def held_at(dofs, values, name="boundary"):
    """Displacements (n, 3) at dofs."""
    return Support(name, np.repeat(dofs, 3), np.tile(np.eye(3), (len(dofs), 1)), values.ravel())


def nearest(space, position):
    return int(np.linalg.norm(space.dof_points - position, axis=1).argmin())


@pytest.mark.parametrize("element", ELEMENTS)
def test_patch_of_distorted_cells_holds_a_linear_displacement(element):
    space = function_space(box_mesh((3, 3, 3), (0.3, 0.2, 0.1), wobble=0.25), element)
    gradient = 1e-4 * np.array([[1.0, 0.3, -0.2], [0.5, -0.7, 0.4], [0.1, 0.6, 0.9]])
    boundary = np.unique(space.facet_dofs(space.mesh.facets))
    exact = space.dof_points @ gradient.T

    solution = solved(space, [held_at(boundary, exact[boundary])], np.zeros(3 * space.n_dofs))
    field = recovered_stress(space, solution.displacement)

    np.testing.assert_allclose(vectors(solution), exact, atol=1e-10 * np.abs(exact).max())
    strain = 0.5 * (gradient + gradient.T)
    stress = STEEL.lame[0] * np.trace(strain) * np.eye(3) + 2.0 * STEEL.lame[1] * strain
    exact_stress = stress[[0, 1, 2, 0, 1, 0], [0, 1, 2, 1, 2, 2]]
    np.testing.assert_allclose(field, np.tile(exact_stress, (len(field), 1)), atol=1e-8 * np.abs(stress).max())


def bubble(points):
    """A smooth displacement that vanishes on the unit cube's faces, and its gradient."""
    s, c = np.sin(np.pi * points), np.cos(np.pi * points)
    direction = np.array([1.0, 2.0, -1.0])
    value = s.prod(axis=-1)
    slope = np.pi * np.stack([c[..., k] * s[..., (k + 1) % 3] * s[..., (k + 2) % 3] for k in range(3)], axis=-1)
    return value[..., None] * direction, direction[:, None] * slope[..., None, :]


def bubble_force(points, lame):
    """What makes `bubble`: -(λ + μ) ∇ div u - μ Δ u."""
    s, c = np.sin(np.pi * points), np.cos(np.pi * points)
    direction = np.array([1.0, 2.0, -1.0])
    second = np.zeros((len(points), 3, 3))
    for a in range(3):
        for b in range(3):
            rest = 3 - a - b if a != b else None
            second[:, a, b] = -s.prod(axis=1) if a == b else c[:, a] * c[:, b] * s[:, rest]
    second *= np.pi**2
    lam, mu = lame
    return -(lam + mu) * second @ direction - mu * np.trace(second, axis1=1, axis2=2)[:, None] * direction


def manufactured(element, n):
    """An eighth of the cube in n cells each way, held at its boundary, and its displacement under `bubble_force`."""
    space = function_space(box_mesh((n, n, n), (0.5, 0.5, 0.5)), Element(element))
    M = assemble_vector_mass(space, np.arange(space.mesh.n_cells), np.ones(space.mesh.n_cells), backend=NUMPY)
    boundary = np.unique(space.facet_dofs(space.mesh.facets))
    held = held_at(boundary, bubble(space.dof_points[boundary])[0])
    load = M @ bubble_force(space.dof_points, SOFT.lame).ravel()
    return space, M, solved(space, [held], load, material=SOFT).displacement


@pytest.mark.parametrize(("element", "sizes", "orders"), [("tet4", (6, 12), (2, 1)), ("tet10", (3, 6), (3, 2))])
def test_manufactured_solution_converges_in_l2_and_h1(element, sizes, orders):
    errors = []
    for n in sizes:
        space, _, u = manufactured(element, n)
        errors.append(errors_against(space, u, bubble))

    slopes = np.diff(np.log(errors), axis=0)[0] / np.log(0.5)
    above = slopes - orders
    assert above.min() > -0.1, (errors, slopes)
    assert above.max() < 0.25, (errors, slopes)


@pytest.mark.parametrize(("element", "sizes", "order"), [("tet4", (6, 12), 1.25), ("tet10", (3, 6), 2.3)])
def test_recovered_stress_converges_faster_than_that_of_the_cells(element, sizes, order):
    errors = []
    for n in sizes:
        space, M, u = manufactured(element, n)
        gradient = bubble(space.dof_points)[1]
        strain = 0.5 * (gradient + gradient.swapaxes(1, 2))
        exact = SOFT.lame[0] * np.trace(strain, axis1=1, axis2=2)[:, None, None] * np.eye(3) + 2 * SOFT.lame[1] * strain
        miss = recovered_stress(space, u, SOFT) - exact[:, [0, 1, 2, 0, 1, 0], [0, 1, 2, 1, 2, 2]]
        norms = [miss[:, c] @ (M[::3, ::3] @ miss[:, c]) for c in range(6)]
        errors.append(np.sqrt(sum(norms)))

    slope = np.log(errors[0] / errors[1]) / np.log(2.0)
    assert slope > order, (errors, slope)


def quarter_ring(n, *, a=0.05, b=0.1, height=0.01, element=Element.TET10):
    def bend(unit):
        radius, angle = a * (b / a) ** unit[:, 0], 0.5 * np.pi * unit[:, 1]
        return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), height * unit[:, 2]])

    return function_space(mapped_mesh((n, n, 1), bend), element)


def test_thick_cylinder_under_pressure_is_that_of_lame():
    space = quarter_ring(12)
    supports = rollers(space, "y0", "y1", "z0", "z1")

    solution = solved(space, supports, forces.pressure(space, corners_of(space, "x0"), 60e6))
    field = recovered_stress(space, solution.displacement)

    inner, outer = nearest(space, [0.05, 0, 0]), nearest(space, [0.1, 0, 0])
    np.testing.assert_allclose(vectors(solution)[inner, 0], 2.72381e-5, rtol=1e-3)
    np.testing.assert_allclose(field[[inner, outer], 1], [100e6, 40e6], rtol=5e-3)
    np.testing.assert_allclose(field[inner, 0], -60e6, rtol=2e-2)


def test_hole_in_a_pulled_plate_triples_the_stress():
    a, half, S = 0.01, 0.25, 1e6

    def spread(unit):
        angle = 0.5 * np.pi * unit[:, 1]
        outer = half / np.maximum(np.cos(angle), np.sin(angle))
        radius = a * (outer / a) ** unit[:, 0]
        return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), 0.005 * unit[:, 2]])

    space = function_space(mapped_mesh((20, 14, 1), spread), Element.TET10)
    right = corners_of(space, "x1")
    right = right[np.abs(space.mesh.points[right][:, :, 0] - half).max(axis=1) < 1e-9]

    solution = solved(space, rollers(space, "y0", "y1", "z0", "z1"), forces.traction(space, right, [S, 0.0, 0.0]))
    field = recovered_stress(space, solution.displacement)

    top, side = nearest(space, [0, a, 0]), nearest(space, [a, 0, 0])
    np.testing.assert_allclose(field[top, 0], 3.0 * S, rtol=0.02)
    np.testing.assert_allclose(field[side, 1], -S, rtol=0.02)


def test_cantilever_bends_as_a_beam_with_shear():
    length, height, width, P = 1.0, 0.1, 0.05, 1000.0
    space = function_space(box_mesh((20, 2, 2), (length, width, height)), Element.TET10)
    beam = isotropic("no Poisson", youngs_modulus=E, poissons_ratio=0.0)

    solution = solved(
        space,
        [fixed(space, corners_of(space, "x0"), name="wall")],
        forces.total_force(space, corners_of(space, "x1"), [0.0, 0.0, -P]),
        material=beam,
    )

    inertia, area = width * height**3 / 12.0, width * height
    timoshenko = P * length**3 / (3.0 * E * inertia) + P * length / (5.0 / 6.0 * 0.5 * E * area)
    tip = vectors(solution)[np.unique(space.facet_dofs(corners_of(space, "x1"))), 2].mean()
    np.testing.assert_allclose(tip, -timoshenko, rtol=2e-3)
    np.testing.assert_allclose(solution.reactions[0].force, [0.0, 0.0, P], rtol=1e-8, atol=1e-6)
    field = recovered_stress(space, solution.displacement, beam)
    middle = np.flatnonzero(np.linalg.norm(space.dof_points - [0.5, 0.025, 0.1], axis=1) < 1e-9)
    np.testing.assert_allclose(field[middle, 0], P * 0.5 * 0.05 / inertia, rtol=1e-2)


@pytest.mark.parametrize("element", ELEMENTS)
def test_free_body_expands_without_stress(element):
    space = bent_box(2, element)
    warming = np.full(space.n_dofs, 80.0)
    load = forces.thermal(space, np.arange(space.mesh.n_cells), STEEL, warming, backend=NUMPY)
    corner = nearest(space, [0.0, 2.0, 0.0])
    pinned = Support("pin", np.full(3, corner), np.eye(3), np.zeros(3))
    other, third = nearest(space, [0.0, 2.5, 0.0]), nearest(space, [0.0, 2.0, 0.4])
    turned = Support("turn", np.array([other, other, third]), np.eye(3)[[0, 2, 0]], np.zeros(3))

    solution = solved(space, [pinned, turned], load)
    stress = recovered_stress(space, solution.displacement, warming=warming)

    grown = 12e-6 * 80.0 * (space.dof_points - space.dof_points[corner])
    np.testing.assert_allclose(vectors(solution), grown, atol=1e-8 * np.abs(grown).max())
    assert von_mises(stress).max() < 1e-6 * E * 12e-6 * 80.0


@pytest.mark.parametrize("element", ELEMENTS)
def test_bar_between_walls_is_pressed_by_its_expansion(element):
    space = function_space(box_mesh((4, 2, 2), (0.4, 0.1, 0.1)), element)
    warming = np.full(space.n_dofs, 50.0)

    load = forces.thermal(space, np.arange(space.mesh.n_cells), STEEL, warming, backend=NUMPY)
    solution = solved(space, rollers(space, "x0", "x1", "y0", "z0"), load)
    stress = recovered_stress(space, solution.displacement, warming=warming)

    np.testing.assert_allclose(stress[:, 0], -E * 12e-6 * 50.0, rtol=1e-9)
    np.testing.assert_allclose(solution.reactions[1].force, [-E * 12e-6 * 50.0 * 0.01, 0, 0], rtol=1e-9, atol=1e-6)


def test_bimetal_strip_curves_as_timoshenko_says():
    h, length, dT, alphas = 0.002, 0.2, 100.0, (23e-6, 12e-6)
    mesh = box_mesh((2, 1, 40), (2 * h, 0.004, length), n_parts=2)
    space = function_space(mesh, Element.TET10)
    metals = [
        isotropic(f"m{k}", youngs_modulus=E, poissons_ratio=0.0, thermal_expansion=a) for k, a in enumerate(alphas)
    ]
    regions = [(np.flatnonzero(mesh.cell_region == k), metal) for k, metal in enumerate(metals)]
    warming = np.full(space.n_dofs, dT)
    load = sum(forces.thermal(space, cells, metal, warming, backend=NUMPY) for cells, metal in regions)
    root = np.flatnonzero(np.linalg.norm(space.dof_points - [h, 0.0, 0.0], axis=1) < 1e-9)
    supports = [*rollers(space, "z0", "y0"), Support("pin", root, np.array([[1.0, 0.0, 0.0]]), np.zeros(1))]

    solution = solve_static(prepare_body(Body(space, regions, supports), backend=NUMPY), load)

    curvature = 1.5 * (alphas[0] - alphas[1]) * dT / (2 * h)
    tip = np.flatnonzero(np.linalg.norm(space.dof_points - [h, 0.0, length], axis=1) < 1e-9)
    np.testing.assert_allclose(vectors(solution)[tip, 0], 0.5 * curvature * length**2, rtol=2e-3)


def test_rigid_turn_added_to_the_supports_adds_no_stress():
    space = bent_box(2)
    load = forces.total_force(space, corners_of(space, "x1"), [1e4, 0.0, -2e4])
    wall = np.unique(space.facet_dofs(corners_of(space, "x0")))
    turn = 1e-4 * np.cross([0.2, -0.5, 0.8], space.dof_points)

    still = solved(space, [held_at(wall, 0.0 * turn[wall])], load).displacement
    turned = solved(space, [held_at(wall, turn[wall])], load).displacement

    np.testing.assert_allclose(turned - turn.ravel(), still, atol=1e-9 * np.abs(still).max())


def test_torsion_by_a_remote_moment_twists_a_square_bar_as_saint_venant_says():
    side, length, moment = 0.04, 0.4, 50.0
    space = function_space(box_mesh((16, 4, 4), (length, side, side)), Element.TET10)
    middle = [0.0, side / 2, side / 2]
    load = forces.remote_force(space, corners_of(space, "x1"), [0.0] * 3, moment=[moment, 0.0, 0.0], point=middle)

    solution = solved(space, [fixed(space, corners_of(space, "x0"), name="wall")], load)

    ends = [nearest(space, [x, side, side / 2]) for x in (0.25 * length, 0.75 * length)]
    twist = np.diff(vectors(solution)[ends, 2])[0] / (side / 2)
    np.testing.assert_allclose(twist, moment * 0.5 * length / (E / 2.6 * 0.140577 * side**4), rtol=5e-3)
    np.testing.assert_allclose(solution.reactions[0].moment[0], -moment, rtol=1e-8)


def test_measures_of_a_known_stress():
    stress = np.array([[3.0, 0.0, 0.0, 4.0, 0.0, 0.0], [5.0, 5.0, 5.0, 0.0, 0.0, 0.0]])

    np.testing.assert_allclose(von_mises(stress), [np.sqrt(9.0 + 48.0), 0.0], atol=1e-12)
    np.testing.assert_allclose(
        principal_stresses(stress), [[1.5 + np.sqrt(18.25), 0.0, 1.5 - np.sqrt(18.25)], [5.0] * 3]
    )
