"""The function space of a scalar field: a mesh, an element, and numbers for its dofs."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import SolverError
from twin3d.fem.elements import CELL_EDGES, FACET_EDGES, Element
from twin3d.records import TetMesh

Array: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False, slots=True)
class FunctionSpace:
    """Where each scalar dof sits and which cells share it; a vector field has three of each, interleaved."""

    mesh: TetMesh
    element: Element
    edges: IntArray
    """Points at both ends of the edges that carry dofs, ascending, shape (n_edges, 2); none for Tet4."""
    cell_dofs: IntArray
    """Shape (n_cells, 4 or 10): mesh points keep their numbers, edges follow."""
    dof_points: Array
    """Where the dofs sit [m], mid-edge points on the curved edge, shape (n_dofs, 3)."""
    is_curved: npt.NDArray[np.bool_]
    """Which cells have a curved edge and so no constant Jacobian, shape (n_cells,)."""

    @property
    def n_dofs(self) -> int:
        """Number of dofs of a scalar field."""
        return len(self.dof_points)

    def facet_dofs(self, corners: IntArray) -> IntArray:
        """Dofs of facets given by their corners (n, 3), shape (n, 3 or 6).

        Raises:
            SolverError: A facet is not one of the mesh's.
        """
        if self.element is Element.TET4:
            return corners
        return np.concatenate([corners, self.mesh.n_points + self.edge_numbers(corners[:, FACET_EDGES])], axis=1)

    def edge_numbers(self, ends: npt.NDArray[np.signedinteger]) -> IntArray:
        """Numbers of edges given by their end points (..., 2), shape (...).

        Raises:
            SolverError: An edge is not one of the mesh's.
        """
        wanted = _keys(ends, self.mesh.n_points)
        keys = _keys(self.edges, self.mesh.n_points)
        found = np.searchsorted(keys, wanted)
        if len(keys) == 0 or not (keys[np.minimum(found, len(keys) - 1)] == wanted).all():
            raise SolverError("a facet has an edge that no cell has; the mesh is damaged")
        return found.astype(np.int32)

    def interpolation_from_linear(self) -> sparse.csr_array:
        """The matrix that takes values at mesh points to dofs, shape (n_dofs, n_points).

        Exact for linear fields on straight cells; the prolongation of p-multigrid.
        """
        n_points = self.mesh.n_points
        rows = np.concatenate([np.arange(n_points), n_points + np.repeat(np.arange(len(self.edges)), 2)])
        columns = np.concatenate([np.arange(n_points), self.edges.ravel()])
        values = np.concatenate([np.ones(n_points), np.full(2 * len(self.edges), 0.5)])
        return sparse.csr_array((values, (rows, columns)), shape=(self.n_dofs, n_points))


def function_space(mesh: TetMesh, element: Element = Element.TET4, *, straight: bool = False) -> FunctionSpace:
    """Number the dofs of an element on a mesh.

    Args:
        mesh: The mesh; Tet10 follows its curved edges.
        element: The element.
        straight: Leave the curved edges straight.
    """
    if element is Element.TET4:
        none = np.zeros((0, 2), dtype=np.int32)
        return FunctionSpace(mesh, element, none, mesh.cells, mesh.points, np.zeros(mesh.n_cells, dtype=bool))
    n_points = mesh.n_points
    keys, of_cells = np.unique(_keys(mesh.cells[:, CELL_EDGES], n_points), return_inverse=True)
    edges = np.column_stack([keys // n_points, keys % n_points]).astype(np.int32)
    of_cells = of_cells.reshape(-1, 6).astype(np.int32)
    middles = mesh.points[edges].mean(axis=1)
    bent = np.zeros(len(edges), dtype=bool)
    if not straight and len(mesh.curved_edges):
        number = _numbers_of(keys, _keys(mesh.curved_edges, n_points))
        middles[number], bent[number] = mesh.curved_points, True
    return FunctionSpace(
        mesh,
        element,
        edges,
        np.concatenate([mesh.cells, n_points + of_cells], axis=1),
        np.concatenate([mesh.points, middles]),
        np.asarray(bent[of_cells].any(axis=1)),
    )


def vector_dofs(dofs: IntArray) -> IntArray:
    """Dofs of a vector field from those of a scalar one, components interleaved, shape (..., k) to (..., 3 k)."""
    interleaved = 3 * dofs[..., None] + np.arange(3, dtype=np.int32)
    return np.asarray(interleaved.reshape(*dofs.shape[:-1], -1), dtype=np.int32)


def _keys(ends: npt.NDArray[np.signedinteger], n_points: int) -> npt.NDArray[np.int64]:
    """One number for each edge, the same from both ends."""
    return np.asarray(ends.min(axis=-1).astype(np.int64) * n_points + ends.max(axis=-1))


def _numbers_of(keys: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    found = np.searchsorted(keys, wanted)
    if not (keys[np.minimum(found, len(keys) - 1)] == wanted).all():
        raise SolverError("a curved edge belongs to no cell; the mesh is damaged")
    return found
