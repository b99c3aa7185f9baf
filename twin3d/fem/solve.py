"""Steady temperatures at full order."""

import numpy as np
import numpy.typing as npt

from twin3d.backend import Backend
from twin3d.fem.linear import prepare
from twin3d.fem.system import checked_inputs, system_at
from twin3d.records import Operators

Array = npt.NDArray[np.float64]


def steady(operators: Operators, inputs: Array, *, theta: Array | None = None, backend: Backend) -> Array:
    """The steady temperature for constant inputs.

    Args:
        operators: The heat equation.
        inputs: u in SI, shape (n_inputs,).
        theta: Parameters; nominal ones without them, shape (n_parameters,).
        backend: Where to solve.

    Returns:
        Temperature [K], shape (n_points,).

    Raises:
        SolverError: Nothing holds the temperature, or an input is not finite.
    """
    system = system_at(operators, theta)
    inputs = checked_inputs(operators, inputs)
    factor = prepare(system.stiffness, once=True, backend=backend)
    return system.full(factor.solve(system.load @ inputs).x, inputs)
