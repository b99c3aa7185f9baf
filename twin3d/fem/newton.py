"""Newton's method for the heat balance, with one factorisation kept as long as it serves."""

import logging
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from twin3d.backend import Backend, one_blas_thread
from twin3d.errors import SolverError
from twin3d.fem.elements import Element
from twin3d.fem.heat_terms import Array, Instant
from twin3d.fem.jacobian import Jacobian, JacobianBuilder
from twin3d.fem.krylov import KrylovResult, flexible_gmres
from twin3d.fem.linear import Factor, Method, prepare
from twin3d.fem.nonlinear import NonlinearHeat
from twin3d.fem.runaway import check_lasting

_log = logging.getLogger(__name__)

RTOL = 1e-10
"""Residual at which the iteration stops, relative to the heat rates of all terms, in a steady state."""
STEP_RTOL = 1e-9
"""The same in a time step."""
MAX_ITERATIONS = 40
MAX_HALVINGS = 12
MAX_KRYLOV = 150
"""Steps of GMRES with a fresh factorisation."""
MAX_KRYLOV_KEPT = 20
"""Steps of GMRES with a kept factorisation, before it is renewed."""
MAX_DEBT = 40
"""Steps that a kept factorisation may cost in all: about what a new one costs."""
PRECONDITIONER_RTOL = 1e-2
"""How well an iterative solver preconditions."""
DIRECT_RTOL = 1e-11
"""Smallest residual asked of a linear solver."""
STAGNATION_RTOL = 1e-8
"""Residual of GMRES that still lets Newton's method converge."""


@dataclass(frozen=True, eq=False, slots=True)
class Equation:
    """$H(T) - w R(T) = b$ at the free dofs; without b the steady $-w R(T) = 0$."""

    at: Instant
    weight_s: float = 1.0
    """w [s] in a time step; 1 in a steady state."""
    known: Array | None = None
    """b [J], shape (n_dofs,)."""


@dataclass(frozen=True, eq=False, slots=True)
class NewtonResult:
    """A solution and how it was reached."""

    temperature: Array
    """[K], shape (n_dofs,)."""
    n_iterations: int
    """Newton steps."""
    residual: float
    """‖residual‖ relative to the heat rates of all terms."""


