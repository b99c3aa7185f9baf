"""Reads the parameter file of a scene, and sees that it is of this scene."""

from pathlib import Path

from twin3d.scene.building.noting import noted
from twin3d.scene.calibrated import calibrated
from twin3d.scene.model import Scene
from twin3d.scene.parameters import ParameterFile, load_parameters
from twin3d.scene.problems import Problems

PLACE = ("parameters",)


def parameters_of(written: Path | None, path: Path, problems: Problems) -> ParameterFile | None:
    """The parameter file, looked for beside the scene file; notes why it cannot be read."""
    if written is None:
        return None
    found: ParameterFile | None = noted(PLACE, problems, lambda: load_parameters(path.parent / written), None)
    return found


def check_parameters(scene: Scene, problems: Problems) -> None:
    """Note parameters that the scene has not, or that were calibrated from other values than it states."""
    noted(PLACE, problems, lambda: calibrated(scene), None)
