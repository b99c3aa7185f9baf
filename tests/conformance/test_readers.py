"""What every reader must do: names, volumes, facets, and a clear word on damaged files."""

import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from volume_files import KINDS, SHAPES
from volume_samples import INLET_AREA, SIZES, VOLUMES, facet_areas, measured, open_area

from twin3d import plugins
from twin3d.assets import asset_path
from twin3d.errors import GeometryError, MeshError
from twin3d.geometry import reading
from twin3d.mesh import build_mesh
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import Geometry

OUT_OF_PROCESS = {"cad"}
"""Loads netgen, which has the mesher's process to itself."""
N_LENGTHS, N_FLIPS = 40, 60
LONGEST_S = 1.0

READERS = [name for name in plugins.available("reader") if name not in OUT_OF_PROCESS]
VOLUME_READERS = [name for name in READERS if name != "surface"]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def reader_of(name):
    return plugins.load("reader", name)()


def written(kind, folder, **how):
    path = folder / kind.file
    kind.write(path, kind.sample(**how))
    return path


def head_of(path):
    return path.read_bytes()[: reading.HEAD_BYTES]


def read_or_refused(reader, path):
    """Whether a file is read; anything but a mesh or a GeometryError that names the file fails the test."""
    start = time.perf_counter()
    mesh, refusal = None, path.name
    try:
        mesh = reader.read(path)
    except GeometryError as error:
        refusal = str(error)
    assert path.name in refusal
    assert time.perf_counter() - start < LONGEST_S
    if mesh is not None:
        assert len(mesh.cells if hasattr(mesh, "cells") else mesh.triangles)
    return mesh is not None


def test_every_volume_reader_has_samples():
    assert {kind.reader for kind in KINDS} == set(VOLUME_READERS)


@pytest.mark.parametrize("name", READERS)
def test_suffixes_are_lower_case_with_a_dot(name):
    suffixes = reader_of(name).suffixes

    assert suffixes
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in suffixes)


@every_kind
def test_a_file_is_recognised_by_its_reader_alone(kind, tmp_path):
    head = head_of(written(kind, tmp_path))

    assert [name for name in READERS if reader_of(name).recognises(head)] == [kind.reader]


@every_kind
@pytest.mark.parametrize(("shape", "quadratic"), SHAPES)
def test_parts_keep_their_names_and_volumes(kind, shape, quadratic, tmp_path):
    mesh = reader_of(kind.reader).read(written(kind, tmp_path, shape=shape, quadratic=quadratic))

    expected = dict(zip(kind.names, VOLUMES.values(), strict=True))
    assert measured(mesh) == pytest.approx(expected, rel=1e-12)
    assert mesh.cells.shape[1] == (10 if quadratic and shape == "tetra" else 4)
    assert mesh.metres_per_unit == kind.metres_per_unit


@every_kind
@pytest.mark.parametrize(("shape", "quadratic"), SHAPES)
def test_cells_fit_together(kind, shape, quadratic, tmp_path):
    mesh = reader_of(kind.reader).read(written(kind, tmp_path, shape=shape, quadratic=quadratic))

    x, y, z = SIZES
    assert open_area(mesh) == pytest.approx(2.0 * (x * y + y * z + z * x), rel=1e-12)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.facet_name], ids=lambda kind: kind.name)
@pytest.mark.parametrize("shape", ["tetra", "hexahedron"])
def test_the_named_face_is_kept(kind, shape, tmp_path):
    mesh = reader_of(kind.reader).read(written(kind, tmp_path, shape=shape))

    assert facet_areas(mesh) == pytest.approx({kind.facet_name: INLET_AREA}, rel=1e-12)
    np.testing.assert_allclose(mesh.points[mesh.triangles][..., 0], 0.0, atol=1e-12)


@every_kind
def test_mid_edge_points_are_in_the_middle_of_their_edges(kind, tmp_path):
    mesh = reader_of(kind.reader).read(written(kind, tmp_path, quadratic=True))

    for column, (a, b) in enumerate(((0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3)), start=4):
        middle = mesh.points[mesh.cells[:, [a, b]]].mean(axis=1)
        np.testing.assert_allclose(mesh.points[mesh.cells[:, column]], middle, atol=1e-6)


@every_kind
def test_points_without_a_cell_are_dropped(kind, tmp_path):
    sample = kind.sample()
    path = tmp_path / kind.file
    kind.write(path, replace(sample, points=np.vstack([sample.points, [[9.0, 9.0, 9.0]]])))

    mesh = reader_of(kind.reader).read(path)

    assert len(mesh.points) == len(sample.points)
    assert measured(mesh) == pytest.approx(dict(zip(kind.names, VOLUMES.values(), strict=True)), rel=1e-12)


@every_kind
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_a_coordinate_that_cannot_be_is_refused(kind, value, tmp_path):
    sample = kind.sample()
    points = sample.points.copy()
    points[3, 1] = value
    path = tmp_path / kind.file
    kind.write(path, replace(sample, points=points))

    with pytest.raises(GeometryError, match=r"box\.\w+.*(not finite|no number)|(not finite|no number).*box\.\w+"):
        reader_of(kind.reader).read(path)


