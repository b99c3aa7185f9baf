"""Builds the simulated asset, and the signals that its inputs follow."""

from collections.abc import Mapping

from twin3d.errors import SceneError
from twin3d.scene.building.noting import noted
from twin3d.scene.inputs import Input
from twin3d.scene.plant import Plant
from twin3d.scene.problems import Problems
from twin3d.scene.signals import ConstantSignal, Signal, SineSignal, StepsSignal
from twin3d.scene.toml_lines import Place
from twin3d.scene.written.plant import WrittenConstant, WrittenPlant, WrittenSignal, WrittenSine, WrittenSteps
from twin3d.units import parse_difference, parse_quantity


def plant_of(entry: WrittenPlant, inputs: Mapping[str, Input], problems: Problems) -> Plant:
    """The plant; notes signals of inputs that do not exist, and those of another unit than their input."""
    signals: dict[str, Signal] = {}
    for name, signal in entry.signals.items():
        place: Place = ("plant", "signals", name)
        known = inputs.get(name)
        if known is None:
            problems.add_unknown_name(place, "input", name, inputs)
            continue
        built = noted(place, problems, lambda signal=signal, unit=known.unit: _signal(signal, unit), None)
        if built is not None:
            signals[name] = built
    values = {key: getattr(entry, key) for key in ("cell_size", "refine", "local_sizes", "seed", "spread", "bias")}
    return Plant(**values, lag_error=entry.lag_error, signals=signals)


def _signal(signal: WrittenSignal, unit: str) -> Signal:
    match signal:
        case WrittenConstant():
            return ConstantSignal(value=parse_quantity(signal.value, unit))
        case WrittenSine():
            mean, amplitude = parse_quantity(signal.mean, unit), parse_difference(signal.amplitude, unit)
            return SineSignal(mean=mean, amplitude=amplitude, period=signal.period, phase=signal.phase)
        case WrittenSteps():
            _check_steps(signal)
            values = tuple(parse_quantity(value, unit) for value in signal.values)
            return StepsSignal(times=signal.times, values=values, repeat=signal.repeat)


def _check_steps(signal: WrittenSteps) -> None:
    if len(signal.times) != len(signal.values):
        raise SceneError(f"{len(signal.times)} times and {len(signal.values)} values; each value has its start")
    if signal.times[0] != 0.0 or any(b <= a for a, b in zip(signal.times, signal.times[1:], strict=False)):
        raise SceneError('times must ascend from "0 s"')
    if signal.repeat is not None and signal.repeat <= signal.times[-1]:
        raise SceneError(f"it repeats after {signal.repeat:g} s, before its last step at {signal.times[-1]:g} s")
