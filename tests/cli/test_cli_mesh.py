"""`twin3d mesh` on files and scenes: what it prints, its exit codes, its pictures."""

import re

import numpy as np
import pytest
import trimesh
from box_mesh import box_mesh
from cad_writer import write_cad
from gmsh_volume import write_msh
from PIL import Image
from volume_samples import sample_of

from twin3d.cli import main
from twin3d.cli import mesh as verb
from twin3d.mesh import MeshResult
from twin3d.mesh.quality import report_mesh
from twin3d.view import raster
from twin3d.view.gl import GlProbe, probe


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TWIN3D_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def needs_gl():
    answer = probe()
    if not answer.ok:
        pytest.skip(answer.message)


@pytest.fixture(scope="session")
def loose(tmp_path_factory):
    return write_cad("loose", tmp_path_factory.mktemp("cad") / "loose.step")


@pytest.fixture
def cube(tmp_path):
    trimesh.creation.box(extents=(10.0, 10.0, 10.0)).export(tmp_path / "cube.stl")
    return tmp_path / "cube.stl"


def width_of(path):
    with Image.open(path) as image:
        return image.size[0]


def printed(capsys):
    """What was printed, line breaks taken away."""
    return " ".join(capsys.readouterr().out.split())


def test_a_step_file_is_diagnosed_by_itself(loose, capsys):
    assert main(["mesh", str(loose), "--cell-size", "4 mm"]) == 0

    said = printed(capsys)
    assert "loose.step: 70 × 30 × 12 mm, 4 parts" in said
    assert "2 parts touch nothing: lid, screw" in said
    assert re.search(r"'box' and 'lid' do not touch: 0\.05 mm apart over 5[89]\d mm² near \(", said)
    assert "'plug' and 'box' overlap by 120 mm³" in said
    assert "the mesh is usable" in said


def test_gaps_are_looked_for_up_to_the_width_that_is_asked(loose, capsys):
    assert main(["mesh", str(loose), "--cell-size", "4 mm", "--gaps", "0.01 mm"]) == 0

    assert "do not touch" not in printed(capsys)


def test_an_assembly_tells_its_products_and_instances(capsys, tmp_path):
    scene = trimesh.Scene()
    scene.add_geometry(trimesh.creation.box(extents=(0.01, 0.01, 0.01)), geom_name="bolt", node_name="bolt_1")
    for number in (2, 3):
        where = trimesh.transformations.translation_matrix((0.02 * number, 0.0, 0.0))
        scene.graph.update(frame_to=f"bolt_{number}", matrix=where, geometry="bolt")
    scene.export(tmp_path / "rack.glb")

    codes = [main(["mesh", str(tmp_path / "rack.glb"), "--cell-size", "5 mm"]) for _ in range(2)]

    told = capsys.readouterr().out
    assert codes == [0, 0]
    assert told.count("1 product in 3 instances\n  3 instances of bolt (bolt_*), 1,000 mm³ each\n") == 2
    assert "alike" not in told
    assert "from the cache" in told


def test_a_scene_shows_its_contacts(capsys, tmp_path):
    text = """
        [geometry]
        file = "pair.step"
        cell_size = "4 mm"
        [[part]]
        name = "*"
        material = "copper"
        [[contact]]
        between = ["left", "right"]
        conductance = "1 kW/(m^2 K)"
        [[load]]
        kind = "convection"
        face = "outer"
        film_coefficient = "10 W/(m^2 K)"
        ambient = "20 degC"
    """
    write_cad("pair", tmp_path / "pair.step")
    (tmp_path / "pair.toml").write_text(text)

    assert main(["mesh", str(tmp_path / "pair.toml")]) == 0

    said = printed(capsys)
    assert "contact left – right: 100 mm²" in said
    assert "do not touch" not in said


def test_no_line_is_wider_than_the_screen_and_no_name_is_cut(capsys, tmp_path, monkeypatch):
    long = "a_part_with_a_name_that_is_longer_than_any_table_column_would_like_it_to_be_at_eighty"
    mesh = box_mesh((2, 1, 1), n_parts=2, size=(0.1, 0.1, 0.1))
    named = type(mesh)(**{key: getattr(mesh, key) for key in mesh.__slots__} | {"part_names": (long, "b")})
    result = MeshResult(named, report_mesh(named, np.full(2, 5e-4), ()), from_cache=False)
    monkeypatch.setattr(verb, "build_mesh", lambda *_, **__: result)

    assert main(["mesh", str(tmp_path / "x.step")]) == 0

    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert long in re.sub(r"\s", "", out)


