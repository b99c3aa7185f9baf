"""scikit-fem and NGSolve on the same mesh and element, on a part that is no box: the same displacement and stress."""

import ngsolve
import numpy as np
import pytest
import skfem
from elastic_bodies import NUMPY, STEEL, bent_box, corners_of, solved
from peer_meshes import nearest, ngsolve_mesh, scikit_fem_facets, scikit_fem_mesh
from skfem.helpers import dot
from skfem.models.elasticity import linear_elasticity

from twin3d.fem.elements import Element
from twin3d.fem.mechanics import forces
from twin3d.fem.mechanics.stress import sampling_rule, stress_in_cells
from twin3d.fem.mechanics.supports import fixed
from twin3d.fem.space import function_space

BODY_FORCE = np.array([1e6, -2e6, 3e6])
PRESSURE = 4e6


def straight_part(element):
    mesh = bent_box(3).mesh
    return function_space(mesh, element, straight=True)


def ours(space):
    load = forces.body_force(space, np.arange(space.mesh.n_cells), BODY_FORCE, backend=NUMPY)
    load += forces.pressure(space, corners_of(space, "x1"), PRESSURE)
    return solved(space, [fixed(space, corners_of(space, "x0"), name="wall")], load).displacement


def skfem_part(space):
    """Mesh of scikit-fem and its basis, with all dofs where ours are."""
    mesh = scikit_fem_mesh(space.mesh)
    scalar = skfem.ElementTetP1() if space.element is Element.TET4 else skfem.ElementTetP2()
    return mesh, skfem.Basis(mesh, skfem.ElementVector(scalar), intorder=4)


@pytest.mark.parametrize("element", [Element.TET4, Element.TET10])
def test_scikit_fem_finds_the_same_displacement(element):
    space = straight_part(element)
    mesh, basis = skfem_part(space)
    faces = {name: scikit_fem_facets(mesh, corners_of(space, name)) for name in ("x0", "x1")}

    K = skfem.asm(linear_elasticity(*STEEL.lame), basis)
    push = skfem.LinearForm(lambda v, w: -PRESSURE * dot(w.n, v))
    weight = skfem.LinearForm(lambda v, w: sum(b * v[k] for k, b in enumerate(BODY_FORCE)))
    f = skfem.asm(weight, basis) + skfem.asm(push, basis.boundary(faces["x1"]))
    theirs = skfem.solve(*skfem.condense(K, f, D=basis.get_dofs(faces["x0"])))

    u = ours(space)

    positions = basis.doflocs.T
    order = nearest(space.dof_points, positions[::3])
    mine = u.reshape(-1, 3)[order].ravel()
    np.testing.assert_allclose(mine, theirs, atol=1e-6 * np.abs(theirs).max())


@pytest.mark.parametrize("element", [Element.TET4, Element.TET10])
def test_ngsolve_finds_the_same_displacement_and_stress(element):
    space = straight_part(element)
    mesh = ngsolve_mesh(space.mesh, {name: corners_of(space, name) for name in ("x0", "x1")})
    lam, mu = STEEL.lame

    V = ngsolve.VectorH1(mesh, order=element.degree, dirichlet="x0")
    u, v = V.TnT()
    strain = lambda w: 0.5 * (ngsolve.Grad(w) + ngsolve.Grad(w).trans)  # noqa: E731
    stress = lambda w: lam * ngsolve.Trace(strain(w)) * ngsolve.Id(3) + 2 * mu * strain(w)  # noqa: E731
    a = ngsolve.BilinearForm(ngsolve.InnerProduct(stress(u), strain(v)) * ngsolve.dx).Assemble()
    f = ngsolve.LinearForm(V)
    f += ngsolve.CF(tuple(BODY_FORCE)) * v * ngsolve.dx
    f += -PRESSURE * ngsolve.specialcf.normal(3) * v * ngsolve.ds("x1")
    f.Assemble()
    theirs = ngsolve.GridFunction(V)
    theirs.vec.data = a.mat.Inverse(V.FreeDofs(), inverse="sparsecholesky") * f.vec

    displacement = ours(space)
    corner = displacement.reshape(-1, 3)[: space.mesh.n_points]
    found = np.array([[theirs.components[k].vec[i] for k in range(3)] for i in range(space.mesh.n_points)])

    np.testing.assert_allclose(corner, found, atol=1e-6 * np.abs(found).max())
    cells = np.arange(0, space.mesh.n_cells, 7)
    rule = sampling_rule(element)
    inside = stress_in_cells(space, cells, STEEL, displacement, rule=rule, backend=NUMPY)[:, 0]
    places = np.einsum("c,ecx->ex", rule.points[0], space.mesh.points[space.mesh.cells[cells]])
    sigma = stress(theirs)
    ref = np.array([np.reshape(sigma(mesh(*place)), (3, 3)) for place in places])
    np.testing.assert_allclose(inside, ref[:, [0, 1, 2, 0, 1, 0], [0, 1, 2, 1, 2, 2]], atol=1e-6 * np.abs(ref).max())
