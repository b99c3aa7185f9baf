"""Notes what is wrong with a value, and goes on with another in its stead, so that one error tells all."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from twin3d.errors import SceneError, UnitError
from twin3d.scene.problems import Problems
from twin3d.scene.toml_lines import Place
from twin3d.units import parse_difference


def noted(place: Place, problems: Problems, parse: Any, otherwise: Any) -> Any:
    """What `parse` gives; a value in its stead when it fails, with the problem noted."""
    try:
        return parse()
    except (SceneError, UnitError) as error:
        problems.add(place, str(error))
        return otherwise


def positive(place: Place, problems: Problems, text: str, unit: str) -> float:
    """A difference above zero; 1 in its stead, with the problem noted."""
    value: float = noted(place, problems, lambda: parse_difference(text, unit), 1.0)
    if value > 0.0:
        return value
    problems.add(place, f'found "{text}", expected more than 0')
    return 1.0


def refuse_twins(names: Sequence[str], table: str, key: str, problems: Problems) -> None:
    """Note every name that an earlier entry of the table has already."""
    counts = Counter(names)
    for index, name in enumerate(names):
        if counts[name] > 1 and names.index(name) != index:
            problems.add((table, index, key), f'a second {table} is named "{name}"; give each its own {key}')
