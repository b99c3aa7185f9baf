"""Rigid motions: the near-null space for multigrid, and which of them nothing holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from twin3d.errors import SolverError
from twin3d.fem.cyclic import Ties
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
    middle, size = _middle_and_size(positions)
    return _rigid_motions((positions - middle) / size).reshape(-1, 6)


def _middle_and_size(positions: Array) -> tuple[Array, float]:
    middle = positions.mean(axis=0)
    return middle, max(float(np.sqrt(((positions - middle) ** 2).sum(axis=1).mean())), 1e-300)


def _rigid_motions(arm: Array) -> Array:
    """Shifts and turns at scaled distances from the middle (n, 3), shape (n, 3, 6)."""
    modes = np.zeros((len(arm), 3, 6))
    modes[:, [0, 1, 2], [0, 1, 2]] = 1.0
    for turn, (a, b) in enumerate(((1, 2), (2, 0), (0, 1))):
        modes[:, b, 3 + turn], modes[:, a, 3 + turn] = arm[:, a], -arm[:, b]
    return modes


@dataclass(frozen=True, eq=False, slots=True)
class LoosePiece:
    """A connected piece that can move as a rigid body."""

    parts: tuple[str, ...]
    """Names of its parts; empty where there is one piece only."""
    motions: Array
    """Shifts and scaled turns about its middle that nothing holds, shape (6, n_free)."""


def loose_pieces(space: FunctionSpace, motion: Motion, springs: Sequence[sparse.csr_array]) -> list[LoosePiece]:
    """Pieces that supports, contacts, springs and cyclic symmetry leave free to move as rigid bodies.

    Args:
        space: The function space.
        motion: What supports and contacts leave free.
        springs: Stiffness of elastic supports and of what crosses gaps [N/m].
    """
    piece = _pieces(space, motion, springs)
    n_pieces = int(piece.max()) + 1
    pieces = [_Piece(space.dof_points, np.flatnonzero(piece == number)) for number in range(n_pieces)]
    energies = [one.energy(motion, springs) for one in pieces]
    jumps = _jumps(motion.following.ties, pieces, piece, space.dof_points)
    loose = []
    for group in _joined(jumps, n_pieces):
        free = _free_motions(group, energies, jumps)
        if free.shape[1]:
            parts = np.unique(np.concatenate([_parts_of(space, piece, number) for number in group]))
            names = [space.mesh.part_names[k] for k in parts]
            loose.append(LoosePiece(tuple(names) if len(group) < n_pieces else (), free[:6]))
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
    """Connected piece of each scalar dof within a sector, shape (n_dofs,)."""
    n = space.n_dofs
    k = space.cell_dofs.shape[1]
    starts: list[Index] = [np.repeat(space.cell_dofs[:, 0], k - 1), np.arange(n)]
    ends: list[Index] = [space.cell_dofs[:, 1:].ravel(), motion.following.touching]
    for spring in springs:
        i, j = spring.nonzero()
        starts.append(i // 3)
        ends.append(j // 3)
    i, j = np.concatenate(starts), np.concatenate(ends)
    graph = sparse.csr_array((np.ones(len(i), dtype=np.int8), (i, j)), shape=(n, n))
    return np.asarray(csgraph.connected_components(graph, directed=False)[1])


def _parts_of(space: FunctionSpace, piece: Index, number: int) -> Index:
    return np.unique(space.mesh.cell_region[piece[space.cell_dofs[:, 0]] == number])


class _Piece:
    """A connected piece, its dofs and its rigid motions: three shifts, three turns about its middle."""

    def __init__(self, positions: Array, dofs: Index) -> None:
        self.dofs, self._positions = dofs, positions[dofs]
        self._middle, self._size = _middle_and_size(self._positions)

    def motions(self, positions: Array) -> Array:
        """The motions at positions (n, 3), shape (n, 3, 6)."""
        return _rigid_motions((positions - self._middle) / self._size)

    def energy(self, motion: Motion, springs: Sequence[sparse.csr_array]) -> Array:
        """What supports and springs resist the motions with, shape (6, 6)."""
        B, follows = self.motions(self._positions), motion.following
        held = np.where(follows.is_turned[self.dofs, None, None], 0.0, motion.held[follows.shared[self.dofs]])
        energy = np.einsum("nxi,nxy,nyj->ij", B, held, B, optimize=True)
        flat = (3 * self.dofs[:, None] + np.arange(3)).ravel()
        for spring in springs:
            diagonal = spring.diagonal()
            scale = float(diagonal.max(initial=0.0))
            if scale > 0.0:
                rows = sparse.csr_array(spring[flat])[:, flat]
                energy += B.reshape(-1, 6).T @ (rows @ B.reshape(-1, 6)) / scale
        return np.asarray(energy)


@dataclass(frozen=True, eq=False, slots=True)
class _Jump:
    """What the ends of a sector resist the motions of two pieces with, which may be one."""

    low: int
    high: int
    energy: Array
    """Shape (12, 12): the motions of the low piece first."""


def _jumps(ties: Ties | None, pieces: Sequence[_Piece], piece: Index, positions: Array) -> list[_Jump]:
    """One jump for each pair of pieces that meet across the ends of a sector."""
    if ties is None:
        return []
    rows = ties.transformation[ties.dofs]
    # where positions are these, not those of the mesh, the turn of the whole is exactly free
    at_low = rows @ positions
    at_high = ties.point + (at_low - ties.point) @ ties.rotation.T
    low, high = piece[rows.indices[rows.indptr[:-1]]], piece[ties.dofs]
    jumps = []
    for pair in np.unique(np.column_stack([low, high]), axis=0):
        here = (low == pair[0]) & (high == pair[1])
        low_motions = np.einsum("xy,nyi->nxi", ties.rotation, pieces[pair[0]].motions(at_low[here]))
        gap = np.concatenate([low_motions, -pieces[pair[1]].motions(at_high[here])], axis=2).reshape(-1, 12)
        jumps.append(_Jump(int(pair[0]), int(pair[1]), gap.T @ gap))
    return jumps


def _joined(jumps: Sequence[_Jump], n_pieces: int) -> list[list[int]]:
    """Groups of pieces that the ends of a sector join."""
    ends = ([jump.low for jump in jumps], [jump.high for jump in jumps])
    graph = sparse.csr_array((np.ones(len(jumps)), ends), shape=(n_pieces, n_pieces))
    n_groups, group = csgraph.connected_components(graph, directed=False)
    return [np.flatnonzero(group == number).tolist() for number in range(n_groups)]


def _free_motions(group: Sequence[int], energies: Sequence[Array], jumps: Sequence[_Jump]) -> Array:
    """Combinations of the rigid motions of pieces that meet no resistance, shape (6 n_pieces, n_free)."""
    place = {number: slice(6 * k, 6 * k + 6) for k, number in enumerate(group)}
    total = np.zeros((6 * len(group), 6 * len(group)))
    for number, where in place.items():
        total[where, where] += energies[number]
    for jump in jumps:
        if jump.low in place:
            sides = ((place[jump.low], slice(0, 6)), (place[jump.high], slice(6, 12)))
            for rows, here in sides:
                for columns, there in sides:
                    total[rows, columns] += jump.energy[here, there]
    size, vectors = np.linalg.eigh(total)
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
