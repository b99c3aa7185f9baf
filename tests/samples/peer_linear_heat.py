"""Linear heat by scikit-fem and by NGSolve: a source within, and faces with a flux, a film or a temperature."""

from dataclasses import dataclass
from itertools import combinations

import ngsolve
import numpy as np
import skfem
from peer_meshes import curved_scikit_fem_mesh, nearest, ngsolve_mesh, scikit_fem_facets, scikit_fem_mesh
from scipy.sparse.linalg import splu
from skfem.helpers import dot, grad

from twin3d.fem.elements import Element


@dataclass(frozen=True, eq=False, slots=True)
class Problem:
    """Constants in SI, and the corners (n, 3) of the facets of each face."""

    conductivity: float
    capacity: float
    """ρ c [J/(m³ K)]."""
    source: float
    """[W/m³]."""
    flux: float
    """Into the face named flux [W/m²]."""
    film: float
    """Of the face named film [W/(m² K)]."""
    ambient: float
    """Temperature of its fluid [K]."""
    fixed: float
    """Temperature of the face named fixed [K]."""
    faces: dict[str, np.ndarray]


def by_scikit_fem(space, problem, *, start=None, dt_s=None, n_steps=1):
    """The temperature at our dofs [K]: steady, or after steps of backward Euler from a uniform start."""
    element = skfem.ElementTetP1() if space.element is Element.TET4 else skfem.ElementTetP2()
    is_curved = bool(space.is_curved.any())
    peer, degree = (curved_scikit_fem_mesh(space), 6) if is_curved else (scikit_fem_mesh(space.mesh), 4)
    on = {name: scikit_fem_facets(peer, corners) for name, corners in problem.faces.items()}
    cells = skfem.Basis(peer, element, intorder=degree)
    flux, film = (skfem.FacetBasis(peer, element, facets=on[name], intorder=degree) for name in ("flux", "film"))
    mass = skfem.BilinearForm(lambda u, v, _: u * v)
    one = skfem.LinearForm(lambda v, _: v)
    conduction = skfem.BilinearForm(lambda u, v, _: dot(grad(u), grad(v)))
    K = problem.conductivity * conduction.assemble(cells) + problem.film * mass.assemble(film)
    F = problem.source * one.assemble(cells) + problem.flux * one.assemble(flux)
    F += problem.film * problem.ambient * one.assemble(film)
    held = cells.get_dofs(on["fixed"]).flatten()
    free = np.setdiff1d(np.arange(cells.N), held)
    T = np.full(cells.N, 0.0 if start is None else start)
    T[held] = problem.fixed
    M = 0.0 * K if dt_s is None else problem.capacity / dt_s * mass.assemble(cells)
    A = (M + K).tocsr()
    factor = splu(A[free][:, free].tocsc())
    for _ in range(n_steps):
        T[free] = factor.solve((F + M @ T)[free] - A[free][:, held] @ T[held])
    return T[nearest(cells.doflocs.T, space.dof_points)]


def by_ngsolve(space, problem):
    """The steady temperature at our dofs [K]."""
    mesh = ngsolve_mesh(space.mesh, problem.faces)
    V = ngsolve.H1(mesh, order=space.element.degree, dirichlet="fixed")
    u, v = V.TnT()
    a, f, T = ngsolve.BilinearForm(V), ngsolve.LinearForm(V), ngsolve.GridFunction(V)
    a += problem.conductivity * ngsolve.grad(u) * ngsolve.grad(v) * ngsolve.dx
    a += problem.film * u * v * ngsolve.ds("film")
    f += problem.source * v * ngsolve.dx + problem.flux * v * ngsolve.ds("flux")
    f += problem.film * problem.ambient * v * ngsolve.ds("film")
    a.Assemble()
    f.Assemble()
    # hierarchical: a constant is its value at the vertices, which come first, and no bubble on any edge
    is_held = ~np.array(list(V.FreeDofs()))
    T.vec.FV().NumPy()[:] = np.where(is_held & (np.arange(V.ndof) < mesh.nv), problem.fixed, 0.0)
    residual = f.vec.CreateVector()
    residual.data = f.vec - a.mat * T.vec
    T.vec.data += a.mat.Inverse(V.FreeDofs(), inverse="sparsecholesky") * residual
    corners = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0)]
    middles = [tuple((one + other) / 2 for one, other in zip(*ends, strict=True)) for ends in combinations(corners, 2)]
    places = corners if space.element is Element.TET4 else corners + middles
    inside = mesh.MapToAllElements(ngsolve.IntegrationRule(places, [0.0] * len(places)), ngsolve.VOL)
    points = ngsolve.CF((ngsolve.x, ngsolve.y, ngsolve.z))(inside)
    return T(inside).ravel()[nearest(points, space.dof_points)]
