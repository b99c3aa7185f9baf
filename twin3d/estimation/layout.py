"""What sensors see of the state, and what each state is called."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from twin3d.estimation.problem import Problem
from twin3d.scene import names_shown

Array = npt.NDArray[np.float64]


def true_rows(problem: Problem, modes_seen: Array) -> Array:
    """Rows that give the true values at the sensors, less their constant, shape (n_sensors, n_state).

    Args:
        problem: The estimation problem.
        modes_seen: What every sensor sees of z, shape (n_sensors, n_modes).
    """
    rows = np.zeros((len(modes_seen), problem.n_state))
    rows[:, : problem.n_modes] = modes_seen
    rows[:, problem.inputs] = problem.observation.inputs[:, problem.uncertain]
    return rows


def reading_rows(problem: Problem, modes_seen: Array) -> Array:
    """Rows that give the readings, less their constant: lagged where sensors lag, with their errors, as `true_rows`."""
    rows = true_rows(problem, modes_seen)
    rows[problem.lagged] = 0.0
    for sensors, states in ((problem.lagged, problem.lags), (problem.local, problem.locals)):
        rows[sensors, np.arange(states.start, states.stop)] = 1.0
    rows[problem.biased, problem.bias_states] = 1.0
    return rows


def state_names(problem: Problem, ids: Sequence[str]) -> tuple[str, ...]:
    """What each state is, such as ``power_1`` or ``bias of tc_1``, for sensors of these ids."""
    model = problem.model
    return (
        *(f"mode {number + 1}" for number in range(problem.n_modes)),
        *(f"reading of {ids[index]}" for index in problem.lagged),
        *(model.input_names[index] for index in problem.uncertain),
        *(f"source {number + 1}" for number in range(problem.error_load.shape[1])),
        *(model.parameters[index].name for index in problem.parameters),
        *(f"lag of {ids[index]}" for index in problem.lagged),
        *(f"bias of {name}" for name in names_shown(ids[index] for index in problem.biased)),
        *(f"model error at {ids[index]}" for index in problem.local),
    )
