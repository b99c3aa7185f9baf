"""Gmsh meshes: groups and entities, versions, and counts that cannot be."""

import struct
import time
import tracemalloc

import numpy as np
import pytest
from gmsh_volume import NAMES, write_msh
from volume_samples import VOLUMES, facet_areas, measured, sample_of

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.msh import MshReader


@pytest.fixture
def path(tmp_path):
    return tmp_path / "box.msh"


def read(path):
    return MshReader().read(path)


def test_entities_without_a_group_become_parts(path):
    write_msh(path, sample_of("tetra"), names=b"")
    content = path.read_bytes().replace(b"\n1\n1\n2\n3 -4\n", b"\n0\n2\n3 -4\n")
    path.write_bytes(content.replace(b"\n1\n2\n1\n4\n", b"\n0\n1\n4\n"))

    assert measured(read(path)) == pytest.approx({"volume_5": VOLUMES["housing"], "volume_6": VOLUMES["core"]})


@pytest.mark.parametrize("version", ["2.2", "4.1"])
def test_groups_without_a_name_are_numbered(version, path):
    write_msh(path, sample_of("tetra"), version=version, names=b"")

    mesh = read(path)

    assert [part.name for part in mesh.parts] == ["physical_volume_1", "physical_volume_2"]
    assert mesh.region_names == ("physical_surface_7",)


def test_the_first_of_several_groups_of_a_volume_counts(path):
    write_msh(path, sample_of("tetra"))
    path.write_bytes(path.read_bytes().replace(b"\n1\n1\n2\n3 -4\n", b"\n2\n2 1\n2\n3 -4\n"))

    mesh = read(path)

    assert [part.name for part in mesh.parts] == ["core"]
    assert mesh.messages == ("volume 5 is in the physical groups core, housing; the first one counts",)


def test_one_element_in_two_groups_of_version_2_counts_once(path):
    write_msh(path, sample_of("tetra"), version="2.2")
    lines = path.read_text().splitlines()
    at = lines.index("$EndElements")
    lines.insert(at, lines[at - 1].replace(" 2 2 6 ", " 2 1 6 "))
    count = lines.index("$Elements") + 1
    lines[count] = str(int(lines[count]) + 1)
    path.write_text("\n".join(lines) + "\n")

    mesh = read(path)

    assert measured(mesh) == pytest.approx(VOLUMES)
    assert mesh.messages == ("1 tetrahedra are there twice; the first of each was kept",)


def test_unknown_sections_and_comments_are_passed_over(path):
    write_msh(path, sample_of("tetra"), names=b"$Comments\nNodes here\n$EndComments\n" + NAMES)
    path.write_bytes(path.read_bytes() + b'$NodeData\n1\n"T"\n$EndNodeData\n')

    assert facet_areas(read(path)) == pytest.approx({"inlet": 1.5})


@pytest.mark.parametrize(
    "head", [b"$MeshFormat\n4.0 0 8\n$EndMeshFormat\n", b"$MeshFormat\n1 0 8\n$EndMeshFormat\n", b"$NOD\n1\n"]
)
def test_other_versions_are_refused_with_the_remedy(head, path):
    path.write_bytes(head)

    with pytest.raises(GeometryError, match=r"box\.msh.*version 4\.1 or 2\.2"):
        read(path)


@pytest.mark.parametrize("section", ["Nodes", "Elements", "Entities"])
def test_an_absurd_count_is_refused_at_once_without_memory(section, path):
    write_msh(path, sample_of("tetra"), binary=True)
    content = path.read_bytes()
    at = content.index(f"${section}\n".encode()) + len(section) + 2
    path.write_bytes(content[:at] + struct.pack("<Q", 10**15) + content[at + 8 :])

    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(GeometryError, match=r"1,000,000,000,000,000 values, but only"):
        read(path)

    assert time.perf_counter() - start < 0.2
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()


def test_nodes_in_any_order_of_ids_are_found(path):
    write_msh(path, sample_of("tetra"), version="2.2")
    lines = path.read_text().splitlines()
    start, end = lines.index("$Nodes") + 2, lines.index("$EndNodes")
    lines[start:end] = lines[start:end][::-1]
    path.write_text("\n".join(lines) + "\n")

    assert measured(read(path)) == pytest.approx(VOLUMES)


def test_an_id_that_is_there_twice_is_refused(path):
    write_msh(path, sample_of("tetra"), version="2.2")
    path.write_text(path.read_text().replace("\n3 0.0", "\n2 0.0"))

    with pytest.raises(GeometryError, match=r"node 2 is there twice"):
        read(path)


def test_a_surface_mesh_is_no_volume_mesh(path):
    sample = sample_of("tetra")
    write_msh(path, type(sample)(sample.points, (), sample.inlet_shape, sample.inlet))

    with pytest.raises(GeometryError, match=r"no solid cells \(2 cells of kind surface element"):
        read(path)


def test_gmsh_commands_are_no_mesh(path, tmp_path):
    path.write_text(f'SystemCall "touch {tmp_path / "made"}";\n')

    with pytest.raises(GeometryError, match=r"no MSH file"):
        read(path)

    assert not (tmp_path / "made").exists()


def test_partial_ids_are_as_good_as_full_ones(path):
    sample = sample_of("tetra")
    write_msh(path, sample)

    np.testing.assert_array_equal(read(path).points, sample.points)
