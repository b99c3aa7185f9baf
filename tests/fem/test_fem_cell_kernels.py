"""Cell by cell on a device: assembly and products agree with scikit-fem, and kernels with their array code."""

import numpy as np
import pytest
import skfem
from box_mesh import box_mesh
from emulated_device import backend_or_skip, emulated_device
from scipy import sparse
from scipy.sparse.linalg import spsolve
from skfem.helpers import dot, grad, mul
from skfem.models.elasticity import linear_elasticity

from twin3d.backend import get_backend
from twin3d.fem.cell_kernels import (
    add_conduction,
    add_conduction_product,
    add_elasticity,
    conduction_diagonal,
    isotropic_stiffness,
    quadratic_conduction,
)
from twin3d.fem.elements import Element
from twin3d.fem.mechanics.vector_pattern import vector_pattern_of
from twin3d.fem.multigrid import MatrixFree, multigrid_solver
from twin3d.fem.pattern import pattern_of
from twin3d.fem.space import function_space

MESH = box_mesh((3, 2, 4), (1.0, 0.7, 1.3), wobble=0.3)
N_CELLS = len(MESH.cells)
TENSOR = np.array([[3.0, 0.4, -0.2], [0.4, 2.0, 0.3], [-0.2, 0.3, 1.0]])


@pytest.fixture(params=["numpy", "emulated", pytest.param("cupy", marks=pytest.mark.gpu)])
def backend(request):
    """Array code on the host, the kernels on an emulated device, and CuPy where a device answers."""
    return backend_or_skip(request.param)


def peer_mesh(mesh=MESH):
    return skfem.MeshTet(np.ascontiguousarray(mesh.points.T), np.ascontiguousarray(mesh.cells.T))


def peer_conduction(k):
    """The stiffness of linear cells with a tensor of conductivity for each, by scikit-fem."""
    basis = skfem.Basis(peer_mesh(), skfem.ElementTetP1())

    @skfem.BilinearForm
    def form(u, v, w):
        return dot(mul(w["k"], grad(u)), grad(v))

    spread = np.broadcast_to(k.transpose(1, 2, 0)[..., None], (3, 3, N_CELLS, basis.X.shape[1]))
    return form.assemble(basis, k=spread).toarray()


@pytest.mark.parametrize("is_tensor", [False, True])
def test_conduction_is_that_of_scikit_fem(backend, rng, is_tensor):
    xp, size = backend.xp, rng.uniform(1.0, 5.0, N_CELLS)
    tensors = size[:, None, None] * (TENSOR if is_tensor else np.eye(3))
    pattern = pattern_of(MESH.cells, MESH.n_points)
    entries = xp.zeros(len(pattern.indices))

    add_conduction(
        entries, xp.asarray(MESH.points), xp.asarray(MESH.cells), slots=xp.asarray(pattern.slots),
        conductivity=xp.asarray(tensors if is_tensor else size), backend=backend,
    )  # fmt: skip

    K = pattern.matrix(backend.to_host(entries)).toarray()
    np.testing.assert_allclose(K, peer_conduction(tensors), rtol=0, atol=1e-12 * np.abs(K).max())


@pytest.mark.parametrize("is_matrix", [False, True])
def test_elasticity_is_that_of_scikit_fem(backend, is_matrix):
    xp, pattern = backend.xp, vector_pattern_of(MESH.cells, MESH.n_points)
    materials = xp.asarray(np.tile([1.7, 0.9], (N_CELLS, 1)))
    materials = isotropic_stiffness(materials, backend=backend) if is_matrix else materials
    entries = xp.zeros(len(pattern.indices))

    add_elasticity(
        entries, xp.asarray(MESH.points), xp.asarray(MESH.cells), materials=materials,
        row_starts=xp.asarray(pattern.scalar.indptr), slots=xp.asarray(pattern.scalar.slots), backend=backend,
    )  # fmt: skip

    basis = skfem.Basis(peer_mesh(), skfem.ElementVector(skfem.ElementTetP1()))
    expected = linear_elasticity(1.7, 0.9).assemble(basis).toarray()
    K = pattern.matrix(backend.to_host(entries)).toarray()
    np.testing.assert_allclose(K, expected, rtol=0, atol=1e-12 * np.abs(K).max())


