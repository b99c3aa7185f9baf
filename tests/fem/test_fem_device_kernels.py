"""Every kernel of multigrid does what its array code says, and the parts are what the literature says."""

from dataclasses import replace

import numpy as np
import pytest
from emulated_device import backend_or_skip
from scipy import sparse

from twin3d.backend import get_backend
from twin3d.fem.multigrid import cycle, gradients, sliced
from twin3d.fem.multigrid.aggregation import aggregate, neighbour_maximum, tentative_prolongator
from twin3d.fem.multigrid.hierarchy import Level, galerkin
from twin3d.fem.multigrid.smoothing import chebyshev_coefficients, largest_eigenvalue
from twin3d.fem.multigrid.strength import row_maximum, strong_connections

HOST = get_backend("numpy")
VECTORS = pytest.mark.parametrize("n_vectors", [1, 5, 32])


@pytest.fixture(params=["emulated", pytest.param("cupy", marks=pytest.mark.gpu)])
def device(request):
    """A backend that runs the kernels."""
    return backend_or_skip(request.param)


def random_matrix(rng, shape, density=0.05):
    A = sparse.random_array(shape, density=density, rng=rng)
    return sparse.csr_matrix(A)


def spd_matrix(rng, n):
    A = random_matrix(rng, (n, n))
    return sparse.csr_matrix(A @ A.T + sparse.diags_array(np.linspace(1.0, 3.0, n)))


def moved(A, backend):
    """A CSR matrix in the sparse library of a backend."""
    xp = backend.xp
    return backend.sparse.csr_matrix(
        (xp.asarray(A.data), xp.asarray(A.indices, dtype=xp.int32), xp.asarray(A.indptr, dtype=xp.int32)), shape=A.shape
    )


@VECTORS
@pytest.mark.parametrize("block", [1, 3])
def test_double_product(device, rng, n_vectors, block):
    A, x = random_matrix(rng, (222, 222)), rng.normal(size=(222, n_vectors))
    form = sliced.sliced(moved(A, device), (block, block), np.float64, backend=device)
    y = device.xp.zeros_like(device.xp.asarray(x))

    sliced.multiply(form, device.xp.asarray(x), y, backend=device)

    np.testing.assert_allclose(device.to_host(y), A @ x, rtol=0, atol=1e-14)


@VECTORS
@pytest.mark.parametrize("blocks", [(1, 1), (3, 3), (6, 6), (3, 6), (6, 3), (1, 6), (6, 1)])
def test_combination(device, rng, n_vectors, blocks):
    A = random_matrix(rng, (90, 78))
    x, b = (rng.normal(size=(n, n_vectors)).astype(np.float32) for n in A.shape[::-1])
    results = {}
    for backend in (HOST, device):
        form = sliced.sliced(moved(A, backend), blocks, np.float32, backend=backend)
        plain, base = backend.xp.full(b.shape, np.nan, dtype=np.float32), backend.xp.array(b)
        sliced.combine(form, backend.xp.asarray(x), plain, plain, factors=(2.0, 0.0), backend=backend)
        sliced.combine(form, backend.xp.asarray(x), base, base, factors=(-1.0, 0.5), backend=backend)
        results[backend.name] = backend.to_host(plain), backend.to_host(base)

    np.testing.assert_allclose(results[device.name], results["numpy"], rtol=0, atol=2e-6)


def test_a_matrix_in_slices_takes_little_more_room_than_its_blocks(device):
    n = 640
    A = sparse.csr_matrix(sparse.diags_array([np.full(n - 1, -1.0), np.full(n, 2.0)], offsets=[1, 0]))

    form = sliced.sliced(moved(A, device), (1, 1), np.float32, backend=device)

    assert form.entries.size == 2 * n
    assert form.columns.dtype == np.int32


def test_rows_of_any_length_leave_few_zeros_in_the_slices(device, rng):
    A = random_matrix(rng, (4000, 4000), density=0.004)

    form = sliced.sliced(moved(A, device), (1, 1), np.float32, backend=device)

    assert form.entries.size < 1.05 * A.nnz


def a_level(rng, backend, block):
    A = spd_matrix(np.random.default_rng(0), 96)
    return Level(
        operator=sliced.sliced(moved(A, backend), (block, block), np.float32, backend=backend),
        product=None,
        inverse_diagonal=backend.xp.asarray(1.0 / A.diagonal(), dtype=np.float32),
        steps=chebyshev_coefficients(3.0, 2, 10.0),
        restriction=None,
        prolongation=None,
        coarse_inverse=None,
    )


