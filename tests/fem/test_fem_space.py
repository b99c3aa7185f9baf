"""Elements, their quadrature, their numbering, and the integrals they make, straight and curved."""

import itertools
import math

import numpy as np
import pytest
import skfem
from box_mesh import box_mesh, quarter_pipe
from skfem.models.poisson import laplace, mass

from twin3d.errors import SolverError
from twin3d.fem.elements import CELL_EDGES, Element, cell_quadrature, facet_quadrature, shape_functions
from twin3d.fem.facet_integrals import facet_areas, facet_load_blocks, facet_mass_blocks
from twin3d.fem.integrals import cell_volumes, gathered, load_blocks, mass_blocks, stiffness_blocks
from twin3d.fem.pattern import pattern_of
from twin3d.fem.space import function_space, vector_dofs

ELEMENTS = list(Element)
PEERS = {Element.TET4: skfem.ElementTetP1(), Element.TET10: skfem.ElementTetP2()}


def distorted(unit):
    x, y, z = unit.T
    return np.column_stack([x + 0.1 * np.sin(3 * y), 2 * y + 0.1 * np.cos(2 * z), z + 0.05 * x * y])


@pytest.fixture
def mesh():
    return box_mesh((3, 2, 2), mapping=distorted)


def peer_matrix(mesh, element, form):
    """The matrix of scikit-fem, and the permutation to our dofs."""
    peer = skfem.Basis(skfem.MeshTet(mesh.points.T, mesh.cells.T), PEERS[element], intorder=4)
    ours = function_space(mesh, element).dof_points
    order = np.lexsort(np.round(peer.doflocs, 9))
    back = np.zeros(len(order), dtype=int)
    back[np.lexsort(np.round(ours.T, 9))] = order
    return form.assemble(peer).tocsr()[back][:, back]


@pytest.mark.parametrize("degree", [1, 2, 5])
@pytest.mark.parametrize(("rule_of", "n_corners"), [(cell_quadrature, 4), (facet_quadrature, 3)])
def test_quadrature_is_exact_to_its_degree(rule_of, n_corners, degree):
    rule = rule_of(degree)
    powers = [p for p in itertools.product(range(degree + 1), repeat=n_corners) if sum(p) <= degree]

    found = [rule.weights @ np.prod(rule.points**p, axis=1) for p in powers]

    volume = math.factorial(n_corners - 1)
    exact = [volume * math.prod(map(math.factorial, p)) / math.factorial(sum(p) + n_corners - 1) for p in powers]
    np.testing.assert_allclose(found, exact, rtol=1e-13)


def test_quadrature_beyond_the_tables_is_refused():
    for rule_of in (cell_quadrature, facet_quadrature):
        with pytest.raises(ValueError, match="no quadrature of degree 6"):
            rule_of(6)


def test_quadratic_shape_functions_are_one_at_their_own_dof():
    places = np.concatenate([np.eye(4), np.eye(4)[CELL_EDGES].mean(axis=1)])

    np.testing.assert_allclose(shape_functions(Element.TET10, places), np.eye(10), atol=1e-15)


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize(("blocks_of", "form"), [(stiffness_blocks, laplace), (mass_blocks, mass)])
def test_matrices_are_those_of_scikit_fem(element, blocks_of, form, mesh, backend):
    space = function_space(mesh, element)
    blocks = blocks_of(space, np.arange(mesh.n_cells), np.ones(mesh.n_cells), backend=backend)

    A = pattern_of(space.cell_dofs, space.n_dofs).sum(backend.to_host(blocks))

    expected = peer_matrix(mesh, element, form)
    np.testing.assert_allclose(A.toarray(), expected.toarray(), atol=1e-13 * abs(expected).max())


def test_conductivity_by_direction_is_what_turned_axes_make_of_it(mesh, backend):
    space, cells = function_space(mesh, Element.TET10), np.arange(mesh.n_cells)
    one = np.broadcast_to(3.0 * np.eye(3), (mesh.n_cells, 3, 3))

    by_tensor, by_number = (stiffness_blocks(space, cells, k, backend=backend) for k in (one, np.full(len(cells), 3.0)))

    np.testing.assert_allclose(by_tensor, by_number, atol=1e-12)


@pytest.mark.parametrize("element", ELEMENTS)
def test_loads_and_areas_sum_to_the_whole(element, mesh, backend):
    space, cells = function_space(mesh, element), np.arange(mesh.n_cells)
    corners = mesh.facets

    volume = load_blocks(space, cells, np.full(len(cells), 2.0), backend=backend).sum()
    area = facet_load_blocks(space, corners, 3.0).sum()

    np.testing.assert_allclose(volume, 2.0 * mesh.cell_volumes().sum(), rtol=1e-12)
    np.testing.assert_allclose(area, 3.0 * np.linalg.norm(mesh.facet_area_vectors(), axis=1).sum(), rtol=1e-12)
    np.testing.assert_allclose(facet_mass_blocks(space, corners, 3.0).sum(), area, rtol=1e-12)


def test_curved_cells_converge_to_the_pipe_at_fourth_order(backend):
    errors = []
    for n in (2, 4):
        space = function_space(quarter_pipe(n), Element.TET10)
        cells = np.arange(space.mesh.n_cells)
        volume = cell_volumes(space, cells).sum()
        load = load_blocks(space, cells, np.ones(len(cells)), backend=backend).sum()
        np.testing.assert_allclose(load, volume, rtol=1e-12)
        outer = space.mesh.facets[space.mesh.facet_region == 1]
        errors.append((0.75 * np.pi - volume, np.pi - facet_areas(space, outer).sum()))

    orders = np.log2(np.abs(np.array(errors[0]) / np.array(errors[1])))
    assert (orders > 3.7).all(), orders


def test_a_curved_cell_conducts_a_linear_field_exactly(backend):
    space = function_space(quarter_pipe(3), Element.TET10)
    cells = np.arange(space.mesh.n_cells)
    K = pattern_of(space.cell_dofs, space.n_dofs).sum(
        stiffness_blocks(space, cells, np.full(len(cells), 7.0), backend=backend)
    )
    x = space.dof_points[:, 0]

    energy = x @ (K @ x)

    np.testing.assert_allclose(energy, 7.0 * cell_volumes(space, cells).sum(), rtol=1e-7)
    inside = np.setdiff1d(np.arange(space.n_dofs), space.facet_dofs(space.mesh.facets))
    np.testing.assert_allclose((K @ x)[inside], 0.0, atol=1e-6)


def test_linear_values_are_taken_to_all_dofs(mesh):
    space = function_space(mesh, Element.TET10)

    values = space.interpolation_from_linear() @ (mesh.points @ [1.0, 2.0, 3.0])

    np.testing.assert_allclose(values, space.dof_points @ [1.0, 2.0, 3.0], atol=1e-12)


def test_vector_dofs_are_interleaved():
    np.testing.assert_array_equal(vector_dofs(np.array([[2, 0]], dtype=np.int32)), [[6, 7, 8, 0, 1, 2]])


def test_gathered_sums_what_cells_share():
    np.testing.assert_array_equal(
        gathered(np.array([[0, 1], [1, 2]]), np.array([[1.0, 2.0], [3.0, 4.0]]), 4), [1, 5, 4, 0]
    )


def test_a_facet_of_another_mesh_is_refused(mesh):
    space = function_space(mesh, Element.TET10)

    with pytest.raises(SolverError, match="a facet has an edge that no cell has"):
        space.facet_dofs(np.array([[0, mesh.n_points - 1, 1]], dtype=np.int32))
