"""The steps of preconditioned conjugate gradients on several vectors side by side, all numbers on the device.

Every step launches kernels, or does the same in array code where arrays live on the host: that is the specification of
the kernels. The scalars of all vectors are the rows of one array, in the order of shaders/pcg_scalars.cuh.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin3d.backend import Array, Backend
from twin3d.fem.multigrid.launching import THREADS, launch, summing_grid

RZ, ALPHA, BETA, RR, GOAL, STATE, N_ITERATIONS = range(7)
"""Rows of the scalars."""
ITERATES, CONVERGED, BROKEN = 0.0, 1.0, 2.0
"""What the row STATE says: goes on; reached its goal; the matrix is not positive definite, or a number not finite."""


@dataclass(frozen=True, eq=False, slots=True)
class Gradients:
    """Vectors, scalars and room for sums; vectors have shape (n, n_vectors) and are stored row by row."""

    x: Array
    """Solution, float64."""
    r: Array
    """Residual, float64."""
    p: Array
    """Direction, float64."""
    q: Array
    """A times the direction, float64."""
    rounded: Array
    """Residual for the preconditioner, float32."""
    scalars: Array
    """float64, shape (7, n_vectors)."""
    partial: Array
    """Sums of blocks of threads, float64, shape (4, n_blocks, n_vectors)."""
    grid: tuple[int, int]
    """Number of blocks that sum, and of threads in each."""


def make_gradients(rounded: Array, *, backend: Backend) -> Gradients:
    """Room for vectors of the shape of ``rounded``, which becomes the rounded residual; no vector iterates yet."""
    xp = backend.xp
    grid = summing_grid(*rounded.shape)
    scalars = xp.zeros((7, rounded.shape[1]))
    scalars[STATE] = CONVERGED
    x, r, p, q = (xp.zeros(rounded.shape) for _ in range(4))
    return Gradients(x, r, p, q, rounded, scalars, xp.zeros((4, grid[0], rounded.shape[1])), grid)


def _sizes(s: Gradients) -> tuple[Any, Any]:
    return np.int32(s.x.shape[0]), np.int32(s.x.shape[1])


def _sum_sizes(s: Gradients) -> tuple[Any, Any]:
    return np.int32(s.grid[0]), np.int32(s.x.shape[1])


def find_length(s: Gradients, *, backend: Backend) -> None:
    """Alpha = r · z / p · A p; zero for a vector that is done."""
    if backend.on_host:
        curvature = (s.p * s.q).sum(axis=0)
        s.scalars[STATE, (s.scalars[STATE] == ITERATES) & ~(curvature > 0.0)] = BROKEN
        iterates = s.scalars[STATE] == ITERATES
        s.scalars[ALPHA] = np.where(iterates, s.scalars[RZ] / np.where(iterates, curvature, 1.0), 0.0)
        return
    n_blocks, n_threads = s.grid
    backend.kernel("pcg_curvature")((n_blocks,), (n_threads,), (*_sizes(s), s.p, s.q, s.partial[0]))
    backend.kernel("pcg_length")((s.x.shape[1],), (THREADS,), (*_sum_sizes(s), s.partial[0], s.scalars))


def advance(s: Gradients, *, backend: Backend) -> None:
    """X += alpha p and r -= alpha q; rounds r and sums its squares."""
    if backend.on_host:
        s.x[...] += s.scalars[ALPHA] * s.p
        s.r[...] -= s.scalars[ALPHA] * s.q
        s.rounded[...] = s.r
        return
    n_blocks, n_threads = s.grid
    arrays = s.scalars, s.p, s.q, s.x, s.r, s.rounded, s.partial[1]
    backend.kernel("pcg_advance")((n_blocks,), (n_threads,), (*_sizes(s), *arrays))


def turn(s: Gradients, z: Array, *, backend: Backend) -> None:
    """Decide which vectors are done, and find the new direction of the others.

    The flexible beta z · (r - r_old) / (r · z)_old, which forgives a preconditioner in single precision; Golub and Ye,
    Inexact preconditioned conjugate gradient method (SIAM J. Sci. Comput. 21, 1999).
    """
    if backend.on_host:
        _turn_on_host(s, z)
        return
    n_blocks, n_threads = s.grid
    arrays = z, s.r, s.q, s.partial[2], s.partial[3]
    backend.kernel("pcg_correlation")((n_blocks,), (n_threads,), (*_sizes(s), *arrays))
    sums = s.partial[1], s.partial[2], s.partial[3], s.scalars
    backend.kernel("pcg_turn")((s.x.shape[1],), (THREADS,), (*_sum_sizes(s), *sums))
    launch("pcg_direction", s.x.size, *_sizes(s), s.scalars, z, s.p, backend=backend)


def _turn_on_host(s: Gradients, z: Array) -> None:
    rr, zr, zq = (s.r * s.r).sum(axis=0), (z * s.r).sum(axis=0), (z * s.q).sum(axis=0)
    iterates = s.scalars[STATE] == ITERATES
    beta = -s.scalars[ALPHA] * zq / np.where(iterates, s.scalars[RZ], 1.0)
    s.scalars[BETA] = np.where(iterates, beta, s.scalars[BETA])
    s.scalars[RZ] = np.where(iterates, zr, s.scalars[RZ])
    s.scalars[RR] = np.where(iterates, rr, s.scalars[RR])
    s.scalars[N_ITERATIONS] += iterates
    converged = iterates & (rr <= s.scalars[GOAL])
    s.scalars[STATE, converged] = CONVERGED
    s.scalars[STATE, iterates & ~converged & ~(zr > 0.0)] = BROKEN
    iterates = s.scalars[STATE] == ITERATES
    s.p[:, iterates] = z[:, iterates] + s.scalars[BETA, iterates] * s.p[:, iterates]
