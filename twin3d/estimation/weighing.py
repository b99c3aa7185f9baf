"""Fits that weigh readings by what they are worth, and leave out a sensor that nothing can explain."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin3d.estimation.identifiability import Posterior, correlation_time, posterior
from twin3d.estimation.least_squares import Fit, Problem, fit

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ROUNDS = 3
"""Fits in a row: each weighs the readings by the residuals of the one before."""
MISFIT = 4.0
"""A sensor whose residuals are so many times larger than those of its median fellow is left out."""


@dataclass(frozen=True, eq=False, slots=True)
class WeighedFit:
    """A fit to readings that count as they should."""

    found: Fit
    weights: Array
    """How much each observation counts, shape (n_observations,)."""
    left_out: tuple[int, ...]
    """Sensors that fit far worse than the others."""


def weighed_fit(problem: Problem, used: Mask, stated: Array) -> WeighedFit:
    """Fit some times, and weigh readings less where errors last or are larger than noise.

    Args:
        problem: What is to be fitted.
        used: Whether an observation may be used, shape (n_observations,).
        stated: What noise and the model's own error account for, in SI, shape (n_observations,).
    """
    kept, found, left_out = used.copy(), _settled(problem, used), list[int]()
    while (worst := _misfit(problem, found, kept, stated)) is not None:
        left_out.append(worst)
        kept &= problem.playback.recorded.sensor != worst
        found = _settled(problem, kept)
    return WeighedFit(found, _weights(problem, found, kept), tuple(left_out))


def _settled(problem: Problem, kept: Mask) -> Fit:
    """The last of some fits, so that one bad sensor has lost its weight."""
    found = fit(problem, kept.astype(np.float64), problem.nominal)
    for _ in range(ROUNDS - 1):
        found = fit(problem, _weights(problem, found, kept), found.x)
    return found


def _misfit(problem: Problem, found: Fit, kept: Mask, stated: Array) -> int | None:
    """The sensor that fits far worse than the others do, if there is one."""
    recorded = problem.playback.recorded
    error = (recorded.value - found.expected) / stated
    sensors = np.unique(recorded.sensor[kept])
    if len(sensors) < 3:
        return None
    rms = np.array([rms_of(error, (recorded.sensor == sensor) & kept) for sensor in sensors])
    worst = int(rms.argmax())
    return int(sensors[worst]) if rms[worst] > MISFIT * max(1.0, float(np.median(rms))) else None


def _weights(problem: Problem, found: Fit, kept: Mask) -> Array:
    """How much each observation counts: less where errors last, or are larger than noise, (n_observations,)."""
    recorded = problem.playback.recorded
    error = (recorded.value - found.expected) / problem.deviation
    weights = np.zeros(len(error))
    for sensor in np.unique(recorded.sensor[kept]):
        own = kept & (recorded.sensor == sensor)
        excess = max(1.0, float((error[own] ** 2).mean()))
        weights[own] = 1.0 / (correlation_time(error[own]) * excess)
    return weights


def posterior_of(problem: Problem, fitted: WeighedFit, used: Mask) -> Posterior:
    """What is known after a fit to the observations `used`; uncertain parameters that it held are allowed for."""
    found, precision = fitted.found, 1.0 / problem.deviation**2
    spreads = np.array([parameter.spread for parameter in problem.playback.model.parameters])
    others = np.setdiff1d(np.flatnonzero(spreads > 0.0), problem.unknowns.parameters)
    return posterior(
        found.jacobian,
        problem.by_parameters(found.x, others, spreads[others]),
        sensor=problem.playback.recorded.sensor,
        weights=fitted.weights * precision,
        naive=used * precision,
    )


def rms_of(error: Array, where: Mask) -> float:
    """Root mean square of some errors, NaN without any."""
    return float(np.sqrt((error[where] ** 2).mean())) if where.any() else float("nan")
