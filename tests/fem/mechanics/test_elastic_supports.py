"""Supports, contacts, reactions, and bodies that nothing holds."""

import dataclasses

import numpy as np
import pytest
from box_mesh import box_mesh
from elastic_bodies import NUMPY, bent_box, corners_of, facets_of, solved, vectors, whole

from twin3d.errors import SceneError, SolverError
from twin3d.fem.elements import Element
from twin3d.fem.linear import Method
from twin3d.fem.mechanics import forces
from twin3d.fem.mechanics.statics import Body, Springs, prepare_body, solve_static
from twin3d.fem.mechanics.supports import displaced, fixed, symmetry
from twin3d.fem.mechanics.ties import gap_springs, shared_dofs
from twin3d.fem.space import function_space

ELEMENTS = (Element.TET4, Element.TET10)
TURN = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]
TURN *= np.linalg.det(TURN)


def turned_box(element, shape=(3, 2, 2), **options):
    return function_space(box_mesh(shape, mapping=lambda unit: unit * [0.3, 0.1, 0.2] @ TURN.T, **options), element)


def roller_supports(space):
    return [symmetry(space, facets_of(space, name), name=name) for name in ("x0", "y0", "z0")]


@pytest.mark.parametrize("element", ELEMENTS)
def test_bar_on_slanted_planes_of_symmetry_stretches_freely(element):
    space = turned_box(element)
    load = forces.traction(space, corners_of(space, "x1"), 1e8 * TURN[:, 0])

    solution = solved(space, roller_supports(space), load)

    local = space.dof_points @ TURN
    exact = (local * [1.0, -0.3, -0.3] * 1e8 / 210e9) @ TURN.T
    np.testing.assert_allclose(vectors(solution), exact, atol=1e-9 * np.abs(exact).max())


@pytest.mark.parametrize("element", ELEMENTS)
def test_one_support_over_three_planes_holds_each_of_them(element):
    space = turned_box(element)
    load = forces.traction(space, corners_of(space, "x1"), 1e8 * TURN[:, 0])

    apart, together = (
        solved(space, supports, load).displacement
        for supports in (roller_supports(space), [symmetry(space, facets_of(space, "x0", "y0", "z0"), name="all")])
    )

    np.testing.assert_allclose(apart, together, atol=1e-12 * np.abs(apart).max())


def test_curved_guide_lets_the_part_slide_around():
    space = bent_box(4)
    supports = [
        symmetry(space, facets_of(space, "y0"), name="guide"),
        symmetry(space, facets_of(space, "x0"), name="stop"),
        symmetry(space, facets_of(space, "z0"), name="floor"),
    ]

    solution = solved(space, supports, forces.pressure(space, corners_of(space, "x1"), 1e6))

    on_guide = np.unique(space.facet_dofs(corners_of(space, "y0")))
    radial = space.dof_points[on_guide] * [1.0, 1.0, 0.0]
    moved = vectors(solution)[on_guide]
    across = (moved * radial).sum(axis=1) / np.linalg.norm(radial, axis=1)
    assert np.abs(across).max() < 1e-3 * np.abs(moved).max()


@pytest.mark.parametrize("element", ELEMENTS)
def test_reactions_balance_the_loads(element):
    space = bent_box(2, element)
    load = forces.traction(space, corners_of(space, "z1"), [1e5, 2e5, -4e5])
    load += forces.body_force(space, np.arange(space.mesh.n_cells), [0.0, 0.0, -7800 * 9.81], backend=NUMPY)
    supports = [
        fixed(space, corners_of(space, "x0"), name="wall"),
        displaced(space, corners_of(space, "x1"), {2: 1e-5}, name="jack"),
    ]

    solution = solved(space, supports, load)

    wall, jack = solution.reactions
    np.testing.assert_allclose(wall.force + jack.force, -load.reshape(-1, 3).sum(axis=0), rtol=1e-6)
    np.testing.assert_allclose(jack.force[:2], 0.0, atol=1e-6)
    np.testing.assert_allclose(wall.moment + jack.moment, -solution.applied.moment, rtol=1e-5)
    assert solution.imbalance < 1e-8


