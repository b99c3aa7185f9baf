"""Factorisations on the CPU: SuperLU, and PARDISO where it is installed."""

import functools
import importlib
import weakref
from collections.abc import Callable
from enum import IntEnum
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from twin3d.backend import one_blas_thread
from twin3d.errors import CapabilityError, SolverError
from twin3d.fem.linear.choice import has_pardiso
from twin3d.fem.linear.interface import (
    RTOL,
    Array,
    Method,
    Order,
    SolveResult,
    SolveStatus,
    check_same_size,
    checked_load,
    finished,
    relative_residuals,
)
from twin3d.fem.linear.order import nested_dissection

MAX_REFINEMENTS = 3


class SuperLU:
    """A factor by SciPy's SuperLU in symmetric mode, in a nested-dissection order."""

    method = Method.SUPERLU

    def __init__(self, A: sparse.csr_array, *, order: Order | None = None, reason: str) -> None:
        self.reason, self.n = reason, A.shape[0]
        self._order = nested_dissection(A) if order is None or not len(order) else order
        self.refactor(A)

    def refactor(self, A: sparse.csr_array) -> None:
        """Serve another matrix of the same pattern; keeps the order."""
        check_same_size(A, self.n)
        self._A = A
        permuted = sparse.csc_array(A[self._order][:, self._order])
        permuted.eliminate_zeros()  # the order does not know them: they would fill the factor
        options = {"SymmetricMode": True, "Equil": False}
        try:
            with one_blas_thread():
                self._factor = splu(permuted, permc_spec="NATURAL", diag_pivot_thresh=0.0, options=options)
        except RuntimeError as error:
            raise SolverError(f"the system cannot be factorised: {error}; check the materials and loads") from error

    def solve(self, F: Array, *, guess: Array | None = None, rtol: float = RTOL) -> SolveResult:
        """Solve A x = F."""
        return refined(self._A, checked_load(F, self.n), self._apply, method=self.method, rtol=rtol)

    def _apply(self, F: Array) -> Array:
        x = np.zeros_like(F)
        with one_blas_thread():
            x[self._order] = self._factor.solve(np.ascontiguousarray(F[self._order]))
        return x


class Phase(IntEnum):
    """What PARDISO is asked to do, by its own numbers."""

    ANALYSE = 11
    FACTORISE = 22
    SOLVE = 33


class Pardiso:
    """A Cholesky factor by MKL's PARDISO, on the upper triangle."""

    method = Method.PARDISO

    def __init__(self, A: sparse.csr_array, *, reason: str) -> None:
        if not has_pardiso():
            raise CapabilityError("PARDISO is not installed; pip install 'twin3d[mkl]', or take superlu or multigrid")
        self.reason, self.n = reason, A.shape[0]
        self._solver: Any = importlib.import_module("pypardiso").PyPardisoSolver(mtype=2)
        weakref.finalize(self, self._solver.free_memory, everything=True)
        self._A, self._upper = A, _upper_triangle(A)
        self._call(Phase.ANALYSE, np.zeros(self.n))
        self._call(Phase.FACTORISE, np.zeros(self.n))

    def refactor(self, A: sparse.csr_array) -> None:
        """Serve another matrix of the same pattern; keeps the analysis."""
        check_same_size(A, self.n)
        upper = _upper_triangle(A)
        if not np.array_equal(upper.indices, self._upper.indices):
            self._upper = upper
            self._call(Phase.ANALYSE, np.zeros(self.n))
        self._A, self._upper = A, upper
        self._call(Phase.FACTORISE, np.zeros(self.n))

    def solve(self, F: Array, *, guess: Array | None = None, rtol: float = RTOL) -> SolveResult:
        """Solve A x = F."""
        apply = functools.partial(self._call, Phase.SOLVE)
        return refined(self._A, checked_load(F, self.n), apply, method=self.method, rtol=rtol)

    def _call(self, phase: Phase, F: Array) -> Array:
        self._solver.set_phase(phase)
        try:
            return np.asarray(self._solver._call_pardiso(self._upper, np.asfortranarray(F)))
        except importlib.import_module("pypardiso").pardiso_wrapper.PyPardisoError as error:
            raise SolverError(f"the system cannot be factorised: {error}; check the materials and loads") from error


def _upper_triangle(A: sparse.csr_array) -> sparse.csr_matrix:
    upper = sparse.csr_matrix(sparse.triu(A, format="csr"))
    upper.sort_indices()
    return upper


def refined(
    A: sparse.csr_array, F: Array, apply: Callable[[Array], Array], *, method: Method, rtol: float
) -> SolveResult:
    """A solution by a factor, refined until its true residual is small enough.

    Args:
        A: The matrix.
        F: Right-hand sides.
        apply: Solves with the factor.
        method: For the error.
        rtol: Largest relative residual.

    Raises:
        SolverError: The residual stays above `rtol` and above what rounding explains.
    """
    x = apply(F)
    r, residuals = relative_residuals(A, x, F)
    number = 0
    while not _is_reached(residuals, rtol) and number < MAX_REFINEMENTS:
        x, number = x + apply(r), number + 1
        r, residuals = relative_residuals(A, x, F)
    status = SolveStatus.CONVERGED if _is_reached(residuals, rtol) else SolveStatus.STAGNATED
    return finished(A, x, F, method=method, end=(status, number), rtol=rtol)


def _is_reached(residuals: Array, rtol: float) -> bool:
    return bool((residuals <= rtol).all())
