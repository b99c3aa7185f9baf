"""Every way to write a scene file wrong has its line, its key, what was found and what to write instead."""

import pytest
from scene_samples import SCENE, edited, line_number, loaded, refusal

from twin3d.errors import SceneError
from twin3d.scene import load_scene

WRONG = {
    "unknown table": ('name = "sample"', 'name = "sample"\nsensors = 1', "sensors: unknown key; did you mean"),
    "unknown key": ('cell_size = "4 mm"', 'cel_size = "4 mm"', 'did you mean "cell_size"?'),
    "unknown key, nested": (
        'spread = "10 W"',
        'spred = "10 W"',
        'input[0].unknown.spred: unknown key; did you mean "spre',
    ),
    "missing key": ('period = "0.1 s"', "", "sensor[0].period: is missing"),
    "bare length": ('cell_size = "4 mm"', "cell_size = 4", '4 has no unit; write for example "2 mm"'),
    "bare temperature": ('"20 degC"', "20", '20 has no unit; write for example "25 degC"'),
    "bare film": ('"50 W/(m^2 K)"', "50.0", '50.0 has no unit; write for example "25 W/(m^2 K)"'),
    "bare noise": ('noise = "0.15 K"', "noise = 0.15", "sensor[0].noise: 0.15 has no unit"),
    "bare input": (
        'value = "25 W"',
        "value = 25",
        'input[0].value: 25 has no unit; write for example "40 W" or "25 degC"',
    ),
    "bare constant": ('ambient = "25 degC"', "ambient = 25", '25 has no unit; write for example "25 degC" or { input'),
    "bare text": ('cell_size = "4 mm"', 'cell_size = "4"', '"4" has no unit; write for example "2 mm"'),
    "bare point": ('"0, 0, 11 mm"', "[0, 0, 11]", 'expected text with a unit, such as "80, 0, 3 mm"'),
    "a truth value": ('cell_size = "4 mm"', "cell_size = true", 'expected text such as "2 mm"'),
    "wrong dimension": ('cell_size = "4 mm"', 'cell_size = "4 W"', '"W" measures a power, expected a length in m'),
    "unknown unit": ('cell_size = "4 mm"', 'cell_size = "4 mmm"', '"mmm" is not a unit I know; did you mean "mm"?'),
    "no drive": (
        'value = "25 W"',
        'value = "25 m"',
        "cannot drive the model; expected one of a temperature (K), a power",
    ),
    "difference as temperature": ('"0.15 K"', '"0.15 degC"', 'here a difference is due: write "0.15 K"'),
    "temperature as difference": ('"20 degC"', '"20 delta_degC"', 'here a temperature is due: write "20 degC"'),
    "below 0 K": ('"20 degC"', '"-300 degC"', 'initial_temperature: "-300 degC" is below absolute zero'),
    "below 0 K, constant": ('ambient = "25 degC"', 'ambient = "-1 K"', '"-1 K" is below absolute zero'),
    "negative length": ('cell_size = "4 mm"', 'cell_size = "-4 mm"', 'found "-4 mm", expected more than 0'),
    "zero film": ('"50 W/(m^2 K)"', '"0 W/(m^2 K)"', 'found "0 W/(m^2 K)", expected more than 0'),
    "negative lag": (
        'period = "0.1 s"',
        'period = "0.1 s"\nlag = "-1 s"',
        'sensor[0].lag: found "-1 s", expected at least 0',
    ),
    "negative noise": ('"0.15 K"', '"-0.15 K"', 'sensor[0].noise: found "-0.15 K", expected more than 0'),
    "negative bias": ('"0.15 K"', '"0.15 K"\nbias = "-1 K"', 'sensor[0].bias: found "-1 K", expected at least 0'),
    "negative spread": (
        'spread = "10 W"',
        'spread = "-10 W"',
        'input[0].unknown.spread: found "-10 W", expected more than 0',
    ),
    "negative ratio": ('"15 %"', '"-15 %"', 'plant.spread.conductivity: found "-15 %", expected at least 0'),
    "whole spread": ('"15 %"', "1.0", "plant.spread.conductivity: found 1.0, expected less than 1"),
    "ratio with unit": ('"15 %"', '"15 K"', '"15 K" is not a relative number; write "10 %" or 0.1'),
    "refine a fraction": (
        'cell_size = "4 mm"',
        'cell_size = "4 mm"\nrefine = 1.5',
        "geometry.refine: found 1.5, expected a whole",
    ),
    "refine too much": (
        'cell_size = "4 mm"',
        'cell_size = "4 mm"\nrefine = 9',
        "geometry.refine: found 9, expected at most 4",
    ),
    "mean outside bounds": ('maximum = "80 W"', 'maximum = "20 W"', "the prior mean 25 W lies outside its own minimum"),
    "bound of another kind": (
        'maximum = "80 W"',
        'maximum = "80 K"',
        '"K" measures a temperature, expected a power in W',
    ),
    "unknown material": ('"copper"', '"coper"', 'no material of the library is named "coper"; did you mean copper?'),
    "unfinished material": ('"copper"', '{ conductivity = "1 W/(m K)" }', "part[0].material.density: is missing"),
    "no such input": ('{ input = "power" }', '{ input = "pover" }', 'no input is named "pover"; did you mean "power"?'),
    "input of another kind": (
        'power = { input = "power" }',
        'density = { input = "power" }',
        "is in W, here W/m^3 is due",
    ),
    "idle input": (
        'power = { input = "power" }',
        'power = "3 W"',
        'no load uses the input "power"; name it in one, or',
    ),
    "two drivers": (
        'power = { input = "power" }',
        'power = { input = "power" }\ndensity = "1 W/m^3"',
        "expected exactly one of power, density; found power, density",
    ),
    "no driver": ('power = { input = "power" }', "", "expected exactly one of power, density; found none"),
    "unknown kind": (
        'kind = "convection"',
        'kind = "convektion"',
        'kind "convektion" is unknown; did you mean "convection"?',
    ),
    "no kind": ('kind = "convection"', "", "load[1]: kind is missing; expected one of heat_source, heat_flux"),
    "key of another kind": (
        'film_coefficient = "50',
        'emissivity = 0.5\nfilm_coefficient = "50',
        "load[1].emissivity: unknown key",
    ),
    "bad selector": ('face = "outer"', 'face = "outr"', "selector: expected one of normal, plane"),
    "no selector": ('face = "outer"', "face = 3", 'expected a selector, such as "plane max z"'),
    "one-sided contact": (
        '["heatsink", "baseplate"]',
        '["heatsink"]',
        "contact[0].between[1]: the list has too few entries",
    ),
    "same sensor twice": ('id = "air"', 'id = "tc"', 'a second sensor is named "tc"; give each its own id'),
    "same load twice": (
        'kind = "convection"',
        'kind = "convection"\nname = "losses"',
        'a second load is named "losses"',
    ),
    "bad name": (
        'name = "power"',
        'name = "my power"',
        "a name begins with a letter and holds letters, digits, _ and -",
    ),
    "unit of another kind": ('unit = "degC"', 'unit = "mm"', '"mm" measures a length, expected a temperature in K'),
    "unknown role": (
        'role = "drive"',
        'role = "driver"',
        'found "driver", did you mean "drive"? expected one of observe',
    ),
    "drives nothing": ('drives = "convection_1.ambient"', "", 'a sensor of role "drive" says which input it drives'),
    "drives what is not": ("convection_1.ambient", "convection_1.ambiant", 'did you mean "convection_1.ambient"?'),
    "drives another kind": ("convection_1.ambient", "power", 'measures temperature in K, the input "power" is in W'),
    "observes and drives": (
        'role = "drive"\n',
        'position = "0,0,1 mm"\n',
        'only a sensor of role "drive" drives an input',
    ),
    "observes nowhere": (
        'position = "0, 0, 11 mm"',
        "",
        "sensor[0]: expected exactly one of position, face",
    ),
    "observes twice": ("11 mm", '11 mm"\nface = "outer', "sensor[0]: expected exactly one of position, face"),
    "observes a power": (
        'unit = "degC"',
        'unit = "W"\nquantity = "power"',
        "only temperatures and resist",
    ),
    "signal of no input": (
        "[plant.signals.power]",
        "[plant.signals.powr]",
        'no input is named "powr"; did you mean "power"?',
    ),
    "signal of another kind": ('"40 W"]', '"40 K"]', '"K" measures a temperature, expected a power in W'),
    "uneven steps": ('"0 s", "10 s"', '"0 s"', "1 times and 2 values; each value has its start"),
    "steps that go back": ('"0 s", "10 s"', '"5 s", "1 s"', 'times must ascend from "0 s"'),
    "steps never reached": ('repeat = "30 s"', 'repeat = "9 s"', "it repeats after 9 s, before its last step at 10 s"),
    "signal without kind": (
        'kind = "steps"',
        "",
        "plant.signals.power: kind is missing; expected one of constant, steps",
    ),
    "range upside down": (
        '["20 degC", "60 degC"]',
        '["60 degC", "20 degC"]',
        "view.range: the first (333.15 K) must be below",
    ),
    "check upside down": ('between = ["20 degC"', 'between = ["99 degC"', "check[0].between: the lower bound"),
    "check nowhere": (
        'part = "chip_*"\nstatistic',
        "statistic",
        "expected exactly one of position, part and sensor; found none",
    ),
    "check of a value over a part": (
        'statistic = "max"',
        'statistic = "value"',
        "expected max, min or mean over a part",
    ),
    "check of no sensor": (
        'part = "chip_*"\nstatistic = "max"',
        'sensor = "t"',
        'no sensor is named "t"; did you mean "tc"?',
    ),
    "check of a sensor without a place": (
        'part = "chip_*"\nstatistic = "max"',
        'sensor = "air"',
        "drives an input and sees nothing to check",
    ),
    "check at a bare time": ('time = "steady"', "time = 30", '30 has no unit; write for example "30 s"'),
    "check at no time": (
        'time = "steady"',
        'time = "stedy"',
        'found "stedy", expected "steady" or a time such as "30 s"',
    ),
    "check before the start": ('time = "steady"', 'time = "-3 s"', '"-3 s" lies before the start'),
    "no such file": ("power_module.step", "power_modul.step", "shipped with twin3d: "),
    "surface without unit": ("power_module.step", "part.stl", 'do not say their unit; add unit = "mm"'),
    "no such unit of the file": (
        'cell_size = "4 mm"',
        'cell_size = "4 mm"\nunit = "kg"',
        '"kg" measures [mass], expected a length',
    ),
}
"""What is wrong → what the sample says there, what the wrong file says instead, a piece of the error."""


