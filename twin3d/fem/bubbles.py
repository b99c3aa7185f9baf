r"""The quadratic part of the heat equation: edge bubbles $\psi_{ij} = 4 \lambda_i \lambda_j$ on the same mesh.

Linear shape functions and edge bubbles together span the quadratic finite elements, so what the bubbles change at the
points is the difference between the linear and the quadratic solution: an estimate of the discretisation error (the
hierarchical basis of Deuflhard, Leinen and Yserentant, IMPACT Comput. Sci. Eng. 1 (1989) 3–35). A bubble is the
quadratic element's own shape function of an edge, and a linear shape function is that element's of the point with half
of those of its edges.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import Backend
from twin3d.fem.elements import Element
from twin3d.fem.heat import assemble_heat
from twin3d.fem.space import function_space
from twin3d.records import TetMesh
from twin3d.scene import Scene

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Bubbles:
    """The stiffness and load that edge bubbles add."""

    edges: npt.NDArray[np.int32]
    """Points at both ends, ascending, shape (n_edges, 2)."""
    stiffness: sparse.csr_array
    """Among bubbles [W/K], shape (n_edges, n_edges)."""
    coupling: sparse.csr_array
    """Bubbles with points [W/K], shape (n_edges, n_points)."""
    load: Array
    """Shape (n_edges, n_inputs) [W per unit of the input]."""


def assemble_bubbles(scene: Scene, mesh: TetMesh, theta: Array, *, backend: Backend) -> Bubbles:
    """The quadratic part of a scene's heat equation at parameters θ, films and contacts included."""
    space = function_space(mesh, Element.TET10, straight=True)
    operators = assemble_heat(scene, space, backend=backend)
    load = operators.constant_load + sum(t * F for t, F in zip(theta, operators.load_terms, strict=True))
    terms = zip(theta, operators.stiffness_terms, strict=True)
    rows = sum((float(t) * K[mesh.n_points :] for t, K in terms), sparse.csr_array((len(space.edges), space.n_dofs)))
    return Bubbles(
        edges=space.edges,
        stiffness=sparse.csr_array(rows[:, mesh.n_points :]),
        coupling=sparse.csr_array(rows @ space.interpolation_from_linear()),
        load=np.asarray(load[mesh.n_points :]),
    )
