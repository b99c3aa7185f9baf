"""How far the linear elements are from quadratic ones on the same mesh: the discretisation error at every point."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import Backend
from twin3d.errors import SolverError
from twin3d.fem.bubbles import assemble_bubbles
from twin3d.fem.linear import Factor, Order, prepare
from twin3d.fem.system import free_dofs_of, system_at
from twin3d.records import Operators, TetMesh
from twin3d.scene import Scene

Array = npt.NDArray[np.float64]

N_ITERATIONS = 30
"""Conjugate-gradient steps at most; the preconditioner bounds the condition whatever the mesh."""
RTOL = 1e-2
"""An error estimate needs no more digits."""


def steady_discretisation_error(
    operators: Operators,
    mesh: TetMesh,
    scene: Scene,
    input_scale: Array,
    *,
    theta: Array,
    order: Order | None = None,
    backend: Backend,
) -> Array:
    """Standard deviation of the discretisation error at each point [K], shape (n_points,).

    The quadratic less the linear steady response to each input, scaled by how large the input may become and summed
    in squares over the inputs. Zero where nothing holds the temperature, since there is no steady state.

    Args:
        operators: The heat equation.
        mesh: Its mesh.
        scene: Its scene.
        input_scale: How large each input's deviation may become, shape (n_inputs,).
        theta: Parameters, shape (n_parameters,).
        order: Of elimination, from `fill_reducing_order`.
        backend: Where the linear part is solved.
    """
    system = system_at(operators, theta)
    try:
        factor = prepare(system.stiffness, order=order, backend=backend)
    except SolverError:
        return np.zeros(mesh.n_points)
    bubbles = assemble_bubbles(scene, mesh, theta, backend=backend)
    free = free_dofs_of(operators)
    is_free = np.ones(mesh.n_points, dtype=bool)
    is_free[operators.fixed_dofs] = False
    kept = np.flatnonzero(is_free[bubbles.edges].any(axis=1))
    K22 = sparse.csr_array(bubbles.stiffness[kept][:, kept])
    K21 = sparse.csr_array(bubbles.coupling[kept])
    inputs = np.diag(input_scale)
    linear = np.asarray(system.lifting @ inputs)
    linear[free] = factor.solve(system.load @ inputs).x
    residual = bubbles.load[kept] @ inputs - K21 @ linear
    change = _point_change(system.stiffness, K22, sparse.csr_array(K21[:, free]), residual, factor)
    error = np.zeros(mesh.n_points)
    error[free] = np.sqrt((change**2).sum(axis=1))
    return error


def _point_change(
    K11: sparse.csr_array,
    K22: sparse.csr_array,
    K21: sparse.csr_array,
    residual: Array,
    factor: Factor,
) -> Array:
    """What the bubbles change at the free points, by block-preconditioned conjugate gradients, (n_free, n_columns)."""
    n_free = K11.shape[0]
    K12 = sparse.csr_array(K21.T)
    inverse_diagonal = (1.0 / K22.diagonal())[:, None]
    b = np.vstack([np.zeros((n_free, residual.shape[1])), residual])

    def apply(x: Array) -> Array:
        return np.vstack([K11 @ x[:n_free] + K12 @ x[n_free:], K21 @ x[:n_free] + K22 @ x[n_free:]])

    def precondition(r: Array) -> Array:
        return np.vstack([factor.solve(r[:n_free]).x, inverse_diagonal * r[n_free:]])

    x, r = np.zeros_like(b), b
    z = precondition(r)
    p, rz = z, np.einsum("ij,ij->j", r, z)
    goal = RTOL**2 * np.maximum(rz, 1e-300)
    for _ in range(N_ITERATIONS):
        Ap = apply(p)
        alpha = rz / np.maximum(np.einsum("ij,ij->j", p, Ap), 1e-300)
        x, r = x + alpha * p, r - alpha * Ap
        z = precondition(r)
        rz, old = np.einsum("ij,ij->j", r, z), rz
        if (rz <= goal).all():
            break
        p = z + (rz / np.maximum(old, 1e-300)) * p
    return x[:n_free]
