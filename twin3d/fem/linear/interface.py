"""What every linear solver takes and gives."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import SolverError

Array = npt.NDArray[np.float64]
Order: TypeAlias = npt.NDArray[np.signedinteger]
"""A permutation of the unknowns."""

RTOL = 1e-10
"""Relative residual at which solvers stop."""
N_ROUNDINGS = 64.0
"""Units of rounding of ‖A‖ ‖x‖ within which no solver can improve a residual."""


class Method(StrEnum):
    """How a system is solved."""

    SUPERLU = "superlu"
    """Factorised by SciPy, in the nested-dissection order of METIS."""
    PARDISO = "pardiso"
    """Factorised by MKL, with the extra ``mkl``."""
    MULTIGRID = "multigrid"
    """Conjugate gradients, preconditioned by a V-cycle of smoothed aggregation."""
    CONJUGATE_GRADIENTS = "conjugate_gradients"
    """Conjugate gradients, preconditioned by the diagonal."""


class SolveStatus(StrEnum):
    """How a solve ended."""

    CONVERGED = "converged"
    ROUNDING = "converged as far as rounding allows"
    STAGNATED = "stagnated"
    ITERATION_LIMIT = "reached the limit of iterations"
    BREAKDOWN = "broke down"

    @property
    def is_success(self) -> bool:
        """Whether the solution can be used."""
        return self in {SolveStatus.CONVERGED, SolveStatus.ROUNDING}

    @property
    def remedy(self) -> str:
        """What a user can do; empty where nothing is needed."""
        return _REMEDIES[self]


_REMEDIES = {
    SolveStatus.CONVERGED: "",
    SolveStatus.ROUNDING: "",
    SolveStatus.STAGNATED: "ask for a larger rtol, or look for materials or cells whose sizes differ by many orders",
    SolveStatus.ITERATION_LIMIT: "look for flat cells and jumps of the materials, or take a direct method",
    SolveStatus.BREAKDOWN: "the system is not positive definite; look for loose parts and negative materials",
}


@dataclass(frozen=True, eq=False, slots=True)
class SolveResult:
    """A solution and how it was reached."""

    x: Array
    """Shape (n,) or (n, k) as the right-hand side."""
    status: SolveStatus
    """Always a success: other ends raise."""
    n_iterations: int
    """Steps of conjugate gradients, or of refinement after a factorisation; of the worst column."""
    residual: float
    """‖F − A x‖ / ‖F‖ of the worst column, from the solution itself."""


class Factor(Protocol):
    """A matrix that is ready to be solved with."""

    @property
    def method(self) -> Method:
        """How it is solved."""

    @property
    def reason(self) -> str:
        """Why that method was taken."""

    @property
    def n(self) -> int:
        """Number of unknowns."""

    def solve(self, F: Array, *, guess: Array | None = None, rtol: float = RTOL) -> SolveResult:
        """Solve A x = F.

        Args:
            F: Right-hand sides, shape (n,) or (n, k).
            guess: Where an iteration starts, as F; a factorisation needs none.
            rtol: Largest ‖F − A x‖ / ‖F‖ of a column.

        Raises:
            SolverError: F is not finite or of the wrong shape, or the solution misses `rtol`; says why and what to do.
        """

    def refactor(self, A: sparse.csr_array) -> None:
        """Serve another matrix of the same pattern from now on.

        What depends on the pattern alone is kept: the order and analysis of a factorisation, the aggregates and
        prolongations of multigrid.

        Raises:
            SolverError: The pattern is another, or the new matrix cannot be solved with.
        """


def column_norms(F: Array) -> Array:
    """Euclidean norms, shape (k,) for (n, k) and (1,) for (n,)."""
    columns = F if F.ndim == 2 else F[:, None]
    return np.asarray(np.sqrt(np.einsum("ij,ij->j", columns, columns)))


def relative_residuals(A: sparse.csr_array, x: Array, F: Array) -> tuple[Array, Array]:
    """F − A x, and its norms relative to F's, shape (k,); zero where a column of F is zero and x with it."""
    r = F - A @ x
    scale = column_norms(F)
    return r, column_norms(r) / np.where(scale > 0.0, scale, 1.0)


def rounding_floor(A: sparse.csr_array, x: Array, F: Array) -> Array:
    """The relative residual that rounding alone causes, shape (k,) (Higham, Accuracy and stability (2002), §7.1)."""
    scale = column_norms(F)
    size = float(np.abs(A.data).max(initial=0.0)) * column_norms(x)
    return N_ROUNDINGS * float(np.finfo(np.float64).eps) * size / np.where(scale > 0.0, scale, 1.0)


def checked_load(F: Array, n: int) -> Array:
    """F as float64; raises SolverError where it cannot be solved for."""
    F = np.asarray(F, dtype=np.float64)
    if F.ndim not in {1, 2} or F.shape[0] != n:
        raise SolverError(f"a load of shape {F.shape} does not fit a system of {n} unknowns; give ({n},) or ({n}, k)")
    bad = F.size - int(np.isfinite(F).sum())
    if bad:
        raise SolverError(f"the load holds {bad} numbers that are not finite; check the loads and their inputs")
    return F


def checked_guess(guess: Array | None, F: Array) -> Array | None:
    """The guess as float64; raises SolverError where its shape is not that of F or it is not finite."""
    if guess is None:
        return None
    guess = np.asarray(guess, dtype=np.float64)
    if guess.shape != F.shape:
        raise SolverError(f"a guess of shape {guess.shape} does not fit a load of shape {F.shape}")
    if not np.isfinite(guess).all():
        raise SolverError("the guess holds a number that is not finite; start without it")
    return guess


def check_same_size(A: sparse.csr_array, n: int) -> None:
    """Raise SolverError where a matrix is not of the size that was prepared."""
    if A.shape != (n, n):
        raise SolverError(f"a matrix of shape {A.shape} cannot replace one of {n} unknowns; prepare it anew")


def finished(
    A: sparse.csr_array, x: Array, F: Array, *, method: Method, end: tuple[SolveStatus, int], rtol: float
) -> SolveResult:
    """The result with its true residual.

    Args:
        A: The matrix.
        x: The solution.
        F: What it was solved for.
        method: For the error.
        end: How the iteration ended, and after how many steps.
        rtol: What was asked for.

    Raises:
        SolverError: The residual is above `rtol` and above what rounding explains; with the remedy.
    """
    status, n_iterations = end
    _, residuals = relative_residuals(A, x, F)
    worst = float(residuals.max(initial=0.0))
    if not status.is_success and bool((residuals <= np.maximum(rtol, rounding_floor(A, x, F))).all()):
        status = SolveStatus.ROUNDING
    if status.is_success:
        return SolveResult(x, status, n_iterations, worst)
    raise SolverError(
        f"{method.value} {status.value} at a relative residual of {worst:.1e} instead of {rtol:.1e} "
        f"after {n_iterations} steps; {status.remedy}"
    )
