"""Elastic bodies on structured meshes: curved quadratic cells by mapping, faces by name, and their solution."""

import dataclasses

import numpy as np
from box_mesh import box_mesh

from twin3d.backend import get_backend
from twin3d.fem.elements import CELL_EDGES, Element, cell_quadrature
from twin3d.fem.integrals import sample_cells
from twin3d.fem.linear import Method
from twin3d.fem.mechanics.elastic import isotropic
from twin3d.fem.mechanics.recovery import recover
from twin3d.fem.mechanics.statics import Body, prepare_body, solve_static
from twin3d.fem.mechanics.stress import positions_in_cells, sampling_rule, stress_in_cells
from twin3d.fem.space import function_space

NUMPY = get_backend("numpy")
STEEL = isotropic("steel", youngs_modulus=210e9, poissons_ratio=0.3, thermal_expansion=12e-6)


def mapped_mesh(shape, mapping, **options):
    """A mapped box whose edges all follow the mapping."""
    straight = box_mesh(shape, **options)
    mesh = box_mesh(shape, mapping=mapping, **options)
    edges = np.unique(np.sort(straight.cells[:, CELL_EDGES].reshape(-1, 2), axis=1), axis=0)
    middles = mapping(straight.points[edges].mean(axis=1))
    bent = np.abs(middles - mesh.points[edges].mean(axis=1)).max(axis=1) > 1e-12
    return dataclasses.replace(mesh, curved_edges=edges[bent].astype(np.int32), curved_points=middles[bent])


def facets_of(space, *names):
    """Indices of the facets of faces by name."""
    return np.flatnonzero(np.isin(space.mesh.facet_region, [space.mesh.face_names.index(name) for name in names]))


def corners_of(space, *names):
    """Corners of the facets of faces by name."""
    return space.mesh.facets[facets_of(space, *names)]


def whole(space, material=STEEL):
    """All cells of one material."""
    return [(np.arange(space.mesh.n_cells), material)]


def solved(space, supports, load, *, material=STEEL, **other):
    """The static solution of a body of one material."""
    body = Body(space, whole(space, material), supports, **other)
    return solve_static(prepare_body(body, method=Method.SUPERLU, backend=NUMPY), load)


def vectors(solution):
    """Displacements, shape (n_dofs, 3)."""
    return solution.displacement.reshape(-1, 3)


def recovered_stress(space, displacement, material=STEEL, *, warming=None):
    """Stress at all dofs of a body of one part [Pa], shape (n_dofs, 6)."""
    cells = np.arange(space.mesh.n_cells)
    rule = sampling_rule(space.element)
    samples = stress_in_cells(space, cells, material, displacement, warming=warming, rule=rule, backend=NUMPY)
    return recover(space, cells, samples).values


def errors_against(space, displacement, exact):
    """Errors in L2 and of the gradient in L2; `exact` gives value and gradient at points."""
    cells, rule = np.arange(space.mesh.n_cells), cell_quadrature(5)
    samples = sample_cells(space, cells, rule, backend=NUMPY)
    local = displacement.reshape(-1, 3)[space.cell_dofs]
    value, gradient = exact(positions_in_cells(space, cells, rule))
    miss = np.einsum("qi,eia->eqa", samples.values, local) - value
    slope = np.einsum("eia,eqib->eqab", local, samples.gradients, optimize=True) - gradient
    return [
        np.sqrt(np.einsum("eq,eq...->", samples.measures, (m**2).reshape(*m.shape[:2], -1).sum(axis=2)))
        for m in (miss, slope)
    ]


def bent_box(n, element=Element.TET10, size=(1.0, 0.5, 0.4)):
    """A part that is no box: a bent and twisted bar with curved cells."""

    def mapping(unit):
        x, y, z = (unit * size).T
        angle = 0.9 * x
        return np.column_stack(
            [(2.0 + y) * np.sin(angle), (2.0 + y) * np.cos(angle), z * (1.0 + 0.3 * x) + 0.1 * y * x]
        )

    return function_space(mapped_mesh((2 * n, n, n), mapping), element)
