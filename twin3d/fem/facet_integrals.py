"""Integrals over facets, straight or curved, for many at once by quadrature."""

import numpy as np

from twin3d.fem.elements import FACET_EDGES, Element, Quadrature, facet_quadrature, shape_derivatives, shape_functions
from twin3d.fem.integrals import CURVED_DEGREE, HostArray, Index
from twin3d.fem.space import FunctionSpace


def facet_samples(space: FunctionSpace, corners: Index, rule: Quadrature) -> tuple[HostArray, HostArray]:
    """Shape functions of facets at quadrature points, and their area vectors there.

    Args:
        space: The function space.
        corners: Points of the facets, shape (n_facets, 3).
        rule: Points within a facet.

    Returns:
        Values (n_quadrature, n_facet_dofs); weights times area times normal [m²], shape (n_facets, n_quadrature, 3).
    """
    derivatives = shape_derivatives(space.element, rule.points)
    positions = space.dof_points[space.facet_dofs(corners)]
    tangents = np.einsum("qka,ekx->eqax", derivatives, positions)
    a, b = (tangents[:, :, k] - tangents[:, :, 0] for k in (1, 2))
    return shape_functions(space.element, rule.points), 0.5 * np.cross(a, b) * rule.weights[:, None]


def facet_areas(space: FunctionSpace, corners: Index) -> HostArray:
    """Areas of facets, curved ones as they are [m²], shape (n_facets,)."""
    _, vectors = facet_samples(space, corners, facet_quadrature(_facet_degree(space, corners)))
    return np.asarray(np.linalg.norm(vectors, axis=2).sum(axis=1))


def facet_mass_blocks(space: FunctionSpace, corners: Index, weight: HostArray | float) -> HostArray:
    r"""$\int w N_i N_j$ over facets for a constant w on each, shape (n_facets, n_facet_dofs, n_facet_dofs).

    Args:
        space: The function space.
        corners: Points of the facets, shape (n_facets, 3).
        weight: Such as a film coefficient [W/(m² K)], shape (n_facets,) or one for all.
    """
    values, vectors = facet_samples(space, corners, facet_quadrature(_facet_degree(space, corners, products=2)))
    weights = np.linalg.norm(vectors, axis=2) * np.broadcast_to(weight, len(corners))[:, None]
    products = values[:, :, None] * values[:, None, :]
    blocks = weights @ products.reshape(len(values), -1)
    return np.asarray(blocks.reshape(len(corners), *products.shape[1:]))


def facet_load_blocks(space: FunctionSpace, corners: Index, weight: HostArray | float) -> HostArray:
    r"""$\int w N_i$ over facets for a constant w on each, shape (n_facets, n_facet_dofs)."""
    values, vectors = facet_samples(space, corners, facet_quadrature(_facet_degree(space, corners)))
    weights = np.linalg.norm(vectors, axis=2) * np.broadcast_to(weight, len(corners))[:, None]
    return np.asarray(weights @ values)


def _facet_degree(space: FunctionSpace, corners: Index, *, products: int = 1) -> int:
    if space.element is Element.TET4:
        return products
    middles = space.mesh.points[corners[:, FACET_EDGES]].mean(axis=2)
    size = float(np.ptp(space.mesh.points, axis=0).max())
    is_straight = np.abs(space.dof_points[space.facet_dofs(corners)[:, 3:]] - middles).max(initial=0.0) < 1e-12 * size
    return 2 * products if is_straight else CURVED_DEGREE
