"""Supports, forces and elastic constants in scene files."""

import pytest
from scene_samples import edited, line_number, loaded, refusal

from twin3d.scene import Bearing, Displacement, Fixed, Gravity, PressureLoad
from twin3d.scene.materials import material, material_names

FIRST_LOAD = '[[load]]\nkind = "heat_source"'


def with_load(text):
    return edited((FIRST_LOAD, f"[[load]]\n{text}\n\n{FIRST_LOAD}"))


def test_mechanical_loads_stand_apart_from_thermal_ones(tmp_path):
    scene = loaded(tmp_path, with_load('kind = "fixed"\nface = "plane min z"'))

    assert [load.kind for load in scene.loads] == ["heat_source", "convection"]
    assert [load.name for load in scene.mechanical] == ["fixed_1"]
    assert isinstance(scene.mechanical[0], Fixed)


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ('kind = "pressure"\nface = "outer"\npressure = "2 bar"', PressureLoad, {"pressure": 2e5}),
        ('kind = "gravity"\nacceleration = "0, 0, -9.81 m/s^2"', Gravity, {"acceleration": (0, 0, -9.81), "part": "*"}),
        ('kind = "bearing"\nface = "outer"\nforce = "1e3, -2, 0.5 kN"', Bearing, {"force": (1e6, -2e3, 500.0)}),
        ('kind = "displacement"\nface = "outer"\nz = "-0.1 mm"', Displacement, {"x": None, "z": -1e-4}),
    ],
)
def test_quantities_of_mechanical_loads_come_in_si(tmp_path, text, kind, values):
    (load,) = loaded(tmp_path, with_load(text)).mechanical

    assert isinstance(load, kind)
    for key, value in values.items():
        assert getattr(load, key) == (value if value is None or isinstance(value, str) else pytest.approx(value))


COLD = """\
[geometry]
file = "l_bracket.step"
cell_size = "4 mm"

[[part]]
name = "*"
material = { name = "steel", density = "7850 kg/m^3", youngs_modulus = "207 GPa", poissons_ratio = 0.3 }

[[load]]
kind = "fixed"
face = "plane min z"
"""


def test_a_material_under_mechanical_loads_alone_needs_nothing_of_heat(tmp_path):
    scene = loaded(tmp_path, COLD)

    assert (scene.parts[0].material.conductivity, scene.parts[0].material.specific_heat) == (None, None)


FILM = """
[[load]]
kind = "convection"
name = "air"
face = "other"
film_coefficient = "12 W/(m^2 K)"
ambient = "25 degC"
"""
THERMOCOUPLE = """
[[sensor]]
id = "tc"
unit = "degC"
position = "0, 0, 1 mm"
noise = "0.1 K"
period = "1 s"
"""


@pytest.mark.parametrize(
    ("more", "asking"), [(FILM, "the load air"), (THERMOCOUPLE, "the sensor tc")], ids=["load", "sensor"]
)
def test_heat_asks_for_what_a_material_lacks(tmp_path, more, asking):
    problems = refusal(tmp_path, COLD + more)

    assert problems == [
        f"line {line_number(COLD, 'material')}, part[0].material: material steel has no conductivity and no "
        'specific_heat, which heat needs; write for example conductivity = "167 W/(m K)" and specific_heat = '
        f'"896 J/(kg K)", or remove what asks for heat: {asking}'
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('kind = "force"\nface = "outer"\nforce = "5 N"', '"5 N" is not three numbers and a unit'),
        ('kind = "force"\nface = "outer"\nforce = [0, 0, 5]', 'expected text such as "0, 0, 500 N"'),
        ('kind = "force"\nface = "outer"\nforce = "0, 0, 5 MPa"', '"MPa" measures a pressure, stress or modulus'),
        ('kind = "force"\nface = "outer"\nforce = "0, 0, nan N"', "is not three numbers and a unit"),
        ('kind = "pressure"\nface = "outer"\npressure = "3 K"', "expected a pressure, stress or modulus in Pa"),
        ('kind = "displacement"\nface = "outer"', "expected at least one of x, y and z"),
        ('kind = "elastic_support"\nface = "outer"', "it holds nothing"),
        ('kind = "elastic_support"\nface = "outer"\nstiffness = "-1 MPa/mm"', "at least 0"),
        ('kind = "symmetry"\nface = 3', "expected a selector"),
        ('kind = "fixt"\nface = "outer"', "fixed"),
    ],
)
def test_mechanical_loads_that_make_no_sense_are_refused(tmp_path, text, message):
    problems = refusal(tmp_path, with_load(text))

    assert len(problems) == 1
    assert message in problems[0]


