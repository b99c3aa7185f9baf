"""A scene file becomes one frozen record in SI."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from scene_samples import SCENE, edited, loaded

from twin3d.assets import asset_path, list_assets
from twin3d.errors import SceneError
from twin3d.scene import (
    STEFAN_BOLTZMANN,
    Convection,
    FixedTemperature,
    HeatFlux,
    HeatSource,
    Input,
    Radiation,
    Scene,
    SensorRole,
    SineSignal,
    StepsSignal,
    load_scene,
)
from twin3d.scene.selectors import Outer


@pytest.fixture
def scene(tmp_path):
    return loaded(tmp_path)


def test_quantities_are_in_si(scene):
    assert scene.geometry.cell_size == pytest.approx(4e-3, rel=1e-12)
    assert scene.initial_temperature == pytest.approx(293.15, abs=1e-9)
    assert scene.loads[1].film_coefficient == pytest.approx(50.0, rel=1e-12)
    assert scene.contacts[0].conductance == pytest.approx(2e4, rel=1e-12)
    assert scene.sensors[0].position == pytest.approx((0.0, 0.0, 0.011), rel=1e-12)
    assert scene.sensors[0].noise == pytest.approx(0.15, rel=1e-12)
    assert scene.plant.spread.conductivity == pytest.approx(0.15, rel=1e-12)
    assert scene.view.range == pytest.approx((293.15, 333.15), abs=1e-9)
    assert scene.checks[0].between == pytest.approx((293.15, 363.15), abs=1e-9)


def test_a_constant_in_a_load_becomes_an_input(scene):
    assert [item.name for item in scene.inputs] == ["power", "convection_1.ambient"]
    assert scene.loads[1].input == "convection_1.ambient"
    assert scene.inputs[scene.input_index("convection_1.ambient")] == Input(
        name="convection_1.ambient", unit="K", value=298.15
    )
    assert scene.inputs[1].is_temperature
    assert not scene.inputs[0].is_temperature


def test_a_prior_is_in_the_unit_of_its_input(scene):
    prior = scene.inputs[0].unknown

    assert (prior.spread, prior.time_constant, prior.minimum, prior.maximum) == (10.0, 20.0, 0.0, 80.0)


def test_a_sensor_says_how_its_unit_becomes_si(tmp_path):
    scene = loaded(tmp_path, edited(('unit = "degC"', 'unit = "degF"')))
    sensor = scene.sensors[0]

    assert sensor.si_unit == "K"
    np.testing.assert_allclose(sensor.offset + sensor.scale * 212.0, 373.15, atol=1e-9)
    assert scene.sensors[1].role is SensorRole.DRIVE
    assert scene.sensors[1].drives == "convection_1.ambient"


LOADS = """
[[load]]
kind = "heat_source"
part = "chip_*"
density = "2 MW/m^3"

[[load]]
kind = "heat_flux"
face = "plane max z"
flux = "5 kW/m^2"

[[load]]
kind = "heat_flux"
face = "plane min z"
rate = "3 W"

[[load]]
kind = "fixed_temperature"
face = "plane max x"
temperature = "60 degC"

[[load]]
kind = "radiation"
face = "outer"
emissivity = 0.8
surroundings = "20 degC"

