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
from twin3d.fem.linear import Factor, Order, prepare
from twin3d.fem.system import System, free_dofs_of, lifting_of
from twin3d.records import Operators

Array = npt.NDArray[np.float64]
Progress = Callable[[float, str], None]


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


@dataclass(frozen=True, eq=False, slots=True)
class Sizes:
    """How far what drives and what shapes the asset may go."""

    inputs: Array
    """Of the deviation of each input from its reference, in SI, shape (n_inputs,)."""
    terms: Sequence[float]
    """Standard deviation of what multiplies each term of the operators; 0 leaves it as it is."""


def snapshots(
    system: System,
    free: Free,
    sizes: Sizes,
    *,
    shifts: Array,
    steady: Factor | None,
    order: Order,
    backend: Backend,
    progress: Progress,
) -> Iterator[Array]:
    """Blocks of fields on the free points [K], each (n_free, n_columns).

    Args:
        system: At the parameters of the reduction.
        free: Its terms.
        sizes: Weigh the fields.
        shifts: [1/s], shape (n_shifts,).
        steady: The stiffness, factorised; None where there is no steady state.
        order: Of elimination, from `fill_reducing_order`.
        backend: Where to solve.
        progress: Is told how far the work is.
    """
    F = system.load * sizes.inputs
    driven = np.flatnonzero(np.abs(F).sum(axis=0) + np.abs(system.fixed_mass).sum(axis=0))
    F, fixed = F[:, driven], (system.fixed_mass * sizes.inputs)[:, driven]
    progress(0.0, "steady responses")
    if steady is not None:
        response = steady.solve(F).x
        yield response
        yield _derivatives(steady, 0.0, response, free, sizes, driven)
    for number, shift in enumerate(map(float, shifts)):
        progress((number + 1) / (len(shifts) + 1), f"responses at {1.0 / shift:.3g} s")
        factor = prepare(system.mass * shift + system.stiffness, order=order, backend=backend)
        response = factor.solve(F - shift * fixed).x
        yield response
        yield factor.solve(shift * (system.mass @ response)).x
        yield _derivatives(factor, shift, response, free, sizes, driven)


def _derivatives(
    factor: Factor, shift: float, response: Array, free: Free, sizes: Sizes, driven: npt.NDArray[np.int64]
) -> Array:
    """Size times the derivative of a response by what multiplies each term, shape (n_free, n_columns)."""
    loads = [np.zeros((len(response), 0))]
    for size, mass, stiffness, load in zip(sizes.terms, free.mass, free.stiffness, free.load, strict=True):
        if size > 0.0:
            change = (load * sizes.inputs)[:, driven] - stiffness @ response
            loads.append(size * (change - shift * (mass @ response)))
    return np.asarray(factor.solve(np.hstack(loads)).x) if len(loads) > 1 else loads[0]
