"""VTK's files: pieces, ghosts, labels, entity bombs, compression, and what twin3d itself writes."""

import base64
import struct
import sys
import time
import zlib

import h5py
import numpy as np
import pytest
from box_mesh import box_mesh
from volume_samples import VOLUMES, measured, open_area, sample_of
from vtk_volume import write_vtk, write_vtkhdf, write_vtu

from twin3d.errors import GeometryError
from twin3d.export.vtkhdf import TimeSeriesWriter
from twin3d.geometry.volumes.vtk_cells import find_labels
from twin3d.geometry.volumes.vtk_legacy import VtkLegacyReader
from twin3d.geometry.volumes.vtk_xml import VtkXmlReader
from twin3d.geometry.volumes.vtkhdf import VtkHdfReader

UNIT_TET = "0 0 0  1 0 0  0 1 0  0 0 1"


def piece(points=UNIT_TET, connectivity="0 1 2 3", offsets="4", types="10", cell_data="", counts=(4, 1)):
    def array(kind, name, text, more=""):
        return f'<DataArray type="{kind}" Name="{name}" format="ascii" {more}>{text}</DataArray>'

    return (
        f'<Piece NumberOfPoints="{counts[0]}" NumberOfCells="{counts[1]}"><CellData>{cell_data}</CellData><Points>'
        + array("Float64", "Points", points, 'NumberOfComponents="3"')
        + f"</Points><Cells>{array('Int64', 'connectivity', connectivity)}{array('Int64', 'offsets', offsets)}"
        + f"{array('UInt8', 'types', types)}</Cells></Piece>"
    )


@pytest.fixture
def read_vtu(tmp_path):
    def read(*pieces, head="", kind="UnstructuredGrid", more=""):
        body = f"<{kind}>{''.join(pieces)}</{kind}>"
        text = f'{head}<VTKFile type="{kind}" byte_order="LittleEndian" {more}>{body}</VTKFile>'
        (tmp_path / "box.vtu").write_text(text)
        return VtkXmlReader().read(tmp_path / "box.vtu")

    return read


def test_touching_pieces_are_joined(read_vtu):
    other = piece(points="0 0 0  0 1 0  0 0 1  -1 0 0")

    mesh = read_vtu(piece(), other, piece(points="", connectivity="", offsets="", types="", counts=(0, 0)))

    assert len(mesh.points) == 5
    assert mesh.messages[0] == "3 points of touching pieces were joined"


def test_ghost_cells_of_another_piece_are_left_out(read_vtu):
    ghosts = '<DataArray type="UInt8" Name="vtkGhostType" format="ascii">{}</DataArray>'

    mesh = read_vtu(piece(cell_data=ghosts.format(0)), piece(cell_data=ghosts.format(1)))

    assert len(mesh.cells) == 1


def test_voxels_count_along_the_axes(read_vtu):
    corners = " ".join(f"{x} {y} {z}" for z in (0, 1) for y in (0, 1) for x in (0, 2))

    mesh = read_vtu(piece(points=corners, connectivity="0 1 2 3 4 5 6 7", offsets="8", types="11", counts=(8, 1)))

    assert measured(mesh) == pytest.approx({"box": 2.0})
    assert open_area(mesh) == pytest.approx(10.0)


def test_polyhedra_are_left_out_with_a_word(read_vtu):
    mesh = read_vtu(piece(connectivity="0 1 2 3 0 1 2 3", offsets="4 8", types="10 42", counts=(4, 2)))

    assert mesh.messages == ("1 cells of kind polyhedron are no solids and were left out",)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"temperature": np.ones(3), "Material Ids": np.array([1.0, 2.0, 2.0])}, "Material Ids"),
        ({"gmsh:physical": np.array([1, 1, 2]), "PartId": np.array([1, 2, 3])}, "PartId"),
        ({"region": np.array([0.5, 1.0, 2.0])}, ""),
        ({"region": np.array([np.nan, 1.0, 2.0])}, ""),
        ({"region": np.zeros((3, 2))}, ""),
    ],
)
def test_whole_numbers_of_a_known_name_tell_the_parts(data, name):
    assert find_labels(data, 3)[0] == name


def test_an_entity_bomb_is_refused_at_once(read_vtu):
    levels = "".join(f'<!ENTITY b{k} "{f"&b{k - 1};" * 10}">' for k in range(1, 10))
    bomb = f'<!DOCTYPE a [<!ENTITY b0 "bbbbbbbbbb">{levels}'
    start = time.perf_counter()

    with pytest.raises(GeometryError, match=r"box\.vtu: it has a DOCTYPE"):
        read_vtu(piece(points="&b9;"), head=bomb + "]>")

    assert time.perf_counter() - start < 0.2


def test_a_doctype_in_another_encoding_is_refused_too(tmp_path):
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><VTKFile/>'
    (tmp_path / "box.vtu").write_bytes(text.encode("utf-16"))

    with pytest.raises(GeometryError, match="DOCTYPE"):
        VtkXmlReader().read(tmp_path / "box.vtu")


def test_deep_nesting_is_refused(read_vtu):
    with pytest.raises(GeometryError, match="nested too deeply"):
        read_vtu("<a>" * 100_000 + "</a>" * 100_000)


