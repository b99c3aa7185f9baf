"""`twin3d place`: what it says, writes and draws."""

import json

import numpy as np
import pytest
from PIL import Image

from twin3d.cli import main
from twin3d.view.gl import probe


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def with_text(bar_scene, tmp_path):
    """Writes the bar's scene with some text replaced or added."""

    def write(old="", new="", *, added=""):
        text = bar_scene.read_text().replace('"bar.stl"', f'"{bar_scene.parent / "bar.stl"}"').replace(old, new)
        path = tmp_path / "changed.toml"
        path.write_text(text + added)
        return path

    return write


def placed(scene, tmp_path, *options):
    """Exit code and JSON of a run."""
    out = tmp_path / "found.json"
    code = main(["place", str(scene), "--out", str(out), "--sites", "60", "--backend", "numpy", *options])
    return code, json.loads(out.read_text())


def printed(capsys):
    return " ".join(capsys.readouterr().out.split())


def test_place_says_what_is_known_what_is_open_and_where_to_go(bar_scene, tmp_path, capsys):
    code, found = placed(bar_scene, tmp_path, "--add", "2")

    said = printed(capsys)
    assert code == 0
    assert "bar: 2 sensors that correct" in said
    assert "What stays open of the field" in said
    assert [site["sensor"] for site in found["sites"]] == ["site_1", "site_2"]
    assert {loss["sensor"] for loss in found["losses"]} == {"tc_hot", "tc_mid"}
    power = next(known for known in found["inputs"] if known["name"] == "power")
    assert power["with_sensors"] < 0.5 * power["without_sensors"] == pytest.approx(0.75)
    assert found["field"]["rms_K"] > found["sites"][0]["with_it"]["rms_K"] > found["sites"][1]["with_it"]["rms_K"]


def test_site_that_is_built_keeps_its_promise(bar_scene, with_text, tmp_path):
    promise = placed(bar_scene, tmp_path, "--add", "1", "--like", "tc_mid")[1]["sites"][0]
    place = ", ".join(repr(coordinate) for coordinate in promise["position_m"])
    built = with_text(
        added=f'\n[[sensor]]\nid = "{promise["sensor"]}"\nunit = "degC"\nposition = "{place} m"\n'
        'noise = "0.1 K"\nbias = "0.2 K"\nperiod = "0.2 s"\n'
    )

    kept = placed(built, tmp_path, "--add", "1")[1]

    np.testing.assert_allclose(kept["field"]["rms_K"], promise["with_it"]["rms_K"], rtol=1e-4)
    assert kept["sites"][0]["sensor"] == "site_2"


def test_sites_keep_to_the_faces_named(bar_scene, tmp_path):
    found = placed(bar_scene, tmp_path, "--add", "3", "--faces", "plane max x", "--objective", "worst")[1]

    np.testing.assert_allclose([site["position_m"][0] for site in found["sites"]], 0.02, atol=1e-7)


def test_scene_without_sensors_needs_to_know_what_they_are_like(bar_scene, with_text, tmp_path, capsys):
    text = bar_scene.read_text()
    bare = with_text(text[text.index("[[sensor]]") : text.index("[plant]")])

    assert main(["place", str(bare)]) == 2
    assert "state --noise and --period" in " ".join(capsys.readouterr().err.split())
    found = placed(bare, tmp_path, "--noise", "0.1 K", "--period", "0.2 s", "--add", "1")[1]

    assert found["losses"] == []
    assert found["sites"][0]["with_it"]["rms_K"] < 0.5 * found["field"]["rms_K"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--like", "tc_none"], "no sensor is named 'tc_none'"),
        (["--parts", "lid"], "no part matches 'lid'"),
        (["--faces", "plane max"], "expected"),
        (["--picture", "map.jpg"], "must end in .png"),
        (["--add", "-1"], "neither can be negative"),
        (["--noise", "3 s"], "3 s"),
    ],
)
def test_wrong_options_are_named(bar_scene, options, message, capsys):
    assert main(["place", str(bar_scene), *options]) in {1, 2}

    assert message in " ".join(capsys.readouterr().err.split())


@pytest.mark.gl
@pytest.mark.parametrize("field", ["deviation", "known", "gain"])
def test_map_is_drawn(bar_scene, tmp_path, field):
    answer = probe()
    if not answer.ok:
        pytest.skip(answer.message)

    placed(bar_scene, tmp_path, "--add", "1", "--picture", str(tmp_path / "map.png"), "--field", field)

    with Image.open(tmp_path / "map.png") as image:
        middle = np.asarray(image.convert("RGB"))[200:520, 300:900].reshape(-1, 3)
    assert len(np.unique(middle, axis=0)) > 100
