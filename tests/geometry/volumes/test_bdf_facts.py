"""Nastran bulk data: numbers as Nastran writes them, names from comments, coordinate systems, includes."""

import pytest
from nastran_volume import write_bdf
from volume_samples import VOLUMES, facet_areas, measured, sample_of

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.bdf import BdfReader

TET = (
    "GRID    1               0.0     0.0     0.0\n"
    "GRID,2,,1.,0.,0.\n"
    "GRID*   3                               0.0             1.0\n"
    "*       0.0\n"
    "GRID    4.              0.      0.      1.\n"
    "CTETRA  1       5       1       2       3       4\n"
)


@pytest.fixture
def read(tmp_path):
    def reader(text):
        (tmp_path / "box.bdf").write_text(text)
        return BdfReader().read(tmp_path / "box.bdf")

    return reader


def test_all_field_forms_mix(read):
    assert measured(read(TET)) == pytest.approx({"property_5": 1.0 / 6.0})


@pytest.mark.parametrize("number", ["1.+1", "1.0E1", "1.0D+1", "1D1", "10", "100.-1", "+1.+1"])
def test_reals_are_read_as_nastran_writes_them(number, read):
    assert measured(read(TET.replace("GRID,2,,1.", f"GRID,2,,{number}"))) == pytest.approx({"property_5": 10.0 / 6.0})


@pytest.mark.parametrize(
    "comment",
    [
        '$HMNAME PROP                   5"lid" 4\n',
        '$HMNAME COMP                   5"lid" 5 "lid" 4\n',
        "$ANSA_NAME_COMMENT;5;PSOLID;lid;;NO;NO;NO;\n",
        "$ Femap with NX Nastran Property 5 : lid\n",
    ],
)
def test_properties_are_named_by_the_comments_of_preprocessors(comment, read):
    assert measured(read(comment + TET)) == pytest.approx({"lid": 1.0 / 6.0})


def test_a_continuation_needs_no_mark(read, tmp_path):
    write_bdf(tmp_path / "marked.bdf", sample_of("tetra", quadratic=True))
    text = (tmp_path / "marked.bdf").read_text()

    assert "\n+" in text
    mesh = read(text.replace("\n+", "\n "))

    assert mesh.cells.shape == (18, 10)
    assert measured(mesh) == pytest.approx(VOLUMES)


def test_shells_on_the_boundary_name_it(read):
    mesh = read(TET + "CTRIA3  2       9       1       2       3\n")

    assert facet_areas(mesh) == pytest.approx({"property_9": 0.5})


def test_bars_are_left_out_with_a_word(read):
    assert read(TET + "CBAR    2       9       1       2\n").messages == (
        "1 cells of kind CBAR are no solids and were left out",
    )


def test_what_follows_the_end_does_not_count(read):
    assert measured(read(TET + "ENDDATA\nCTETRA  2       6       1       2       3       77\n")) == pytest.approx(
        {"property_5": 1.0 / 6.0}
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TET.replace("GRID,2,,", "GRID,2,7,"), r"GRID 2 is in coordinate system 7; export the mesh in basic"),
        (TET.replace("2       3       4\n", "2       3       8\n"), r"GRID 8 is used, but not there"),
        (TET.replace("GRID,2,,1.", "GRID,2,,abc"), r"GRID: 'abc' is no number"),
        (TET.replace("GRID,2,", "GRID,2.5,"), r"GRID: an id is no whole number"),
        (TET + TET, r"GRID 1 is there twice"),
        ("INCLUDE '../secret.bdf'\n" + TET, r"refers to '\.\./secret\.bdf'; only files in the same folder"),
        ("INCLUDE 'box.bdf'\n" + TET, r"box\.bdf includes itself"),
        ("INCLUDE 'no.bdf'\n" + TET, r"refers to 'no\.bdf', which is not beside it"),
    ],
)
def test_what_is_wrong_is_named(text, message, read):
    with pytest.raises(GeometryError, match=message):
        read(text)


def test_a_file_beside_is_included(read, tmp_path):
    (tmp_path / "points.bdf").write_text(TET[: TET.index("CTETRA")])

    assert measured(read("INCLUDE 'points.bdf'\n" + TET[TET.index("CTETRA") :])) == pytest.approx(
        {"property_5": 1.0 / 6.0}
    )
