r"""Fields that span what the model can do: responses to its inputs and parameters at several shifts.

$X_s = (K + s M)^{-1} F$ is the response to a step of the inputs at about the time $1/s$ (the Post–Widder formula of
first order), so snapshots at shifts over the time scales of interest, weighted by the size of the inputs, are fields in
kelvin that compete fairly in a proper orthogonal decomposition. Together with $(K + s M)^{-1} M X_s$ they span a
block-rational Krylov space (Ruhe 1984; Grimme 1997), and with derivatives by the parameters the basis stays good where
the parameters are not nominal (Daniel et al. 2004).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import Backend
from twin3d.errors import SolverError
from twin3d.fem.linear import Factor, Order, prepare
from twin3d.fem.system import System, free_dofs_of, lifting_of
from twin3d.records import Operators

Array = npt.NDArray[np.float64]
Progress = Callable[[float, str], None]

FAST_S = 0.3
"""Shortest time scale that the basis must follow [s]."""
SLOW_SHARE = 1.0
"""Longest shift time, relative to the slowest time constant of the asset."""
N_SHIFTS = 5
LOOSE_S = 1000.0
"""Longest shift time where nothing holds the temperature, so that there is no slowest time constant [s]."""


@dataclass(frozen=True, eq=False, slots=True)
class Free:
    """The terms of the operators on the free points."""

    mass: tuple[sparse.csr_array, ...]
    stiffness: tuple[sparse.csr_array, ...]
    load: tuple[Array, ...]
    """$F_j$ less the stiffness of prescribed temperatures, each (n_free, n_inputs)."""
    constant_load: Array
    points: npt.NDArray[np.int32]


def free_terms(operators: Operators) -> Free:
    """The terms on the free points, prescribed temperatures moved to the right."""
    free, G = free_dofs_of(operators), lifting_of(operators)
    stiffness = [sparse.csr_array(K[free]) for K in operators.stiffness_terms]
    return Free(
        mass=tuple(sparse.csr_array(M[free][:, free]) for M in operators.mass_terms),
        stiffness=tuple(sparse.csr_array(K[:, free]) for K in stiffness),
        load=tuple(F[free] - K @ G.toarray() for F, K in zip(operators.load_terms, stiffness, strict=True)),
        constant_load=operators.constant_load[free],
        points=free,
    )


def slowest_rate(system: System, probe: Array) -> float:
    """The Rayleigh quotient of a slow field, such as a steady response: the slowest rate from above [1/s]."""
    return float(probe @ (system.stiffness @ probe)) / float(probe @ (system.mass @ probe))


def shifts_of(slowest: float) -> Array:
    """Shifts [1/s] from the slowest rate of the asset to the fastest of interest, shape (n_shifts,)."""
    return np.geomspace(min(SLOW_SHARE * slowest, 0.3 / FAST_S), 1.0 / FAST_S, N_SHIFTS)


def snapshots(
    system: System,
    free: Free,
    input_scale: Array,
    parameter_spread: Sequence[float],
    *,
    order: Order,
    backend: Backend,
    progress: Progress,
) -> Iterator[Array]:
    """Blocks of fields on the free points [K], each (n_free, n_columns).

    Args:
        system: At the parameters of the reduction.
        free: Its terms.
        input_scale: How large each input's deviation may become, shape (n_inputs,).
        parameter_spread: Relative standard deviation of each parameter; 0 leaves its derivatives out.
        order: Of elimination, from `fill_reducing_order`.
        backend: Where to solve.
        progress: Is told how far the work is.
    """
    F = system.load * input_scale
    driven = np.flatnonzero(np.abs(F).sum(axis=0) + np.abs(system.fixed_mass).sum(axis=0))
    F, fixed = F[:, driven], (system.fixed_mass * input_scale)[:, driven]
    progress(0.0, "steady responses")
    factor = _steady_factor(system, order, backend)
    steady = None if factor is None else factor.solve(F).x
    shifts = shifts_of(1.0 / LOOSE_S if steady is None else slowest_rate(system, steady.sum(axis=1)))
    if factor is not None and steady is not None:
        yield steady
        yield from _derivatives(factor, 0.0, steady, free, driven, input_scale, parameter_spread)
    for number, shift in enumerate(shifts):
        progress((number + 1) / (len(shifts) + 1), f"responses at {1.0 / shift:.3g} s")
        factor = prepare(system.mass * float(shift) + system.stiffness, order=order, backend=backend)
        response = factor.solve(F - shift * fixed).x
        yield response
        yield factor.solve(shift * (system.mass @ response)).x
        yield from _derivatives(factor, float(shift), response, free, driven, input_scale, parameter_spread)


def _derivatives(
    factor: Factor,
    shift: float,
    response: Array,
    free: Free,
    driven: npt.NDArray[np.int64],
    input_scale: Array,
    parameter_spread: Sequence[float],
) -> Iterator[Array]:
    """Spread times the derivative of a response by each parameter."""
    terms = zip(parameter_spread, free.mass, free.stiffness, free.load, strict=True)
    for spread, mass, stiffness, load in terms:
        if spread <= 0.0:
            continue
        rhs = (load * input_scale)[:, driven] - stiffness @ response
        if shift and mass.nnz:
            rhs -= shift * (mass @ response)
        yield spread * factor.solve(rhs).x


def _steady_factor(system: System, order: Order, backend: Backend) -> Factor | None:
    """For steady problems; None where something is loose, so that there is no steady state."""
    try:
        return prepare(system.stiffness, order=order, backend=backend)
    except SolverError:
        return None