@pytest.mark.parametrize(("old", "new", "message"), WRONG.values(), ids=WRONG.keys())
def test_wrong_files_are_refused_with_the_reason(tmp_path, old, new, message):
    problems = refusal(tmp_path, edited((old, new)))

    assert any(message in problem for problem in problems), "\n".join(problems)
    assert all(
        problem.startswith("line ") for problem in problems if "selector:" not in problem and ":" in problem[:40]
    )


def test_the_error_names_file_line_and_key(tmp_path):
    text = edited(('noise = "0.15 K"', 'noise = "0.15 m"'))

    with pytest.raises(SceneError) as caught:
        loaded(tmp_path, text)

    head, problem = str(caught.value).splitlines()
    assert head == f"{tmp_path / 'sample.toml'}: 1 problem"
    assert problem.startswith(f"  line {line_number(text, 'noise')}, sensor[0].noise: ")


def test_problems_of_shape_and_of_reference_are_told_together(tmp_path):
    text = edited(
        ('cell_size = "4 mm"', "cell_size = 4"),
        ('"copper"', '"coper"'),
        ('{ input = "power" }', '{ input = "pover" }'),
        ('noise = "0.15 K"', 'noise = "0.15 degC"'),
        ('role = "drive"', 'role = "driv"'),
        ('time = "steady"', "time = 3"),
    )

    problems = refusal(tmp_path, text)

    keys = [problem.split(": ")[0].split(", ")[1] for problem in problems]
    assert keys == [
        *("geometry.cell_size", "part[0].material", "load[0].power"),
        *("sensor[0].noise", "sensor[1].role", "check[0].time"),
    ]


