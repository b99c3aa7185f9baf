"""Conjugate gradients preconditioned by multigrid: prepared once, solved many times, kept when coefficients change."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from twin3d.backend import Array, Backend
from twin3d.errors import SolverError
from twin3d.fem.multigrid.cycle import LevelWork, cycle_work, v_cycle
from twin3d.fem.multigrid.gradients import (
    BROKEN,
    CONVERGED,
    GOAL,
    ITERATES,
    N_ITERATIONS,
    RZ,
    STATE,
    Gradients,
    advance,
    find_length,
    make_gradients,
    turn,
)
from twin3d.fem.multigrid.launching import MAX_VECTORS
from twin3d.fem.multigrid.system import DeviceSystem

RTOL = 1e-10
"""Relative residual at which iterations stop."""
MAX_ITERATIONS = 400
BUNDLE = 5
"""Iterations between two looks at the residuals, since each look waits for the device."""
MARGIN = 0.9
"""The recursive residual stops at this part of the goal, so that the true one is below it too."""
ROUNDING = 100.0 * float(np.finfo(np.float64).eps)
"""A residual below this part of the diagonal times the solution cannot be told from rounding."""


class MultigridSolution(NamedTuple):
    """What an iteration came to."""

    x: Array
    """Of the shape of the right-hand side and on the same side, host or device."""
    n_iterations: int
    """The most that a right-hand side took."""
    residual: float
    """Greatest true residual over the norm of its right-hand side."""


@dataclass(frozen=True, eq=False, slots=True)
class _Room:
    """Arrays for a number of right-hand sides side by side, and the bundle of iterations on them."""

    numbers: Gradients
    work: list[LevelWork]
    run: Callable[[], None]


class MultigridSolver:
    """Solves one system for many right-hand sides; holds its levels and work arrays where the backend computes."""

    def __init__(self, system: DeviceSystem, *, backend: Backend) -> None:
        self._backend = backend
        self._system = system
        self._rooms: dict[int, _Room] = {}

    def update(self, A: Any) -> None:
        """Take a matrix with other coefficients; aggregates and patterns are kept.

        Args:
            A: As given when the solver was made, of the same shape.
        """
        self._system = self._system.updated(A)
        self._rooms = {}

    @property
    def system(self) -> DeviceSystem:
        """Product, diagonal and levels, as they are now."""
        return self._system

    @property
    def level_sizes(self) -> list[int]:
        """Unknowns of each level, fine to coarse."""
        return [len(level.inverse_diagonal) for level in self._system.levels]

    def solve(self, F: Array, guess: Array | None = None, *, rtol: float = RTOL) -> MultigridSolution:
        """Solve A x = F.

        Args:
            F: Right-hand side, shape (n,), or several, (n, n_vectors); on the host or where the backend computes.
            guess: Where to start, of the shape of F; zero when missing.
            rtol: The norm of the residual over that of F at which to stop; the true residual is looked at.

        Raises:
            SolverError: F is not finite, A is not positive definite, or the iteration does not converge.
        """
        xp = self._backend.xp
        columns = xp.asarray(F, dtype=xp.float64).reshape(len(F), -1)
        if not bool(xp.isfinite(columns).all()):
            raise SolverError("the right-hand side holds a number that is not finite; check the loads")
        start = xp.zeros_like(columns) if guess is None else xp.asarray(guess, dtype=xp.float64).reshape(columns.shape)
        parts = [
            self._solve(columns[:, k : k + MAX_VECTORS], start[:, k : k + MAX_VECTORS], rtol)
            for k in range(0, columns.shape[1], MAX_VECTORS)
        ]
        x = xp.concatenate([part.x for part in parts], axis=1).reshape(F.shape)
        return MultigridSolution(
            x=self._backend.to_host(x) if isinstance(F, np.ndarray) else x,
            n_iterations=max(part.n_iterations for part in parts),
            residual=max(part.residual for part in parts),
        )

    def _solve(self, F: Array, start: Array, rtol: float) -> MultigridSolution:
        xp, room = self._backend.xp, self._room(F.shape[1])
        s = room.numbers
        norms = xp.linalg.norm(F, axis=0)
        s.x[...] = start * (norms > 0.0)
        s.scalars[N_ITERATIONS] = 0.0
        s.scalars[GOAL] = (MARGIN * rtol * norms) ** 2
        last = np.inf
        while True:
            residual = self._restart(room, F, xp.where(norms > 0.0, norms, 1.0))
            n_iterations = int(s.scalars[N_ITERATIONS].max())
            if residual <= rtol or (residual > 0.5 * last and residual <= self._rounding(s.x, norms)):
                return MultigridSolution(s.x.copy(), n_iterations, residual)
            if residual > 0.5 * last or n_iterations >= MAX_ITERATIONS:
                raise _not_converged(residual, n_iterations, broken=bool((s.scalars[STATE] == BROKEN).any()))
            last = residual
            self._begin(room)
            self._iterate(room)

    def _restart(self, room: _Room, F: Array, norms: Array) -> float:
        """Compute the true residual; returns its greatest ratio to the norms."""
        xp, s = self._backend.xp, room.numbers
        self._system.product(s.x, s.q)
        xp.subtract(F, s.q, out=s.r)
        return float((xp.linalg.norm(s.r, axis=0) / norms).max())

    def _begin(self, room: _Room) -> None:
        s = room.numbers
        s.rounded[...] = s.r
        z = v_cycle(self._system.levels, room.work, backend=self._backend)
        s.p[...] = z
        s.scalars[RZ] = (s.p * s.r).sum(axis=0)
        s.scalars[STATE] = self._backend.xp.where((s.r * s.r).sum(axis=0) <= s.scalars[GOAL], CONVERGED, ITERATES)

    def _iterate(self, room: _Room) -> None:
        for _ in range(MAX_ITERATIONS // BUNDLE):
            room.run()
            if bool((room.numbers.scalars[STATE] != ITERATES).all()):
                return

    def _room(self, n_vectors: int) -> _Room:
        if n_vectors not in self._rooms:
            self._rooms[n_vectors] = self._made_room(n_vectors)
        return self._rooms[n_vectors]

    def _made_room(self, n_vectors: int) -> _Room:
        backend, system = self._backend, self._system
        work = cycle_work(system.levels, n_vectors, backend=backend)
        s = make_gradients(work[0].b, backend=backend)

        def bundle() -> None:
            for _ in range(BUNDLE):
                system.product(s.p, s.q)
                find_length(s, backend=backend)
                advance(s, backend=backend)
                turn(s, v_cycle(system.levels, work, backend=backend), backend=backend)

        return _Room(s, work, backend.graph(bundle))

    def _rounding(self, x: Array, norms: Array) -> float:
        xp = self._backend.xp
        scale = xp.linalg.norm(self._system.diagonal[:, None] * x, axis=0)
        return ROUNDING * float((scale / xp.where(norms > 0.0, norms, xp.inf)).max())


def _not_converged(residual: float, n_iterations: int, *, broken: bool) -> SolverError:
    cause = "the matrix is not positive definite; check the materials" if broken else "check that every part is held"
    return SolverError(
        f"multigrid stopped at a relative residual of {residual:.1e} after {n_iterations} iterations; "
        f"{cause}, or take a direct solver"
    )
