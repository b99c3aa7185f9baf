"""The V-cycle of multigrid in single precision, on several vectors side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin3d.backend import Array, Backend
from twin3d.fem.multigrid.hierarchy import Level
from twin3d.fem.multigrid.launching import THREADS, launch
from twin3d.fem.multigrid.sliced import combine


@dataclass(frozen=True, eq=False, slots=True)
class LevelWork:
    """Vectors of one level, float32, each of shape (n, n_vectors), stored row by row."""

    b: Array
    """Right-hand side."""
    x: Array
    """Solution."""
    other: Array
    """The next solution while neighbours still read the last one; then the residual."""
    change: Array
    """Last change of the solution."""


def cycle_work(levels: Sequence[Level], n_vectors: int, *, backend: Backend) -> list[LevelWork]:
    """Room for a cycle on so many vectors."""
    shapes = [(len(level.inverse_diagonal), n_vectors) for level in levels]
    zeros = backend.xp.zeros
    return [LevelWork(*(zeros(shape, dtype=np.float32) for _ in range(4))) for shape in shapes]


def v_cycle(levels: Sequence[Level], work: Sequence[LevelWork], *, backend: Backend) -> Array:
    """An approximate solution for the right-hand side ``work[0].b``: a symmetric positive definite preconditioner.

    Returns:
        Shape (n, n_vectors), one of the arrays of ``work[0]``.
    """
    level, vectors = levels[0], work[0]
    if level.coarse_inverse is not None:
        dense_multiply(level.coarse_inverse, vectors.b, vectors.x, backend=backend)
        return vectors.x
    x, free = _smooth_from_zero(level, vectors, backend)
    if level.restriction is None or level.prolongation is None:
        return x
    _residual(level, vectors.b, x, free, backend)
    combine(level.restriction, free, work[1].b, work[1].b, factors=(1.0, 0.0), backend=backend)
    correction = v_cycle(levels[1:], work[1:], backend=backend)
    combine(level.prolongation, correction, x, x, factors=(1.0, 1.0), backend=backend)
    for keep, scale in level.steps:
        x, free = _smooth(level, vectors, (x, free), factors=(keep, scale), backend=backend)
    return x


def _smooth_from_zero(level: Level, vectors: LevelWork, backend: Backend) -> tuple[Array, Array]:
    chebyshev_start(level, vectors, scale=level.steps[0][1], backend=backend)
    x, free = vectors.x, vectors.other
    for keep, scale in level.steps[1:]:
        x, free = _smooth(level, vectors, (x, free), factors=(keep, scale), backend=backend)
    return x, free


def _smooth(
    level: Level, vectors: LevelWork, pair: tuple[Array, Array], *, factors: tuple[float, float], backend: Backend
) -> tuple[Array, Array]:
    """One step; returns the new solution and the array that is free."""
    x, free = pair
    if level.operator is not None:
        chebyshev_step(level, vectors, x, free, factors=factors, backend=backend)
        return free, x
    assert level.product is not None
    level.product(x, free)
    chebyshev_update(level, vectors, x, free, factors=factors, backend=backend)
    return x, free


def _residual(level: Level, b: Array, x: Array, out: Array, backend: Backend) -> None:
    if level.operator is not None:
        combine(level.operator, x, b, out, factors=(-1.0, 1.0), backend=backend)
        return
    assert level.product is not None
    level.product(x, out)
    backend.xp.subtract(b, out, out=out)


def dense_multiply(A: Array, x: Array, out: Array, *, backend: Backend) -> None:
    """Y = A X for a symmetric dense matrix in single precision."""
    if backend.on_host:
        out[...] = A @ x
        return
    n, n_vectors = x.shape
    n_threads = -(-n // 32) * n_vectors * THREADS
    launch("dense_product", n_threads, np.int32(n), np.int32(n_vectors), A, x, out, backend=backend)


def chebyshev_start(level: Level, vectors: LevelWork, *, scale: float, backend: Backend) -> None:
    """The first step from zero: the change and the solution are s D⁻¹ b."""
    if backend.on_host:
        vectors.change[...] = np.float32(scale) * level.inverse_diagonal[:, None] * vectors.b
        vectors.x[...] = vectors.change
        return
    _launch_update(level, vectors, vectors.x, vectors.other, numbers=(1, 0.0, scale), backend=backend)


def chebyshev_update(
    level: Level, vectors: LevelWork, x: Array, product: Array, *, factors: tuple[float, float], backend: Backend
) -> None:
    """A step whose product A x is known; changes x in place."""
    keep, scale = factors
    if backend.on_host:
        step = np.float32(scale) * level.inverse_diagonal[:, None] * (vectors.b - product)
        vectors.change[...] = np.float32(keep) * vectors.change + step
        x += vectors.change
        return
    _launch_update(level, vectors, x, product, numbers=(0, keep, scale), backend=backend)


def _launch_update(
    level: Level,
    vectors: LevelWork,
    x: Array,
    product: Array,
    *,
    numbers: tuple[int, float, float],
    backend: Backend,
) -> None:
    first, keep, scale = numbers
    sizes = np.int32(x.shape[0]), np.int32(x.shape[1]), np.int32(first)
    arrays = product, vectors.b, level.inverse_diagonal
    changed = np.float32(keep), np.float32(scale), vectors.change, x
    launch("chebyshev_update", x.size, *sizes, *arrays, *changed, backend=backend)


def chebyshev_step(
    level: Level, vectors: LevelWork, x: Array, out: Array, *, factors: tuple[float, float], backend: Backend
) -> None:
    """A step fused with the product; the new solution goes to another array."""
    keep, scale = factors
    assert level.operator is not None
    if backend.on_host:
        residual = vectors.b - level.operator.matrix @ x
        step = np.float32(scale) * level.inverse_diagonal[:, None] * residual
        vectors.change[...] = np.float32(keep) * vectors.change + step
        out[...] = x + vectors.change
        return
    form, n_vectors = level.operator, x.shape[1]
    sizes = np.int32(form.n_block_rows), np.int32(form.block_shape[0]), np.int32(n_vectors)
    changed = np.float32(keep), np.float32(scale), vectors.change, out
    arrays = *form.arrays, x, vectors.b, level.inverse_diagonal
    launch("chebyshev_step", form.n_block_rows * n_vectors, *sizes, *arrays, *changed, backend=backend)
