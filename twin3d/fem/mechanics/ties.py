"""Contacts between parts, as mechanics sees them: the two sides move together.

Where the sides match, facet on facet, their dofs share one displacement. Across a gap, springs hold the displacements
of opposite points together, interpolated within the facets that they lie on.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from twin3d.fem.elements import shape_functions
from twin3d.fem.pattern import assemble
from twin3d.fem.space import FunctionSpace, vector_dofs

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]

FIRMNESS = 1e3
"""How much stiffer than a cell the springs across a gap are: they give a thousandth of what a cell gives."""


def shared_dofs(space: FunctionSpace, pairs: Index) -> Index:
    """For each scalar dof the one whose displacement it has: itself, or the first of those that contacts join.

    Args:
        space: The function space.
        pairs: Matching facets, shape (n, 2, 3).

    Returns:
        Shape (n_dofs,).
    """
    first, second = (space.facet_dofs(np.asarray(pairs[:, side], dtype=np.int32)).ravel() for side in (0, 1))
    graph = sparse.csr_array((np.ones(len(first)), (first, second)), shape=(space.n_dofs, space.n_dofs))
    n_groups, group = csgraph.connected_components(graph, directed=False)
    representative = np.full(n_groups, space.n_dofs, dtype=np.int64)
    np.minimum.at(representative, group, np.arange(space.n_dofs))
    return np.asarray(representative[group])


def gap_springs(space: FunctionSpace, which: npt.NDArray[np.bool_], stiffness: float) -> sparse.csr_array:
    """Springs between opposite points across gaps [N/m], shape (3 n_dofs, 3 n_dofs).

    Args:
        space: The function space.
        which: Pairs of opposite points of the mesh that are meant, shape (n_gap,).
        stiffness: Young's modulus of the stiffer side [Pa].
    """
    mesh = space.mesh
    corners = mesh.gap_corners[which]
    first, second = (shape_functions(space.element, mesh.gap_weights[which, side]) for side in (0, 1))
    jump = np.concatenate([first, -second], axis=1)
    dofs = np.hstack([space.facet_dofs(corners[:, side]) for side in (0, 1)])
    size = np.linalg.norm(mesh.points[corners[:, 0, 1]] - mesh.points[corners[:, 0, 0]], axis=1)
    weights = FIRMNESS * stiffness * mesh.gap_areas[which] / size
    blocks = np.einsum("e,ei,ej,xy->eixjy", weights, jump, jump, np.eye(3))
    n_local = 3 * jump.shape[1]
    return assemble(blocks.reshape(-1, n_local, n_local), vector_dofs(dofs), 3 * space.n_dofs)