def test_prescribed_displacement_is_met():
    space = bent_box(2)
    supports = [
        fixed(space, corners_of(space, "x0"), name="wall"),
        displaced(space, corners_of(space, "x1"), {1: -2e-3}, name="pull"),
    ]

    solution = solved(space, supports, np.zeros(3 * space.n_dofs))

    moved = vectors(solution)[np.unique(space.facet_dofs(corners_of(space, "x1")))]
    np.testing.assert_allclose(moved[:, 1], -2e-3, rtol=1e-12)


def test_supports_that_contradict_each_other_are_refused():
    space = bent_box(2)
    supports = [
        displaced(space, corners_of(space, "x0"), {0: 0.0}, name="left"),
        displaced(space, corners_of(space, "y0"), {0: 1e-3}, name="below"),
    ]

    with pytest.raises(SolverError, match=r"left and below prescribe different displacements at 5 points"):
        solved(space, supports, np.zeros(3 * space.n_dofs))


@pytest.mark.parametrize(
    ("faces", "free"),
    [
        ((), "nothing holds the body at all"),
        (("x0",), "the translation along y and the translation along z and the rotation about x"),
        (("x0", "y0"), "nothing holds the translation along z;"),
    ],
)
def test_free_rigid_motions_are_named(faces, free):
    space = function_space(box_mesh((2, 2, 2)))
    supports = [symmetry(space, facets_of(space, name), name=name) for name in faces]

    with pytest.raises(SolverError, match=free):
        solved(space, supports, np.zeros(3 * space.n_dofs))


def test_part_held_along_a_slanted_axis_can_turn_about_it():
    space = turned_box(Element.TET10)
    edge = np.intersect1d(*(np.unique(space.facet_dofs(corners_of(space, name))) for name in ("y0", "z0")))
    hinge = dataclasses.replace(
        displaced(space, corners_of(space, "y0"), {0: 0.0}, name="hinge"),
        dofs=np.repeat(edge, 3),
        directions=np.tile(np.eye(3), (len(edge), 1)),
        values=np.zeros(3 * len(edge)),
    )

    axis = r"rotation about \(" + ", ".join(rf"-?{abs(x):.3g}".replace(".", r"\.") for x in TURN[:, 0])
    with pytest.raises(SolverError, match=axis):
        solved(space, [hinge], np.zeros(3 * space.n_dofs))


def two_parts(element, **options):
    return function_space(box_mesh((4, 2, 2), (0.4, 0.1, 0.1), n_parts=2, contact=True, **options), element)


def test_loose_part_is_named():
    space = two_parts(Element.TET4)

    with pytest.raises(SolverError, match="nothing holds the body at all of part_1"):
        solved(space, [fixed(space, corners_of(space, "x0"), name="wall")], np.zeros(3 * space.n_dofs))


@pytest.mark.parametrize("element", ELEMENTS)
def test_tied_parts_move_as_one(element):
    apart = two_parts(element)
    one = function_space(box_mesh((4, 2, 2), (0.4, 0.1, 0.1)), element)

    tied, bonded = (
        solved(
            space,
            [fixed(space, corners_of(space, "x0"), name="wall")],
            forces.total_force(space, corners_of(space, "x1"), [0.0, 0.0, -100.0]),
            shared=shared_dofs(space, space.mesh.contact_facets),
        )
        for space in (apart, one)
    )

    tip = [np.unique(space.facet_dofs(corners_of(space, "x1"))) for space in (apart, one)]
    np.testing.assert_allclose(
        vectors(tied)[tip[0]].mean(axis=0), vectors(bonded)[tip[1]].mean(axis=0), rtol=1e-7, atol=1e-12
    )
    np.testing.assert_allclose(tied.reactions[0].force, [0.0, 0.0, 100.0], atol=1e-6)


