"""Builds the inputs that a file declares, and what is known beforehand of the unknown ones."""

from collections.abc import Sequence

from twin3d.scene.building.noting import noted, positive, refuse_twins
from twin3d.scene.inputs import Input, UnknownPrior
from twin3d.scene.problems import Problems
from twin3d.scene.toml_lines import Place
from twin3d.scene.written.inputs import WrittenInput
from twin3d.units import parse_quantity


def inputs_of(entries: Sequence[WrittenInput], problems: Problems) -> dict[str, Input]:
    """The declared inputs by name."""
    inputs = {entry.name: _input(entry, ("input", index), problems) for index, entry in enumerate(entries)}
    refuse_twins([entry.name for entry in entries], "input", "name", problems)
    return inputs


def _input(entry: WrittenInput, place: Place, problems: Problems) -> Input:
    unit = entry.value.unit
    prior = None if entry.unknown is None else _prior(entry, (*place, "unknown"), problems)
    return Input(name=entry.name, unit=unit, value=entry.value.value, unknown=prior)


def _prior(entry: WrittenInput, place: Place, problems: Problems) -> UnknownPrior:
    prior, unit, value = entry.unknown, entry.value.unit, entry.value.value
    if prior is None:
        raise ValueError(f"input {entry.name} is not unknown")
    spread = positive((*place, "spread"), problems, prior.spread, unit)
    bounds = {
        key: None
        if text is None
        else noted((*place, key), problems, lambda text=text: parse_quantity(text, unit), value)
        for key, text in (("minimum", prior.minimum), ("maximum", prior.maximum))
    }
    low, high = bounds["minimum"], bounds["maximum"]
    if (low is not None and low > value) or (high is not None and high < value):
        problems.add(place, f"the prior mean {value:g} {unit} lies outside its own minimum and maximum")
    return UnknownPrior(spread=spread, time_constant=prior.time_constant, minimum=low, maximum=high)


def refuse_idle_inputs(entries: Sequence[WrittenInput], used: set[str], problems: Problems) -> None:
    """Note every declared input that drives nothing."""
    for index, item in enumerate(entries):
        if item.name not in used:
            problems.add(
                ("input", index, "name"), f'no load uses the input "{item.name}"; name it in one, or remove it'
            )
