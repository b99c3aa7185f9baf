"""One sector of a cyclic asset under stress: what holds it, what its neighbours carry, and what is refused."""

import dataclasses

import numpy as np
import pytest
from box_mesh import STEEL, box_mesh, make_scene
from elastic_bodies import NUMPY
from scipy.spatial import cKDTree
from sectors import HEIGHT, INNER, SECTORS, cyclic, sector_mesh

from twin3d.errors import SceneError, SolverError
from twin3d.fem.cyclic import cyclic_ties
from twin3d.fem.elements import Element
from twin3d.fem.linear import Method
from twin3d.fem.mechanics.problem import body_of_scene, prepare_stress, solve_stress
from twin3d.fem.mechanics.statics import NEIGHBOURS, prepare_body, solve_static
from twin3d.fem.space import function_space
from twin3d.scene import (
    Axis,
    Contact,
    Displacement,
    ElasticSupport,
    Fixed,
    Gravity,
    PressureLoad,
    Symmetry,
    selectors,
)

ELASTIC = STEEL.model_copy(update={"youngs_modulus": 210e9, "poissons_ratio": 0.3, "thermal_expansion": 12e-6})


def face(name):
    return selectors.parse(f"name {name}")


FLOOR = Symmetry(name="floor", face=face("z0"))
BED = ElasticSupport(name="bed", face=face("z0"), stiffness=0.0, tangential_stiffness=1e10)
SOFT = BED.model_copy(update={"tangential_stiffness": 1e6})
END = Symmetry(name="end", face=face("y0"))
INSIDE = PressureLoad(name="inside", face=face("x0"), pressure=2e7)


def scene_of(*mechanical, **other):
    defaults = {"loads": (), "inputs": (), "material": ELASTIC, "mechanical": mechanical, "cyclic": cyclic()}
    return make_scene(**{**defaults, **other})


def problem_of(scene, mesh, element=Element.TET10):
    return prepare_stress(scene, function_space(mesh, element), backend=NUMPY)


def solved(problem, warming=0.0):
    return solve_stress(problem, np.full(problem.space.n_dofs, 300.0 + warming), backend=NUMPY)


def kept(mesh, which):
    """A mesh of some of the cells, and of what facets of the faces they have."""
    cells = mesh.cells[which]
    points, local = np.unique(cells, return_inverse=True)
    number = np.full(mesh.n_points, -1, dtype=np.int32)
    number[points] = np.arange(len(points))
    own = (number[mesh.facets] >= 0).all(axis=1)
    return dataclasses.replace(
        mesh,
        points=mesh.points[points],
        cells=local.reshape(-1, 4).astype(np.int32),
        cell_region=mesh.cell_region[which],
        facets=number[mesh.facets[own]],
        facet_region=mesh.facet_region[own],
        facet_parts=mesh.facet_parts[own],
    )


@pytest.mark.parametrize("shift", [0.0, 0.4])
@pytest.mark.parametrize(
    ("loads", "free"),
    [
        ((), "the translation along z and the rotation about z;"),
        ((FLOOR,), "the rotation about z;"),
        ((Symmetry(name="shaft", face=face("x0")),), "the translation along z"),
        ((INSIDE, BED), "the translation along z;"),
    ],
)
def test_only_the_motions_along_and_about_the_axis_are_free(loads, free, shift):
    mesh = sector_mesh((4, 3, 5), shift=shift)

    with pytest.raises(SolverError, match=f"nothing holds {free}"):
        problem_of(scene_of(*loads), mesh)


def test_pieces_on_both_sides_of_the_cut_are_one_body():
    whole = sector_mesh((3, 5, 2))
    angle = np.arctan2(*whole.points[whole.cells].mean(axis=1)[:, 1::-1].T) * SECTORS / (2.0 * np.pi)
    cut = kept(whole, (angle < 0.2) | (angle > 0.8))
    uncut = sector_mesh((3, 2, 2), span=(-0.2, 0.2))

    with pytest.raises(
        SolverError, match="nothing holds the translation along z and the rotation about x and the rotation about y;"
    ):
        problem_of(scene_of(BED, INSIDE), cut)
    with pytest.raises(SolverError, match="nothing holds the body at all;"):
        problem_of(scene_of(INSIDE), cut)
    of_cut = solved(problem_of(scene_of(FLOOR, BED, INSIDE), cut))
    of_uncut = solved(problem_of(scene_of(FLOOR, BED, INSIDE, cyclic=None), uncut))

    distance, same = cKDTree(uncut.points).query(cut.points)
    here = distance < 1e-9
    assert here.sum() == cut.n_points // 2
    expected = of_uncut.displacement[same[here]]
    n, size = cut.n_points, np.abs(expected).max()
    np.testing.assert_allclose(of_cut.displacement[:n][here], expected, rtol=0, atol=1e-9 * size)
    stress = of_uncut.stress[same[here]]
    np.testing.assert_allclose(of_cut.stress[:n][here], stress, rtol=0, atol=1e-8 * np.abs(stress).max())