def some_work(rng, backend, n_vectors):
    vectors = (rng.normal(size=(96, n_vectors)).astype(np.float32) for _ in range(4))
    return cycle.LevelWork(*(backend.xp.array(vector) for vector in vectors))


@VECTORS
@pytest.mark.parametrize("block", [1, 3, 6])
def test_chebyshev_steps(device, n_vectors, block):
    results = {}
    for backend in (HOST, device):
        rng = np.random.default_rng(1)
        level, work = a_level(rng, backend, block), some_work(rng, backend, n_vectors)
        cycle.chebyshev_step(level, work, work.x, work.other, factors=(0.3, 0.7), backend=backend)
        cycle.chebyshev_update(level, work, work.x, work.other, factors=(0.2, 0.1), backend=backend)
        stepped = [backend.to_host(a).copy() for a in (work.other, work.change, work.x)]
        cycle.chebyshev_start(level, work, scale=0.4, backend=backend)
        results[backend.name] = [*stepped, backend.to_host(work.change), backend.to_host(work.x)]

    np.testing.assert_allclose(results[device.name], results["numpy"], rtol=0, atol=2e-5)


def test_a_first_step_does_not_read_the_change_before(device):
    rng = np.random.default_rng(1)
    level, work = a_level(rng, device, 1), some_work(rng, device, 2)
    work.change[...] = np.nan

    cycle.chebyshev_step(level, work, work.x, work.other, factors=(0.0, 0.7), backend=device)

    assert np.isfinite(device.to_host(work.other)).all()


@VECTORS
def test_dense_product(device, rng, n_vectors):
    A = rng.normal(size=(75, 75)).astype(np.float32)
    A, x = A + A.T, rng.normal(size=(75, n_vectors)).astype(np.float32)
    y = device.xp.zeros((75, n_vectors), dtype=np.float32)

    cycle.dense_multiply(device.xp.asarray(A), device.xp.asarray(x), y, backend=device)

    np.testing.assert_allclose(device.to_host(y), A @ x, rtol=0, atol=1e-4)


def some_gradients(rng, backend, shape):
    s = gradients.make_gradients(backend.xp.zeros(shape, dtype=np.float32), backend=backend)
    vectors = {name: backend.xp.array(rng.normal(size=shape)) for name in "xrpq"}
    return replace(s, **vectors)


@VECTORS
def test_steps_of_conjugate_gradients(device, n_vectors):
    results = {}
    for backend in (HOST, device):
        rng = np.random.default_rng(2)
        s = some_gradients(rng, backend, (700, n_vectors))
        s.q[...] = s.p * backend.xp.asarray(rng.uniform(0.5, 1.5, size=s.p.shape))
        z = (s.r + 0.1 * backend.xp.asarray(rng.normal(size=s.r.shape))).astype(np.float32)
        s.scalars[gradients.STATE] = gradients.ITERATES
        s.scalars[gradients.RZ] = 3.0
        s.scalars[gradients.GOAL] = (s.r * s.r).sum(axis=0) * (backend.xp.arange(n_vectors) % 2) * 10.0
        gradients.find_length(s, backend=backend)
        gradients.advance(s, backend=backend)
        gradients.turn(s, z, backend=backend)
        results[backend.name] = [backend.to_host(a) for a in (s.x, s.r, s.p, s.rounded, s.scalars)]

    for ours, expected in zip(results[device.name], results["numpy"], strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-12)


def test_vectors_that_are_done_or_broken_stay(device):
    rng = np.random.default_rng(3)
    s = some_gradients(rng, device, (50, 4))
    s.q[...] = s.p
    s.q[:, 1] *= -1.0
    s.q[:, 2] = np.nan
    s.scalars[gradients.STATE] = device.xp.asarray([gradients.CONVERGED, *[gradients.ITERATES] * 3])
    s.scalars[gradients.RZ] = 1.0
    before = device.to_host(s.x).copy()

    gradients.find_length(s, backend=device)
    gradients.advance(s, backend=device)

    moved_columns = (device.to_host(s.x) != before).any(axis=0)
    np.testing.assert_array_equal(moved_columns, [False, False, False, True])
    np.testing.assert_array_equal(device.to_host(s.scalars[gradients.STATE]), [1.0, 2.0, 2.0, 0.0])


def test_row_and_neighbour_maxima(device, rng):
    xp, A = device.xp, spd_matrix(rng, 80)
    keys = rng.integers(0, 1 << 62, size=80)
    indptr = xp.asarray(A.indptr, dtype=xp.int32)
    graph = strong_connections(moved(A, device), xp.arange(80), 80, strength=0.0, backend=device)

    greatest = row_maximum(indptr, xp.asarray(A.data), backend=device)
    around = neighbour_maximum(graph, xp.asarray(keys), backend=device)

    np.testing.assert_array_equal(device.to_host(greatest), A.max(axis=1).toarray().ravel())
    np.testing.assert_array_equal(device.to_host(around), [keys[A[[k]].indices].max() for k in range(80)])


