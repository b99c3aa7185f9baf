"""Whether the sensors can tell all that drifts freely, before a twin starts."""

from dataclasses import replace

import numpy as np

from twin3d.errors import EstimationError
from twin3d.estimation.watched import WatchedAsset

INTEGRATES_S = 30 * 86_400.0
"""An input that returns to its mean more slowly than this counts as one that never does [s]."""


def check_detectable(asset: WatchedAsset) -> None:
    """Refuse an asset whose readings leave something that never returns to its mean undetermined.

    Raises:
        EstimationError: There are more such unknowns than sensors, or a combination of them moves no reading; names it.
    """
    problem = asset.problem
    drifting = problem.inputs.start + np.flatnonzero(problem.input_rates * INTEGRATES_S < 1.0)
    n_sensors = len(problem.observing)
    if len(drifting) > n_sensors:
        names = ", ".join(asset.names[index] for index in drifting)
        raise EstimationError(
            f"{len(drifting)} unknowns never return to their mean ({names}), but only {n_sensors} sensors correct the "
            "state; add sensors, or give unknown inputs a time_constant of the time in which they vary"
        )
    A = asset.A.copy()
    A[drifting, drifting] = 1.0
    unseen = replace(asset, A=A).unseen_drifts(np.ones(n_sensors, dtype=np.bool_))
    if unseen:
        raise EstimationError(
            f"no sensor sees the drift of {'; nor of '.join(unseen)}; add a sensor that does, or give unknown inputs a "
            "time_constant of the time in which they vary"
        )
