"""Broken and hostile files are refused with a plain sentence, before they cost memory or time."""

import importlib
import shutil
import sys
from pathlib import Path

import hostile_files
import pytest

from twin3d.assets import asset_path
from twin3d.errors import GeometryError, MeshError
from twin3d.geometry.safety import refuse_hostile
from twin3d.geometry.surface import SurfaceReader
from twin3d.mesh import build_mesh
from twin3d.scene import Geometry

SURFACES = [case for case in hostile_files.REFUSED if not case.name.endswith((".step", ".vtu", ".xdmf"))]
OTHERS = [case for case in hostile_files.REFUSED if case not in SURFACES]
THROUGH_THE_PROGRAM = ("claims.stl", "bomb.3mf", "up.gltf", "deep.step")
MEMORY_BYTES = 200 * 2**20
"""The largest of these files has 40 MB when unpacked; what they claim is gigabytes."""


@pytest.fixture
def little_memory():
    """An address space that has room for little more than is used, where the system can say so."""
    if sys.platform != "linux":
        yield
        return
    resource = importlib.import_module("resource")
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize("case", SURFACES, ids=lambda case: case.name)
def test_a_hostile_surface_is_refused_in_little_memory(case, tmp_path, little_memory):
    path = tmp_path / case.name
    case.write(path)

    with pytest.raises(GeometryError, match=case.message):
        read(path)


@pytest.mark.parametrize("case", OTHERS, ids=lambda case: case.name)
def test_other_hostile_files_are_refused_before_a_reader_opens_them(case, tmp_path, little_memory):
    path = tmp_path / case.name
    case.write(path)

    with pytest.raises(GeometryError, match=case.message):
        refuse_hostile(path)


@pytest.mark.parametrize("name", THROUGH_THE_PROGRAM)
def test_the_program_says_the_same(name, tmp_path):
    case = next(case for case in hostile_files.REFUSED if case.name == name)
    case.write(tmp_path / name)

    with pytest.raises((GeometryError, MeshError), match=case.message):
        build_mesh(Geometry(file=tmp_path / name, unit="mm", cell_size=0.004), (), cache_dir=None)


def test_a_step_file_of_another_name_is_read_as_what_it_is(tmp_path):
    path = tmp_path / "part.stl"
    shutil.copy(asset_path("meshes", "power_module.step"), path)

    result = build_mesh(Geometry(file=path, cell_size=0.03), (), cache_dir=None)

    assert "heatsink" in result.mesh.part_names
    assert "the file is called .stl, but was read for what it holds" in result.report.messages


def test_a_file_of_too_many_bytes_is_refused(tmp_path):
    path = tmp_path / "long.stl"
    with path.open("wb") as file:
        file.truncate(2_100_000_000)  # a hole, which takes no room

    with pytest.raises(GeometryError, match=r"long.stl has 2.1 GB; the limit is 2 GB"):
        refuse_hostile(path)


def test_a_file_of_too_many_triangles_is_refused(tmp_path):
    path = tmp_path / "many.stl"
    with path.open("wb") as file:
        file.write(b"\0" * 80 + (6_000_000).to_bytes(4, "little"))
        file.truncate(84 + 50 * 6_000_000)

    with pytest.raises(GeometryError, match=r"has 6,000,000 triangles; the limit is 5,000,000"):
        refuse_hostile(path)


def test_a_material_file_outside_the_folder_is_never_opened(tmp_path, monkeypatch):
    folder = tmp_path / "in"
    folder.mkdir()
    text = "mtllib ../secret.mtl\n" + hostile_files.cube().export(file_type="obj")
    (folder / "part.obj").write_text(text)
    (tmp_path / "secret.mtl").mkdir()  # opening it would fail

    surface = read(folder / "part.obj")

    assert surface.enclosed_volumes() == pytest.approx([1000.0])


def test_brackets_in_texts_and_comments_do_not_count(tmp_path):
    path = tmp_path / "good.step"
    path.write_text(f"{hostile_files.STEP_HEAD}#1=X('{'(' * 500}',((1)));/* {'(' * 500} */{hostile_files.STEP_TAIL}")

    refuse_hostile(path)


def read(path):
    refuse_hostile(path)
    return SurfaceReader().read(path)