@pytest.mark.parametrize("element", ELEMENTS)
def test_parts_across_a_gap_are_tied(element):
    touching = box_mesh((4, 2, 2), (0.4, 0.1, 0.1), n_parts=2, contact=True)
    sides = touching.contact_facets
    areas = np.linalg.norm(
        np.cross(*(touching.points[sides[:, 0, k]] - touching.points[sides[:, 0, 0]] for k in (1, 2))), axis=1
    )
    samples = np.array([[4, 1, 1], [1, 4, 1], [1, 1, 4], [2, 2, 2]]) / 6.0
    mesh = dataclasses.replace(
        touching,
        contact_facets=np.zeros((0, 2, 3), dtype=np.int32),
        contact_parts=np.zeros((0, 2), dtype=np.int32),
        gap_corners=np.repeat(sides, 4, axis=0),
        gap_weights=np.tile(samples[:, None], (len(sides), 2, 1)),
        gap_areas=np.repeat(areas / 8.0, 4),
        gap_parts=np.tile([[0, 1]], (4 * len(sides), 1)).astype(np.int32),
    )
    space, tied = function_space(mesh, element), function_space(touching, element)
    bridge = Springs("gap", gap_springs(space, np.ones(len(mesh.gap_areas), dtype=bool), 210e9), grounded=False)

    tips = [
        vectors(
            solved(
                each,
                [fixed(each, corners_of(each, "x0"), name="wall")],
                forces.total_force(each, corners_of(each, "x1"), [1e3, 0.0, -100.0]),
                **more,
            )
        )[np.unique(each.facet_dofs(corners_of(each, "x1")))].mean(axis=0)
        for each, more in (
            (space, {"springs": [bridge]}),
            (tied, {"shared": shared_dofs(tied, touching.contact_facets)}),
        )
    ]

    np.testing.assert_allclose(tips[0], tips[1], rtol=2e-3, atol=1e-10)


def test_elastic_support_gives_by_its_stiffness():
    space = function_space(box_mesh((2, 2, 2)), Element.TET10)
    ground = Springs("ground", forces.support_stiffness(space, corners_of(space, "z0"), 1e6), grounded=True)
    sides = [symmetry(space, facets_of(space, name), name=name) for name in ("x0", "y0")]

    solution = solved(space, sides, forces.total_force(space, corners_of(space, "z1"), [0, 0, -50.0]), springs=[ground])

    below = np.unique(space.facet_dofs(corners_of(space, "z0")))
    np.testing.assert_allclose(vectors(solution)[below, 2], -50.0 / 1e6, rtol=1e-8)
    np.testing.assert_allclose(solution.reactions[-1].force, [0.0, 0.0, 50.0], atol=1e-8)
    assert solution.reactions[-1].name == "ground"


def test_multigrid_and_factorisation_agree():
    space = bent_box(3)
    load = forces.total_force(space, corners_of(space, "x1"), [0.0, 0.0, -1e3])
    supports = [
        fixed(space, corners_of(space, "x0"), name="wall"),
        symmetry(space, facets_of(space, "y0"), name="guide"),
    ]

    body = Body(space, whole(space), supports)
    by_factor, by_multigrid = (
        solve_static(prepare_body(body, method=method, backend=NUMPY), load).displacement
        for method in (Method.SUPERLU, Method.MULTIGRID)
    )

    np.testing.assert_allclose(by_multigrid, by_factor, atol=1e-7 * np.abs(by_factor).max())


def test_multigrid_sees_through_contacts():
    meshes = (box_mesh((16, 4, 4), (0.4, 0.1, 0.1), n_parts=8, contact=contact) for contact in (True, False))
    tied, one = (function_space(mesh, Element.TET10) for mesh in meshes)
    iterations = []
    for space, shared in ((tied, shared_dofs(tied, tied.mesh.contact_facets)), (one, None)):
        wall = fixed(space, corners_of(space, "x0"), name="wall")
        body = Body(space, whole(space), [wall], shared=shared)
        prepared = prepare_body(body, method=Method.MULTIGRID, backend=NUMPY)
        load = prepared.motion.project(forces.total_force(space, corners_of(space, "x1"), [0.0, 0.0, -1e3]))
        iterations.append(prepared.factor.solve(load).n_iterations)

    assert iterations[0] <= iterations[1] + 3


def test_load_that_is_not_finite_is_refused():
    space = bent_box(1)
    load = np.zeros(3 * space.n_dofs)
    load[4] = np.nan

    with pytest.raises(SolverError, match="1 numbers that are not finite"):
        solved(space, [fixed(space, corners_of(space, "x0"), name="wall")], load)


def test_a_displacement_without_components_is_refused():
    space = bent_box(1)

    with pytest.raises(SceneError, match="hold nothing; give x, y or z"):
        displaced(space, corners_of(space, "x0"), {}, name="pull")
