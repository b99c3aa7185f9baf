"""Smoothed prolongations from the matrix alone (Vaněk, Mandel and Brezina, Computing 56 (1996) 179)."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from pyamg import amg_core
from scipy import sparse

from twin3d.fem.linear.interface import Array

Indices = npt.NDArray[np.int32]

STRONG = 0.01
"""Unknowns i, j belong together where |a_ij| exceeds this share of √(a_ii a_jj): contacts that hardly conduct and jumps
of the materials part aggregates, the weights of ordinary cells do not."""
OVERRELAXATION = 4.0 / 3.0
N_POWER_STEPS = 12
POWER_SAFETY = 1.05
"""Power iterations come from below."""


def smoothed_prolongation(A: Any, inverse_blocks: Array, near_null_space: Array) -> tuple[Any, Array] | None:
    """From aggregates to unknowns, and the near-null space of the aggregates; None where nothing belongs together.

    Args:
        A: In CSR form, or in BSR form with square blocks; shape (n, n).
        inverse_blocks: Of the diagonal, shape (n_blocks, size, size).
        near_null_space: Shape (n, k).

    Returns:
        P as A, with blocks (size, k), shape (n, k n_aggregates); and shape (k n_aggregates, k).
    """
    aggregate, n_aggregates = aggregates(A)
    if n_aggregates == 0:
        return None
    T, coarse = tentative(aggregate, n_aggregates, near_null_space)
    weight = OVERRELAXATION / _spectral_radius(A, inverse_blocks)
    return _smoothed(A, T, weight * inverse_blocks), coarse


def _smoothed(A: Any, T: Any, scale: Array) -> Any:
    """T − scale A T, with a block of scale for each row of blocks."""
    AT = A @ T
    if AT.format == "csr":
        AT.data *= np.repeat(scale.ravel(), np.diff(AT.indptr))
        return sparse.csr_array(T - AT)
    rows = np.repeat(np.arange(len(AT.indptr) - 1), np.diff(AT.indptr))
    AT.data = np.matmul(scale[rows], AT.data)
    return (T - AT).tobsr(T.blocksize)


def aggregates(A: Any) -> tuple[Indices, int]:
    """The aggregate of each block of rows, −1 for the lonely, shape (n_blocks,); and their number."""
    n_blocks = len(A.indptr) - 1
    sizes = A.data**2 if A.format == "csr" else np.einsum("ijk,ijk->i", A.data, A.data)
    starts, columns = _strong(A.indptr, A.indices, sizes, STRONG)
    aggregate, roots = np.zeros(n_blocks, dtype=np.int32), np.zeros(n_blocks, dtype=np.int32)
    number = amg_core.standard_aggregation(n_blocks, starts, columns, aggregate, roots)
    return aggregate, int(number)


def tentative(aggregate: Indices, n_aggregates: int, near_null_space: Array) -> tuple[Any, Array]:
    """The near-null space cut along aggregates and made orthonormal there, and what it becomes on them."""
    n_blocks, n_modes = len(aggregate), near_null_space.shape[1]
    size = len(near_null_space) // n_blocks
    members = np.flatnonzero(aggregate >= 0).astype(np.int32)
    members = members[np.argsort(aggregate[members], kind="stable")]
    starts = np.concatenate([[0], np.cumsum(np.bincount(aggregate[members], minlength=n_aggregates))]).astype(np.int32)
    coarse = np.zeros((n_aggregates, n_modes, n_modes))
    blocks = np.zeros((len(members), size, n_modes))
    modes = np.ascontiguousarray(near_null_space)
    amg_core.fit_candidates(
        n_blocks, n_aggregates, size, n_modes, starts, members, blocks.ravel(), modes.ravel(), coarse.ravel(), 1e-10
    )
    back = np.argsort(members)
    row_starts = np.concatenate([[0], np.cumsum(aggregate >= 0)]).astype(np.int32)
    columns, shape = aggregate[aggregate >= 0], (n_blocks * size, n_aggregates * n_modes)
    if size == n_modes == 1:
        return sparse.csr_array((blocks[back].ravel(), columns, row_starts), shape=shape), coarse.reshape(-1, 1)
    return sparse.bsr_array((blocks[back], columns, row_starts), shape=shape), coarse.reshape(-1, n_modes)


def _spectral_radius(A: Any, inverse_blocks: Array) -> float:
    """Largest eigenvalue of D⁻¹A, from a few power iterations."""
    v = np.random.default_rng(0).uniform(0.5, 1.0, A.shape[0]) * np.where(np.arange(A.shape[0]) % 2, 1.0, -1.0)
    radius = 1.0
    for _ in range(N_POWER_STEPS):
        v = np.einsum("ijk,ik->ij", inverse_blocks, (A @ v).reshape(inverse_blocks.shape[:2])).ravel()
        radius = float(np.sqrt(v @ v))
        v /= radius
    return POWER_SAFETY * radius


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _strong(starts: Indices, columns: Indices, sizes: Array, share: float) -> tuple[Indices, Indices]:
    n = len(starts) - 1
    diagonal = np.zeros(n)
    for i in range(n):
        for k in range(starts[i], starts[i + 1]):
            if columns[k] == i:
                diagonal[i] = np.sqrt(sizes[k])
    strong_starts = np.zeros(n + 1, np.int32)
    strong_columns = np.zeros(len(columns), np.int32)
    last = 0
    for i in range(n):
        for k in range(starts[i], starts[i + 1]):
            if sizes[k] > share * share * diagonal[i] * diagonal[columns[k]] or columns[k] == i:
                strong_columns[last] = columns[k]
                last += 1
        strong_starts[i + 1] = last
    return strong_starts, strong_columns[:last]
