"""Systems of heat and elasticity assembled by scikit-fem on boxes, held at the face x = 0."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import skfem
from box_mesh import box_mesh
from scipy import sparse
from skfem.helpers import dot, grad
from skfem.models.elasticity import lame_parameters, linear_elasticity


@dataclass(frozen=True)
class System:
    """A matrix with held unknowns as rows with a diagonal alone, a load, and the basis."""

    A: Any
    load: Any
    basis: Any
    free: Any


def heat_system(shape, size=(1.0, 1.0, 1.0), *, conductivity=None, element=None):
    mesh = _mesh(shape, size)
    basis = skfem.Basis(mesh, element or skfem.ElementTetP1())
    k = np.ones(mesh.nelements) if conductivity is None else conductivity(mesh.p[:, mesh.t].mean(axis=1))

    @skfem.BilinearForm
    def conduction(u, v, w):
        return w["k"] * dot(grad(u), grad(v))

    @skfem.LinearForm
    def source(v, w):
        return v * (1.0 + w.x[1])

    K = conduction.assemble(basis, k=basis.with_element(skfem.ElementTetP0()).interpolate(k))
    return _held(K, source.assemble(basis), basis)


def elastic_system(shape, size=(1.0, 1.0, 1.0)):
    basis = skfem.Basis(_mesh(shape, size), skfem.ElementVector(skfem.ElementTetP1()))

    @skfem.LinearForm
    def gravity(v, w):
        return -v[2]

    K = linear_elasticity(*lame_parameters(1000.0, 0.3)).assemble(basis)
    return _held(K, gravity.assemble(basis), basis)


def rigid_body_modes(points, free):
    """Three translations and three rotations of points (n, 3), zero where an unknown is held, shape (3 n, 6)."""
    modes = np.zeros((len(points), 3, 6))
    for axis in range(3):
        modes[:, axis, axis] = 1.0
        modes[:, :, 3 + axis] = np.cross(np.eye(3)[axis], points - points.mean(axis=0))
    return modes.reshape(-1, 6) * free[:, None]


def quadratic_from_linear(basis):
    """Values at the points and the middles of edges of a basis of quadratic tetrahedra, from those at the points."""
    mesh = basis.mesh
    columns = np.concatenate([np.arange(mesh.nvertices), *mesh.edges])
    at_points, at_edges = basis.nodal_dofs[0], basis.edge_dofs[0]
    rows = np.concatenate([at_points, at_edges, at_edges])
    weights = np.concatenate([np.ones(len(at_points)), np.full(2 * len(at_edges), 0.5)])
    return sparse.csr_array(sparse.coo_array((weights, (rows, columns)), shape=(basis.N, mesh.nvertices)))


def _mesh(shape, size):
    mesh = box_mesh(shape, size, wobble=0.2)
    return skfem.MeshTet(np.ascontiguousarray(mesh.points.T), np.ascontiguousarray(mesh.cells.T))


def _held(K, load, basis):
    free = np.ones(basis.N)
    free[basis.get_dofs(lambda x: np.isclose(x[0], 0.0)).all()] = 0.0
    inner = sparse.diags_array(free)
    A = sparse.csr_array(inner @ sparse.csr_array(K) @ inner + sparse.diags_array((1.0 - free) * K.diagonal().mean()))
    A.eliminate_zeros()
    return System(A, load * free, basis, free)