def test_names_of_broken_tables_are_not_missed(tmp_path):
    text = edited(
        ('value = "25 W"', "value = 25"),
        ('film_coefficient = "50 W/(m^2 K)"', "film_coefficient = 50"),
        ('part = "chip_*"\nstatistic = "max"', 'sensor = "tc"'),
        ('period = "0.1 s"', "period = 1"),
    )

    problems = refusal(tmp_path, text)

    assert len(problems) == 3
    assert all("has no unit" in problem for problem in problems)


def test_the_only_entry_of_a_list_is_broken_but_there(tmp_path):
    text = edited(('material = "copper"', 'material = "copper"\ncolour = "red"'))

    problems = refusal(tmp_path, text)

    assert problems == [
        f"line {line_number(text, 'colour')}, part[0].colour: unknown key; expected one of name, material"
    ]


def test_places_after_a_broken_table_keep_their_number_and_line(tmp_path):
    text = edited(('period = "0.1 s"', "period = 1"), ("convection_1.ambient", "nowhere"))

    problems = refusal(tmp_path, text)

    assert problems[1].startswith(f"line {line_number(text, 'drives')}, sensor[1].drives: no input is named")


def test_an_input_has_one_driver(tmp_path):
    driver = SCENE[SCENE.index('[[sensor]]\nid = "air"') : SCENE.index("[plant]")].replace('"air"', '"air_2"')

    problems = refusal(tmp_path, edited(("[plant]", f"{driver}\n[plant]")))

    assert '"convection_1.ambient" is driven by "air" already' in problems[0]


