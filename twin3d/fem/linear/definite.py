"""Refuses matrices that cannot be solved with, and says what the user forgot."""

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg import eigvalsh, orth

from twin3d.errors import SolverError
from twin3d.fem.linear.interface import Array
from twin3d.fem.linear.levels import connected_pieces

Pieces = npt.NDArray[np.signedinteger]
"""The piece that each unknown belongs to."""

LOOSE = 1e-12
"""Share of the largest diagonal entry below which nothing holds the temperature of a piece."""
LOOSE_MOTION = 1e-14
"""The same for rigid motions of unit length, whose energy a soft spring spreads over all unknowns."""


def check_definite(A: sparse.csr_array, near_null_space: Array | None) -> None:
    """Raise SolverError where a diagonal entry is not positive, or a connected piece is held by nothing.

    Args:
        A: Shape (n, n).
        near_null_space: Rigid-body modes of elasticity, shape (n, k); constants without them.
    """
    diagonal = A.diagonal()
    if not (np.isfinite(diagonal).all() and np.isfinite(A.data).all()):
        raise SolverError("the system holds a number that is not finite; check the materials and loads")
    if not (diagonal > 0.0).all():
        raise SolverError(
            f"row {int(diagonal.argmin())} of the system has no positive diagonal; "
            "a part has no material, or one that is not positive"
        )
    n_pieces, piece = connected_pieces(A)
    if near_null_space is None:
        _check_temperature_is_held(A, n_pieces, piece)
    else:
        _check_motion_is_held(A, near_null_space, n_pieces, piece)


def _check_temperature_is_held(A: sparse.csr_array, n_pieces: int, piece: Pieces) -> None:
    held = np.bincount(piece, weights=np.abs(A @ np.ones(A.shape[0])), minlength=n_pieces)
    n_loose = int(np.isin(piece, np.flatnonzero(held < LOOSE * float(A.diagonal().max()))).sum())
    if n_loose:
        where = _where(n_loose, n_pieces, len(piece), "points")
        raise SolverError(
            f"the steady problem is singular: nothing holds the temperature{where}; "
            "add a convection, radiation or fixed_temperature load, or a contact with what is held, or solve in time"
        )


def _check_motion_is_held(A: sparse.csr_array, modes: Array, n_pieces: int, piece: Pieces) -> None:
    n_modes, stiffest = modes.shape[1], float(A.diagonal().max())
    ends = np.cumsum(np.bincount(piece, minlength=n_pieces))
    by_piece = np.argsort(piece, kind="stable")
    for number in np.flatnonzero(np.diff(ends, prepend=0) >= n_modes):
        rows = by_piece[ends[number - 1] if number else 0 : ends[number]]
        motions = orth(modes[rows], rcond=1e-10)
        energy = motions.T @ (A[rows][:, rows] @ motions)
        if eigvalsh(energy)[0] < LOOSE_MOTION * stiffest:
            where = _where(len(rows), n_pieces, len(piece), "unknowns")
            raise SolverError(
                f"the stress problem is singular: nothing holds a rigid motion{where}; "
                "add fixed or symmetry loads that stop all shifts and turns, or a contact with what is held"
            )


def _where(n_loose: int, n_pieces: int, n: int, noun: str) -> str:
    return "" if n_pieces == 1 else f" of a piece of {n_loose} of {n} {noun}"
