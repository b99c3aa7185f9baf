"""The steady non-linear heat balance by scikit-fem, with a Newton iteration of its own."""

import numpy as np
from scipy.sparse.linalg import spsolve
from scipy.spatial import cKDTree
from skfem import Basis, BilinearForm, ElementTetP1, ElementTetP2, FacetBasis, LinearForm, MeshTet
from skfem.helpers import dot, grad

SIGMA = 5.670374419e-8


def peer_steady(mesh, space, *, conductivity, loads, inputs):
    """The temperature at the dofs of a space.

    Args:
        mesh: With faces named as `box_mesh` does.
        space: Whose dofs the answer is at.
        conductivity: A table of two temperatures.
        loads: In this order: fixed on y0, flux on x0, radiation on z1, film on y1, losses everywhere.
        inputs: In the order of the loads.
    """
    peer = MeshTet(mesh.points.T, mesh.cells.T)
    element = ElementTetP1() if space.n_dofs == mesh.n_points else ElementTetP2()
    basis = Basis(peer, element, intorder=6)
    on = {name: FacetBasis(peer, element, facets=_facets(peer, mesh, name), intorder=8) for name in ("x0", "y1", "z1")}
    fixed = basis.get_dofs(_facets(peer, mesh, "y0")).flatten()
    free = np.setdiff1d(np.arange(basis.N), fixed)
    T = np.full(basis.N, 300.0)
    T[fixed] = inputs[0]
    for _ in range(30):
        J, r = _linearised(basis, on, T, conductivity, loads, inputs)
        d = spsolve(J[free][:, free].tocsc(), r[free])
        T[free] += d
        if np.abs(d).max() < 1e-10:
            break
    _, place = cKDTree(basis.doflocs.T).query(space.dof_points)
    return T[place]


def _linearised(basis, on, T, table, loads, inputs):
    """Minus the derivative of the heat rates, and the rates."""
    (t0, t1), (k0, k1) = table.temperatures, table.values
    slope = (k1 - k0) / (t1 - t0)
    _, _, glow, film, loss = loads
    alpha, reference = loss.temperature_coefficient, loss.reference_temperature
    _, flux, wall, air, source = inputs

    @BilinearForm
    def cells(u, v, w):
        k = k0 + slope * (w.T - t0)
        return k * dot(grad(u), grad(v)) + slope * u * dot(grad(w.T), grad(v)) - source * alpha * u * v

    @LinearForm
    def cell_rates(v, w):
        k = k0 + slope * (w.T - t0)
        return source * (1.0 + alpha * (w.T - reference)) * v - k * dot(grad(w.T), grad(v))

    rates = {
        "x0": lambda v, w: flux * v,
        "y1": lambda v, w: film.film_coefficient * (air - w.T) * v,
        "z1": lambda v, w: glow.emissivity * SIGMA * (wall**4 - w.T**4) * v,
    }
    slopes = {
        "y1": lambda u, v, w: film.film_coefficient * u * v,
        "z1": lambda u, v, w: 4.0 * glow.emissivity * SIGMA * w.T**3 * u * v,
    }
    J, r = cells.assemble(basis, T=basis.interpolate(T)), cell_rates.assemble(basis, T=basis.interpolate(T))
    for name, side in on.items():
        r = r + LinearForm(rates[name]).assemble(side, T=side.interpolate(T))
        if name in slopes:
            J = J + BilinearForm(slopes[name]).assemble(side, T=side.interpolate(T))
    return J.tocsr(), r


def _facets(peer, mesh, name):
    corners = np.sort(mesh.facets[mesh.facet_region == mesh.face_names.index(name)], axis=1)
    keys = {tuple(some) for some in corners.tolist()}
    return np.array(
        [number for number, some in enumerate(np.sort(peer.facets.T, axis=1).tolist()) if tuple(some) in keys]
    )