@every_kind
def test_a_point_that_is_not_there_is_refused(kind, tmp_path):
    sample = kind.sample()
    first = sample.blocks[0]
    cells = first.cells.copy()
    cells[0, 2] = 54321
    path = tmp_path / kind.file
    kind.write(path, replace(sample, blocks=(replace(first, cells=cells), *sample.blocks[1:])))

    with pytest.raises(GeometryError, match=r"5432[12]"):
        reader_of(kind.reader).read(path)


@every_kind
def test_cells_without_a_volume_are_refused(kind, tmp_path):
    sample = kind.sample()
    path = tmp_path / kind.file
    kind.write(path, replace(sample, points=sample.points * [1.0, 1.0, 0.0]))

    with pytest.raises(GeometryError, match=r"no volume.*mesh it again"):
        reader_of(kind.reader).read(path)


@every_kind
def test_a_file_cut_short_is_read_or_refused(kind, tmp_path):
    path = written(kind, tmp_path)
    content = path.read_bytes()
    reader = reader_of(kind.reader)
    read = []

    for length in np.linspace(0, len(content) - 1, N_LENGTHS, dtype=int):
        path.write_bytes(content[:length])
        read.append(read_or_refused(reader, path))

    assert not all(read)
    assert not read[0]


@every_kind
def test_a_file_with_a_flipped_byte_is_read_or_refused(kind, tmp_path, rng):
    path = written(kind, tmp_path)
    content = path.read_bytes()
    reader = reader_of(kind.reader)

    for _ in range(N_FLIPS):
        damaged = bytearray(content)
        damaged[rng.integers(len(content))] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        read_or_refused(reader, path)


@pytest.mark.parametrize("kind", {kind.reader: kind for kind in KINDS}.values(), ids=lambda kind: kind.name)
def test_the_mesher_takes_the_file_whatever_its_ending(kind, tmp_path):
    path = written(kind, tmp_path).rename(tmp_path / "box.bin")

    result = build_mesh(Geometry(file=path, unit="m", cell_size=1.0), [], cache_dir=None)

    volumes = {name: meshed for name, (meshed, _) in result.report.part_volumes.items()}
    assert volumes == pytest.approx(dict(zip(kind.names, VOLUMES.values(), strict=True)), rel=1e-12)
    between = (result.mesh.facet_parts[:, 1] != OUTSIDE).sum()
    assert between == 2


@pytest.mark.parametrize("ending", ["ply", "glb", "stl", "off", "obj"])
def test_a_surface_is_read_or_refused_whatever_is_done_to_it(ending, tmp_path, rng, monkeypatch):
    path = tmp_path / f"box.{ending}"
    trimesh.creation.box(extents=SIZES).export(path)
    content = path.read_bytes()
    reader = reader_of("surface")
    monkeypatch.setattr(reading, "find_reader", lambda path: reader)

    assert reader.read(path).enclosed_volumes().sum() == pytest.approx(sum(VOLUMES.values()), rel=1e-6)
    for length in np.linspace(0, len(content) - 1, 10, dtype=int):
        path.write_bytes(content[:length])
        read_or_refused(reading, path)
    for _ in range(20):
        damaged = bytearray(content)
        damaged[rng.integers(len(content))] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        read_or_refused(reading, path)


def test_the_cad_reader_knows_its_own_files_alone(tmp_path):
    paths = []
    for kind in KINDS:
        paths.append(tmp_path / f"{kind.name}.{kind.file}")
        (tmp_path / kind.name).mkdir()
        kind.write(tmp_path / kind.name / kind.file, kind.sample())
        (tmp_path / kind.name / kind.file).rename(paths[-1])
    paths.append(asset_path("meshes", "power_module.step"))
    code = (
        "import sys, pathlib; from twin3d import plugins; reader = plugins.load('reader', 'cad')();"
        "print([reader.recognises(pathlib.Path(name).read_bytes()[:4096]) for name in sys.argv[1:]])"
    )

    answer = subprocess.run([sys.executable, "-c", code, *map(str, paths)], capture_output=True, text=True, check=True)

    assert answer.stdout.splitlines()[-1] == str([False] * len(KINDS) + [True])


@pytest.mark.parametrize("share", [0.001, 0.3, 0.9])
def test_a_cad_file_cut_short_is_refused(share, tmp_path):
    content = asset_path("meshes", "power_module.step").read_bytes()
    path = tmp_path / "module.step"
    path.write_bytes(content[: int(share * len(content))])

    with pytest.raises((GeometryError, MeshError), match=r"module\.step"):
        build_mesh(Geometry(file=path, cell_size=0.05), [], cache_dir=None)


def test_no_reader_of_this_process_loads_netgen(tmp_path):
    paths = {written(kind, tmp_path) for kind in KINDS}
    code = (
        "import sys, pathlib; from twin3d.geometry.reading import read;"
        "[read(pathlib.Path(name)) for name in sys.argv[1:]]; print('netgen' in sys.modules)"
    )

    answer = subprocess.run([sys.executable, "-c", code, *map(str, paths)], capture_output=True, text=True, check=True)

    assert answer.stdout.splitlines()[-1] == "False"