class HeatSolver:
    """Solves steady states and time steps of a heat balance; holds the factorisation."""

    def __init__(
        self, heat: NonlinearHeat, *, method: Method | None = None, once: bool = False, backend: Backend
    ) -> None:
        """Prepare.

        Args:
            heat: The balance.
            method: Of the linear systems, instead of what size and shape suggest.
            once: Whether there will be one steady state only; where all is linear that takes one solve.
            backend: Where to solve them.
        """
        self.heat = heat
        self.n_factorisations = 0
        self._method, self._once, self._backend, self._free = method, once and heat.is_linear, backend, heat.free_dofs
        self._jacobians = JacobianBuilder(heat)
        self._factor: Factor | None = None
        self._factored = np.zeros(0)
        self._debt = 0

    def steady(self, guess: Array, at: Instant) -> Array:
        """The steady temperature at one instant.

        Args:
            guess: Where to start [K], shape (n_dofs,).
            at: Time and inputs.

        Returns:
            Temperature [K], shape (n_dofs,).

        Raises:
            SolverError: Nothing holds the temperature, losses run away, or the iteration does not converge.
        """
        T = self.solve(Equation(at), guess).temperature
        factor = self._factor
        if factor is not None:
            A = self._jacobians.at(T, at, weight_s=1.0, stored=False).symmetric
            check_lasting(
                self.heat.terms,
                at,
                A,
                solve=lambda x: factor.solve(x, rtol=PRECONDITIONER_RTOL).x,
                free_dofs=self._free,
            )
        return T

    def solve(self, equation: Equation, guess: Array) -> NewtonResult:
        """Solve an equation, starting from a guess (n_dofs,).

        Damped by halving the step until the residual falls (Deuflhard, Newton Methods (2011), section 3.1); the linear
        systems are solved as well as the next step needs (Eisenstat and Walker, SIAM J. Sci. Comput. 17 (1996)).

        Raises:
            SolverError: The iteration does not converge; says what to do.
        """
        with one_blas_thread():  # vectors are too short for threads that other work keeps waiting
            return self._solved(equation, guess)

    def _solved(self, equation: Equation, guess: Array) -> NewtonResult:
        T, goal = self.heat.with_fixed(guess, equation.at), RTOL if equation.known is None else STEP_RTOL
        (r, scale), before = self._residual(T, equation), np.inf
        for number in range(MAX_ITERATIONS):
            size = float(np.linalg.norm(r))
            if size <= goal * scale:
                return NewtonResult(T, number, size / scale if scale else 0.0)
            jacobian = self._jacobians.at(T, equation.at, weight_s=equation.weight_s, stored=equation.known is not None)
            if size <= self._rounding(jacobian, T):
                return NewtonResult(T, number, size / scale if scale else 0.0)
            wanted = max(0.3 * goal * scale / size, 1e-12)
            loose = 1e-12 if self.heat.is_linear else min(0.1, 0.9 * (size / before) ** 2)
            d = self._correction(jacobian, r, rtol=max(wanted, loose))
            before = size
            T, r, scale = self._damped(T, d, size, equation)
        raise _no_convergence(equation, f"{MAX_ITERATIONS} iterations left a residual of {size / scale:.1e}")

    def _residual(self, T: Array, equation: Equation) -> tuple[Array, float]:
        """The residual at the free dofs, and the size of the heat rates that it comes from."""
        r, squares = np.zeros(len(T)), 0.0
        for term in self.heat.terms:
            rate = equation.weight_s * term.rate(T, equation.at)
            r -= rate
            squares += float(rate @ rate)
        if equation.known is not None:
            r += self.heat.content.heat(T) - equation.known
        if not np.isfinite(r).all():
            raise SolverError("a heat rate is not finite; check the inputs, tables and loads")
        return r[self._free], float(np.sqrt(squares))

    def _rounding(self, jacobian: Jacobian, T: Array) -> float:
        """The residual that rounding alone causes."""
        size = np.linalg.norm(jacobian.symmetric.diagonal() * T[self._free])
        return 64.0 * float(np.finfo(np.float64).eps) * float(size)

    def _damped(self, T: Array, d: Array, size: float, equation: Equation) -> tuple[Array, Array, float]:
        """The temperature after a step, its residual and the size of its heat rates."""
        share = 1.0
        for _ in range(MAX_HALVINGS):
            tried = T.copy()
            tried[self._free] += share * d
            tried = self.heat.with_tied(tried)
            if self.heat.is_linear:
                return tried, *self._residual(tried, equation)
            if tried.min() > 0.0:
                r, scale = self._residual(tried, equation)
                if float(np.linalg.norm(r)) <= (1.0 - 1e-4 * share) * size:
                    return tried, r, scale
            share *= 0.5
        raise _no_convergence(equation, "no step makes the residual smaller")

    def _correction(self, jacobian: Jacobian, r: Array, *, rtol: float) -> Array:
        """The Newton step, by the factorisation that is kept or a new one."""
        if self._factor is None or self._debt > MAX_DEBT:
            self._renew(jacobian)
        if np.array_equal(self._factored, jacobian.symmetric.data):
            return self._by_fresh_factor(jacobian, r, rtol)
        result = self._krylov(jacobian, r, rtol, MAX_KRYLOV_KEPT)
        self._debt += result.n_iterations
        if result.converged:
            return result.x
        self._renew(jacobian)
        return self._by_fresh_factor(jacobian, r, rtol)

    def _by_fresh_factor(self, jacobian: Jacobian, r: Array, rtol: float) -> Array:
        if not jacobian.others:
            return self._kept().solve(-r, rtol=max(rtol, DIRECT_RTOL)).x
        result = self._krylov(jacobian, r, rtol, MAX_KRYLOV)
        if result.converged or result.residual <= STAGNATION_RTOL:
            return result.x
        raise SolverError(
            f"the linearised heat balance stopped at a relative residual of {result.residual:.1e} instead of "
            f"{rtol:.1e} after {result.n_iterations} steps; look for tables with steep pieces and strong coolant "
            "channels, or refine the mesh there"
        )

    def _krylov(self, jacobian: Jacobian, r: Array, rtol: float, max_iterations: int) -> KrylovResult:
        factor = self._kept()
        return flexible_gmres(
            lambda x: jacobian @ x,
            -r,
            precondition=lambda x: factor.solve(x, rtol=PRECONDITIONER_RTOL).x,
            rtol=rtol,
            max_iterations=max_iterations,
        )

    def _renew(self, jacobian: Jacobian) -> None:
        if self._factor is None:
            self._factor = prepare(
                jacobian.symmetric,
                prolongation=_prolongation(self.heat),
                once=self._once,
                method=self._method,
                backend=self._backend,
            )
        else:
            self._factor.refactor(jacobian.symmetric)
        self._factored, self._debt = jacobian.symmetric.data, 0
        self.n_factorisations += 1
        _log.debug("factorisation %d of the heat balance", self.n_factorisations)

    def _kept(self) -> Factor:
        if self._factor is None:
            raise SolverError("nothing is factorised yet; solve an equation first")
        return self._factor


def _prolongation(heat: NonlinearHeat) -> sparse.csr_array | None:
    """From the free mesh points to the free dofs, for quadratic elements."""
    space, free = heat.space, heat.free_dofs
    if space.element is Element.TET4:
        return None
    points = free[free < space.mesh.n_points]
    return sparse.csr_array(sparse.csr_array(space.interpolation_from_linear()[free])[:, points])


def _no_convergence(equation: Equation, why: str) -> SolverError:
    what = "the steady state" if equation.known is None else f"the step to {equation.at.time_s:g} s"
    remedy = "solve in time towards it" if equation.known is None else "take a smaller step or a tighter tolerance"
    return SolverError(
        f"Newton's method for {what} does not converge: {why}; look for wrong units in tables and inputs, or {remedy}"
    )
