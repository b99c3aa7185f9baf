"""What holds a body: directions in which dofs have a given displacement, chosen by facet, never by position."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.errors import SceneError
from twin3d.fem.cyclic import Ties
from twin3d.fem.elements import FACET_EDGES, Element, shape_derivatives
from twin3d.fem.space import FunctionSpace

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]

FLAT = 1e-8
"""Largest departure of the normals of a flat face."""
ONE_WAY = 0.13
"""Spread of normals about a point of a curved face below which they mean one direction: the square of tan 20°."""


@dataclass(frozen=True, eq=False, slots=True)
class Support:
    """Holds displacements n · u = d."""

    name: str
    dofs: Index
    """Scalar dofs, repeated where several directions are held, shape (n,)."""
    directions: Array
    """Unit vectors n, shape (n, 3)."""
    values: Array
    """d [m], shape (n,)."""


def fixed(space: FunctionSpace, corners: Index, *, name: str) -> Support:
    """Faces that do not move; corners of facets (n, 3)."""
    return displaced(space, corners, {0: 0.0, 1: 0.0, 2: 0.0}, name=name)


def displaced(space: FunctionSpace, corners: Index, components: Mapping[int, float], *, name: str) -> Support:
    """Faces with prescribed displacement components.

    Args:
        space: The function space.
        corners: Facets, shape (n, 3).
        components: Axis (0, 1, 2) → displacement [m].
        name: For errors and reactions.

    Raises:
        SceneError: No component is given, or one is not finite.
    """
    if not components or not np.isfinite(list(components.values())).all():
        raise SceneError(
            f"{name}: the displacements {dict(components)} hold nothing; give x, y or z as a finite length"
        )
    dofs = np.unique(space.facet_dofs(np.asarray(corners, dtype=np.int32)))
    axes, values = np.array(list(components)), np.array(list(components.values()))
    return Support(
        name, np.repeat(dofs, len(axes)), np.tile(np.eye(3)[axes], (len(dofs), 1)), np.tile(values, len(dofs))
    )


def symmetry(space: FunctionSpace, facets: Index, *, name: str, ties: Ties | None = None) -> Support:
    """Faces that do not move along their normal: planes of symmetry at any angle, guides, frictionless seats.

    A flat face holds its normal at each of its dofs, so a dof on two planes is held in two directions. On curved faces
    the normals of the facets about a dof are taken together, across the ends of a sector too.

    Args:
        space: The function space.
        facets: Indices into the facets of the mesh, shape (n,).
        name: For errors and reactions.
        ties: Between the ends of a sector.
    """
    mesh = space.mesh
    dofs, normals = _normals_at_dofs(space, mesh.facets[facets])
    pieces = [np.zeros((0, 4))]
    curved = []
    for face in np.unique(mesh.facet_region[facets]):
        on_face = np.flatnonzero(mesh.facet_region[facets] == face)
        first = normals[on_face[0], 0] / np.linalg.norm(normals[on_face[0], 0])
        lengths = np.linalg.norm(normals[on_face], axis=2)
        if np.abs(normals[on_face] @ first - lengths).max() < FLAT * lengths.max():
            points = np.unique(dofs[on_face])
            pieces.append(np.column_stack([points, np.tile(first, (len(points), 1))]))
        else:
            curved.append(on_face)
    if curved:
        on_curved = np.concatenate(curved)
        around = (dofs[on_curved].ravel(), normals[on_curved].reshape(-1, 3))
        pieces.append(_gathered_directions(*(around if ties is None else _across_ends(*around, ties))))
    table = np.concatenate(pieces)
    return Support(name, table[:, 0].astype(np.int64), table[:, 1:], np.zeros(len(table)))


def _across_ends(dofs: Index, normals: Array, ties: Ties) -> tuple[Index, Array]:
    """Normals at dofs, and at the ends of a sector also those of the other end, turned; ends of one mesh only."""
    if not ties.is_matching:
        return dofs, normals
    C, here = ties.transformation, np.isin(dofs, ties.dofs)
    at_low = C.indices[C.indptr[dofs[here]]]
    partner = np.full(C.shape[0], -1)
    partner[C.indices[C.indptr[ties.dofs]]] = ties.dofs
    there = partner[dofs] >= 0
    return (
        np.concatenate([dofs, at_low, partner[dofs[there]]]),
        np.concatenate([normals, normals[here] @ ties.rotation, normals[there] @ ties.rotation.T]),
    )


def _gathered_directions(dofs: Index, normals: Array) -> Array:
    """Dofs and the directions that area-weighted normals about them have in common, shape (n, 4)."""
    unique, number = np.unique(dofs, return_inverse=True)
    products = np.zeros((len(unique), 3, 3))
    sizes = np.linalg.norm(normals, axis=1)
    np.add.at(products, number, normals[:, :, None] * normals[:, None, :] / sizes[:, None, None])
    spread, directions = np.linalg.eigh(products)
    rows, which = np.nonzero(spread > ONE_WAY * spread[:, -1:])
    return np.column_stack([unique[rows], directions[rows, :, which]])


def _normals_at_dofs(space: FunctionSpace, corners: Index) -> tuple[Index, Array]:
    """Dofs of facets (n, k), and area times normal at each of them [m²], shape (n, k, 3)."""
    dofs = space.facet_dofs(np.asarray(corners, dtype=np.int32))
    where = np.eye(3)
    if space.element is Element.TET10:
        where = np.concatenate([where, 0.5 * (where[FACET_EDGES[:, 0]] + where[FACET_EDGES[:, 1]])])
    tangents = np.einsum("qka,ekx->eqax", shape_derivatives(space.element, where), space.dof_points[dofs])
    a, b = (tangents[:, :, k] - tangents[:, :, 0] for k in (1, 2))
    return dofs, 0.5 * np.cross(a, b)
