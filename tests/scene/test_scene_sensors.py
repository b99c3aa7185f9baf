"""Sensors that are not points: what a scene file may say, and what is wrong with it."""

import numpy as np
import pytest
from scene_samples import edited, loaded, refusal

from twin3d.errors import SceneError
from twin3d.scene import SensorKind

POINT = 'position = "0, 0, 11 mm"\nnoise = "0.15 K"'
WINDING = 'winding = { resistance = "2 ohm", reference_temperature = "25 degC", temperature_coefficient = "4e-3 1/K" }'
COIL = f'quantity = "resistance"\npart = "chip_1"\n{WINDING}\nnoise = "8 mohm"\nbias = "16 mohm"'


def with_sensor(text, unit="degC"):
    return edited(('unit = "degC"\nposition', f'unit = "{unit}"\nposition'), (POINT, text))


def test_a_winding_reads_resistance_and_tells_temperature(tmp_path):
    sensor = loaded(tmp_path, with_sensor(COIL, "mohm")).sensors[0]

    assert sensor.kind is SensorKind.PART
    assert (sensor.si_unit, sensor.shown_unit) == ("K", "degC")
    np.testing.assert_allclose(sensor.offset + sensor.scale * 2000.0, 298.15, rtol=1e-12)
    np.testing.assert_allclose(sensor.offset + sensor.scale * 2080.0, 308.15, rtol=1e-12)
    np.testing.assert_allclose([sensor.noise, sensor.bias], [1.0, 2.0], rtol=1e-12)


def test_a_part_alone_is_its_mean_and_with_a_position_its_owner(tmp_path):
    alone = loaded(tmp_path, with_sensor('part = "chip_1"\nnoise = "0.1 K"')).sensors[0]
    placed = loaded(tmp_path, with_sensor(f'part = "chip_1"\n{POINT}')).sensors[0]

    assert alone.kind is SensorKind.PART
    assert placed.kind is SensorKind.POINT


FIBRE = 'line = ["0, 0, 11 mm", "30, 0, 11 mm"]\nstations = 3\nnoise = "0.1 K"\nlag = "1 s"'


def test_a_line_of_stations_becomes_channels(tmp_path):
    scene = loaded(tmp_path, with_sensor(FIBRE))

    fibre = scene.sensors[:3]
    assert [sensor.id for sensor in fibre] == ["tc[0]", "tc[1]", "tc[2]"]
    assert {(sensor.array, sensor.kind) for sensor in fibre} == {("tc", SensorKind.LINE)}
    assert fibre[1].span == (1 / 3, 2 / 3)
    assert scene.channels_of("tc") == (0, 1, 2)
    assert scene.channels_of("tc[2]") == (2,)
    with pytest.raises(SceneError, match=r"no sensor is named 'tx'; there are tc, air$"):
        scene.channels_of("tx")


VIEW = 'position = "0, 0, 1 m", look_at = "0, 0, 0 m", up = [0, 1, 0], field_of_view = "9 deg", pixels = [3, 2]'
IMAGE = f'camera = {{ {VIEW} }}\nnoise = "0.1 K"'


def test_a_camera_becomes_a_channel_for_each_pixel(tmp_path):
    scene = loaded(tmp_path, with_sensor(IMAGE))

    pixels = scene.sensors[:6]
    assert [sensor.id for sensor in pixels] == ["tc[0,0]", "tc[0,1]", "tc[0,2]", "tc[1,0]", "tc[1,1]", "tc[1,2]"]
    assert {sensor.kind for sensor in pixels} == {SensorKind.IMAGE}
    assert [sensor.pixel for sensor in pixels][3:5] == [(1, 0), (1, 1)]
    assert scene.channels_of("tc") == tuple(range(6))


REFUSED = {
    "too many pixels": (IMAGE.replace("[3, 2]", "[640, 480]"), "degC", "640 × 480 are 307200 pixels, at most 16384"),
    "a camera at its target": (IMAGE.replace("0, 0, 1 m", "0, 0, 0 m"), "degC", "position and look_at are the same"),
    "a camera with up ahead": (IMAGE.replace("[0, 1, 0]", "[0, 0, 2]"), "degC", "up points along the view"),
    "a field of view of half the world": (IMAGE.replace("9 deg", "180 deg"), "degC", "at most 170"),
    "a camera that lags": (IMAGE.replace("[3, 2]", "[30, 2]") + '\nlag = "1 s"', "degC", "60 channels that lag"),
    "a camera at a position": (IMAGE + '\nposition = "0, 0, 0 mm"', "degC", "found position and camera"),
    "a line of one point": ('line = ["0, 0, 11 mm"]\nnoise = "1 K"', "degC", "too short"),
    "stations without a line": ('part = "*"\nstations = 3\nnoise = "1 K"', "degC", "stations cut a line"),
    "many stations that lag": (FIBRE.replace("= 3", "= 51"), "degC", "51 channels that lag, at most 50 can"),
    "a resistance without its winding": ('quantity = "resistance"\npart = "*"\nnoise = "1 mohm"', "ohm", "winding = {"),
    "a winding of a temperature": (f'part = "*"\n{WINDING}\nnoise = "1 K"', "degC", 'set quantity = "resistance"'),
    "noise of a resistance in kelvin": (COIL.replace("8 mohm", "0.2 K"), "ohm", '"0.2 K"'),
    "a winding that does not change": (COIL.replace("4e-3", "0"), "ohm", "expected more than 0"),
    "a face within a part": ('face = "outer"\npart = "chip_1"\nnoise = "1 K"', "degC", 'face = "part NAME and ..."'),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_named_with_a_remedy(tmp_path, case):
    text, unit, told = REFUSED[case]

    lines = refusal(tmp_path, with_sensor(text, unit))

    assert any(told in line for line in lines), lines
