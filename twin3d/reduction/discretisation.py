"""How far the linear elements are from quadratic ones on the same mesh: the discretisation error at every point."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import Backend
from twin3d.errors import SolverError
from twin3d.fem.bubbles import Bubbles, assemble_bubbles
from twin3d.fem.elements import Element
from twin3d.fem.linear import Factor, Order, prepare
from twin3d.fem.space import FunctionSpace
from twin3d.fem.system import System, system_at
from twin3d.records import Operators
from twin3d.scene import Scene

Array = npt.NDArray[np.float64]

N_ITERATIONS = 30
"""Conjugate-gradient steps at most; the preconditioner bounds the condition whatever the mesh."""
QUADRATIC_SHARE = 0.5
"""Of the difference between linear and quadratic elements, as a standard deviation of the latter's error.

On the power module, two meshes, the true error against the mesh refined once was 0.17 to 0.24 of that difference at the
median point and 0.55 to 0.74 at nine points of ten, on the bracket 0.05 and 0.15."""
RTOL = 1e-2
"""An error estimate needs no more digits."""


def steady_discretisation_error(
    operators: Operators,
    space: FunctionSpace,
    scene: Scene,
    input_scale: Array,
    *,
    theta: Array,
    order: Order | None = None,
    backend: Backend,
) -> Array:
    """Standard deviation of the discretisation error at each dof [K], shape (n_dofs,).

    The quadratic less the linear steady response to each input, scaled by how large the input may become and summed
    in squares over the inputs. That is the error of linear elements; quadratic ones are held to have `QUADRATIC_SHARE`
    of it. Zero where nothing holds the temperature, since there is no steady state.

    Args:
        operators: The heat equation.
        space: Its function space.
        scene: Its scene.
        input_scale: How large each input's deviation may become, shape (n_inputs,).
        theta: Parameters, shape (n_parameters,).
        order: Of elimination, from `fill_reducing_order`.
        backend: Where the systems are solved.
    """
    system = system_at(operators, theta)
    error = np.zeros(space.n_dofs)
    try:
        factor = prepare(system.stiffness, order=order, backend=backend)
    except SolverError:
        return error
    inputs = np.diag(input_scale)
    response = np.asarray(system.lifting @ inputs)
    response[system.free_dofs] = factor.solve(system.load @ inputs).x
    if space.element is Element.TET4:
        bubbles = assemble_bubbles(scene, space.mesh, theta, backend=backend)
        change = _what_bubbles_change(system, response, factor, bubbles, inputs)
    else:
        change = QUADRATIC_SHARE * _less_linear(system, response, space, inputs, backend)
    error[system.free_dofs] = np.sqrt((change**2).sum(axis=1))
    return error


def _less_linear(system: System, response: Array, space: FunctionSpace, inputs: Array, backend: Backend) -> Array:
    """The quadratic less the linear response at the free dofs, shape (n_free, n_columns)."""
    from_points = sparse.csr_array(space.interpolation_from_linear()[system.free_dofs])
    P = sparse.csr_array(from_points[:, system.free_dofs[system.free_dofs < space.mesh.n_points]])
    lifted = from_points @ np.asarray(system.lifting @ inputs)[: space.mesh.n_points]
    coarse = prepare(sparse.csr_array(P.T @ system.stiffness @ P), backend=backend)
    b = P.T @ (system.load @ inputs - system.stiffness @ lifted)
    return np.asarray(response[system.free_dofs] - lifted - P @ coarse.solve(b).x)


def _what_bubbles_change(system: System, linear: Array, factor: Factor, bubbles: Bubbles, inputs: Array) -> Array:
    """What the quadratic part changes at the free points, shape (n_free, n_columns)."""
    is_free = np.zeros(len(linear), dtype=bool)
    is_free[system.free_dofs] = True
    kept = np.flatnonzero(is_free[bubbles.edges].any(axis=1))
    K22 = sparse.csr_array(bubbles.stiffness[kept][:, kept])
    K21 = sparse.csr_array(bubbles.coupling[kept])
    residual = bubbles.load[kept] @ inputs - K21 @ linear
    return _point_change(system.stiffness, K22, sparse.csr_array(K21[:, system.free_dofs]), residual, factor)


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