@pytest.fixture(params=["stl", "msh"])
def unitless(request, cube, tmp_path):
    if request.param == "stl":
        return cube
    write_msh(tmp_path / "box.msh", sample_of("tetra"))
    return tmp_path / "box.msh"


def test_a_file_without_a_unit_needs_one_by_option_or_in_the_scene(unitless, capsys):
    assert main(["mesh", str(unitless)]) == 1

    said = " ".join(capsys.readouterr().err.split())
    assert f"{unitless.name} does not say its unit" in said
    assert "--unit mm" in said
    assert 'unit = "mm"' in said
    assert re.search(r"it is 1?[03] mm long in mm", said)


def test_the_option_says_the_unit(cube, capsys):
    assert main(["mesh", str(cube), "--unit", "mm", "--cell-size", "5 mm"]) == 0

    assert "10 × 10 × 10 mm" in printed(capsys)


def test_a_wrong_unit_is_doubted_with_the_likely_one(cube, capsys):
    assert main(["mesh", str(cube), "--unit", "km", "--cell-size", "5 km"]) == 0

    assert 'the asset is 10,000 m long: if the file is in mm, say unit = "mm"' in printed(capsys)


@pytest.mark.parametrize("words", [["--unit", "kg"], ["--cell-size", "3"], ["--gaps", "soon"]])
def test_an_option_that_is_no_length_is_bad_usage(cube, words):
    unit = [] if words[0] == "--unit" else ["--unit", "mm"]

    assert main(["mesh", str(cube), *unit, *words]) == 2


def test_a_missing_file_is_named(capsys, tmp_path):
    assert main(["mesh", str(tmp_path / "nothing.step")]) == 1

    assert "nothing.step" in capsys.readouterr().err


def test_a_mesh_that_is_not_usable_is_exit_code_1(capsys, monkeypatch, tmp_path):
    mesh = box_mesh((2, 2, 2), size=(0.1, 0.1, 0.1))
    result = MeshResult(mesh, report_mesh(mesh, np.array([1.2e-3]), ()), from_cache=False)
    monkeypatch.setattr(verb, "build_mesh", lambda *_, **__: result)

    assert main(["mesh", str(tmp_path / "x.step")]) == 1

    said = printed(capsys)
    assert "error: the volume of the part 'block' is off by -16.7%" in said
    assert "NOT usable" in said


@pytest.mark.gl
def test_faces_are_drawn_and_listed_with_selectors(needs_gl, cube, capsys, tmp_path):
    words = ["--unit", "mm", "--cell-size", "5 mm", "--faces", str(tmp_path / "faces.png")]

    assert main(["mesh", str(cube), *words]) == 0

    said = printed(capsys)
    for axis in "xyz":
        assert f"plane min {axis}" in said
        assert f"plane max {axis}" in said
    assert "6 faces with a number" in said
    assert width_of(tmp_path / "faces.png") == 2000


@pytest.mark.gl
def test_the_picture_of_faults_is_written(needs_gl, loose, capsys, tmp_path):
    assert main(["mesh", str(loose), "--cell-size", "4 mm", "--picture", str(tmp_path / "faults.png")]) == 0

    assert "3 places marked" in printed(capsys)
    assert width_of(tmp_path / "faults.png") == 2000


def test_without_opengl_pictures_are_exit_code_3_and_the_report_is_printed(cube, capsys, monkeypatch, tmp_path):
    missing = GlProbe(ok=False, kind="none", has_window=False, renderer="", message="install with: apt-get libegl1")
    monkeypatch.setattr(raster, "probe", lambda: missing)

    code = main(["mesh", str(cube), "--unit", "mm", "--cell-size", "5 mm", "--picture", str(tmp_path / "x.png")])

    out = capsys.readouterr()
    assert code == 3
    assert "the mesh is usable" in out.out
    assert "apt-get libegl1" in out.err
    assert not (tmp_path / "x.png").exists()
