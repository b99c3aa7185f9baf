"""`twin3d new`: what it writes loads, says what is to fill in, and solves once that is done."""

import shutil

import pytest
import trimesh

from twin3d.assets import asset_path
from twin3d.cli import main
from twin3d.errors import SceneError
from twin3d.scene import load_scene, selectors


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path_factory, tmp_path):
    monkeypatch.setenv("TWIN3D_CACHE", str(tmp_path_factory.getbasetemp() / "cache_of_new"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def module(folder):
    shutil.copy(asset_path("meshes", "power_module.step"), folder / "power_module.step")
    return folder / "power_module.step"


@pytest.fixture
def plate(folder):
    trimesh.creation.box(extents=(40.0, 20.0, 5.0)).export(folder / "copper_plate.stl")
    return folder / "copper_plate.stl"


def write_new(*words):
    assert main(["new", *map(str, words)]) == 0


def test_a_step_file_becomes_a_scene_with_its_parts_to_fill_in(module, folder, capsys):
    write_new(module, "--cell-size", "12 mm")

    with pytest.raises(SceneError) as caught:
        load_scene(folder / "power_module.toml")
    problems = str(caught.value).splitlines()[1:]
    assert len(problems) == 4
    for problem, who in zip(problems, ("heatsink", "baseplate", "solder_*", "chip_*"), strict=True):
        assert "fill in the material of" in problem
        assert who in problem
    assert "fill in the material of heatsink, baseplate, solder_*, chip_*" in capsys.readouterr().out


def test_filled_in_it_checks_and_solves(module, folder, capsys):
    write_new(module, "--cell-size", "12 mm")
    path = folder / "power_module.toml"
    lines = [
        'material = "copper"' if '"fill in the material' in line else line for line in path.read_text().splitlines()
    ]
    path.write_text("\n".join(lines))

    assert main(["check", str(path)]) == 0
    assert main(["solve", str(path)]) == 0

    assert "25.00" in capsys.readouterr().out


def test_all_lines_in_comments_are_right_once_they_are_used(module, folder):
    write_new(module, "--cell-size", "12 mm", "--material", "copper")
    path = folder / "power_module.toml"
    text = path.read_text()

    used = [
        line.removeprefix("# ") for line in text.splitlines() if line.startswith(("# [[", "# between", "# conductance"))
    ]
    source = ["# part", "# kind", "# name", "# power", "# id", "# unit", "# position", "# noise", "# period"]
    used = [
        line.removeprefix("# ") if line.startswith(("# [[", "# between", "# conductance", *source)) else line
        for line in text.splitlines()
    ]
    path.write_text("\n".join(used))
    scene = load_scene(path)

    assert [contact.between for contact in scene.contacts] == [
        ("heatsink", "baseplate"),
        ("baseplate", "solder_*"),
        ("solder_*", "chip_*"),
    ]
    assert [load.kind for load in scene.loads] == ["convection", "heat_source"]
    assert [sensor.id for sensor in scene.sensors] == ["tc_1"]


def test_the_listed_selectors_parse(module, folder):
    write_new(module, "--cell-size", "12 mm")

    lines = (folder / "power_module.toml").read_text().splitlines()
    listed = [line[2:].split("mm²")[1].strip() for line in lines if line.startswith("#  ") and "mm²" in line]
    assert len(listed) == 60
    assert all(selectors.parse(text) for text in listed)


def test_a_name_that_says_its_material_needs_no_filling_in_and_solves_at_once(plate, folder, capsys):
    write_new(plate, "--unit", "mm", "--cell-size", "6 mm")

    scene = load_scene(folder / "copper_plate.toml")
    assert [part.material.name for part in scene.parts] == ["copper"]
    assert scene.geometry.unit == "mm"
    assert scene.geometry.cell_size == pytest.approx(0.006)
    assert main(["solve", str(folder / "copper_plate.toml")]) == 0


def test_the_size_that_the_mesh_was_made_with_is_written(plate, folder):
    write_new(plate, "--unit", "mm")

    assert load_scene(folder / "copper_plate.toml").geometry.cell_size == pytest.approx(0.001, rel=0.02)


def test_sensors_come_from_the_tag_list(plate, folder, capsys):
    (folder / "tags.csv").write_text(
        "tag,unit,x,y,z,length_unit,description,period,noise\n"
        "tc_1,C,-15,0,2.5,mm,left end,0.1,0.15\n"
        "tc_2,degF,1.5,0,0.25,cm,,,\n"
        "air,C,,,,,beside the asset,,\n"
        "flow,l/min,,,,,coolant,,\n"
        "tc_far,C,15,0,2.5,m,wrong unit,,\n"
    )

    write_new(plate, "--unit", "mm", "--cell-size", "6 mm", "--sensors", folder / "tags.csv")

    scene = load_scene(folder / "copper_plate.toml")
    assert [sensor.id for sensor in scene.sensors] == ["tc_1", "tc_2", "tc_far"]
    first, second, _ = scene.sensors
    assert first.position == pytest.approx((-0.015, 0.0, 0.0025))
    assert (first.noise, first.period) == pytest.approx((0.15, 0.1))
    assert second.position == pytest.approx((0.015, 0.0, 0.0025))
    text = (folder / "copper_plate.toml").read_text()
    assert "# fill in its position, or the input that it drives" in text
    assert '# id = "air"' in text
    assert '# id = "flow"' in text
    assert "the sensor 'tc_far' lies 15.2 m outside the asset" in capsys.readouterr().out


def test_a_bad_tag_list_writes_nothing(plate, folder, capsys):
    (folder / "tags.csv").write_text("tag,unit\ntc 1,C\n")

    assert main(["new", str(plate), "--unit", "mm", "--sensors", "tags.csv"]) == 2

    assert "line 2: found the tag 'tc 1'" in capsys.readouterr().err
    assert not (folder / "copper_plate.toml").exists()


def test_a_scene_that_exists_is_kept_unless_forced(plate, folder, capsys):
    kept = folder / "copper_plate.toml"
    kept.write_text("mine")

    assert main(["new", str(plate), "--unit", "mm", "--cell-size", "6 mm"]) == 2
    assert kept.read_text() == "mine"
    assert "--force" in capsys.readouterr().err

    write_new(plate, "--unit", "mm", "--cell-size", "6 mm", "--force")
    assert load_scene(kept).name == "copper_plate"


def test_the_file_is_named_from_the_folder_of_the_scene(plate, folder):
    (folder / "scenes").mkdir()

    write_new(plate, "--unit", "mm", "--cell-size", "6 mm", "--out", "scenes/a.toml")

    assert 'file = "../copper_plate.stl"' in (folder / "scenes" / "a.toml").read_text()
    assert load_scene(folder / "scenes" / "a.toml").geometry.file == plate.resolve()


def test_a_file_without_a_unit_is_refused_with_the_option(plate, folder, capsys):
    assert main(["new", str(plate)]) == 1

    assert "--unit mm" in capsys.readouterr().err
    assert not (folder / "copper_plate.toml").exists()


@pytest.mark.parametrize(("words", "hint"), [(["--material", "coper"], "copper"), (["--out", "tags.toml"], "")])
def test_what_is_wrong_is_said_before_meshing(plate, words, hint, capsys, monkeypatch):
    monkeypatch.setattr("twin3d.cli.new.build_mesh", lambda *_, **__: pytest.fail("it meshes"))
    if "--out" in words:
        (plate.parent / "tags.toml").write_text("")

    assert main(["new", str(plate), *words]) in (1, 2)

    assert hint in capsys.readouterr().err
