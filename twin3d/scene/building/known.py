"""What the tables of a file may refer to while a scene is built."""

from collections.abc import Mapping
from dataclasses import dataclass

from twin3d.scene.inputs import Input
from twin3d.scene.problems import Problems
from twin3d.scene.selectors import Selector


@dataclass(frozen=True, eq=False, slots=True)
class Known:
    """Inputs and faces by name, and where a name goes that leads nowhere."""

    inputs: dict[str, Input]
    """All so far; takes an automatic one for each constant that drives something."""
    faces: Mapping[str, Selector]
    """Named selections."""
    problems: Problems
    """Takes what is wrong."""
