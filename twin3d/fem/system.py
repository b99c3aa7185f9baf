"""The heat equation at one set of parameters, on the free dofs: what solvers and reduction work with."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import SolverError
from twin3d.records import Operators

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class System:
    r"""$M \dot T_f + K T_f = F u - M_c \dot u$ on the free dofs, with prescribed temperatures moved to the right."""

    mass: sparse.csr_array
    """M [J/K], shape (n_free, n_free)."""
    stiffness: sparse.csr_array
    """K [W/K], shape (n_free, n_free)."""
    load: Array
    """F less what prescribed temperatures take, shape (n_free, n_inputs)."""
    fixed_mass: Array
    """$M_c$: how changing prescribed temperatures drive the free dofs [J/K], shape (n_free, n_inputs)."""
    free_dofs: npt.NDArray[np.int32]
    """Shape (n_free,)."""
    lifting: sparse.csr_array
    """G: prescribed temperatures from the inputs, shape (n_dofs, n_inputs)."""

    def full(self, free: Array, inputs: Array) -> Array:
        """Temperatures at all dofs [K] from those at the free ones, shape (n_dofs,)."""
        values = np.asarray(self.lifting @ inputs)
        values[self.free_dofs] = free
        return values


def system_at(operators: Operators, theta: Array | None = None) -> System:
    """The system at parameters θ; nominal ones (all 1) without them.

    Raises:
        SolverError: The number of parameters is wrong, or one is not positive and finite.
    """
    theta = checked_theta(operators, theta)
    K, M = (_weighted(terms, theta) for terms in (operators.stiffness_terms, operators.mass_terms))
    F = operators.constant_load + sum(t * load for t, load in zip(theta, operators.load_terms, strict=True))
    G = lifting_of(operators)
    free = free_dofs_of(operators)
    rows_K, rows_M = sparse.csr_array(K[free]), sparse.csr_array(M[free])
    return System(
        mass=sparse.csr_array(rows_M[:, free]),
        stiffness=sparse.csr_array(rows_K[:, free]),
        load=np.asarray(F[free] - rows_K @ G.toarray()),
        fixed_mass=np.asarray(rows_M @ G.toarray()),
        free_dofs=free,
        lifting=G,
    )


def checked_theta(operators: Operators, theta: Array | None) -> Array:
    """Parameters as an array, nominal ones without any; raises SolverError where they cannot be."""
    n_parameters = len(operators.parameters)
    if theta is None:
        return np.ones(n_parameters)
    theta = np.asarray(theta, dtype=np.float64)
    if theta.shape != (n_parameters,):
        raise SolverError(f"theta has shape {theta.shape}; the operators have {n_parameters} parameters")
    bad = np.flatnonzero(~(np.isfinite(theta) & (theta > 0.0)))
    if bad.size:
        name = operators.parameters[bad[0]].name
        raise SolverError(f"parameter {name!r} is {theta[bad[0]]}; it must be finite and > 0")
    return theta


def checked_inputs(operators: Operators, inputs: Array) -> Array:
    """Inputs as an array; raises SolverError where they are too few or too many, or one is not finite."""
    inputs = np.asarray(inputs, dtype=np.float64)
    names = operators.input_names
    if inputs.shape != (len(names),):
        raise SolverError(f"inputs of shape {inputs.shape} do not fit; expected {len(names)}: {', '.join(names)}")
    bad = np.flatnonzero(~np.isfinite(inputs))
    if bad.size:
        raise SolverError(f"input {names[bad[0]]!r} is {inputs[bad[0]]}; it must be finite")
    return inputs


def free_dofs_of(operators: Operators) -> npt.NDArray[np.int32]:
    """Dofs whose temperature is not prescribed, ascending."""
    return np.setdiff1d(np.arange(operators.n_dofs, dtype=np.int32), operators.fixed_dofs)


def lifting_of(operators: Operators) -> sparse.csr_array:
    """G: the prescribed temperatures that the inputs give, shape (n_dofs, n_inputs)."""
    entries = (np.ones(len(operators.fixed_dofs)), (operators.fixed_dofs, operators.fixed_input))
    return sparse.csr_array(sparse.coo_array(entries, shape=(operators.n_dofs, operators.n_inputs)))


def _weighted(terms: tuple[sparse.csr_array, ...], theta: Array) -> sparse.csr_array:
    """Σ θⱼ Aⱼ."""
    kept = [(weight, term) for weight, term in zip(theta, terms, strict=True) if term.nnz]
    total = sparse.csr_array(terms[0].shape)
    for weight, term in kept:
        total = sparse.csr_array(total + float(weight) * term)
    return total
