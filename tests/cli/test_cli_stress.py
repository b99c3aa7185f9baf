"""`twin3d solve` and `twin3d modes` of a scene with supports and forces."""

import pytest
import pyvista
from PIL import Image

from twin3d.cli import main

MECHANICAL = """
[[load]]
kind = "fixed"
name = "wall"
face = "plane min x"

[[load]]
kind = "force"
name = "pull"
face = "plane max x"
force = "0, 0, -100 N"

[[check]]
name = "strong enough"
part = "*"
field = "von_mises"
statistic = "max"
time = "steady"
between = ["1 MPa", "200 MPa"]
"""


@pytest.fixture(scope="module")
def bent_bar(bar_scene, tmp_path_factory):
    """The bar, without heat: held at one end, pulled down at the other."""
    text = bar_scene.read_text()
    geometry = text[: text.index("[[input]]")].replace('"bar.stl"', f'"{bar_scene.parent / "bar.stl"}"')
    path = tmp_path_factory.mktemp("bent") / "bent.toml"
    path.write_text(geometry + MECHANICAL)
    return path


def test_a_mechanical_scene_is_solved_and_written(bent_bar, tmp_path, capsys):
    assert main(["solve", str(bent_bar), "--out", str(tmp_path / "bent.vtkhdf")]) == 0

    printed = capsys.readouterr().out
    assert "von Mises" in printed
    assert "wall" in printed
    assert "strong enough" in printed
    grid = pyvista.read(tmp_path / "bent.vtkhdf")
    assert grid["stress"].shape == (grid.n_points, 6)
    assert grid["displacement"][:, 2].min() < -1e-5
    assert 5e6 < grid["von_mises"].max() < 2e8


def test_modes_of_a_scene_are_listed(bent_bar, capsys):
    assert main(["modes", str(bent_bar), "--count", "2"]) == 0

    assert "frequency in Hz" in capsys.readouterr().out


@pytest.mark.gl
def test_a_picture_of_the_stress_is_drawn(bent_bar, tmp_path):
    assert main(["solve", str(bent_bar), "--picture", str(tmp_path / "bent.png")]) == 0

    low, high = Image.open(tmp_path / "bent.png").convert("L").getextrema()
    assert high - low > 100


def test_a_picture_of_stress_needs_mechanical_loads(bar_scene, tmp_path, capsys):
    assert main(["solve", str(bar_scene), "--picture", str(tmp_path / "a.png"), "--field", "von_mises"]) == 2

    assert "the scene has no mechanical loads" in capsys.readouterr().err


def test_a_scene_without_heat_makes_no_twin(bent_bar, tmp_path, capsys):
    assert main(["render", str(bent_bar), "--out", str(tmp_path / "a.png")]) == 2

    assert "the scene has no thermal load" in capsys.readouterr().err
