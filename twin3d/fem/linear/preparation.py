"""Chooses a method and gets it ready."""

import logging

from scipy import sparse

from twin3d.backend import Backend
from twin3d.errors import SolverError
from twin3d.fem.linear.choice import choose
from twin3d.fem.linear.definite import check_definite
from twin3d.fem.linear.device import DeviceConjugateGradients
from twin3d.fem.linear.device_multigrid import DeviceMultigrid
from twin3d.fem.linear.direct import Pardiso, SuperLU
from twin3d.fem.linear.interface import Array, Factor, Method, Order
from twin3d.fem.linear.memory import check_memory
from twin3d.fem.linear.multigrid import Multigrid

_log = logging.getLogger(__name__)


def prepare(
    A: sparse.csr_array,
    *,
    near_null_space: Array | None = None,
    prolongation: sparse.csr_array | None = None,
    order: Order | None = None,
    once: bool = False,
    method: Method | None = None,
    backend: Backend,
) -> Factor:
    """Get ready to solve A x = F many times.

    Args:
        A: Symmetric positive definite, shape (n, n); with six rigid-body modes its rows come in threes, one point each.
        near_null_space: What A nearly takes to zero: the six rigid-body modes of elasticity, shape (n, k); constants
            without them.
        prolongation: From the unknowns of the linear element to those of the quadratic one, shape (n, n_coarse).
        order: From `fill_reducing_order`, where several matrices have nearly the same pattern; made when missing.
        once: Whether there will be one right-hand side only.
        method: Taken instead of what size and shape suggest.
        backend: Where to solve.

    Raises:
        SolverError: A is singular, as it is when nothing holds the temperature, its shapes do not fit, or the method
            takes more memory than there is.
    """
    _check_shapes(A, near_null_space, prolongation)
    check_definite(A, near_null_space)
    size = 1 if near_null_space is None or near_null_space.shape[1] != 6 else 3
    chosen, reason = choose(A, backend, once=once, size=size) if method is None else (method, "asked for")
    check_memory(chosen, A)
    _log.info("%s for the linear system: %s", chosen.value, reason)
    match chosen:
        case Method.CONJUGATE_GRADIENTS:
            return DeviceConjugateGradients(A, reason=reason, backend=backend)
        case Method.PARDISO:
            return Pardiso(A, reason=reason)
        case Method.SUPERLU:
            return SuperLU(A, order=order, reason=reason)
        case Method.MULTIGRID if backend.on_host:
            return Multigrid(A, near_null_space=near_null_space, prolongation=prolongation, reason=reason)
        case Method.MULTIGRID:
            return DeviceMultigrid(
                A, near_null_space=near_null_space, prolongation=prolongation, reason=reason, backend=backend
            )


def _check_shapes(A: sparse.csr_array, near_null_space: Array | None, prolongation: sparse.csr_array | None) -> None:
    n = A.shape[0]
    if A.shape != (n, n):
        raise SolverError(f"the system has the shape {A.shape}; it must be square")
    if near_null_space is not None and near_null_space.shape[0] != n:
        raise SolverError(f"the near-null space has {near_null_space.shape[0]} rows, the system has {n}")
    if near_null_space is not None and near_null_space.shape[1] == 6 and n % 3:
        raise SolverError(f"a system with rigid-body modes has {n} unknowns; keep three for each point")
    if prolongation is not None and prolongation.shape[0] != n:
        raise SolverError(f"the prolongation has {prolongation.shape[0]} rows, the system has {n}")
