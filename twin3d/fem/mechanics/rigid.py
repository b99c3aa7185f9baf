"""Rigid motions: the near-null space for multigrid, and which of them nothing holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from twin3d.errors import SolverError
from twin3d.fem.mechanics.motion import Motion
from twin3d.fem.space import FunctionSpace

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]

LOOSE = 1e-9
"""Share of the firmest motion below which a rigid motion is not held."""


def rigid_body_modes(positions: Array) -> Array:
    """Three shifts and three turns about the middle of points (n, 3), components interleaved, shape (3 n, 6).

    The turns are scaled by the size of the body, so that all columns are of like size.
    """
    arm = positions - positions.mean(axis=0)
    arm = arm / max(float(np.sqrt((arm**2).sum(axis=1).mean())), 1e-300)
    modes = np.zeros((len(arm), 3, 6))
    modes[:, [0, 1, 2], [0, 1, 2]] = 1.0
    for turn, (a, b) in enumerate(((1, 2), (2, 0), (0, 1))):
        modes[:, b, 3 + turn], modes[:, a, 3 + turn] = arm[:, a], -arm[:, b]
    return modes.reshape(-1, 6)


@dataclass(frozen=True, eq=False, slots=True)
class LoosePiece:
    """A connected piece that can move as a rigid body."""

    parts: tuple[str, ...]
    """Names of its parts; empty where there is one piece only."""
    motions: Array
    """Shifts and scaled turns about its middle that nothing holds, shape (6, n_free)."""


def loose_pieces(space: FunctionSpace, motion: Motion, springs: Sequence[sparse.csr_array]) -> list[LoosePiece]:
    """Pieces that supports, contacts and springs leave free to move as rigid bodies.

    Args:
        space: The function space.
        motion: What supports and contacts leave free.
        springs: Stiffness of elastic supports and of what crosses gaps [N/m].
    """
    piece = _pieces(space, motion, springs)
    loose = []
    for number in range(int(piece.max()) + 1):
        dofs = np.flatnonzero(piece == number)
        free = _free_motions(space.dof_points[dofs], motion.held[motion.shared[dofs]], dofs, springs)
        if free.shape[1]:
            names = [space.mesh.part_names[k] for k in _parts_of(space, piece, number)]
            loose.append(LoosePiece(tuple(names) if piece.max() else (), free))
    return loose


def check_held(space: FunctionSpace, motion: Motion, springs: Sequence[sparse.csr_array]) -> None:
    """Raise SolverError where a piece can move as a rigid body; says which piece and which motion."""
    problems = [
        f"nothing holds the {describe_motions(piece.motions)}{_of(piece.parts)}"
        for piece in loose_pieces(space, motion, springs)
    ]
    if problems:
        raise SolverError(
            f"the stress problem is singular: {'; '.join(problems)}; add fixed, symmetry or displacement loads that "
            "stop it, an elastic_support, or a [[contact]] with what is held"
        )


def _of(parts: Sequence[str]) -> str:
    return f" of {', '.join(parts)}" if parts else ""


def _pieces(space: FunctionSpace, motion: Motion, springs: Sequence[sparse.csr_array]) -> Index:
    """Connected piece of each scalar dof, shape (n_dofs,)."""
    n = space.n_dofs
    k = space.cell_dofs.shape[1]
    starts: list[Index] = [np.repeat(space.cell_dofs[:, 0], k - 1), np.arange(n)]
    ends: list[Index] = [space.cell_dofs[:, 1:].ravel(), motion.shared]
    for spring in springs:
        i, j = spring.nonzero()
        starts.append(i // 3)
        ends.append(j // 3)
    i, j = np.concatenate(starts), np.concatenate(ends)
    graph = sparse.csr_array((np.ones(len(i), dtype=np.int8), (i, j)), shape=(n, n))
    return np.asarray(csgraph.connected_components(graph, directed=False)[1])


def _parts_of(space: FunctionSpace, piece: Index, number: int) -> Index:
    return np.unique(space.mesh.cell_region[piece[space.cell_dofs[:, 0]] == number])


def _free_motions(positions: Array, held: Array, dofs: Index, springs: Sequence[sparse.csr_array]) -> Array:
    """Combinations of the rigid modes of dofs that meet no resistance, shape (6, n_free)."""
    B = rigid_body_modes(positions).reshape(-1, 3, 6)
    energy = np.einsum("nxi,nxy,nyj->ij", B, held, B, optimize=True)
    flat = (3 * dofs[:, None] + np.arange(3)).ravel()
    for spring in springs:
        diagonal = spring.diagonal()
        scale = float(diagonal.max(initial=0.0))
        if scale > 0.0:
            rows = sparse.csr_array(spring[flat])[:, flat]
            energy += B.reshape(-1, 6).T @ (rows @ B.reshape(-1, 6)) / scale
    size, vectors = np.linalg.eigh(energy)
    return np.asarray(vectors[:, size <= LOOSE * max(float(size[-1]), 1e-300)])


def describe_motions(free: Array) -> str:
    """Rigid motions (6, n_free), shifts and scaled turns, in words."""
    if free.shape[1] == 6:
        return "body at all"
    _, sizes, combinations = np.linalg.svd(free[3:])
    rank = int((sizes > 1e-6).sum())
    combined = free @ combinations.T
    turns, shifts = combined[:, :rank], combined[:3, rank:]
    words = [f"translation along {text}" for text in _directions(shifts)]
    words += [f"rotation about {text}" for text in _directions(turns[3:])]
    return " and the ".join(words)


def _directions(vectors: Array) -> list[str]:
    """Directions that span the columns of (3, n): axes where they do."""
    if vectors.shape[1] == 0:
        return []
    basis = np.linalg.svd(vectors, full_matrices=False)[0]
    named = ["xyz"[k] for k in range(3) if np.linalg.norm(basis[k]) > 1.0 - 1e-6]
    if len(named) == basis.shape[1]:
        return named
    return [f"({', '.join(f'{x:.3g}' for x in direction)})" for direction in basis.T]
