"""Fixtures for all tests."""

from pathlib import Path

import numpy as np
import pytest
import trimesh
from emulated_device import backend_or_skip

from twin3d.backend import Backend

BAR_SCENE = """
name = "bar"
description = "A short bar, heated at one end."
initial_temperature = "20 degC"

[geometry]
file = "bar.stl"
unit = "mm"
cell_size = "6 mm"

[[part]]
name = "*"
material = "aluminium_6061"

[[input]]
name = "power"
value = "2 W"
unknown = { spread = "1.5 W", time_constant = "20 s", minimum = "0 W" }

[[load]]
kind = "heat_flux"
name = "heater"
face = "plane min x"
rate = { input = "power" }

[[load]]
kind = "convection"
name = "air"
face = "outer"
film_coefficient = "40 W/(m^2 K)"
ambient = "20 degC"

[[sensor]]
id = "tc_hot"
unit = "degC"
position = "-18, 0, 0 mm"
noise = "0.1 K"
bias = "0.2 K"
lag = "0.2 s"
period = "0.2 s"

[[sensor]]
id = "tc_mid"
unit = "degC"
position = "0, 0, 5 mm"
noise = "0.1 K"
bias = "0.2 K"
period = "0.2 s"

[[sensor]]
id = "tc_cold"
unit = "degC"
position = "18, 0, 0 mm"
noise = "0.1 K"
period = "0.2 s"
role = "check"

[plant]
cell_size = "5 mm"
seed = 3
bias = "0.2 K"
lag_error = "10 %"
spread = { conductivity = "15 %", film_coefficient = "20 %", heat_capacity = "12 %" }

[plant.signals.power]
kind = "constant"
value = "3 W"

[[check]]
name = "warmer than the air"
part = "*"
statistic = "min"
time = "steady"
between = ["20 degC", "90 degC"]
"""


@pytest.fixture(scope="session")
def bar_scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene that is meshed and reduced in seconds: a bar of 40 × 10 × 10 mm, heated at one end."""
    folder = tmp_path_factory.mktemp("bar")
    trimesh.creation.box(extents=(40.0, 10.0, 10.0)).export(folder / "bar.stl")
    path = folder / "bar.toml"
    path.write_text(BAR_SCENE)
    return path


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers, the same in every run."""
    return np.random.default_rng(20_240_229)


@pytest.fixture(params=["numpy", pytest.param("cupy", marks=pytest.mark.gpu)])
def backend(request: pytest.FixtureRequest) -> Backend:
    """NumPy always, CuPy where a device answers."""
    return backend_or_skip(request.param)
