"""Named selections: names stand for selectors, and every way to name wrongly is told."""

import pytest
from scene_samples import SCENE, edited, line_number, loaded, refusal

from twin3d.scene.selectors import And, Between, Named, Not, Outer, Part

FACES = """\
[faces]
hot = "between chip_1 solder_1"
sink = "part heatsink and outer"
rest = "outer and not sink"

[[part]]"""


def with_faces(*edits, faces=FACES):
    return edited(("[[part]]", faces), *edits)


@pytest.mark.parametrize("text", ["rest", "face rest"])
def test_a_name_carries_its_meaning_into_the_load(tmp_path, text):
    scene = loaded(tmp_path, with_faces(('face = "outer"', f'face = "{text}"')))

    sink = And(Part("heatsink"), Outer())
    assert scene.loads[1].face == Named("rest", And(Outer(), Not(Named("sink", sink))))
    assert scene.faces["hot"] == Between("chip_1", "solder_1")


def test_a_sensor_may_look_at_a_named_selection(tmp_path):
    scene = loaded(tmp_path, with_faces(('position = "0, 0, 11 mm"', 'face = "sink"')))

    assert scene.sensors[0].face == Named("sink", And(Part("heatsink"), Outer()))


@pytest.mark.parametrize(
    ("faces", "key", "expected"),
    [
        ('a = "face b"', "faces.a", '[faces] has no "b"; expected one of a'),
        ('a = "b"\nb = "not c"\nc = "a or outer"', "faces.a", "it means itself: a → b → c → a; say one of them"),
        ('a = "a"', "faces.a", "it means itself: a → a"),
        ('outer = "plane"', "faces.outer", '"outer" cannot be a name: it is a word of the language; choose another'),
        ('"hot side" = "plane"', "faces.hot side", "it is not a letter and then letters, digits, _ and -"),
        ('a = "plan"', "faces.a", "selector: expected one of normal, plane"),
        ("a = 3", "faces.a", 'expected a selector, such as "plane max z"'),
    ],
)
def test_wrong_names_are_told_with_their_line(tmp_path, faces, key, expected):
    text = with_faces(faces=f"[faces]\n{faces}\n\n[[part]]")

    (problem,) = [line for line in refusal(tmp_path, text) if line.startswith("line")]

    assert problem.startswith(f"line {line_number(text, faces)}, {key}: ")
    assert expected in problem


def test_an_unknown_name_in_a_load_is_told_with_the_nearest(tmp_path):
    problems = refusal(tmp_path, with_faces(('face = "outer"', 'face = "face snk"')))

    assert problems == [
        f"line {line_number(with_faces(), 'face = ')}, load[1].face: "
        '[faces] has no "snk"; did you mean "sink"? expected one of hot, sink, rest'
    ]


def test_names_of_a_broken_table_are_not_missed_elsewhere(tmp_path):
    problems = refusal(tmp_path, with_faces(('face = "outer"', 'face = "sink"'), ("part heatsink and", "prt and")))

    assert len([line for line in problems if line.startswith("line")]) == 1


def test_names_that_multiply_are_refused_in_time(tmp_path):
    doubling = "\n".join(f'n{k} = "n{k + 1} or n{k + 1}"' for k in range(18)) + '\nn18 = "outer"'

    problems = refusal(tmp_path, with_faces(faces=f"[faces]\n{doubling}\n\n[[part]]"))

    assert any("it comes to more than 1000 terms with the names in it" in line for line in problems)


def test_names_that_nest_too_deeply_are_refused(tmp_path):
    chain = "\n".join(f'n{k} = "n{k + 1}"' for k in range(2000)) + '\nn2000 = "outer"'

    problems = refusal(tmp_path, with_faces(faces=f"[faces]\n{chain}\n\n[[part]]"))

    assert any("it is reached through more than 20 other names" in line for line in problems)


def test_other_means_nothing_in_a_sensor(tmp_path):
    problems = refusal(tmp_path, edited(('position = "0, 0, 11 mm"', 'face = "other and part heatsink"')))

    assert problems == [
        f"line {line_number(SCENE, 'position =')}, sensor[0].face: "
        '"other" means the faces that no load selects, and has a meaning only in a [[load]]'
    ]


@pytest.mark.parametrize("key", ['depth = "1 mm"', 'tolerance = "2 mm"'])
def test_what_places_a_position_needs_one(tmp_path, key):
    problems = refusal(tmp_path, edited(('position = "0, 0, 11 mm"', f'face = "outer"\n{key}')))

    assert len(problems) == 1
    assert "says how a position is placed; give the sensor a position" in problems[0]


def test_the_keys_that_place_a_sensor_are_in_metres(tmp_path):
    keys = 'position = "0, 0, 11 mm"\npart = "chip_*"\ndepth = "0 mm"\ntolerance = "2 mm"'

    sensor = loaded(tmp_path, edited(('position = "0, 0, 11 mm"', keys))).sensors[0]

    assert (sensor.part, sensor.depth, sensor.tolerance) == ("chip_*", 0.0, pytest.approx(0.002))
