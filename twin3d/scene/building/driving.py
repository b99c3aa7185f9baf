"""What drives a load or a channel: an input by its name, or a constant that becomes an automatic input."""

from twin3d.scene.inputs import Input, InputUnit
from twin3d.scene.problems import Problems
from twin3d.scene.toml_lines import Place
from twin3d.scene.written.drivers import InputReference


def driver(
    value: float | InputReference,
    automatic: str,
    *,
    unit: InputUnit,
    place: Place,
    inputs: dict[str, Input],
    problems: Problems,
) -> str:
    """The name of the input that drives something.

    Args:
        value: A constant in SI, or the name of an input.
        automatic: Name of the input that a constant becomes.
        unit: That is due.
        place: Of the value in the file.
        inputs: All so far; takes an automatic one.
        problems: Takes a name that leads nowhere, or an input of another unit.
    """
    if not isinstance(value, InputReference):
        inputs[automatic] = Input(name=automatic, unit=unit, value=value)
        return automatic
    known = inputs.get(value.input)
    if known is None:
        problems.add_unknown_name(place, "input", value.input, inputs)
    elif known.unit != unit:
        problems.add(place, f'the input "{value.input}" is in {known.unit}, here {unit} is due')
    return value.input