[[load]]
kind = "radiation"
name = "to_the_furnace"
face = "outer"
emissivity = 0.5
around = "800 K"
surroundings = "900 K"
"""


def test_every_kind_of_load_and_driver(tmp_path):
    text = SCENE.replace("[[contact]]", f"{LOADS}\n[[contact]]")

    scene = loaded(tmp_path, text)

    assert [type(load) for load in scene.loads] == [
        *(HeatSource, Convection, HeatSource, HeatFlux, HeatFlux, FixedTemperature, Radiation, Radiation)
    ]
    assert [load.name for load in scene.loads[2:]] == [
        *("heat_source_2", "heat_flux_1", "heat_flux_2", "fixed_temperature_1", "radiation_1", "to_the_furnace")
    ]
    driven = {load.name: scene.inputs[scene.input_index(load.input)] for load in scene.loads[2:]}
    assert [(item.unit, item.value) for item in driven.values()] == [
        *(("W/m^3", 2e6), ("W/m^2", 5e3), ("W", 3.0), ("K", 333.15), ("K", 293.15), ("K", 900.0))
    ]


def test_radiation_is_linearised_where_the_scene_starts_or_says(tmp_path):
    scene = loaded(tmp_path, SCENE.replace("[[contact]]", f"{LOADS}\n[[contact]]"))
    cool, hot = scene.loads[-2:]

    assert cool.around == scene.initial_temperature
    np.testing.assert_allclose(hot.film_coefficient, 4.0 * 0.5 * STEFAN_BOLTZMANN * 800.0**3, rtol=1e-12)


def test_two_loads_may_share_an_input(tmp_path):
    text = edited(('part = "chip_*"\npower', 'part = "chip_1"\npower'))
    second = '[[load]]\nkind = "heat_source"\npart = "chip_2"\npower = { input = "power" }\n'

    scene = loaded(tmp_path, text.replace("[[contact]]", f"{second}\n[[contact]]"))

    assert [load.input for load in scene.loads] == ["power", "convection_1.ambient", "power"]


def test_a_material_may_be_given_in_full(tmp_path):
    material = '{ conductivity = "1 W/(m K)", density = "2 g/cm^3", specific_heat = "3 kJ/(kg K)", source = "mine" }'

    part = loaded(tmp_path, edited(('"copper"', material))).parts[0]

    assert part.material.name == "*"
    assert (part.material.conductivity, part.material.source) == (1.0, "mine")
    assert (part.material.density, part.material.specific_heat) == pytest.approx((2000.0, 3000.0), rel=1e-12)


def test_what_the_file_leaves_out_has_its_default(tmp_path):
    start = SCENE[: SCENE.index("[[contact]]")]

    scene = loaded(tmp_path, start.replace('name = "sample"\n', ""))

    assert scene.name == "sample"  # from the file's name
    assert (scene.plant, scene.view.range, scene.sensors, scene.checks) == (None, None, (), ())
    assert scene.view.unit == "degC"
    assert scene.feed.tick == 0.02
    assert scene.feed.endpoint.startswith("tcp://127.0.0.1:")  # nobody outside, unless the scene says so
    assert scene.uncertainty.model_dump() == {
        "conductivity": 0.10,
        "heat_capacity": 0.05,
        "film_coefficient": 0.20,
        "contact_conductance": 0.20,
    }


def test_a_file_beside_the_scene_comes_before_a_shipped_one(tmp_path):
    assert loaded(tmp_path).geometry.file == asset_path("meshes", "power_module.step")
    (tmp_path / "power_module.step").write_text("mine")

    assert loaded(tmp_path).geometry.file == (tmp_path / "power_module.step").resolve()


def test_steps_hold_and_repeat():
    signal = StepsSignal(times=(0.0, 10.0), values=(20.0, 40.0), repeat=30.0)

    assert [signal.value_at(time_s) for time_s in (0.0, 9.9, 10.0, 29.9, 30.0, 45.0)] == [20, 20, 40, 40, 20, 40]


def test_a_sine_swings_about_its_mean():
    signal = SineSignal(mean=30.0, amplitude=10.0, period=8.0, phase=90.0)

    np.testing.assert_allclose([signal.value_at(time_s) for time_s in (0.0, 2.0, 4.0)], [40.0, 30.0, 20.0], atol=1e-12)


def test_a_scene_never_changes(scene):
    with pytest.raises(ValidationError, match="frozen"):
        scene.name = "other"


def test_unknown_names_are_asked_for_in_vain(scene):
    with pytest.raises(SceneError, match=r"no input is named 'q'; there are power, convection_1\.ambient"):
        scene.input_index("q")
    with pytest.raises(SceneError, match="no sensor is named 'q'; there are tc, air"):
        scene.sensor_index("q")


def test_a_scene_made_in_python_is_checked_as_well(scene):
    fields = {name: getattr(scene, name) for name in Scene.model_fields}

    with pytest.raises(SceneError, match="no input is named 'power'"):
        Scene(**{**fields, "inputs": scene.inputs[1:]})
    with pytest.raises(SceneError, match="two sensors share a name: tc, tc"):
        Scene(**{**fields, "sensors": scene.sensors[:1] * 2})


def test_a_scene_made_in_python_takes_si_numbers_and_text(scene):
    load = Convection(name="air", face="outer", film_coefficient=50.0, input="ambient")

    assert load.face == Outer()
    assert load.film_coefficient == 50.0
    assert Convection(name="air", face=Outer(), film_coefficient="5 W/(cm^2 K)", input="a").film_coefficient == (
        pytest.approx(5e4, rel=1e-12)
    )


@pytest.mark.parametrize("name", [name for name in list_assets("scenes") if name.endswith(".toml")])
def test_every_shipped_scene_loads_and_tests_itself(name):
    scene = load_scene(asset_path("scenes", name))

    assert scene.path == asset_path("scenes", name)
    assert Path(scene.geometry.file).is_file()
    assert scene.description
    assert scene.checks


def test_the_power_module_is_what_the_demo_needs():
    scene = load_scene(asset_path("scenes", "power_module.toml"))
    sensors = [sensor for sensor in scene.sensors if sensor.role is not SensorRole.DRIVE]

    assert [item.name for item in scene.inputs if item.unknown] == ["power_1", "power_2", "power_3"]
    assert len(sensors) == 8
    assert sum(sensor.role is SensorRole.CHECK for sensor in sensors) == 1
    assert 90.0 <= sum(1.0 / sensor.period for sensor in scene.sensors) <= 110.0
    assert min(scene.plant.spread.model_dump().values()) >= 0.10
    assert {item.name for item in scene.inputs if item.unknown} <= set(scene.plant.signals)
