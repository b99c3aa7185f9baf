"""Abaqus and CalculiX input files: sets, instances, includes, and what is left out."""

import time

import numpy as np
import pytest
from abaqus_volume import write_inp
from volume_samples import VOLUMES, facet_areas, measured, sample_of

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.inp import InpReader

TET = "*NODE\n1, 0, 0, 0\n2, 1, 0, 0\n3, 0, 1, 0\n4, 0, 0, 1\n*ELEMENT, TYPE=C3D4, ELSET=tet\n10, 1, 2, 3, 4\n"


@pytest.fixture
def read(tmp_path):
    def reader(text, name="box.inp"):
        (tmp_path / name).write_text(text)
        return InpReader().read(tmp_path / name)

    return reader


def test_blanks_capitals_comments_and_missing_coordinates_do_not_matter(read):
    mesh = read(
        "** a comment\n\n * Node , nset = N\n1,0\n 2 , 1. ,0.,0.\n** in between\n3,,1\n4, 0,0, 1e0\r\n"
        '*element, elset="Part A", type=dc3d4\n10, 1, 2,\n3, 4\n'
    )

    assert measured(mesh) == pytest.approx({"Part A": 1.0 / 6.0})


def test_the_fourth_face_of_a_tetrahedron_is_3_4_1(read):
    mesh = read(TET + "*SURFACE, NAME=left\ntet, S4\n*SURFACE, NAME=slope\n10, S3\n")

    corners = {name: mesh.points[mesh.triangles[mesh.triangle_region == k]] for k, name in enumerate(mesh.region_names)}
    np.testing.assert_allclose(corners["left"][..., 0], 0.0)
    np.testing.assert_allclose(corners["slope"].sum(axis=-1), 1.0)


def test_a_surface_without_face_numbers_is_the_whole_outside(read):
    assert facet_areas(read(TET + "*SURFACE, NAME=skin, TYPE=ELEMENT\ntet,\n"))["skin"] == pytest.approx(
        1.5 + 3.0**0.5 / 2.0
    )


def test_generated_sets_and_sets_of_sets(read, tmp_path):
    write_inp(tmp_path / "plain.inp", sample_of("tetra"), style="calculix")
    text = (tmp_path / "plain.inp").read_text().replace(", ELSET=housing", "").replace(", ELSET=core", "")
    text = text[: text.index("*ELSET")]
    sets = "*ELSET, ELSET=a, GENERATE\n1, 11, 2\n2, 12, 2\n*ELSET, ELSET=b\n" + ", ".join(map(str, range(13, 19)))

    assert measured(read(text + sets + "\n*ELSET, ELSET=both\na, b\n")) == pytest.approx(
        dict(zip("ab", VOLUMES.values(), strict=True))
    )