def test_an_unknown_input_cannot_be_driven(tmp_path):
    text = edited(
        ('value = "25 W"', 'value = "25 degC"'),
        (
            '{ spread = "10 W", time_constant = "20 s", minimum = "0 W", maximum = "80 W" }',
            '{ spread = "1 K", time_constant = "9 s" }',
        ),
        ('power = { input = "power" }', 'power = "3 W"'),
        ('ambient = "25 degC"', 'ambient = { input = "power" }'),
        ("convection_1.ambient", "power"),
        ('values = ["20 W", "40 W"]', 'values = ["20 degC", "40 degC"]'),
    )

    (problem,) = refusal(tmp_path, text)

    assert 'the input "power" is declared unknown; it cannot be driven as well' in problem


@pytest.mark.parametrize("text", ["name = \n\n", "[geometry]\n[geometry]", "a = 1 2"])
def test_what_is_no_toml_is_refused_with_the_line(tmp_path, text):
    path = tmp_path / "sample.toml"
    path.write_text(text)

    with pytest.raises(SceneError, match=r"this is not TOML: .*line \d"):
        load_scene(path)


def test_endless_nesting_is_refused(tmp_path):
    path = tmp_path / "sample.toml"
    path.write_text("a = " + "[" * 100_000)

    with pytest.raises(SceneError, match="nested too deeply"):
        load_scene(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SceneError, match=r"there is no scene file at .*nothing\.toml"):
        load_scene(tmp_path / "nothing.toml")


def test_a_folder_or_binary_file_cannot_be_read(tmp_path):
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")

    for path in (tmp_path, tmp_path / "binary.toml"):
        with pytest.raises(SceneError, match="cannot be read"):
            load_scene(path)


def test_an_empty_file_says_what_is_missing(tmp_path):
    problems = refusal(tmp_path, "")

    assert problems == ["geometry: is missing", "part: is missing", "load: is missing"]
