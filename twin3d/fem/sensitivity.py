r"""Derivatives of what sensors see by the parameters and inputs, by adjoints: one more solve for each output.

For a steady field $K(\theta)\,T = F(\theta)\,u$ and an output $y = c^T T$, the adjoint $K \lambda = c$ gives
$\partial y / \partial \theta_j = \lambda^T (F_j u - K_j T)$; for time steps the same backwards in time (Giles and
Pierce, An introduction to the adjoint approach to design, Flow, Turbulence and Combustion 65 (2000) 393–415).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import Backend
from twin3d.errors import SolverError
from twin3d.fem.linear import prepare
from twin3d.fem.march import Scheme
from twin3d.fem.system import System, checked_inputs, system_at
from twin3d.records import Operators

Array = npt.NDArray[np.float64]

IMPLICIT_SHARE = {Scheme.BACKWARD_EULER: 1.0, Scheme.CRANK_NICOLSON: 0.5}
"""Weight of the new state in one step."""


@dataclass(frozen=True, eq=False, slots=True)
class Sensitivity:
    """Outputs of a steady field and their derivatives."""

    values: Array
    """y, shape (n_outputs,)."""
    by_parameter: Array
    """∂y/∂θ, shape (n_outputs, n_parameters)."""
    by_input: Array
    """∂y/∂u, shape (n_outputs, n_inputs)."""


@dataclass(frozen=True, eq=False, slots=True)
class History:
    """Equal time steps by one scheme."""

    states: Array
    """Temperatures from the start on [K], shape (n_steps + 1, n_dofs)."""
    inputs: Array
    """u at the same times, shape (n_steps + 1, n_inputs)."""
    dt_s: float
    """Step [s]."""
    scheme: Scheme = Scheme.BACKWARD_EULER
    """Backward Euler or Crank–Nicolson."""

    def __post_init__(self) -> None:
        if self.scheme not in IMPLICIT_SHARE:
            names = " or ".join(scheme.value for scheme in IMPLICIT_SHARE)
            raise SolverError(f"no adjoint of {self.scheme.value}; march by {names}")
        if len(self.states) != len(self.inputs):
            raise SolverError(f"{len(self.states)} states and {len(self.inputs)} inputs; expected as many")


def steady_sensitivity(
    operators: Operators, inputs: Array, rows: sparse.csr_array, *, theta: Array | None = None, backend: Backend
) -> Sensitivity:
    """Outputs of the steady temperature, and how they change with every parameter and input.

    Args:
        operators: The heat equation.
        inputs: u in SI, shape (n_inputs,).
        rows: Outputs y = rows · T, shape (n_outputs, n_dofs).
        theta: Parameters; nominal ones without them, shape (n_parameters,).
        backend: Where to solve.

    Raises:
        SolverError: Nothing holds the temperature, or the shapes do not fit.
    """
    _check_rows(rows, operators)
    system, inputs = system_at(operators, theta), checked_inputs(operators, inputs)
    outputs = _free_columns(rows, system)
    factor = prepare(system.stiffness, backend=backend)
    T = system.full(factor.solve(system.load @ inputs).x, inputs)
    adjoint = factor.solve(outputs).x
    rates = _parameter_rates(operators, system, T, inputs)
    return Sensitivity(
        values=np.asarray(rows @ T),
        by_parameter=adjoint.T @ rates,
        by_input=adjoint.T @ system.load + (rows @ system.lifting).toarray(),
    )


def transient_gradient(
    operators: Operators,
    history: History,
    rows: sparse.csr_array,
    weights: Array,
    *,
    theta: Array | None = None,
    backend: Backend,
) -> Array:
    r"""The derivative of $J = \sum_n w_n^T y_n$ by every parameter, $y_n$ the outputs after step n.

    With $w_n = 2 R^{-1} (y_n - z_n)$ it is the gradient of a least-squares misfit to readings z.

    Args:
        operators: The heat equation.
        history: The time steps, made by `march` with the same θ.
        rows: Outputs y = rows · T, shape (n_outputs, n_dofs).
        weights: w, one row for each step, shape (n_steps, n_outputs).
        theta: Parameters; nominal ones without them.
        backend: Where to solve.

    Returns:
        Shape (n_parameters,).

    Raises:
        SolverError: The shapes do not fit.
    """
    _check_rows(rows, operators)
    if len(weights) != len(history.states) - 1:
        raise SolverError(f"{len(history.states)} states and {len(weights)} weights; expected one for each step")
    share, dt_s, system = IMPLICIT_SHARE[history.scheme], history.dt_s, system_at(operators, theta)
    before = system.mass - (1.0 - share) * dt_s * system.stiffness
    factor = prepare(sparse.csr_array(system.mass + share * dt_s * system.stiffness), backend=backend)
    outputs, adjoint = _free_columns(rows, system), np.zeros(len(system.free_dofs))
    gradient = np.zeros(len(operators.parameters))
    for step in range(len(weights), 0, -1):
        adjoint = factor.solve(outputs @ weights[step - 1] + before @ adjoint, guess=adjoint).x
        mean, u = (
            share * of_time[step] + (1.0 - share) * of_time[step - 1] for of_time in (history.states, history.inputs)
        )
        rates = dt_s * _parameter_rates(operators, system, mean, u)
        rates -= _mass_rates(operators, system, history.states[step] - history.states[step - 1])
        gradient += adjoint @ rates
    return gradient


def _parameter_rates(operators: Operators, system: System, T: Array, inputs: Array) -> Array:
    """F_j u − K_j T on the free dofs [W], shape (n_free, n_parameters)."""
    terms = zip(operators.load_terms, operators.stiffness_terms, strict=True)
    return np.column_stack([(F @ inputs - K @ T)[system.free_dofs] for F, K in terms])


def _mass_rates(operators: Operators, system: System, change: Array) -> Array:
    """M_j ΔT on the free dofs [J], shape (n_free, n_parameters)."""
    return np.column_stack([(M @ change)[system.free_dofs] for M in operators.mass_terms])


def _free_columns(rows: sparse.csr_array, system: System) -> Array:
    """Outputs as columns on the free dofs, shape (n_free, n_outputs)."""
    return np.asarray(sparse.csc_array(rows)[:, system.free_dofs].toarray().T)


def _check_rows(rows: sparse.csr_array, operators: Operators) -> None:
    if rows.shape[1] != operators.n_dofs:
        raise SolverError(f"rows of shape {rows.shape} do not fit {operators.n_dofs} dofs")
