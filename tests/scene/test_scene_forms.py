"""Properties as tables, along axes and by time: what a file may say, and what is wrong with it."""

import numpy as np
import pytest
from scene_samples import SCENE, edited, loaded, refusal

from twin3d.scene import PropertyTable, TimeTable, linearised_in_twin

TABLE = '{ temperatures = ["20 degC", "120 degC"], values = ["400 W/(m K)", "0.38 kW/(m K)"] }'
MATERIAL = 'material = "copper"'
FILM = 'film_coefficient = "50 W/(m^2 K)"'
FILM_TABLE = 'film_coefficient = { times = ["0 s", "1 min"], values = ["10 W/(m^2 K)", "2 W/(cm^2 K)"] }'


def material(conductivity='"400 W/(m K)"', specific_heat='"385 J/(kg K)"', more=""):
    keys = f'conductivity = {conductivity}, density = "8960 kg/m^3", specific_heat = {specific_heat}{more}'
    return (MATERIAL, f"material = {{ {keys} }}")


def test_conductivity_by_temperature_is_read_in_si(tmp_path):
    scene = loaded(tmp_path, edited(material(TABLE)))

    found = scene.parts[0].material.conductivity
    assert isinstance(found, PropertyTable)
    assert found.temperatures == pytest.approx((293.15, 393.15), rel=1e-12)
    assert found.values == pytest.approx((400.0, 380.0), rel=1e-12)
    assert found.at(343.15) == pytest.approx(390.0, rel=1e-12)


def test_conductivity_along_turned_axes_is_read(tmp_path):
    axes = ", axes = [[1, 1, 0], [-1, 1, 0], [0, 0, 2]]"

    scene = loaded(tmp_path, edited(material('["2 W/(m K)", "1 W/(m K)", "0.5 W/(m K)"]', more=axes)))

    assert scene.parts[0].material.conductivity == (2.0, 1.0, 0.5)
    half = 0.5**0.5
    np.testing.assert_allclose(
        scene.parts[0].material.axes, [[half, half, 0.0], [-half, half, 0.0], [0.0, 0.0, 1.0]], atol=1e-15
    )


@pytest.mark.parametrize("third", ["[0, 0, 1]", "[0, 0, -1]", "[0.00005, 0, 1]"])
def test_axes_of_a_material_become_a_right_handed_frame(tmp_path, third):
    axes = f", axes = [[0, 1, 0], [1, 0, 0], {third}]"

    scene = loaded(tmp_path, edited(material('["2 W/(m K)", "1 W/(m K)", "0.5 W/(m K)"]', more=axes)))

    np.testing.assert_allclose(
        scene.parts[0].material.axes, [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]], atol=1e-15
    )


def test_film_by_time_is_read_and_held_at_its_ends(tmp_path):
    scene = loaded(tmp_path, edited((FILM, FILM_TABLE)))

    found = scene.loads[1].film_coefficient
    assert isinstance(found, TimeTable)
    assert [found.at(time_s) for time_s in (0.0, 30.0, 90.0)] == pytest.approx([10.0, 10005.0, 20000.0], rel=1e-12)


def test_source_by_temperature_is_read(tmp_path):
    warm = 'part = "chip_*"\ntemperature_coefficient = "0.39 %/K"\nreference_temperature = "25 degC"'

    load = loaded(tmp_path, edited(('part = "chip_*"', warm))).loads[0]

    assert load.temperature_coefficient == pytest.approx(0.0039, rel=1e-12)
    assert load.reference_temperature == pytest.approx(298.15, rel=1e-12)


WRONG = {
    "bare value in a table": (
        material(TABLE.replace('"400 W/(m K)"', "400")),
        'part[0].material.conductivity.values[0]: 400 has no unit; write for example "167 W/(m K)"',
    ),
    "lists of two lengths": (
        material('{ temperatures = ["0 degC", "1 degC", "2 degC"], values = ["1 W/(m K)", "2 W/(m K)"] }'),
        "part[0].material.conductivity: 3 temperatures and 2 values; give one value for each",
    ),
    "temperatures that fall": (
        material('{ temperatures = ["20 degC", "10 degC"], values = ["1 W/(m K)", "2 W/(m K)"] }'),
        "part[0].material.conductivity: temperatures must ascend",
    ),
    "one row only": (
        material('{ temperatures = ["20 degC"], values = ["1 W/(m K)"] }'),
        "part[0].material.conductivity: a table of 1 temperatures says no more than a number; give two or more",
    ),
    "zero in a table": (
        material(TABLE.replace("400 W", "0 W")),
        'part[0].material.conductivity.values[0]: found "0 W/(m K)", expected more than 0',
    ),
    "two axes of three": (
        material('["2 W/(m K)", "1 W/(m K)"]'),
        "part[0].material.conductivity[2]: the list has too few entries",
    ),
    "skew axes": (
        material('["2 W/(m K)", "1 W/(m K)", "1 W/(m K)"]', more=", axes = [[1, 0, 0], [1, 1, 0], [0, 0, 1]]"),
        "part[0].material.axes: the axes [1.0, 0.0, 0.0] and [1.0, 1.0, 0.0] are not at right angles",
    ),
    "specific heat in another unit": (
        material(specific_heat='"385 W/(m K)"'),
        'part[0].material.specific_heat: "385 W/(m K)": "W/(m K)" measures a conductivity, expected a specific heat',
    ),
    "key of the other table": (
        (FILM, FILM_TABLE.replace("times", "temperatures")),
        "load[1].film_coefficient.temperatures: unknown key",
    ),
    "coefficient without unit": (
        ('part = "chip_*"', 'part = "chip_*"\ntemperature_coefficient = 0.004'),
        'load[0].temperature_coefficient: 0.004 has no unit; write for example "23e-6 1/K"',
    ),
    "no tolerance": (
        ("[plant]", '[solver]\ntime_tolerance = "0 K"\n\n[plant]'),
        'solver.time_tolerance: found "0 K", expected more than 0',
    ),
    "unknown scheme": (
        ("[plant]", '[solver]\nscheme = "bdf3"\n\n[plant]'),
        'solver.scheme: found "bdf3", did you mean "bdf2"?',
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_has_its_place_and_remedy(case, tmp_path):
    edit, message = WRONG[case]

    assert message in "\n".join(refusal(tmp_path, edited(edit)))


def test_scene_tells_what_the_live_twin_linearises(tmp_path):
    warm = 'part = "chip_*"\ntemperature_coefficient = "0.39 %/K"'

    told = linearised_in_twin(loaded(tmp_path, edited(material(TABLE), (FILM, FILM_TABLE), ('part = "chip_*"', warm))))

    assert told == (
        "the conductivity of * is taken at the initial temperature of 293.15 K",
        "the source losses is taken at the initial temperature of 293.15 K",
        "the film of convection_1 is taken as it is at the start",
    )
    assert linearised_in_twin(loaded(tmp_path, SCENE)) == ()
