"""A small scene file, and edits of it."""

from pathlib import Path

import pytest

from twin3d.errors import SceneError
from twin3d.scene import Scene, load_scene

SCENE = """\
name = "sample"
initial_temperature = "20 degC"

[geometry]
file = "power_module.step"
cell_size = "4 mm"

[[part]]
name = "*"
material = "copper"

[[input]]
name = "power"
value = "25 W"
unknown = { spread = "10 W", time_constant = "20 s", minimum = "0 W", maximum = "80 W" }

[[load]]
kind = "heat_source"
name = "losses"
part = "chip_*"
power = { input = "power" }

[[load]]
kind = "convection"
face = "outer"
film_coefficient = "50 W/(m^2 K)"
ambient = "25 degC"

[[contact]]
between = ["heatsink", "baseplate"]
conductance = "20 kW/(m^2 K)"

[[sensor]]
id = "tc"
unit = "degC"
position = "0, 0, 11 mm"
noise = "0.15 K"
period = "0.1 s"

[[sensor]]
id = "air"
unit = "degC"
noise = "0.1 K"
period = "0.1 s"
role = "drive"
drives = "convection_1.ambient"

[plant]
cell_size = "3 mm"
spread = { conductivity = "15 %" }

[plant.signals.power]
kind = "steps"
times = ["0 s", "10 s"]
values = ["20 W", "40 W"]
repeat = "30 s"

[view]
range = ["20 degC", "60 degC"]

[[check]]
part = "chip_*"
statistic = "max"
time = "steady"
between = ["20 degC", "90 degC"]
"""


def edited(*edits: tuple[str, str]) -> str:
    """The sample with pieces replaced; each piece must be there."""
    text = SCENE
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def loaded(folder: Path, text: str = SCENE) -> Scene:
    """The scene of a text."""
    path = folder / "sample.toml"
    path.write_text(text, encoding="utf-8")
    return load_scene(path)


def refusal(folder: Path, text: str) -> list[str]:
    """The lines of the error that a text gives, without the first."""
    with pytest.raises(SceneError) as caught:
        loaded(folder, text)
    assert caught.value.exit_code == 2
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def line_number(text: str, piece: str) -> int:
    """The line, counted from 1, on which a piece of a text begins."""
    return text[: text.index(piece)].count("\n") + 1
