"""What supports, contacts and cyclic symmetry leave free: u = T v + g, three unknowns for each dof that can move.

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
from twin3d.fem.mechanics.following import Following
from twin3d.fem.mechanics.supports import Support
from twin3d.fem.space import vector_dofs

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]

PARALLEL = 1e-6
"""Squared sine below which two held directions are one."""
AGREEMENT = 1e-9
"""Relative difference below which two prescribed displacements agree."""
FIRM = 0.35
"""Freedom below which a point counts as held by those that it follows: the sine of 20°."""


@dataclass(frozen=True, eq=False, slots=True)
class Motion:
    """What can move, and how."""

    following: Following
    """What contacts and cyclic symmetry tie together."""
    held: Array
    """Sum of n n^T of the directions held at each independent dof, shape (n_dofs, 3, 3)."""
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
        F, shared = self.following.matrix, self.following.shared
        column = np.full(len(shared), -1, dtype=np.int64)
        column[self.moving] = np.arange(len(self.moving))
        of_dofs = column[shared] if F is None else column
        columns = of_dofs[of_dofs >= 0]
        blocks = sparse.bsr_array(
            (self.free[columns], columns, np.concatenate([[0], np.cumsum(of_dofs >= 0)])),
            shape=(3 * len(shared), self.n_unknowns),
        )
        T = sparse.csr_array(blocks) if F is None else sparse.csr_array(F @ sparse.csr_array(blocks))
        T.eliminate_zeros()
        return T

    def reduced(self, K: sparse.csr_array) -> sparse.csr_array:
        """The matrix of the unknowns; held directions get the mean diagonal of their dof."""
        if self.following.is_trivial and self._is_whole():
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

    def _is_whole(self) -> bool:
        return bool((self.free == np.eye(3)).all())


def motion_of(supports: Sequence[Support], follows: Following, positions: Array) -> Motion:
    """What supports, contacts and cyclic symmetry leave free.

    Args:
        supports: What holds the body.
        follows: Which dofs follow which.
        positions: Of the scalar dofs, for errors [m], shape (n_dofs, 3).

    Raises:
        SolverError: Two supports hold a dof at different displacements, or only one end of a sector is held.
    """
    n = len(follows.shared)
    own, directions, values = _joined(supports)
    dofs = follows.shared[own]
    here = ~follows.is_interpolated[dofs]
    directions = follows.turned_back(own, directions)
    held, pull = np.zeros((n, 3, 3)), np.zeros((n, 3))
    np.add.at(held, dofs[here], directions[here, :, None] * directions[here, None, :])
    np.add.at(pull, dofs[here], (directions * values[:, None])[here])
    on_axis, across = follows.axis()
    held[on_axis] += across
    touched = np.unique(np.concatenate([dofs[here], on_axis]))
    inverse, ranges = _ranges(held[touched])
    displacement = np.zeros((n, 3))
    displacement[touched] = np.einsum("nxy,ny->nx", inverse, pull[touched])
    miss = np.where(here, np.abs(np.einsum("nx,nx->n", directions, displacement[dofs]) - values), 0.0)
    if miss.size and miss.max() > AGREEMENT * np.abs(values).max() + 1e-300:
        raise SolverError(_conflict(supports, dofs, miss, positions))
    free = np.broadcast_to(np.eye(3), (n, 3, 3)).copy()
    free[touched] -= ranges
    free[np.abs(free) < 1e-14] = 0.0
    independent = follows.independent
    moving = independent[np.trace(free[independent], axis1=1, axis2=2) > 0.5]
    motion = Motion(follows, held, moving, free[moving], follows.followed(displacement))
    _check_both_ends(motion, supports)
    return motion


def _joined(supports: Sequence[Support]) -> tuple[Index, Array, Array]:
    """Dofs, directions and values of all supports."""
    return (
        np.concatenate([np.zeros(0, dtype=np.int64), *(s.dofs for s in supports)]),
        np.concatenate([np.zeros((0, 3)), *(s.directions for s in supports)]),
        np.concatenate([np.zeros(0), *(s.values for s in supports)]),
    )


def _check_both_ends(motion: Motion, supports: Sequence[Support]) -> None:
    """Where ends with different meshes are tied, what holds the high one must hold the low one too."""
    own, directions, values = _joined(supports)
    there = np.flatnonzero(motion.following.is_interpolated[motion.following.shared[own]])
    if not there.size:
        return
    rows = np.repeat(np.arange(len(there)), 3)
    entries = (directions[there].ravel(), (rows, vector_dofs(own[there].astype(np.int32)).ravel()))
    N = sparse.csr_array(sparse.coo_array(entries, shape=(len(there), len(motion.offset))))
    freedom = np.abs(N @ motion.expansion()).max(axis=1).toarray().ravel()
    miss = np.abs(N @ motion.offset - values[there])
    is_wrong = (freedom > FIRM) | (miss > FIRM * np.abs(values).max())
    if is_wrong.any():
        owner = np.repeat(np.arange(len(supports)), [len(s.dofs) for s in supports])[there[is_wrong]]
        names = " and ".join(dict.fromkeys(supports[k].name for k in owner))
        raise SolverError(
            f"[cyclic] {names}: {len(np.unique(own[there[is_wrong]]))} points of the high face are held otherwise than "
            "those of the low face; let the load take both ends of the sector, as in a face that reaches from one to "
            "the other, and prescribe displacements along the axis only"
        )


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
    follows = motion.following
    at_dofs = follows.gathered(residual)
    forces = []
    for support in supports:
        dofs = follows.shared[support.dofs]
        inverse, _ = _ranges(motion.held[dofs])
        directions = follows.turned_back(support.dofs, support.directions)
        size = np.einsum("nx,nxy,ny->n", directions, inverse, at_dofs[dofs])
        forces.append(size[:, None] * support.directions)
    return forces


def forces_of_neighbours(motion: Motion, rest: Array) -> Array:
    """Forces of the neighbouring sectors on the ends of this one.

    Args:
        motion: From `motion_of`, with ties.
        rest: K u - F without the forces of supports [N], shape (3 n_dofs,).

    Returns:
        What the high face and the axis feel, and its reverse, turned back, at the low face [N], shape (n_dofs, 3).
    """
    follows, rest = motion.following, rest.reshape(-1, 3)
    at_high = np.where(follows.is_turned[:, None], rest, 0.0)
    on_axis, across = follows.axis()
    total = at_high - follows.gathered(at_high.ravel())
    total[on_axis] += rest[on_axis] @ across
    return np.asarray(total)


def _block_diagonal(blocks: Array) -> sparse.csr_array:
    n = len(blocks)
    result = sparse.bsr_array((np.ascontiguousarray(blocks), np.arange(n), np.arange(n + 1)), shape=(3 * n, 3 * n))
    flat = sparse.csr_array(result)
    flat.eliminate_zeros()
    return flat
