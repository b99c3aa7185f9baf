"""What to doubt about a calibration, each in a sentence with its numbers and what helps."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from twin3d.estimation.calibrated import Flag, FlagKind, HeldOut, SensorFit
from twin3d.estimation.identifiability import Posterior
from twin3d.estimation.least_squares import Fit, Problem
from twin3d.estimation.problem import START_SPREAD_K
from twin3d.estimation.unknowns import BIAS
from twin3d.records import ParameterKind

Array = npt.NDArray[np.float64]

CONFOUNDED = 0.95
"""Unknowns more correlated than this cannot be told apart."""
UNKNOWN = 0.5
"""A parameter whose spread shrinks to no less than this part of its prior is not known from the data."""
DISCREPANCY = 1.5
"""Residuals larger than this, over their stated deviation, show that the model lacks something."""
FAR = 2.0
"""Values further from their nominal one than this, in prior standard deviations, are said to."""
START_LIMIT = 5.0
"""First readings further off than this many of their deviations, bias and start included, are said to."""
FAR_OF_MANY = 3.0
"""The same for what each sensor has of its own: of many, some lie beyond two by chance."""


def ties_and_silence(names: tuple[str, ...], n_parameters: int, known: Posterior) -> list[Flag]:
    """Parameters that cannot be told from each other, and those that the data say little about.

    Args:
        names: Of the shared unknowns, parameters first.
        n_parameters: How many are parameters.
        known: Their posterior.
    """
    flags, ties = [], known.ties(n_parameters)
    for one in range(n_parameters):
        for other in range(one + 1, n_parameters):
            tie = ties[one, other]
            if abs(tie) > CONFOUNDED:
                text = f"{names[one]} and {names[other]} cannot be told apart (correlation {tie:+.3f}); "
                remedy = "hold one of them with --parameters, or add a sensor or a load that acts on one alone"
                flags.append(Flag(FlagKind.CONFOUNDED, (names[one], names[other]), text + remedy))
        if known.deviation[one] > UNKNOWN:
            text = f"{names[one]} keeps {known.deviation[one]:.0%} of its prior spread: these data say little about it"
            flags.append(Flag(FlagKind.UNKNOWN, (names[one],), text))
    return flags


def improbable(names: Sequence[str], x: Array, *, limit: float = FAR) -> list[Flag]:
    """Unknowns further from their nominal value than a limit; x is over their prior standard deviation, (n,)."""
    return [
        Flag(
            FlagKind.FAR,
            (name,),
            f"{name} lies {value:+.1f} prior standard deviations from its nominal value; check what the scene states",
        )
        for name, value in zip(names, x, strict=True)
        if abs(value) > limit
    ]


def left_out(sensor: str, fits: Sequence[SensorFit]) -> Flag:
    """A sensor that fits so badly that it was not used."""
    own = next(each for each in fits if each.sensor == sensor)
    text = (
        f"{sensor} misses by {own.rms:.3g} where {own.stated:.3g} is stated, far more than the other sensors, and was "
        "left out; check its position, part and lag"
    )
    return Flag(FlagKind.SENSOR, (sensor,), text)


def discrepancies(fits: Sequence[SensorFit]) -> list[Flag]:
    """Residuals that are larger than what is stated, if there are any."""
    large = [each for each in fits if each.role == "fitted" and each.rms > DISCREPANCY * each.stated]
    if not large:
        return []
    listed = ", ".join(f"{each.sensor} {each.rms:.3g} against {each.stated:.3g}" for each in large)
    text = f"residuals are larger than what is stated ({listed}): the model lacks something, and intervals may not hold"
    return [Flag(FlagKind.DISCREPANCY, tuple(each.sensor for each in large), text)]


def too_short(problem: Problem, found: Fit) -> list[Flag]:
    """Films that are fitted to less than one cooling time, if there are any."""
    playback, unknowns = problem.playback, problem.unknowns
    films = [
        playback.model.parameters[index].name
        for index in unknowns.parameters
        if playback.model.parameters[index].kind is ParameterKind.FILM
    ]
    slowest = playback.modal(unknowns.physical(found.x.shared, found.x.own).theta).rates[0]
    duration = playback.recorded.duration_s
    if not films or duration * slowest >= 1.0:
        return []
    text = (
        f"the recording lasts {duration:.3g} s and the asset cools with a time constant of {1.0 / slowest:.3g} s: "
        f"films ({', '.join(films)}) are known only after that; record for longer"
    )
    return [Flag(FlagKind.SHORT, tuple(films), text)]


def wrong_start(problem: Problem, found: Fit) -> list[Flag]:
    """First readings that nothing stated of the start explains, if there are any."""
    recorded, unknowns = problem.playback.recorded, problem.unknowns
    sensors, first = np.unique(recorded.sensor, return_index=True)
    error = (recorded.value - found.expected)[first]
    bias = unknowns.own_spreads[sensors, BIAS]
    off = np.abs(error) > START_LIMIT * np.sqrt(problem.deviation[first] ** 2 + bias**2 + START_SPREAD_K**2)
    if not off.any():
        return []
    worst = float(error[np.abs(error).argmax()])
    text = (
        f"the first readings of {int(off.sum())} of {len(sensors)} sensors are up to {worst:+.3g} off what the start "
        "makes of them; correct initial_temperature, begin before the power comes on, or say --steady-start where the "
        "asset was warm and steady"
    )
    return [Flag(FlagKind.START, (), text)]


def no_better(held: HeldOut) -> list[Flag]:
    """Held-out data that the parameters do not help with, if that is so."""
    if held.after <= held.before:
        return []
    text = (
        f"on held-out data ({held.what}) the error grows from {held.before:.3g} to {held.after:.3g}: these parameters "
        "stand in for something else"
    )
    return [Flag(FlagKind.NO_BETTER, (), text)]


def not_converged(found: Fit) -> list[Flag]:
    """A fit that still moved when it had to stop, if it did."""
    if found.converged:
        return []
    text = "the fit still moved when it stopped; hold some parameters with --parameters, or state narrower spreads"
    return [Flag(FlagKind.UNSETTLED, (), text)]