@pytest.mark.parametrize("element", Element)
def test_solid_that_reaches_the_axis_expands_without_stress(element):
    quarter = cyclic(sectors=4, axis=Axis(direction=(0, 0, 1)), high=face("x0"), low=face("y0"))

    problem = problem_of(scene_of(FLOOR, END, cyclic=quarter), box_mesh((3, 3, 2), (0.02, 0.02, 0.01)), element)
    field = solved(problem, warming=50.0)

    np.testing.assert_allclose(field.displacement, 12e-6 * 50.0 * problem.space.dof_points, rtol=0, atol=1e-13)
    np.testing.assert_allclose(field.stress, 0.0, atol=1e-8 * 210e9 * 12e-6 * 50.0)


@pytest.mark.parametrize("shift", [0.0, 0.4])
def test_neighbours_carry_what_the_hoop_does(shift):
    problem = problem_of(scene_of(FLOOR, SOFT, INSIDE), sector_mesh((4, 3, 5), shift=shift))

    solution = solved(problem).solution

    by_name = {reaction.name: reaction for reaction in solution.reactions}
    pressed = solution.applied.force
    np.testing.assert_allclose(by_name[NEIGHBOURS].force[:2], -pressed[:2], rtol=1e-3)
    assert np.linalg.norm(pressed[:2]) > 0.5 * 2e7 * INNER * HEIGHT * 2.0 * np.sin(np.pi / SECTORS)
    for quantity in (by_name[NEIGHBOURS].force, by_name[NEIGHBOURS].moment):
        assert abs(quantity[2]) < 1e-10 * np.linalg.norm(pressed)
    assert solution.imbalance < 1e-12


def test_contact_runs_through_the_ends_of_a_sector():
    joint = Contact(name="joint", between=("part_0", "part_1"), conductance=500.0)
    loads = (FLOOR, BED, INSIDE)

    joined = solved(problem_of(scene_of(*loads, contacts=(joint,)), sector_mesh(skew=0.3, contact=True)))
    whole = solved(problem_of(scene_of(*loads), sector_mesh(skew=0.3)))

    for axis in range(3):
        of_joined, of_whole = (np.unique(f.displacement[:, axis].round(12)) for f in (joined, whole))
        np.testing.assert_allclose(of_joined, of_whole, rtol=0, atol=1e-6 * of_whole.max())


def test_weight_along_the_axis_hangs_on_the_shaft():
    scene = scene_of(Fixed(name="shaft", face=face("x0")), Gravity(name="weight", acceleration=(0, 0, -9.81)))

    solution = solved(problem_of(scene, sector_mesh())).solution

    np.testing.assert_allclose(solution.reactions[0].force[2], -solution.applied.force[2], rtol=1e-9)
    np.testing.assert_allclose(solution.reactions[1].force[2], 0.0, atol=1e-9 * abs(solution.applied.force[2]))


def test_weight_across_the_axis_is_refused():
    scene = scene_of(FLOOR, BED, Gravity(name="weight", acceleration=(0, 3.0, -9.81)))

    with pytest.raises(SceneError, match=r"load weight: .*along the axis, but 3 m/s\^2 act across"):
        problem_of(scene, sector_mesh())


def test_support_of_one_end_is_refused_where_the_meshes_differ():
    end = Displacement(name="end", face=face("y1"), x=0.0)

    with pytest.raises(SolverError, match=r"\[cyclic\] end: \d+ points of the high face .* both ends"):
        problem_of(scene_of(FLOOR, BED, end), sector_mesh((4, 3, 5), shift=0.4))


def test_support_of_one_end_holds_both_where_the_meshes_are_the_same():
    problem = problem_of(scene_of(FLOOR, INSIDE, Fixed(name="end", face=face("y1"))), sector_mesh())

    moved = solved(problem).displacement

    ties = cyclic_ties(cyclic(), problem.space)
    np.testing.assert_array_equal(moved[ties.dofs], 0.0)
    np.testing.assert_array_equal(moved[ties.transformation[ties.dofs].indices], 0.0)
    assert np.abs(moved).max() > 1e-7


@pytest.mark.parametrize("element", Element)
def test_multigrid_takes_a_sector(element):
    body = problem_of(scene_of(FLOOR, BED), sector_mesh((10, 8, 6), skew=0.3), element).prepared.body
    load = np.random.default_rng(1).normal(size=3 * body.space.n_dofs)

    factor, multigrid = (prepare_body(body, method=m, backend=NUMPY) for m in (Method.SUPERLU, Method.MULTIGRID))
    expected = solve_static(factor, load).displacement
    u = solve_static(multigrid, load).displacement
    result = multigrid.factor.solve(multigrid.motion.project(load))

    np.testing.assert_allclose(u, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
    assert result.n_iterations < 60


def test_modes_of_a_sector_are_refused():
    with pytest.raises(SceneError, match="only the modes that are the same in every sector"):
        body_of_scene(scene_of(FLOOR, BED), function_space(sector_mesh()))