def grid_graph(n=20):
    line = sparse.diags_array([np.full(n - 1, -1.0), np.full(n, 2.0), np.full(n - 1, -1.0)], offsets=[-1, 0, 1])
    A = sparse.csr_matrix(sparse.kron(line, sparse.eye_array(n)) + sparse.kron(sparse.eye_array(n), line))
    return A, strong_connections(A, np.arange(n * n), n * n, strength=0.25, backend=HOST)


def test_every_point_is_within_two_steps_of_the_root_of_its_aggregate():
    A, graph = grid_graph()

    aggregates = aggregate(graph, backend=HOST)

    members = sparse.csr_array((np.ones(400), (aggregates.of_point, np.arange(400))))
    steps = sparse.csr_array(abs(A) @ abs(A))
    sizes = members.sum(axis=1)
    assert sizes.min() >= 3
    assert sizes.max() <= 13
    reached = [
        any(set(steps[[root]].indices) >= set(np.flatnonzero(aggregates.of_point == k)) for root in range(400))
        for k in range(aggregates.count)
    ]
    assert all(reached)


def test_a_weak_layer_parts_the_graph():
    line = np.ones(99)
    line[49] = 1e-3
    A = sparse.csr_matrix(
        sparse.diags_array([-line, np.r_[line, 0] + np.r_[0, line] + 1e-6, -line], offsets=[-1, 0, 1])
    )

    graph = strong_connections(A, np.arange(100), 100, strength=0.25, backend=HOST)

    assert 50 not in graph.indices[graph.indptr[49] : graph.indptr[50]]
    assert 48 in graph.indices[graph.indptr[49] : graph.indptr[50]]


def test_held_points_are_left_to_the_smoother():
    A = sparse.csr_matrix(sparse.block_diag([grid_graph()[0], sparse.diags_array(np.ones(2))]))

    aggregates = aggregate(strong_connections(A, np.arange(402), 402, strength=0.25, backend=HOST), backend=HOST)

    np.testing.assert_array_equal(aggregates.of_point[400:], -1)
    assert (aggregates.of_point[:400] >= 0).all()


def test_candidates_are_represented_exactly_by_orthonormal_columns(rng):
    _, graph = grid_graph()
    B = np.stack([rng.normal(size=400), 1e4 + np.arange(400.0), np.ones(400)], axis=1)

    T, coarse = tentative_prolongator(aggregate(graph, backend=HOST), B, np.arange(400), backend=HOST)

    np.testing.assert_allclose(T @ coarse, B, rtol=1e-12)
    np.testing.assert_allclose((T.T @ T).toarray(), np.eye(T.shape[1]), rtol=0, atol=1e-12)


def test_a_candidate_that_depends_on_another_is_dropped_and_its_coarse_unknown_left_idle():
    A, graph = grid_graph()
    B = np.stack([np.ones(400), np.full(400, 3.0)], axis=1)

    T, coarse = tentative_prolongator(aggregate(graph, backend=HOST), B, np.arange(400), backend=HOST)
    inverse = np.linalg.inv(galerkin(A, T, backend=HOST).toarray())

    np.testing.assert_allclose(T @ coarse, B, rtol=1e-12)
    assert T.toarray()[:, 1::2].max() == 0.0
    assert np.abs(inverse).max() < 1e3


def test_the_bound_of_the_spectrum_bounds_it_closely():
    A = grid_graph()[0]
    exact = 1.0 + np.cos(np.pi / 21.0)

    bound = largest_eigenvalue(lambda x: A @ x, np.full(400, 0.25), backend=HOST)

    assert exact <= bound <= 1.12 * exact


@pytest.mark.parametrize("degree", [1, 2, 4])
def test_chebyshev_damps_its_interval_as_the_polynomial_does(degree):
    steps = chebyshev_coefficients(2.0, degree, 10.0)
    spectrum = np.linspace(0.2, 2.0, 50)
    x, change = np.zeros(50), np.zeros(50)

    for keep, scale in steps:
        change = keep * change + scale * (1.0 - spectrum * x)
        x += change

    bound = 1.0 / np.cosh(degree * np.arccosh(11.0 / 9.0))
    np.testing.assert_allclose(np.abs(1.0 - spectrum * x).max(), bound, rtol=1e-6)
