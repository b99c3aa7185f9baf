"""Finds a model's parameters from a recording, with intervals that hold and with what they do for data not used."""

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import one_blas_thread
from twin3d.errors import EstimationError
from twin3d.estimation.calibrated import (
    Calibration,
    CalibrationSettings,
    Flag,
    FlagKind,
    HeldOut,
    NuisanceEstimate,
    ParameterEstimate,
    SensorFit,
)
from twin3d.estimation.doubts import (
    FAR_OF_MANY,
    discrepancies,
    improbable,
    left_out,
    no_better,
    not_converged,
    ties_and_silence,
    too_short,
    wrong_start,
)
from twin3d.estimation.identifiability import Posterior, correlation_time
from twin3d.estimation.least_squares import Fit, Point, Problem
from twin3d.estimation.playback import Playback
from twin3d.estimation.recorded import Recorded
from twin3d.estimation.unknowns import Unknowns, unknowns_of
from twin3d.estimation.weighing import posterior_of, rms_of, weighed_fit
from twin3d.records import Parameter, ReducedModel
from twin3d.scene import Input, Sensor, SensorRole

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LOGARITHMS = ("gain of ", "lag of ")
"""Names of nuisance terms that are relative begin so."""
HELD_OUT_SHARE = 0.2
"""The last part of a recording that is held out where nothing else is."""


def calibrate(
    model: ReducedModel,
    rows: sparse.csr_array,
    recorded: Recorded,
    inputs: Sequence[Input],
    sensors: Sequence[Sensor],
    settings: CalibrationSettings,
) -> Calibration:
    """Find parameters with priors from a recording.

    Args:
        model: The reduced model, at nominal parameters.
        rows: What each sensor takes of the dofs, zero for those that drive, shape (n_sensors, n_dofs).
        recorded: The recording, from `on_grid`.
        inputs: The scene's.
        sensors: From `recordable`.
        settings: What is fitted, and to what.

    Raises:
        EstimationError: No parameter or no reading is left to fit, or none to hold out.
    """
    seen, used, held_out, what = _split(recorded, sensors, settings)
    with one_blas_thread():
        problem = _problem(model, rows, recorded, inputs, sensors=sensors, seen=seen, settings=settings)
        stated = np.hypot(problem.deviation, np.asarray(abs(rows) @ model.point_error)[recorded.sensor])
        fitted = weighed_fit(problem, used, stated)
        used, found = used & ~np.isin(recorded.sensor, fitted.left_out), fitted.found
        known = posterior_of(problem, fitted, used)
        before, after = problem.expected(problem.nominal), problem.expected(_parameters_alone(problem, found))
    held = HeldOut(what, int(held_out.sum()), *(rms_of(recorded.value - each, held_out) for each in (before, after)))
    fits = _sensor_fits(problem, found, used=used, held_out=held_out, stated=stated, sensors=sensors)
    unknowns, left = problem.unknowns, [left_out(sensors[index].id, fits) for index in fitted.left_out]
    return Calibration(
        parameters=_parameters(unknowns, found.x.shared, known),
        nuisance=_nuisance(unknowns, found.x, known),
        names=unknowns.shared_names,
        correlation=known.correlation,
        sensors=fits,
        fitted_before=rms_of(recorded.value - before, used),
        fitted_after=rms_of(recorded.value - found.expected, used),
        held_out=held,
        flags=(*left, *_doubts(problem, found, known), *discrepancies(fits), *no_better(held)),
    )


def _problem(
    model: ReducedModel,
    rows: sparse.csr_array,
    recorded: Recorded,
    inputs: Sequence[Input],
    *,
    sensors: Sequence[Sensor],
    seen: Mask,
    settings: CalibrationSettings,
) -> Problem:
    unknowns = unknowns_of(
        model,
        recorded,
        inputs,
        sensors,
        parameters=_chosen(model.parameters, settings.parameters),
        fitted=seen,
        model_error=np.asarray(abs(rows) @ model.point_error),
        gain_spread=settings.gain_spread,
    )
    noise = np.array([sensor.noise for sensor in sensors])
    playback = Playback(model, rows, recorded, steady_start=settings.steady_start)
    return Problem(playback, unknowns, noise[recorded.sensor] / np.sqrt(recorded.count))


def _doubts(problem: Problem, found: Fit, known: Posterior) -> Iterator[Flag]:
    unknowns = problem.unknowns
    yield from (Flag(FlagKind.INPUT, (), doubt) for doubt in unknowns.recorded.doubts)
    yield from wrong_start(problem, found)
    yield from ties_and_silence(unknowns.shared_names, unknowns.n_parameters, known)
    yield from improbable(unknowns.shared_names, found.x.shared)
    for names, own in zip(unknowns.own_names, found.x.own, strict=True):
        yield from improbable(names, own, limit=FAR_OF_MANY)
    yield from too_short(problem, found)
    yield from not_converged(found)


