r"""Lagrange elements on tetrahedra and triangles, in barycentric coordinates λ: shape functions and quadrature.

Shape functions: Zienkiewicz, Taylor and Zhu, The Finite Element Method: Its Basis and Fundamentals (2013), section 6.2.
Point order within a cell is VTK's: the corners, then the middles of the edges.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]

CELL_EDGES = np.array([[0, 1], [1, 2], [0, 2], [0, 3], [1, 3], [2, 3]])
"""Corners at the ends of the edges of a cell, in the order of their dofs."""
FACET_EDGES = np.array([[0, 1], [1, 2], [2, 0]])
"""Corners at the ends of the edges of a facet, in the order of their dofs."""


class Element(StrEnum):
    """The finite element of a whole mesh."""

    TET4 = "tet4"
    """Linear: error of order 2 in the field, 1 in its gradient."""
    TET10 = "tet10"
    """Quadratic, curved where the mesh is: orders 3 and 2."""

    @property
    def degree(self) -> int:
        """Degree of the polynomials that it holds."""
        return 1 if self is Element.TET4 else 2

    @property
    def n_cell_dofs(self) -> int:
        """Dofs of a scalar field in a cell."""
        return 4 if self is Element.TET4 else 10

    @property
    def n_facet_dofs(self) -> int:
        """Dofs of a scalar field on a facet."""
        return 3 if self is Element.TET4 else 6


@dataclass(frozen=True, eq=False, slots=True)
class Quadrature:
    """Points and weights on a simplex of unit size; the weights sum to 1."""

    points: Array
    """Barycentric coordinates [–], shape (n_quadrature, 3 or 4)."""
    weights: Array
    """Shape (n_quadrature,)."""


def shape_functions(element: Element, coordinates: Array) -> Array:
    r"""$N_i$ at barycentric coordinates of a cell (last axis 4) or facet (3).

    Returns:
        Shape (..., n_dofs of the cell or facet).
    """
    if element is Element.TET4:
        return np.asarray(coordinates, dtype=np.float64)
    a, b = _edges(coordinates.shape[-1]).T
    corners = coordinates * (2.0 * coordinates - 1.0)
    return np.concatenate([corners, 4.0 * coordinates[..., a] * coordinates[..., b]], axis=-1)


def shape_derivatives(element: Element, coordinates: Array) -> Array:
    r"""$\partial N_i / \partial \lambda_a$, shape (..., n_dofs, 3 or 4)."""
    n = coordinates.shape[-1]
    if element is Element.TET4:
        return np.broadcast_to(np.eye(n), (*coordinates.shape, n)).copy()
    edges = _edges(n)
    result = np.zeros((*coordinates.shape[:-1], n + len(edges), n))
    corner = np.arange(n)
    result[..., corner, corner] = 4.0 * coordinates - 1.0
    for number, (a, b) in enumerate(edges):
        result[..., n + number, a] = 4.0 * coordinates[..., b]
        result[..., n + number, b] = 4.0 * coordinates[..., a]
    return result


def _edges(n_corners: int) -> npt.NDArray[np.int64]:
    return CELL_EDGES if n_corners == 4 else FACET_EDGES


def cell_quadrature(degree: int) -> Quadrature:
    """A rule that is exact on cells for polynomials up to a degree of at most 5.

    Degree 2: Hammer and Stroud (1956); degree 5: Walkington, Quadrature on simplices of arbitrary dimension (2000).
    All weights are positive.

    Raises:
        ValueError: The degree is above 5.
    """
    if degree <= 1:
        return Quadrature(np.full((1, 4), 0.25), np.ones(1))
    if degree == 2:
        return Quadrature(_near_corners(4, (5.0 - math.sqrt(5.0)) / 20.0), np.full(4, 0.25))
    if degree <= 5:
        groups = (
            (_near_corners(4, 0.31088591926330060980), 0.11268792571801585080),
            (_near_corners(4, 0.092735250310891226402), 0.073493043116361949544),
            (_near_edges(0.045503704125649649492), 0.042546020777081466438),
        )
        return _joined(groups)
    raise ValueError(f"no quadrature of degree {degree} on cells; the highest is 5")


def facet_quadrature(degree: int) -> Quadrature:
    """A rule that is exact on facets for polynomials up to a degree of at most 5.

    Degree 2: the three mid-points of Hammer and Stroud moved inwards; degree 5: Radon (1948).

    Raises:
        ValueError: The degree is above 5.
    """
    if degree <= 1:
        return Quadrature(np.full((1, 3), 1.0 / 3.0), np.ones(1))
    if degree == 2:
        return Quadrature(_near_corners(3, 1.0 / 6.0), np.full(3, 1.0 / 3.0))
    if degree <= 5:
        root = math.sqrt(15.0)
        groups = (
            (np.full((1, 3), 1.0 / 3.0), 9.0 / 40.0),
            (_near_corners(3, (6.0 - root) / 21.0), (155.0 - root) / 1200.0),
            (_near_corners(3, (6.0 + root) / 21.0), (155.0 + root) / 1200.0),
        )
        return _joined(groups)
    raise ValueError(f"no quadrature of degree {degree} on facets; the highest is 5")


def _near_corners(n_corners: int, a: float) -> Array:
    """Points with one coordinate 1 - (n - 1) a, the others a."""
    return a + (1.0 - n_corners * a) * np.eye(n_corners)


def _near_edges(a: float) -> Array:
    """Points of a cell with two coordinates a, the others 1/2 - a."""
    points = np.full((6, 4), 0.5 - a)
    np.put_along_axis(points, CELL_EDGES, a, axis=1)
    return points


def _joined(groups: tuple[tuple[Array, float], ...]) -> Quadrature:
    points = np.concatenate([points for points, _ in groups])
    weights = np.concatenate([np.full(len(points), weight) for points, weight in groups])
    return Quadrature(points, weights / weights.sum())
