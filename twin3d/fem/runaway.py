"""Losses that rise with the temperature faster than heat leaves have no steady state that lasts."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import SolverError
from twin3d.fem.heat_terms import Array, HeatTerm, Instant, Matrix
from twin3d.fem.losses import WindingLosses

N_STEPS = 12
"""Steps of the power iteration: the warmest shape is smooth and dominates soon."""


def check_lasting(
    terms: tuple[HeatTerm, ...],
    at: Instant,
    A: Matrix,
    *,
    solve: Callable[[Array], Array],
    free_dofs: npt.NDArray[np.int32],
) -> None:
    r"""Raise SolverError where a steady state is not stable.

    A shape v of the temperature grows by itself where $v^T S v > v^T A v$, S how losses rise and A how heat leaves. The
    power iteration on $A^{-1} S$ finds the shape that grows most.

    Args:
        terms: Of the heat balance.
        at: Time and inputs.
        A: The symmetric tangent at the steady state [W/K], shape (n_free, n_free).
        solve: Nearly A⁻¹ times a vector.
        free_dofs: Shape (n_free,).

    Raises:
        SolverError: Losses run away; by how much, and what to do.
    """
    rising = [term for term in terms if isinstance(term, WindingLosses) and term.slope(at) > 0.0]
    if not rising:
        return
    S: Matrix = sparse.csr_array(A.shape)
    for term in rising:
        S = sparse.csr_array(S + term.slope(at) * sparse.csr_array(term.mass[free_dofs])[:, free_dofs])
    v = np.ones(A.shape[0])
    for _ in range(N_STEPS):
        share = float(v @ (S @ v)) / float(v @ (A @ v))
        if share > 1.0:
            raise SolverError(
                f"the losses {', '.join(term.name for term in rising)} run away: where they are largest they rise "
                f"{share:.3g} times as fast with the temperature as heat leaves; cool more, lower the losses or their "
                "temperature_coefficient, or solve in time to see how fast"
            )
        v = solve(S @ v)
        v /= np.abs(v).max()
