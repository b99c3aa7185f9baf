"""Channels, enclosures and cyclic symmetry in scene files."""

import pytest
from scene_samples import SCENE, loaded, refusal

from twin3d.errors import SceneError
from twin3d.scene import TimeTable, check_for_twin, selectors, unknown_to_twin
from twin3d.scene.fluids import fluid_names, fluid_specific_heat

CHANNEL = """
[[channel]]
face = "name wet"
path = ["0, 0, 0 mm", "10, 0, 0 mm"]
mass_flow = "6 kg/min"
fluid = "water"
film_coefficient = "2 kW/(m^2 K)"
inlet = "20 degC"
"""
ENCLOSURE = """
[[enclosure]]
faces = [{ face = "name hot", emissivity = 0.8 }, { face = "cold", emissivity = 0.1 }]
ambient = "25 degC"
"""
CYCLIC = """
[cyclic]
axis = { direction = [0, 0, 1] }
sectors = 12
low = "name begin"
high = "name end"
"""


def with_channel(*edits):
    text = CHANNEL
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return SCENE + text


def test_a_channel_is_read_in_si(tmp_path):
    scene = loaded(tmp_path, with_channel())

    channel = scene.channels[0]
    assert (channel.name, channel.path) == ("channel_1", ((0.0, 0.0, 0.0), (0.01, 0.0, 0.0)))
    assert (channel.mass_flow, channel.specific_heat) == (pytest.approx(0.1), 4179.0)
    assert scene.inputs[scene.input_index("channel_1.inlet")].value == pytest.approx(293.15)


def test_the_film_of_a_channel_may_change_with_time(tmp_path):
    table = '{ times = ["0 s", "5 s"], values = ["1 kW/(m^2 K)", "2 kW/(m^2 K)"] }'
    scene = loaded(tmp_path, with_channel(('"2 kW/(m^2 K)"', table)))

    assert scene.channels[0].film_coefficient == TimeTable(times=(0.0, 5.0), values=(1000.0, 2000.0))


def test_an_inlet_counts_as_use_of_an_input(tmp_path):
    text = with_channel(('"20 degC"', '{ input = "cold" }')) + '[[input]]\nname = "cold"\nvalue = "18 degC"\n'

    assert loaded(tmp_path, text).channels[0].input == "cold"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"6 kg/min"', '"0 kg/s"', 'channel[0].mass_flow: found "0 kg/s", expected more than 0'),
        ('"6 kg/min"', '"6 l/min"', "measures"),
        ('"20 degC"', '{ input = "powr" }', 'no input is named "powr"; did you mean "power"?'),
        ('"20 degC"', '{ input = "power" }', 'the input "power" is in W, here K is due'),
        ('"water"', '"watr"', 'no fluid of the library is named "watr"; did you mean "water"?'),
        ('fluid = "water"', "", "expected exactly one of fluid and specific_heat"),
        ('"10, 0, 0 mm"', '"0, 0, 0 mm"', "points 0 and 1 of the path are the same"),
        ('path = ["0, 0, 0 mm", "10, 0, 0 mm"]', 'path = ["0, 0, 0 mm"]', "too short"),
    ],
)
def test_a_wrong_channel_is_named(tmp_path, old, new, message):
    problems = refusal(tmp_path, with_channel((old, new)))

    assert len(problems) == 1
    assert message in problems[0]


def test_an_enclosure_takes_named_faces(tmp_path):
    scene = loaded(tmp_path, SCENE + ENCLOSURE + '[faces]\ncold = "plane max z"\n')

    enclosure = scene.enclosures[0]
    assert [wall.emissivity for wall in enclosure.faces] == [0.8, 0.1]
    assert enclosure.faces[1].face.meaning == selectors.parse("plane max z")
    assert scene.inputs[scene.input_index("enclosure_1.ambient")].value == pytest.approx(298.15)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (("0.8", "1.2"), "enclosure[0].faces[0].emissivity: found 1.2, expected at most 1"),
        (("0.8", "0.0"), "enclosure[0].faces[0].emissivity: found 0.0, expected more than 0"),
        (('"cold"', '"face kold"'), '[faces] has no "kold"; did you mean "cold"?'),
        (('"cold"', '"other"'), '"other" means the faces that no load selects'),
    ],
)
def test_a_wrong_enclosure_is_named(tmp_path, edit, message):
    problems = refusal(tmp_path, SCENE + ENCLOSURE.replace(*edit) + '[faces]\ncold = "plane max z"\n')

    assert len(problems) == 1
    assert message in problems[0]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (("12", "1"), "cyclic.sectors: found 1, expected at least 2"),
        (("[0, 0, 1]", "[0, 0, 0]"), "0, 0, 0 is no direction"),
        (('"name end"', '"face end"'), '[faces] has no "end"'),
    ],
)
def test_a_wrong_symmetry_is_named(tmp_path, edit, message):
    problems = refusal(tmp_path, SCENE + CYCLIC.replace(*edit))

    assert len(problems) == 1
    assert message in problems[0]


def test_what_the_live_twin_cannot_hold_is_refused_with_a_remedy(tmp_path):
    scene = loaded(tmp_path, SCENE + CHANNEL + ENCLOSURE.replace('"cold"', '"name cold"') + CYCLIC)

    with pytest.raises(SceneError, match=r"channel channel_1 .* convection .*enclosure enclosure_1 .*\[cyclic\]"):
        check_for_twin(scene)
    assert len(unknown_to_twin(scene)) == 3
    assert unknown_to_twin(loaded(tmp_path)) == ()


def test_fluids_are_those_of_tables():
    assert "water" in fluid_names()
    assert all(500.0 < fluid_specific_heat(name) < 15_000.0 for name in fluid_names())
