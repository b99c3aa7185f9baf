"""Channels and enclosures on the command line: what `twin3d solve` reports, and what `twin3d run` refuses."""

import re

import pytest

from twin3d.cli import main

CHANNEL = """
[[channel]]
name = "cooling"
face = "plane min y"
path = ["-20, -5, 0 mm", "20, -5, 0 mm"]
mass_flow = "2 g/s"
fluid = "water"
film_coefficient = "800 W/(m^2 K)"
inlet = "15 degC"

[[enclosure]]
name = "glow"
faces = [{ face = "plane max y", emissivity = 0.5 }, { face = "plane min z", emissivity = 0.5 }]
ambient = "20 degC"
"""


@pytest.fixture
def cooled(bar_scene):
    """The bar with a coolant channel."""
    path = bar_scene.with_name("cooled.toml")
    text = bar_scene.read_text().replace('face = "outer"', 'face = "other"')
    path.write_text(text + CHANNEL[: CHANNEL.index("[[enclosure]]")])
    return path


def test_solve_reports_the_coolant(cooled, capsys):
    assert main(["solve", str(cooled)]) in (0, 4)

    row = re.search(r"│ cooling +│ 15\.00 +│ ([\d.]+) +│ ([\d.]+) +│", capsys.readouterr().out)
    outlet, heat = float(row[1]), float(row[2])
    assert heat == pytest.approx(0.002 * 4179.0 * (outlet - 15.0), abs=0.1)


def test_check_says_what_is_not_for_a_live_twin(cooled, capsys):
    assert main(["check", str(cooled)]) == 0

    assert "not for a live twin: the channel cooling couples" in capsys.readouterr().out


def test_run_refuses_a_channel_with_the_remedy(cooled, capsys):
    assert main(["run", str(cooled)]) == 2

    assert "make it a load of convection" in capsys.readouterr().err


def test_an_enclosure_that_sees_nothing_is_told(bar_scene, capsys):
    path = bar_scene.with_name("glowing.toml")
    path.write_text(bar_scene.read_text() + CHANNEL[CHANNEL.index("[[enclosure]]") :])

    assert main(["solve", str(path)]) == 1

    assert 'enclosure glow: the face "plane max y" sees no face of it' in capsys.readouterr().err