def test_an_instance_is_moved_then_turned(read):
    part = "*PART, NAME=p\n" + TET + "*END PART\n*ASSEMBLY, NAME=A\n"
    turned = "*INSTANCE, NAME=one, PART=p\n1., 0., 0.\n0., 0., 0., 0., 0., 1., 90.\n*END INSTANCE\n"

    mesh = read(part + turned + "*INSTANCE, NAME=two, PART=p\n*END INSTANCE\n*END ASSEMBLY\n")

    assert measured(mesh) == pytest.approx({"one": 1.0 / 6.0, "two": 1.0 / 6.0})
    assert [part.path for part in mesh.parts] == ["one", "two"]
    expected = [[0.0, 1.0, 0.0], [0.0, 2.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]
    first = mesh.points[np.unique(mesh.cells[mesh.cell_region == 0])]
    assert sorted(np.round(first, 12).tolist()) == sorted(expected)


def test_sections_within_an_instance_are_parts_of_their_own(read, tmp_path):
    write_inp(tmp_path / "plain.inp", sample_of("tetra"))
    body = (tmp_path / "plain.inp").read_text().split("two boxes\n")[1]

    mesh = read(f"*PART, NAME=p\n{body}*END PART\n*ASSEMBLY\n*INSTANCE, NAME=i, PART=P\n*END INSTANCE\n*END ASSEMBLY\n")

    assert measured(mesh) == pytest.approx({f"i.{name}": volume for name, volume in VOLUMES.items()})
    assert [part.path for part in mesh.parts] == ["i/housing", "i/core"]
    assert facet_areas(mesh) == pytest.approx({"inlet": 1.5})


def test_shells_are_left_out_with_a_word(read):
    mesh = read(TET + "*ELEMENT, TYPE=S3, ELSET=skin\n20, 1, 2, 3\n21, 1, 2, 4\n")

    assert mesh.messages == ("2 cells of kind S3 are no solids and were left out",)


def test_a_file_beside_is_included(read, tmp_path):
    head, tail = TET.split("*ELEMENT")
    (tmp_path / "nodes.inc").write_text(head)

    assert measured(read("*INCLUDE, INPUT=nodes.inc\n*ELEMENT" + tail)) == pytest.approx({"tet": 1.0 / 6.0})


@pytest.mark.parametrize(
    "name", ["../secret.inp", "/etc/passwd", "..\\secret.inp", "C:\\secret.inp", "http://x/y", ".."]
)
def test_a_file_elsewhere_is_not_included(name, read):
    with pytest.raises(GeometryError, match=r"box\.inp refers to .*; only files in the same folder"):
        read(f"*INCLUDE, INPUT={name}\n" + TET)


def test_a_missing_include_is_named(read):
    with pytest.raises(GeometryError, match=r"box\.inp refers to 'nodes\.inc', which is not beside it"):
        read("*INCLUDE, INPUT=nodes.inc\n" + TET)


def test_a_link_out_of_the_folder_is_not_followed(read, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.inp").write_text(TET)
    (tmp_path / "linked.inp").symlink_to(tmp_path / "elsewhere" / "secret.inp")

    with pytest.raises(GeometryError, match=r"a link that leads out of the folder"):
        read("*INCLUDE, INPUT=linked.inp\n")


def test_a_file_that_includes_itself_is_refused(read, tmp_path):
    (tmp_path / "loop.inp").write_text("*INCLUDE, INPUT=box.inp\n")

    with pytest.raises(GeometryError, match=r"box\.inp includes itself \(loop\.inp, line 1\)"):
        read("*HEADING\n*INCLUDE, INPUT=loop.inp\n")


def test_a_tree_of_includes_that_grows_without_end_is_cut(read, tmp_path):
    for level in range(7):
        (tmp_path / f"level{level}.inp").write_text(f"*INCLUDE, INPUT=level{level + 1}.inp\n" * 10)
    (tmp_path / "level7.inp").write_text(TET)
    start = time.perf_counter()

    with pytest.raises(GeometryError, match=r"includes too many files"):
        read("*INCLUDE, INPUT=level0.inp\n")

    assert time.perf_counter() - start < 2.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TET.replace("4, 0, 0, 1", "4, 0, 0, x"), r"box\.inp, line 1: 'x' is no number"),
        (
            TET.replace("10, 1, 2, 3, 4", "10, 1, 2, 3"),
            r"line 6: elements of type C3D4 need 4 nodes each, but",
        ),
        (TET.replace("10, 1, 2, 3, 4", "10, 1, 2, 3, 9"), r"node 9 is used, but not there"),
        (TET + "*ELSET, ELSET=a, GENERATE\n1, 99999999999\n", r"line 8: '1, 99999999999' is no range"),
        (TET + "*ELSET\n1\n", r"line 8: \*ELSET has no name"),
        ("*INSTANCE, NAME=i, PART=p\n", r"instance i is of part 'p', which is not in the file; the parts are none"),
        ("*NODE, SYSTEM=C\n1, 1, 1, 1\n", r"nodes in SYSTEM=C; export in SYSTEM=R"),
        ("*HEADING\nnothing\n", r"box\.inp holds no solid cells"),
    ],
)
def test_what_is_wrong_is_named(text, message, read):
    with pytest.raises(GeometryError, match=message):
        read(text)


def test_sets_that_hold_one_another_end(read):
    mesh = read(TET + "*ELSET, ELSET=a\nb\n*ELSET, ELSET=b\na, tet\n")

    assert measured(mesh) == pytest.approx({"a": 1.0 / 6.0})
