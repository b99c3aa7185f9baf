"""The compiled loops against the blocks that specify them."""

import numpy as np
import pytest
from box_mesh import box_mesh, quarter_pipe

from twin3d.backend import get_backend
from twin3d.fem.assembly import assemble_conduction, assemble_mass
from twin3d.fem.elements import Element
from twin3d.fem.integrals import mass_blocks, stiffness_blocks
from twin3d.fem.pattern import assemble, pattern_of
from twin3d.fem.space import function_space

CASES = [(assemble_conduction, stiffness_blocks), (assemble_mass, mass_blocks)]


@pytest.mark.parametrize("element", list(Element))
@pytest.mark.parametrize("mesh", [box_mesh((3, 2, 2), wobble=0.3), quarter_pipe(2)], ids=["straight", "curved"])
@pytest.mark.parametrize(("assembled", "blocks"), CASES)
def test_loops_sum_what_blocks_sum(assembled, blocks, mesh, element, rng):
    space, backend = function_space(mesh, element), get_backend("numpy")
    cells = rng.permutation(mesh.n_cells)[: mesh.n_cells - 3]
    coefficient = rng.uniform(1.0, 5.0, len(cells))

    found = assembled(space, cells, coefficient, backend=backend)

    expected = assemble(blocks(space, cells, coefficient, backend=backend), space.cell_dofs[cells], space.n_dofs)
    np.testing.assert_allclose(found.toarray(), expected.toarray(), atol=1e-14)


def test_conductivity_by_direction_goes_by_blocks(rng):
    space, backend = function_space(box_mesh((2, 2, 2)), Element.TET10), get_backend("numpy")
    cells = np.arange(space.mesh.n_cells)
    k = np.broadcast_to(np.diag([1.0, 2.0, 3.0]), (len(cells), 3, 3))

    found = assemble_conduction(space, cells, k, backend=backend)

    energies = [x @ (found @ x) for x in space.dof_points.T]
    np.testing.assert_allclose(energies, [1.0, 2.0, 3.0], rtol=1e-12)


@pytest.mark.parametrize(("assembled", "blocks"), CASES)
def test_dofs_left_out_of_the_pattern_are_left_out_of_the_matrix(assembled, blocks):
    space, backend = function_space(box_mesh((3, 2, 2)), Element.TET10), get_backend("numpy")
    cells, ones = np.arange(space.mesh.n_cells), np.ones(space.mesh.n_cells)
    free = np.flatnonzero(space.dof_points[:, 0] > 0.0)
    number = np.full(space.n_dofs, -1, dtype=np.int32)
    number[free] = np.arange(len(free))

    found = assembled(space, cells, ones, pattern=pattern_of(number[space.cell_dofs], len(free)), backend=backend)

    whole = assembled(space, cells, ones, backend=backend)
    np.testing.assert_allclose(found.toarray(), whole[free][:, free].toarray(), atol=1e-14)