def test_a_stiffness_without_symmetry_axes_is_that_of_its_array_code(rng):
    device, host = emulated_device(), get_backend("numpy")
    C = rng.normal(size=(N_CELLS, 6, 6))
    C = np.ascontiguousarray(C @ C.transpose(0, 2, 1))
    pattern, results = vector_pattern_of(MESH.cells, MESH.n_points), []
    places = {"row_starts": pattern.scalar.indptr, "slots": pattern.scalar.slots}

    for backend in (device, host):
        entries = np.zeros(len(pattern.indices))
        add_elasticity(entries, MESH.points, MESH.cells, materials=C, **places, backend=backend)
        results.append(entries)

    np.testing.assert_allclose(results[0], results[1], rtol=0, atol=1e-12 * np.abs(results[1]).max())


def quadratic_case(k=TENSOR, mesh=MESH):
    """A function space, and its stiffness assembled by scikit-fem in the numbering of the space."""
    space = function_space(mesh, Element.TET10)
    basis = skfem.Basis(peer_mesh(mesh), skfem.ElementTetP2())

    @skfem.BilinearForm
    def form(u, v, w):
        return dot(np.einsum("ab,b...->a...", k, grad(u)), grad(v))

    middle = np.round(basis.doflocs.T, 9)
    ours = {tuple(place): dof for dof, place in enumerate(np.round(space.dof_points, 9))}
    to_ours = np.array([ours[tuple(place)] for place in middle])
    P = sparse.csr_array((np.ones(basis.N), (to_ours, np.arange(basis.N))))
    return space, sparse.csr_array(P @ sparse.csr_array(form.assemble(basis)) @ P.T)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-13), (np.float32, 2e-6)])
@pytest.mark.parametrize("n_vectors", [1, 3])
def test_the_product_without_a_matrix_is_that_of_the_matrix(backend, rng, n_vectors, dtype, tolerance):
    space, K = quadratic_case()
    xp, free = backend.xp, (rng.uniform(size=space.n_dofs) > 0.2).astype(float)
    x = rng.normal(size=(space.n_dofs, n_vectors)).astype(dtype)
    tensors = xp.asarray(np.tile(TENSOR, (N_CELLS, 1, 1)))
    form = quadratic_conduction(
        xp.asarray(MESH.points), xp.asarray(space.cell_dofs), tensors, free=xp.asarray(free), backend=backend
    )
    form = form if dtype is np.float64 else form.in_single_precision()
    out = xp.ones((space.n_dofs, n_vectors), dtype=dtype)

    add_conduction_product(form, xp.asarray(x), out, backend=backend)

    expected = 1.0 + free[:, None] * (K @ (free[:, None] * x))
    np.testing.assert_allclose(backend.to_host(out), expected, rtol=0, atol=tolerance * np.abs(expected).max())
    diagonal = backend.to_host(conduction_diagonal(form, backend=backend))
    np.testing.assert_allclose(diagonal, free * K.diagonal(), rtol=0, atol=tolerance * K.diagonal().max())


def test_quadratic_heat_is_solved_without_its_matrix(backend):
    mesh = box_mesh((6, 6, 6), wobble=0.2)
    space, K = quadratic_case(np.eye(3), mesh)
    xp, held = backend.xp, space.dof_points[:, 0] < 1e-9
    free, F = (~held).astype(float), np.where(held, 0.0, 1.0)
    P = sparse.csr_array(sparse.diags_array(free) @ space.interpolation_from_linear())[:, free[: mesh.n_points] > 0]
    k = xp.ones(len(mesh.cells))
    arrays = xp.asarray(mesh.points), xp.asarray(space.cell_dofs), k
    double = quadratic_conduction(*arrays, free=xp.asarray(free), backend=backend)
    forms = {"float64": double, "float32": double.in_single_precision()}
    held_rows = {name: (1.0 - form.free)[:, None] for name, form in forms.items()}

    def product(x, out):
        xp.multiply(held_rows[x.dtype.name], x, out=out)
        add_conduction_product(forms[x.dtype.name], x, out, backend=backend)

    diagonal = conduction_diagonal(double, backend=backend) + (1.0 - double.free)
    solver = multigrid_solver(
        sparse.csr_array(P.T @ K @ P), prolongation=P, matrix_free=MatrixFree(product, diagonal), backend=backend
    )
    solution = solver.solve(F)

    exact = np.zeros(space.n_dofs)
    exact[~held] = spsolve(sparse.csc_array(K[~held][:, ~held]), F[~held])
    np.testing.assert_allclose(solution.x, exact, rtol=0, atol=1e-8 * exact.max())
    assert solution.n_iterations <= 20