def test_two_loads_of_one_name_are_refused(tmp_path):
    problems = refusal(tmp_path, with_load('kind = "fixed"\nname = "losses"\nface = "outer"'))

    assert 'a second load is named "losses"' in problems[0]


CUSTOM = 'material = { conductivity = "1 W/(m K)", density = "1 kg/m^3", specific_heat = "1 J/(kg K)", %s }'


def test_a_material_may_differ_by_direction(tmp_path):
    constants = (
        'youngs_modulus = ["20 GPa", "20 GPa", "8 GPa"], poissons_ratio = [0.1, 0.3, 0.3], '
        'shear_modulus = ["4 GPa", "3 GPa", "3 GPa"], thermal_expansion = "15e-6 1/K"'
    )

    scene = loaded(tmp_path, edited(('material = "copper"', CUSTOM % constants)))

    found = scene.parts[0].material
    assert found.youngs_modulus == (20e9, 20e9, 8e9)
    assert found.shear_modulus == (4e9, 3e9, 3e9)
    assert found.thermal_expansion == 15e-6


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ('youngs_modulus = "0 GPa", poissons_ratio = 0.3', "more than 0"),
        ('youngs_modulus = "70 GPa", poissons_ratio = 0.5', "less than 0.5"),
        ('youngs_modulus = "70 GPa", poissons_ratio = -1', "more than -1"),
        ('youngs_modulus = "70 GPa"', "youngs_modulus and poissons_ratio come together"),
        ('youngs_modulus = "70 GPa", poissons_ratio = [0.3, 0.3, 0.3]', "or three of each"),
        ('youngs_modulus = "70 GPa", poissons_ratio = 0.3, shear_modulus = ["1 GPa", "1 GPa", "1 GPa"]', "leave"),
        ('youngs_modulus = ["7 GPa", "7 GPa", "7 GPa"], poissons_ratio = [0.3, 0.3, 0.3]', "three moduli need shear"),
        ('thermal_expansion = "23e-6 1/m"', "a thermal expansion"),
    ],
)
def test_impossible_elastic_constants_are_refused(tmp_path, constants, message):
    problems = refusal(tmp_path, edited(('material = "copper"', CUSTOM % constants)))

    assert message in problems[-1]


def test_library_constants_are_those_of_solids():
    elastic = [material(name) for name in material_names() if material(name).youngs_modulus is not None]

    assert len(elastic) > 20
    assert all(1e9 < one.youngs_modulus < 1e12 and 0.1 < one.poissons_ratio < 0.5 for one in elastic)
    assert all(1e-7 < one.thermal_expansion < 2e-4 for one in elastic)
    assert all("E, ν, α:" in one.source for one in elastic)


def test_stress_free_temperature_is_the_initial_one_unless_stated(tmp_path):
    stated = loaded(tmp_path, edited(("[view]", '[structure]\nstress_free_temperature = "220 degC"\n\n[view]')))

    assert loaded(tmp_path).stress_free_temperature == pytest.approx(293.15)
    assert stated.stress_free_temperature == pytest.approx(493.15)


CHECK = 'part = "chip_*"\nstatistic = "max"\ntime = "steady"\nbetween = ["20 degC", "90 degC"]'


def test_checks_of_stress_have_the_unit_of_stress(tmp_path):
    new = 'part = "chip_*"\nfield = "von_mises"\nstatistic = "max"\ntime = "steady"\nbetween = ["1 MPa", "90 MPa"]'

    scene = loaded(tmp_path, edited((CHECK, new)))

    assert scene.checks[0].between == pytest.approx((1e6, 90e6))


def test_a_check_in_the_unit_of_another_field_is_refused(tmp_path):
    new = 'part = "chip_*"\nfield = "displacement"\nstatistic = "max"\ntime = "steady"\nbetween = ["1 MPa", "90 MPa"]'

    assert '"MPa" measures a pressure' in refusal(tmp_path, edited((CHECK, new)))[0]


def test_a_sensor_does_not_see_stress(tmp_path):
    new = 'sensor = "tc"\nfield = "von_mises"\ntime = "steady"\nbetween = ["1 MPa", "90 MPa"]'

    assert "no sensor sees von_mises" in refusal(tmp_path, edited((CHECK, new)))[0]
