"""Conducting bodies on structured meshes: their temperatures, their errors, and the scenes that hold them."""

import numpy as np
from box_mesh import STEEL

from twin3d.backend import get_backend
from twin3d.fem.elements import cell_quadrature
from twin3d.fem.heat import assemble_heat
from twin3d.fem.integrals import gathered, sample_cells, stiffness_blocks
from twin3d.fem.linear import prepare
from twin3d.fem.mechanics.stress import positions_in_cells
from twin3d.fem.pattern import pattern_of
from twin3d.fem.space import function_space
from twin3d.fem.system import system_at

NUMPY = get_backend("numpy")
RULE = cell_quadrature(5)
RTOL = 1e-12
"""Relative residual, far below any error of discretisation."""
UNIT = STEEL.model_copy(update={"conductivity": 1.0, "density": 1.0, "specific_heat": 1.0})


def distorted(unit):
    """A smooth mapping of the unit cube that leaves its corners about where they are."""
    x, y, z = unit.T
    return np.column_stack([x + 0.1 * np.sin(3 * y), y + 0.1 * np.cos(2 * z), z + 0.1 * x * y])


def solved(scene, mesh, element, *, straight=False):
    """The steady temperature at the nominal inputs, with its space and operators."""
    space = function_space(mesh, element, straight=straight)
    operators = assemble_heat(scene, space, backend=NUMPY)
    system, inputs = system_at(operators), np.array([item.value for item in scene.inputs])
    factor = prepare(system.stiffness, once=True, backend=NUMPY)
    return system.full(factor.solve(system.load @ inputs, rtol=RTOL).x, inputs), space, operators


def solved_between(space, source, exact, *, on):
    """The temperature for a source by place [W/m³] and k = 1 W/(m K), held at exact values where `on` is true."""
    cells = np.arange(space.mesh.n_cells)
    samples = sample_cells(space, cells, RULE, backend=NUMPY)
    shares = (samples.measures * source(positions_in_cells(space, cells, RULE))) @ samples.values
    load = gathered(space.cell_dofs, shares, space.n_dofs)
    K = stiffness_of(space)
    T = np.where(on, exact(space.dof_points), 0.0)
    free = np.flatnonzero(~on)
    T[free] = prepare(K[free][:, free], once=True, backend=NUMPY).solve((load - K @ T)[free], rtol=RTOL).x
    return T


def stiffness_of(space):
    """Conduction at k = 1 W/(m K)."""
    blocks = stiffness_blocks(space, np.arange(space.mesh.n_cells), np.ones(space.mesh.n_cells), backend=NUMPY)
    return pattern_of(space.cell_dofs, space.n_dofs).sum(blocks)


def errors_against(space, T, exact, slope):
    """Errors of the field and of its gradient in L2, by quadrature of degree 5."""
    cells = np.arange(space.mesh.n_cells)
    samples, places = sample_cells(space, cells, RULE, backend=NUMPY), positions_in_cells(space, cells, RULE)
    local = T[space.cell_dofs]
    miss = local @ samples.values.T - exact(places)
    miss_of_slope = np.einsum("ei,eqix->eqx", local, samples.gradients) - slope(places)
    return [np.sqrt(np.sum(samples.measures * square)) for square in (miss**2, (miss_of_slope**2).sum(axis=2))]


def orders(errors, ratio=2.0):
    """Rates of convergence of successive errors, for meshes finer by a ratio each."""
    return -np.diff(np.log(errors), axis=0) / np.log(ratio)
