"""Lengths along polylines, and which of them a position is nearest to."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.errors import SolverError

Array: TypeAlias = npt.NDArray[np.float64]

CHUNK = 100_000
"""Positions times legs worked on at a time."""
OVERHANG = 0.05
"""How far a face may go on beyond an end of the path, in lengths of the path."""
LEAST_COVERED = 0.5
"""Part of the path that must run along the face."""
N_BINS = 50


@dataclass(frozen=True, eq=False, slots=True)
class Nearest:
    """Where positions meet a path."""

    along: Array
    """Length from the start of the path to the nearest point on it [m], shape (n,)."""
    distance: Array
    """To that point [m], shape (n,)."""
    beyond: Array
    """How far a position lies beyond an end, along the path [m], shape (n,); 0 for most."""


def path_length(path: Array) -> float:
    """Length of a polyline (n, 3) [m]."""
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())


def nearest_on_path(path: Array, positions: Array) -> Nearest:
    """Project positions on a polyline.

    Args:
        path: Its points in order [m], shape (n_points, 3); no two that follow each other are equal.
        positions: Shape (n, 3) [m].
    """
    legs = np.diff(path, axis=0)
    lengths = np.linalg.norm(legs, axis=1)
    starts = np.concatenate([[0.0], np.cumsum(lengths)])[:-1]
    size = max(1, CHUNK // len(legs))
    parts = [
        _nearest(path, legs / lengths[:, None], lengths, starts, positions[k : k + size])
        for k in range(0, len(positions), size)
    ]
    return Nearest(*(np.concatenate(some) for some in zip(*parts, strict=True)))


def _nearest(path: Array, directions: Array, lengths: Array, starts: Array, positions: Array) -> tuple[Array, ...]:
    from_start = positions[:, None] - path[:-1]
    free = np.einsum("pls,ls->pl", from_start, directions)
    held = np.clip(free, 0.0, lengths)
    distances = np.linalg.norm(from_start - held[..., None] * directions, axis=2)
    leg = distances.argmin(axis=1)
    pick = (np.arange(len(positions)), leg)
    before = np.where(leg == 0, np.maximum(-free[:, 0], 0.0), 0.0)
    after = np.where(leg == len(lengths) - 1, np.maximum(free[:, -1] - lengths[-1], 0.0), 0.0)
    return starts[leg] + held[pick], distances[pick], np.maximum(before, after)


def check_path(name: str, path: Array, near: Nearest, *, face_size: float) -> None:
    """Refuse a path that does not run along its face.

    Args:
        name: Of the channel.
        path: Its points [m], shape (n_points, 3).
        near: Where points of the face meet it.
        face_size: Diagonal of the box around the face [m].

    Raises:
        SolverError: The path is far from the face, ends before it, or runs mostly elsewhere.
    """
    length = path_length(path)
    where = f"channel {name}: its path of {length:.4g} m"
    if near.distance.min() > face_size:
        raise SolverError(
            f"{where} misses the face: it stays {near.distance.min():.4g} m away from a face of {face_size:.4g} m; "
            "check the units of the path and the face"
        )
    if near.beyond.max() > OVERHANG * length:
        raise SolverError(
            f"{where} ends too early: the face goes on for {near.beyond.max():.4g} m beyond its end; let the path run "
            "from the inlet to the outlet of the face, or select less of the face"
        )
    met = np.unique(np.minimum((near.along / length * N_BINS).astype(np.int64), N_BINS - 1))
    first, last = met.min(), met.max() + 1
    if last - first < LEAST_COVERED * N_BINS:
        raise SolverError(
            f"{where} runs along the face for only {(last - first) / N_BINS:.0%} of its length; check the units of the "
            "path, or begin and end it where the face does"
        )
