"""Calibrated parameters: a versioned file that a scene may refer to."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from twin3d.errors import SceneError
from twin3d.scene.frozen import Frozen

VERSION = 1
"""Of parameter files."""


class CalibratedParameter(Frozen):
    """What a calibration found of one parameter."""

    name: str
    """As the model names it, for example ``film of fins``."""
    nominal: str
    """The scene's value that it was calibrated from, with its unit; another one in the scene is an error."""
    factor: Annotated[float, Field(gt=0.0)]
    """θ: what the scene's value is multiplied by [–]."""
    deviation: Annotated[float, Field(gt=0.0)]
    """Standard deviation of its logarithm [–]: takes the place of the spread in ``[uncertainty]``."""
    prior_deviation: Annotated[float, Field(gt=0.0)]
    """Of the same before [–]."""
    note: str = ""
    """What is doubtful about it."""


class ParameterFile(Frozen):
    """The result of a calibration, as it is written."""

    version: Literal[1]
    scene: str
    """Name of the scene."""
    data: str
    """Name of the recording."""
    data_hash: str
    """BLAKE2b of the recording."""
    made: str
    """When, ISO 8601."""
    twin3d: str
    """Version of twin3d that made it."""
    parameter: Annotated[tuple[CalibratedParameter, ...], Field(min_length=1)]

    def deviation_of(self, name: str) -> float | None:
        """Standard deviation of the logarithm of a parameter; None for one that was not calibrated."""
        return next((item.deviation for item in self.parameter if item.name == name), None)


def load_parameters(path: Path) -> ParameterFile:
    """Read a parameter file.

    Raises:
        SceneError: It is missing, is no TOML, of another version, or something in it is wrong.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SceneError(f'no parameter file at "{path}"; make it with twin3d calibrate, or remove the key') from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SceneError(f"{path.name} is no parameter file: {error}") from error
    if raw.get("version") != VERSION:
        raise SceneError(
            f"{path.name} is of version {raw.get('version')}, and this twin3d reads version {VERSION}; calibrate again"
        )
    try:
        return ParameterFile.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SceneError(f"{path.name}: {'.'.join(map(str, first['loc']))}: {first['msg']}; calibrate again") from error


def written_parameters(content: ParameterFile) -> str:
    """The text of a parameter file."""
    return "\n".join(["# Written by twin3d calibrate.", *_lines(content)]) + "\n"


def _lines(content: ParameterFile) -> Iterator[str]:
    for key, value in content:
        if key != "parameter":
            yield f"{key} = {_toml(value)}"
    for item in content.parameter:
        yield from ("", "[[parameter]]", *(f"{key} = {_toml(value)}" for key, value in item if value != ""))


def _toml(value: str | float) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value)