@pytest.mark.parametrize(("kind", "remedy"), [("PUnstructuredGrid", "save one .vtu"), ("ImageData", "tetrahedra")])
def test_other_kinds_of_data_are_refused(kind, remedy, read_vtu):
    with pytest.raises(GeometryError, match=rf"it holds {kind}, no UnstructuredGrid; .*{remedy}"):
        read_vtu(kind=kind)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"counts": (40_000_000_000, 1)}, r"states 120000000000 values for its points, but holds 12"),
        ({"counts": (4, 10**15)}, r"states 1000000000000000 values for its cells, but holds 1"),
        ({"counts": (4, "-1")}, r"NumberOfCells is '-1'"),
        ({"connectivity": "0 1 2 99999999"}, r"point number 100000000, but has 4 points"),
        ({"offsets": "5"}, r"offsets of the cells do not rise"),
        ({"offsets": "3"}, r"VTK type 10 have 3 points"),
        ({"types": "10 10"}, r"2 cell types, but 1 cells"),
        ({"connectivity": "0 1 2 x"}, r"array 'connectivity': 'x' is no number"),
    ],
)
def test_counts_that_contradict_the_data_are_refused(how, message, read_vtu):
    with pytest.raises(GeometryError, match=message):
        read_vtu(piece(**how))


def packed(blocks, whole, last, data):
    head = struct.pack(f"<{3 + len(blocks)}I", len(blocks), whole, last, *blocks)
    return base64.b64encode(head).decode() + base64.b64encode(data).decode()


def with_packed_points(payload):
    ascii_points = piece()
    start = ascii_points.index('format="ascii" NumberOfComponents="3"')
    end = ascii_points.index("</DataArray></Points>")
    return ascii_points[:start] + f'format="binary" NumberOfComponents="3">{payload}' + ascii_points[end:]


def test_a_compression_bomb_is_not_unpacked(read_vtu):
    data = zlib.compress(bytes(10_000_000))
    claims = packed([len(data)], 2**32 - 1, 0, data)
    start = time.perf_counter()

    with pytest.raises(GeometryError, match=r"unpacks to 4294967295 bytes from \d+"):
        read_vtu(with_packed_points(claims), more='compressor="vtkZLibDataCompressor"')

    assert time.perf_counter() - start < 0.2


def test_a_block_of_another_length_than_stated_is_refused(read_vtu):
    data = zlib.compress(bytes(50))

    with pytest.raises(GeometryError, match=r"block 0 has 50 bytes instead of 96"):
        read_vtu(with_packed_points(packed([len(data)], 96, 0, data)), more='compressor="vtkZLibDataCompressor"')


def test_lz4_needs_its_package(tmp_path, monkeypatch):
    write_vtu(tmp_path / "box.vtu", sample_of("tetra"), mode="appended", compressor="LZ4")
    monkeypatch.setitem(sys.modules, "lz4.block", None)

    with pytest.raises(GeometryError, match=r"box\.vtu: it is compressed with LZ4; install the package lz4"):
        VtkXmlReader().read(tmp_path / "box.vtu")


def test_lz4_is_read_with_its_package(tmp_path):
    pytest.importorskip("lz4.block")
    write_vtu(tmp_path / "box.vtu", sample_of("tetra"), mode="appended", compressor="LZ4")

    assert list(measured(VtkXmlReader().read(tmp_path / "box.vtu")).values()) == pytest.approx(list(VOLUMES.values()))


def test_our_own_export_comes_back_with_its_parts(tmp_path, rng):
    mesh = box_mesh((4, 2, 2), n_parts=2)
    with TimeSeriesWriter(tmp_path / "run.vtkhdf", mesh) as writer:
        for step in range(3):
            writer.append(float(step), rng.normal(size=mesh.n_points), rng.normal(size=mesh.n_points))

    back = VtkHdfReader().read(tmp_path / "run.vtkhdf")

    np.testing.assert_array_equal(back.cells, mesh.cells)
    np.testing.assert_array_equal(back.cell_region, mesh.cell_region)
    np.testing.assert_allclose(back.points, mesh.points, rtol=1e-15)
    assert [part.name for part in back.parts] == ["part_0", "part_1"]
    assert back.metres_per_unit == 1.0
    assert VtkHdfReader().recognises((tmp_path / "run.vtkhdf").read_bytes()[:4096])


def test_the_first_step_and_all_its_partitions_are_read(tmp_path):
    path = tmp_path / "box.vtkhdf"
    write_vtkhdf(path, sample_of("tetra"))
    with h5py.File(path, "r+") as file:
        root = file["VTKHDF"]
        for name in ("NumberOfPoints", "NumberOfCells", "NumberOfConnectivityIds"):
            values = np.repeat(root[name][...], 3)
            del root[name]
            root[name] = values
        for name in ("Points", "Connectivity", "Offsets", "Types", "CellData/MaterialIds"):
            values = np.concatenate([root[name][...]] * 3)
            del root[name]
            root[name] = values
        n_points = int(root["NumberOfPoints"][0])
        points = root["Points"][...]
        points[n_points : 2 * n_points, 0] += 3.0
        root["Points"][...] = points
        steps = root.create_group("Steps")
        steps["NumberOfParts"], steps["PartOffsets"] = np.array([2, 1]), np.array([0, 2])

    mesh = VtkHdfReader().read(path)

    assert sum(measured(mesh).values()) == pytest.approx(9.0)
    assert open_area(mesh) == pytest.approx(2.0 * (6.0 + 9.0 + 1.5))


@pytest.mark.parametrize("version", [42, 51])
@pytest.mark.parametrize("binary", [False, True])
def test_an_absurd_count_in_a_legacy_file_is_refused_at_once(version, binary, tmp_path):
    path = tmp_path / "box.vtk"
    write_vtk(path, sample_of("tetra"), binary=binary, version=version)
    path.write_bytes(path.read_bytes().replace(b"POINTS 16 ", b"POINTS 40000000000 "))
    start = time.perf_counter()

    with pytest.raises(GeometryError, match=r"120,000,000,000 values"):
        VtkLegacyReader().read(path)

    assert time.perf_counter() - start < 0.2