def _chosen(parameters: Sequence[Parameter], globs: Sequence[str]) -> npt.NDArray[np.int64]:
    uncertain = {item.name: index for index, item in enumerate(parameters) if item.spread > 0.0}
    for glob in globs:
        if not fnmatch.filter(uncertain, glob):
            raise EstimationError(f"no parameter is named {glob!r}; there are {', '.join(uncertain) or 'none'}")
    found = [index for name, index in uncertain.items() if any(fnmatch.fnmatchcase(name, glob) for glob in globs)]
    if not found:
        raise EstimationError("no parameter is uncertain; give [uncertainty] in the scene spreads above 0")
    return np.array(found, dtype=np.int64)


def _split(
    recorded: Recorded, sensors: Sequence[Sensor], settings: CalibrationSettings
) -> tuple[Mask, Mask, Mask, str]:
    """Whether each sensor is fitted, each observation used, each held out; and what is held out, in words."""
    ids, globs = [sensor.id for sensor in sensors], settings.held_out_sensors
    for glob in globs:
        if not fnmatch.filter(ids, glob):
            raise EstimationError(f"no sensor {glob!r} to hold out; there are {', '.join(ids)}")
    apart = np.array(
        [
            sensor.role is SensorRole.CHECK or any(fnmatch.fnmatchcase(sensor.id, glob) for glob in globs)
            for sensor in sensors
        ]
    )
    seen = np.isin(np.arange(len(sensors)), recorded.sensor)
    apart_and_seen = [name for name, flag in zip(ids, apart & seen, strict=True) if flag]
    until_s = settings.fit_until_s
    if until_s is None:
        until_s = np.inf if apart_and_seen else (1.0 - HELD_OUT_SHARE) * recorded.duration_s
    early = recorded.time_s <= until_s
    used, held_out = early & ~apart[recorded.sensor], ~early | apart[recorded.sensor]
    if not used.any():
        raise EstimationError("nothing is left to fit: all sensors with readings are held out, or all their readings")
    if not held_out.any():
        raise EstimationError(
            f"nothing is held out after {until_s:g} s: the recording ends at {recorded.duration_s:g} s; hold out more"
        )
    words = [*apart_and_seen, *([f"t > {until_s:g} s"] if not early.all() else [])]
    return seen & ~apart, used, held_out, ", ".join(words)


def _parameters_alone(problem: Problem, found: Fit) -> Point:
    shared = found.x.shared.copy()
    shared[problem.unknowns.n_parameters :] = 0.0
    return replace(problem.nominal, shared=shared)


def _parameters(unknowns: Unknowns, x: Array, known: Posterior) -> tuple[ParameterEstimate, ...]:
    spreads = unknowns.shared_spreads
    columns = (np.exp(spreads * x), spreads * known.deviation, spreads * known.naive_deviation, spreads)
    rows = zip(unknowns.shared_names[: unknowns.n_parameters], *columns, strict=False)
    return tuple(ParameterEstimate(name, *map(float, numbers)) for name, *numbers in rows)


def _nuisance(unknowns: Unknowns, x: Point, known: Posterior) -> tuple[NuisanceEstimate, ...]:
    """Those that are uncertain, in words and units that people know."""
    n, spreads = unknowns.n_parameters, unknowns.shared_spreads
    shared = zip(unknowns.shared_names[n:], (spreads * x.shared)[n:], (spreads * known.deviation)[n:], strict=True)
    rows = [*shared]
    for index in range(len(known.own_deviation)):
        own = unknowns.own_spreads[index]
        columns = (unknowns.own_names[index], own, own * x.own[index], own * known.own_deviation[index])
        rows += [(name, value, deviation) for name, spread, value, deviation in zip(*columns, strict=True) if spread]
    return tuple(
        NuisanceEstimate(name, float(np.expm1(value) if name.startswith(LOGARITHMS) else value), float(deviation))
        for name, value, deviation in rows
    )


def _sensor_fits(
    problem: Problem, found: Fit, *, used: Mask, held_out: Mask, stated: Array, sensors: Sequence[Sensor]
) -> tuple[SensorFit, ...]:
    recorded = problem.playback.recorded
    error = recorded.value - found.expected
    fits = []
    for index in np.unique(recorded.sensor):
        own = recorded.sensor == index
        is_used, is_held_out = bool((own & used).any()), bool((own & held_out).all(where=own))
        role = "fitted" if is_used else ("held out" if is_held_out else "left out")
        rows = own & used if is_used else own
        n = int(rows.sum())
        count = n / correlation_time(error[rows] / problem.deviation[rows])
        allowed = float(np.sqrt((stated[rows] ** 2).mean()))
        fits.append(SensorFit(sensors[index].id, role, n, count, rms_of(error, rows), allowed))
    return tuple(fits)
