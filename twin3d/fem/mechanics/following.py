"""Dofs whose displacement follows that of others: sides of a contact as it is, ends of a sector turned."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.fem.cyclic import Ties

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Following:
    """Which dofs follow which."""

    shared: Index
    """The dof that each scalar dof follows, itself where it follows none or several, shape (n_dofs,)."""
    touching: Index
    """The dof of the same place that contacts make each dof share its displacement with, shape (n_dofs,)."""
    ties: Ties | None
    """Between the ends of a sector."""
    is_turned: Mask
    """Whether a dof follows others through the turn of a sector, shape (n_dofs,)."""
    matrix: sparse.csr_array | None
    """F in u = F u, independent dofs on the right, shape (3 n_dofs, 3 n_dofs); None without ties."""

    @property
    def independent(self) -> Index:
        """Dofs that follow no other, ascending."""
        return np.flatnonzero((self.shared == np.arange(len(self.shared))) & ~self.is_turned)

    @property
    def is_interpolated(self) -> Mask:
        """Whether a dof follows several others, as where the meshes of both ends differ, shape (n_dofs,)."""
        if self.ties is None or self.ties.is_matching:
            return np.zeros(len(self.shared), dtype=bool)
        return self.is_turned

    @property
    def is_trivial(self) -> bool:
        """Whether no dof follows another."""
        return self.ties is None and bool((self.shared == np.arange(len(self.shared))).all())

    def axis(self) -> tuple[Index, Array]:
        """Dofs on the axis, which only move along it, and the projector (3, 3) onto the plane across."""
        if self.ties is None:
            return np.zeros(0, dtype=np.int64), np.zeros((3, 3))
        across = np.eye(3) - np.outer(self.ties.direction, self.ties.direction)
        return np.unique(self.shared[self.ties.axis_dofs]), across

    def turned_back(self, dofs: Index, directions: Array) -> Array:
        """Directions (n, 3) at dofs (n,) as the dofs that they follow see them."""
        if self.ties is None:
            return directions
        # a row vector times R is R⁻¹ times the column
        return np.where(self.is_turned[dofs, None], directions @ self.ties.rotation, directions)

    def gathered(self, forces: Array) -> Array:
        """Forces at all dofs (3 n_dofs,) moved to the independent ones, shape (n_dofs, 3)."""
        if self.matrix is not None:
            return np.asarray(self.matrix.T @ forces).reshape(-1, 3)
        result = np.zeros((len(self.shared), 3))
        np.add.at(result, self.shared, forces.reshape(-1, 3))
        return result

    def followed(self, displacement: Array) -> Array:
        """Displacements of all dofs (3 n_dofs,) from those of the independent ones (n_dofs, 3)."""
        if self.matrix is not None:
            return np.asarray(self.matrix @ displacement.ravel())
        return np.asarray(displacement[self.shared].ravel())


def following(shared: Index, ties: Ties | None = None) -> Following:
    """How dofs follow each other.

    Args:
        shared: From `shared_dofs`, or each dof by itself.
        ties: From `cyclic_ties`, in a sector.
    """
    n = len(shared)
    if ties is None:
        return Following(shared, shared, None, np.zeros(n, dtype=bool), None)
    shared = _led_by(shared, ties.dofs)
    is_tied = np.zeros(n, dtype=bool)
    is_tied[ties.dofs] = True
    is_turned = is_tied[shared]
    S = _chosen(shared)
    F = sparse.csr_array(S @ ties.displacements() @ S)
    master = shared.copy()
    if ties.is_matching:
        first = ties.transformation.indices[ties.transformation.indptr[shared[is_turned]]]
        master[is_turned] = shared[first]
    return Following(master, shared, ties, is_turned, F)


def _chosen(shared: Index) -> sparse.csr_array:
    """Three rows for each dof that choose the displacement of another."""
    n = len(shared)
    choice = sparse.csr_array((np.ones(n), shared, np.arange(n + 1)), shape=(n, n))
    return sparse.csr_array(sparse.kron(choice, sparse.eye_array(3), format="csr"))


def _led_by(shared: Index, dofs: Index) -> Index:
    """The same groups, but where one holds some of these dofs, it is they that the others follow."""
    leader = np.full(len(shared), len(shared))
    np.minimum.at(leader, shared[dofs], dofs)
    return np.asarray(np.where(leader[shared] < len(shared), leader[shared], shared))
