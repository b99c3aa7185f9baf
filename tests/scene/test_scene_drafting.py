"""A scene to start from: tags read, materials guessed, names grouped, text that loads."""

import tomllib

import pytest

from twin3d.errors import SceneError
from twin3d.scene.drafting import guessed_material, toml_text
from twin3d.scene.grouping import escape_glob, group_names
from twin3d.scene.tags import read_tags


def tags_of(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "tags.csv"
    path.write_bytes(text.encode(encoding))
    return read_tags(path)


def test_a_tag_list_gives_ids_units_and_places(tmp_path):
    (tag,) = tags_of(
        tmp_path,
        "tag,unit,x,y,z,length_unit,description,period,noise\ntc_1,degC,1,2.5,-3,mm,on the chip,100 ms,0.15 K\n",
    )

    assert (tag.id, tag.unit, tag.position, tag.length_unit) == ("tc_1", "degC", (1.0, 2.5, -3.0), "mm")
    assert (tag.description, tag.period, tag.noise, tag.is_temperature) == ("on the chip", "100 ms", "0.15 K", True)


@pytest.mark.parametrize("head", ["Tag;Unit;X [cm];Y;Z", "ID;EU;x (cm);y;z", "\ufeffTag Name;Eng. Units;X[cm];Y;Z"])
def test_semicolons_decimal_commas_and_other_titles_are_understood(tmp_path, head):
    (tag,) = tags_of(tmp_path, f"{head}\nTC-1;°C;1,5;2;3\n")

    assert (tag.id, tag.unit, tag.position, tag.length_unit) == ("TC-1", "degC", (1.5, 2.0, 3.0), "cm")


def test_a_list_from_an_old_spreadsheet_is_read(tmp_path):
    (tag,) = tags_of(tmp_path, "tag\tunit\tdescription\r\ntc_1\t°C\tKühlkörper\r\n", encoding="cp1252")

    assert (tag.unit, tag.description, tag.position) == ("degC", "Kühlkörper", None)


@pytest.mark.parametrize(
    ("unit", "noise", "expected"), [("C", "0,2", "0.2 K"), ("F", "0.5", "0.5 delta_degF"), ("K", "1e-1", "1e-1 K")]
)
def test_a_bare_noise_is_a_difference_in_the_unit_of_the_tag(tmp_path, unit, noise, expected):
    (tag,) = tags_of(tmp_path, f"tag;unit;noise\nt;{unit};{noise}\n")

    assert tag.noise == expected


def test_what_is_no_temperature_is_kept_and_said(tmp_path):
    pressure, power = tags_of(tmp_path, "tag,unit\np,bar\nq,W\n")

    assert not pressure.is_temperature
    assert not power.is_temperature


def test_every_bad_line_is_named_with_its_number(tmp_path):
    rows = (
        "tc 1,C,,,,",
        "",
        "tc_2,,,,,",
        "tc_3,C,1,,3,",
        "tc_4,C,a,2,3,",
        "tc_5,C,,,,5 kg",
        "tc_6,C,,,,",
        "tc_6,C,,,,",
    )
    text = "\n".join(("tag,unit,x,y,z,period", *rows))

    with pytest.raises(SceneError) as caught:
        tags_of(tmp_path, text)

    lines = str(caught.value).splitlines()[1:]
    assert [line.split(":")[0].strip() for line in lines] == [f"line {n}" for n in (2, 4, 5, 6, 7, 9)]
    for line, word in zip(lines, ("'tc 1'", "no unit", "incomplete", "'a'", "5 kg", "line 8 already"), strict=True):
        assert word in line


def test_a_list_without_tags_says_what_was_expected(tmp_path):
    with pytest.raises(SceneError, match="no column named tag or id; its first line is 'foo, bar'"):
        tags_of(tmp_path, "foo,bar\n1,2\n")


@pytest.mark.parametrize(
    ("part", "material"),
    [
        ("copper_plate", "copper"),
        ("CopperPlate", "copper"),
        ("base-6061-aluminum", "aluminium_6061"),
        ("aluminium_lid", "aluminium"),
        ("housing_steel_304_v2", "steel_304"),
        ("chip_1", None),
        ("coppery", None),
        ("glass_epoxy", None),
        ("steel_bolt", None),
        ("airbox", None),
    ],
)
def test_a_material_is_guessed_only_where_the_name_says_it(part, material):
    assert guessed_material(part) == material


def test_names_that_differ_by_a_number_share_a_glob():
    groups = group_names(["chip_1", "lid", "chip_2", "chip_10", "box2"], ["a"] * 5)

    assert [(group.glob, group.names) for group in groups] == [
        ("chip_*", ("chip_1", "chip_2", "chip_10")),
        ("lid", ("lid",)),
        ("box2", ("box2",)),
    ]


def test_a_name_without_a_number_joins_those_with_one():
    groups = group_names(["plate", "plate_2", "plate_3", "lid", "lid_2", "lid_b"], ["a"] * 6)

    assert [group.glob for group in groups] == ["plate*", "lid", "lid_2", "lid_b"]


def test_a_glob_never_takes_names_of_another_group():
    groups = group_names(["chip_1", "chip_2", "chip_holder"], ["a"] * 3)
    unlike = group_names(["chip_1", "chip_2"], ["copper", "steel"])

    assert [group.glob for group in groups] == ["chip_1", "chip_2", "chip_holder"]
    assert [group.glob for group in unlike] == ["chip_1", "chip_2"]


def test_special_characters_of_names_are_taken_literally():
    assert escape_glob("a[1]*?") == "a[[]1][*][?]"


@pytest.mark.parametrize("text", ['a "b" c', "back\\slash", "line\nbreak\x07\x7f", "Kühlkörper °C"])
def test_text_survives_toml(text):
    assert tomllib.loads(f"key = {toml_text(text)}")["key"] == text
