"""What drives a load or a channel: an input by its name, or a constant that becomes an automatic input."""

from twin3d.scene.building.known import Known
from twin3d.scene.inputs import Input, InputUnit
from twin3d.scene.toml_lines import Place
from twin3d.scene.written.drivers import InputReference


def driver(
    value: float | InputReference,
    automatic: str,
    *,
    unit: InputUnit,
    place: Place,
    known: Known,
) -> str:
    """The name of the input that drives something.

    Args:
        value: A constant in SI, or the name of an input.
        automatic: Name of the input that a constant becomes.
        unit: That is due.
        place: Of the value in the file.
        known: Inputs by name; takes the automatic one, a name that leads nowhere and an input of another unit.
    """
    if not isinstance(value, InputReference):
        known.inputs[automatic] = Input(name=automatic, unit=unit, value=value)
        return automatic
    named = known.inputs.get(value.input)
    if named is None:
        known.problems.add_unknown_name(place, "input", value.input, known.inputs)
    elif named.unit != unit:
        known.problems.add(place, f'the input "{value.input}" is in {named.unit}, here {unit} is due')
    return value.input
