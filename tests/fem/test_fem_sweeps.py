"""The kernels of multigrid against dense algebra, for the sizes of blocks that heat and elasticity have."""

import numpy as np
import pytest
from scipy import sparse

from twin3d.fem.linear.colours import colour_order, gather, reordered, scatter
from twin3d.fem.linear.sweeps import (
    add_adjoint_product,
    add_product,
    backward_sweep,
    find_middles,
    flat,
    forward_sweep,
    upper_residual,
)

kinds = pytest.mark.parametrize(("size", "width"), [(1, 1), (1, 8), (3, 1), (3, 8), (6, 1), (6, 8), (2, 1)])


@kinds
def test_a_forward_sweep_solves_with_the_lower_triangle(size: int, width: int) -> None:
    A, inverse, b = definite_system(size, width)
    x = np.zeros_like(b)

    forward_sweep(size, width)(middles(A), *flat(A), inverse, b.ravel(), x.reshape(-1))

    np.testing.assert_allclose(x, np.linalg.solve(lower(A), b), rtol=1e-4, atol=1e-5)


@kinds
def test_the_upper_triangle_leaves_the_residual_of_a_forward_sweep(size: int, width: int) -> None:
    A, inverse, b = definite_system(size, width)
    x, r = np.zeros_like(b), np.zeros_like(b)
    forward_sweep(size, width)(middles(A), *flat(A), inverse, b.ravel(), x.reshape(-1))

    upper_residual(size, width)(middles(A), *flat(A), x.ravel(), r.reshape(-1))

    np.testing.assert_allclose(r, b - A.toarray() @ x, atol=1e-5)


@kinds
def test_a_backward_sweep_is_the_adjoint_of_a_forward_sweep(size: int, width: int) -> None:
    A, inverse, b = definite_system(size, width)
    x = np.random.default_rng(1).normal(size=b.shape).astype(np.float32)
    swept = x.copy()

    backward_sweep(size, width)(*flat(A), inverse, b.ravel(), swept.reshape(-1))

    expected = x + np.linalg.solve(lower(A).T, b - A.toarray() @ x)
    np.testing.assert_allclose(swept, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (3, 6), (6, 3)])
@pytest.mark.parametrize("width", [1, 8])
def test_products_are_added(shape: tuple[int, int], width: int) -> None:
    A = random_blocks(shape)
    rng = np.random.default_rng(2)
    x, y = (rng.normal(size=(n, width)).astype(np.float32) for n in A.shape[::-1])
    down, up = y.copy(), x.copy()

    add_product(*shape, width)(*flat(A), x.ravel(), down.reshape(-1))
    add_adjoint_product(*shape, width)(*flat(A), y.ravel(), up.reshape(-1))

    np.testing.assert_allclose(down, y + A @ x, atol=1e-4)
    np.testing.assert_allclose(up, x + A.T @ y, atol=1e-4)


def test_no_row_waits_for_the_row_before() -> None:
    A = sparse.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(640, 640)).tocsr()

    order = colour_order(A)

    assert sorted(order) == list(range(640))
    assert np.count_nonzero(np.abs(np.diff(order)) == 1) <= 10


@pytest.mark.parametrize("size", [1, 3])
def test_blocks_are_reordered(size: int) -> None:
    A = definite_system(size, 1)[0]
    rows = np.random.default_rng(3).permutation(A.shape[0] // size).astype(np.int32)
    unknowns = (rows[:, None] * size + np.arange(size)).ravel()

    ordered = reordered(A, rows, rows)

    np.testing.assert_array_equal(ordered.toarray(), A.toarray()[unknowns][:, unknowns])
    assert ordered.has_sorted_indices


def test_scattered_rows_are_where_they_were_gathered() -> None:
    values = np.arange(12.0).reshape(4, 3)
    rows = np.array([2, 0, 3, 1], dtype=np.int32)

    gathered = gather(rows, values)

    np.testing.assert_array_equal(gathered, values[rows])
    np.testing.assert_array_equal(scatter(rows, gathered), values)


def definite_system(size: int, width: int, n_blocks: int = 30) -> tuple:
    """A matrix of blocks, the inverses of its diagonal blocks, and loads."""
    rng = np.random.default_rng(0)
    pattern = sparse.random_array((n_blocks, n_blocks), density=0.1, rng=rng) + sparse.eye_array(n_blocks)
    factor = np.kron(pattern.toarray(), np.ones((size, size))) * rng.normal(size=(n_blocks * size,) * 2)
    dense = (factor @ factor.T + 5.0 * size * np.eye(len(factor))).astype(np.float32)
    A = sparse.csr_array(dense) if size == 1 else sparse.bsr_array(dense, blocksize=(size, size))
    A.sort_indices()
    inverse = np.array([np.linalg.inv(block) for block in diagonal_blocks(dense, size)], dtype=np.float32)
    return A, inverse.ravel(), rng.normal(size=(len(dense), width)).astype(np.float32)


def random_blocks(shape: tuple[int, int]) -> sparse.sparray:
    dense = np.kron(sparse.random_array((9, 20), density=0.3, rng=4).toarray(), np.ones(shape)).astype(np.float32)
    return sparse.csr_array(dense) if shape == (1, 1) else sparse.bsr_array(dense, blocksize=shape)


def diagonal_blocks(dense: np.ndarray, size: int) -> list[np.ndarray]:
    return [dense[i : i + size, i : i + size] for i in range(0, len(dense), size)]


def lower(A: sparse.sparray) -> np.ndarray:
    """Lower triangle with the diagonal blocks."""
    size = 1 if A.format == "csr" else A.blocksize[0]
    rows = np.arange(A.shape[0]) // size
    return np.where(rows[:, None] >= rows, A.toarray(), 0.0)


def middles(A: sparse.sparray) -> np.ndarray:
    found = np.zeros(len(A.indptr) - 1, dtype=np.uint32)
    find_middles(A.indptr, A.indices, found)
    return found
