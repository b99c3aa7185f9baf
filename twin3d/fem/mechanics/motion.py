"""The displacements that supports and contacts leave: u = T v + g, three unknowns for each dof that can move.

Directions that are held at a dof, at any angle, are projected out rather than rotated or eliminated: the unknowns stay
in threes, as multigrid with rigid-body modes wants them, and the pattern of the matrix stays that of the mesh.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import SolverError
from twin3d.fem.mechanics.supports import Support
from twin3d.fem.space import vector_dofs

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]

PARALLEL = 1e-6
"""Squared sine below which two held directions are one."""
AGREEMENT = 1e-9
"""Relative difference below which two prescribed displacements agree."""


@dataclass(frozen=True, eq=False, slots=True)
class Motion:
    """What can move, and how."""

    shared: Index
    """The dof whose displacement each scalar dof has, shape (n_dofs,)."""
    held: Array
    """Sum of n n^T of the directions held at each dof, shape (n_dofs, 3, 3)."""
    moving: Index
    """Scalar dofs with a free direction, ascending, shape (n_moving,)."""
    free: Array
    """Projectors onto their free directions, shape (n_moving, 3, 3)."""
    offset: Array
    """g [m], shape (3 n_dofs,)."""

    @property
    def n_unknowns(self) -> int:
        """Three for each moving dof."""
        return 3 * len(self.moving)

    def expansion(self) -> sparse.csr_array:
        """T: displacements at all dofs from the unknowns, shape (3 n_dofs, n_unknowns)."""
        column = np.full(len(self.shared), -1, dtype=np.int64)
        column[self.moving] = np.arange(len(self.moving))
        columns = column[self.shared]
        columns = columns[columns >= 0]
        blocks = sparse.bsr_array(
            (self.free[columns], columns, np.concatenate([[0], np.cumsum(column[self.shared] >= 0)])),
            shape=(3 * len(self.shared), self.n_unknowns),
        )
        T = sparse.csr_array(blocks)
        T.eliminate_zeros()
        return T

    def reduced(self, K: sparse.csr_array) -> sparse.csr_array:
        """The matrix of the unknowns; held directions get the mean diagonal of their dof."""
        if (self.shared == np.arange(len(self.shared))).all() and self._is_whole():
            keep = vector_dofs(self.moving.astype(np.int32)).ravel()
            return sparse.csr_array(sparse.csr_array(K[keep])[:, keep])
        T = self.expansion()
        A = sparse.csr_array(T.T @ (K @ T))
        stiffness = K.diagonal().reshape(-1, 3).mean(axis=1)[self.moving]
        hold = stiffness[:, None, None] * (np.eye(3) - self.free)
        return sparse.csr_array(A + _block_diagonal(hold))

    def project(self, forces: Array) -> Array:
        """Forces on the unknowns, T^T F, shape (n_unknowns, ...)."""
        return np.asarray(self.expansion().T @ forces)

    def full(self, unknowns: Array) -> Array:
        """Displacements at all dofs [m], shape (3 n_dofs,)."""
        return np.asarray(self.expansion() @ unknowns + self.offset)

    def gathered(self, forces: Array) -> Array:
        """Forces at all dofs (3 n_dofs,) moved to the dofs that are shared, shape (n_dofs, 3)."""
        result = np.zeros((len(self.shared), 3))
        np.add.at(result, self.shared, forces.reshape(-1, 3))
        return result

    def _is_whole(self) -> bool:
        return bool((self.free == np.eye(3)).all())


def motion_of(supports: Sequence[Support], shared: Index, positions: Array) -> Motion:
    """What supports and contacts leave free.

    Args:
        supports: What holds the body.
        shared: From `shared_dofs`.
        positions: Of the scalar dofs, for errors [m], shape (n_dofs, 3).

    Raises:
        SolverError: Two supports hold a dof at different displacements.
    """
    n = len(shared)
    dofs = shared[np.concatenate([np.zeros(0, dtype=np.int64), *(s.dofs for s in supports)])]
    directions = np.concatenate([np.zeros((0, 3)), *(s.directions for s in supports)])
    values = np.concatenate([np.zeros(0), *(s.values for s in supports)])
    held, pull = np.zeros((n, 3, 3)), np.zeros((n, 3))
    np.add.at(held, dofs, directions[:, :, None] * directions[:, None, :])
    np.add.at(pull, dofs, directions * values[:, None])
    touched = np.unique(dofs)
    inverse, across = _ranges(held[touched])
    displacement = np.zeros((n, 3))
    displacement[touched] = np.einsum("nxy,ny->nx", inverse, pull[touched])
    miss = np.abs(np.einsum("nx,nx->n", directions, displacement[dofs]) - values)
    if miss.size and miss.max() > AGREEMENT * np.abs(values).max() + 1e-300:
        raise SolverError(_conflict(supports, dofs, miss, positions))
    free = np.broadcast_to(np.eye(3), (n, 3, 3)).copy()
    free[touched] -= across
    free[np.abs(free) < 1e-14] = 0.0
    moving = np.flatnonzero((shared == np.arange(n)) & (np.trace(free, axis1=1, axis2=2) > 0.5))
    return Motion(shared, held, moving, free[moving], displacement[shared].ravel())


def _ranges(held: Array) -> tuple[Array, Array]:
    """Pseudo-inverses of Σ n n^T, and projectors onto their ranges, shape (n, 3, 3) each."""
    size, vectors = np.linalg.eigh(held)
    is_held = size > PARALLEL
    inverse = np.where(is_held, 1.0 / np.where(is_held, size, 1.0), 0.0)
    return (
        np.einsum("nxk,nk,nyk->nxy", vectors, inverse, vectors),
        np.einsum("nxk,nk,nyk->nxy", vectors, is_held.astype(float), vectors),
    )


def _conflict(supports: Sequence[Support], dofs: Index, miss: Array, positions: Array) -> str:
    worst = dofs[int(miss.argmax())]
    owner = np.repeat(np.arange(len(supports)), [len(s.dofs) for s in supports])
    names = " and ".join(dict.fromkeys(supports[k].name for k in owner[dofs == worst]))
    where = ", ".join(f"{1e3 * x:.4g}" for x in positions[worst])
    n_points = len(np.unique(dofs[miss > 0.5 * miss.max()]))
    return (
        f"{names} prescribe different displacements at {n_points} points, first at {where} mm, {miss.max():.3g} m off "
        "their mean; make their faces disjoint, or their displacements equal"
    )


def reactions_of(motion: Motion, supports: Sequence[Support], residual: Array) -> list[Array]:
    """Forces of each support on its dofs.

    A residual that several supports can carry is divided in equal shares among them.

    Args:
        motion: From `motion_of`.
        supports: The same as there.
        residual: K u - F [N], shape (3 n_dofs,).

    Returns:
        For each support, [N], shape (n of the support, 3).
    """
    at_dofs = motion.gathered(residual)
    forces = []
    for support in supports:
        dofs = motion.shared[support.dofs]
        inverse, _ = _ranges(motion.held[dofs])
        size = np.einsum("nx,nxy,ny->n", support.directions, inverse, at_dofs[dofs])
        forces.append(size[:, None] * support.directions)
    return forces


def _block_diagonal(blocks: Array) -> sparse.csr_array:
    n = len(blocks)
    result = sparse.bsr_array((np.ascontiguousarray(blocks), np.arange(n), np.arange(n + 1)), shape=(3 * n, 3 * n))
    flat = sparse.csr_array(result)
    flat.eliminate_zeros()
    return flat
