"""Linear systems of heat and of elasticity on a unit cube held at x = 0, made by scikit-fem."""

from dataclasses import dataclass

import numpy as np
import skfem
from scipy import sparse
from skfem.helpers import ddot, dot, grad, sym_grad, trace
from skfem.models.elasticity import lame_parameters


@dataclass(frozen=True, eq=False, slots=True)
class Problem:
    """A system and what is known of it."""

    A: sparse.csr_array
    b: np.ndarray
    modes: np.ndarray | None
    prolongation: sparse.csr_array | None


@skfem.BilinearForm
def conduction(u, v, w):
    return w.k * dot(grad(u), grad(v))


@skfem.BilinearForm
def stiffness(u, v, w):
    lam, mu = w.lame
    return 2.0 * mu * ddot(sym_grad(u), sym_grad(v)) + lam * trace(sym_grad(u)) * trace(sym_grad(v))


def heat_problem(n=8, *, is_quadratic=False, conductivity=None):
    """Conduction with a source; `conductivity` of cells from their centres, (3, n_cells) to (n_cells,)."""
    mesh, edges = _cube(n)
    basis = skfem.Basis(mesh, skfem.ElementTetP2() if is_quadratic else skfem.ElementTetP1())
    cells = np.ones(mesh.nelements) if conductivity is None else conductivity(mesh.p[:, mesh.t].mean(axis=1))
    K = conduction.assemble(basis, k=cells[:, None])
    b = skfem.LinearForm(lambda v, _: v).assemble(basis)
    points = _points(mesh, edges, is_quadratic)
    P = _prolongation(mesh.nvertices, edges) if is_quadratic else None
    return _held(K, b, points=points, n_coarse=mesh.nvertices, P=P, modes=None)


def elastic_problem(n=6, *, is_quadratic=False):
    """A clamped cube under its weight: E = 1000 Pa, ν = 0.3."""
    mesh, edges = _cube(n)
    element = skfem.ElementVector(skfem.ElementTetP2() if is_quadratic else skfem.ElementTetP1())
    basis = skfem.Basis(mesh, element)
    K = stiffness.assemble(basis, lame=np.array(lame_parameters(1000.0, 0.3))[:, None, None])
    b = skfem.LinearForm(lambda v, _: -v[2]).assemble(basis)
    points = _points(mesh, edges, is_quadratic)
    P = sparse.kron(_prolongation(mesh.nvertices, edges), sparse.eye_array(3)) if is_quadratic else None
    return _held(K, b, points=points, n_coarse=mesh.nvertices, P=P, modes=rigid_body_modes(points))


def rigid_body_modes(points):
    """Three shifts and three turns, shape (3 n_points, 6)."""
    modes, (x, y, z) = np.zeros((len(points), 3, 6)), points.T
    modes[:, range(3), range(3)] = 1.0
    modes[:, 1, 3], modes[:, 2, 3] = -z, y
    modes[:, 0, 4], modes[:, 2, 4] = z, -x
    modes[:, 0, 5], modes[:, 1, 5] = -y, x
    return modes.reshape(-1, 6)


def _cube(n):
    line = np.linspace(0.0, 1.0, n + 1)
    mesh = skfem.MeshTet.init_tensor(line, line, line)
    return mesh, mesh.edges


def _points(mesh, edges, is_quadratic):
    return np.vstack([mesh.p.T, mesh.p[:, edges].mean(axis=1).T]) if is_quadratic else mesh.p.T


def _prolongation(n_vertices, edges):
    middles = np.arange(edges.shape[1])
    half = sparse.coo_array((np.full(edges.size, 0.5), (np.tile(middles, 2), edges.ravel())))
    return sparse.csr_array(sparse.vstack([sparse.eye_array(n_vertices), half]))


def _held(K, b, *, points, n_coarse, P, modes):
    """Without the unknowns of the points at x = 0."""
    n_components = len(b) // len(points)
    free, coarse = (np.flatnonzero(np.repeat(part[:, 0] > 1e-9, n_components)) for part in (points, points[:n_coarse]))
    return Problem(
        A=sparse.csr_array(K)[free][:, free],
        b=b[free],
        modes=None if modes is None else modes[free],
        prolongation=None if P is None else sparse.csr_array(P)[free][:, coarse],
    )
