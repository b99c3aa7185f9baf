"""A scene takes what a calibration found, and only where it was found for this scene."""

import pytest
from scene_samples import SCENE

from twin3d.errors import SceneError
from twin3d.scene import (
    CalibratedParameter,
    ParameterFile,
    PropertyTable,
    calibrated,
    load_parameters,
    load_scene,
    nominal_values,
    written_parameters,
)

KEY = 'parameters = "found.toml"\n'
FOUND = {
    "film of convection_1": ("50 W/(m^2 K)", 1.2),
    "contact contact_1": ("20000 W/(m^2 K)", 0.75),
    "conductivity of *": ("401 W/(m K)", 1.1),
    "heat capacity of *": ("385 J/(kg K)", 0.9),
}


def content(found=FOUND, **changes):
    items = tuple(
        CalibratedParameter(name=name, nominal=nominal, factor=factor, deviation=0.01, prior_deviation=0.2)
        for name, (nominal, factor) in found.items()
    )
    fields = {"version": 1, "scene": "sample", "data": 'a "quoted" run.csv', "data_hash": "ab12", "made": "2026-11-25"}
    return ParameterFile(**fields, twin3d="0.1.0", parameter=items).model_copy(update=changes)


def scene_with(folder, text=None, scene=SCENE):
    (folder / "found.toml").write_text(text or written_parameters(content()), encoding="utf-8")
    (folder / "scene.toml").write_text(KEY + scene, encoding="utf-8")
    return load_scene(folder / "scene.toml")


def test_a_parameter_file_reads_as_it_was_written(tmp_path):
    (tmp_path / "found.toml").write_text(written_parameters(content()), encoding="utf-8")

    assert load_parameters(tmp_path / "found.toml") == content()


def test_a_scene_takes_values_and_spreads(tmp_path):
    stated = scene_with(tmp_path)

    scene = calibrated(stated)

    material = scene.parts[0].material
    assert scene.loads[1].film_coefficient == pytest.approx(60.0, rel=1e-12)
    assert scene.contacts[0].conductance == pytest.approx(15_000.0, rel=1e-12)
    assert material.conductivity == pytest.approx(1.1 * 401.0, rel=1e-12)
    assert material.specific_heat == pytest.approx(0.9 * 385.0, rel=1e-12)
    assert scene.parameters.deviation_of("film of convection_1") == 0.01
    assert scene.parameters.deviation_of("film of elsewhere") is None
    assert stated.loads[1].film_coefficient == pytest.approx(50.0, rel=1e-12)


def test_what_is_calibrated_once_stays_as_it_is(tmp_path):
    scene = calibrated(scene_with(tmp_path))

    assert nominal_values(calibrated(scene)) == nominal_values(scene)


def test_tables_and_directions_are_scaled_as_a_whole_and_one_by_one(tmp_path):
    scene = scene_with(tmp_path)
    table = PropertyTable(temperatures=(300.0, 400.0), values=(390.0, 380.0))
    material = scene.parts[0].material.model_copy(update={"specific_heat": table, "conductivity": (1.0, 2.0, 3.0)})
    found = {"conductivity_y of *": ("2 W/(m K)", 1.5), "heat capacity of *": ("390 J/(kg K)", 0.5)}
    changes = {"parts": (scene.parts[0].model_copy(update={"material": material}),), "parameters": content(found)}

    made = calibrated(scene.model_copy(update=changes)).parts[0].material

    assert made.conductivity == pytest.approx((1.0, 3.0, 3.0), rel=1e-12)
    assert made.specific_heat.values == pytest.approx((195.0, 190.0), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            written_parameters(content()).replace("version = 1", "version = 2"),
            "of version 2, and this twin3d reads ver",
        ),
        (
            written_parameters(content()).replace("factor = 1.2", 'factor = "much"'),
            "parameter.0.factor: .*valid number",
        ),
        (
            written_parameters(content()).replace("film of convection_1", "film of convection_2"),
            'did you mean "film of c',
        ),
        (written_parameters(content()).replace("50 W/(m^2 K)", "60 W/(m^2 K)"), "calibrated from 60 .* states 50 W"),
        ("version = ", "found.toml is no parameter file"),
    ],
)
def test_a_file_that_does_not_fit_is_a_problem_of_the_scene(tmp_path, text, message):
    with pytest.raises(SceneError, match=message) as caught:
        scene_with(tmp_path, text)

    assert "line 1, parameters" in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    (tmp_path / "scene.toml").write_text(KEY + SCENE, encoding="utf-8")

    with pytest.raises(SceneError, match=r"no parameter file at .*found.toml.*make it with twin3d calibrate"):
        load_scene(tmp_path / "scene.toml")


def test_no_surface_radiates_more_than_a_black_one(tmp_path):
    radiation = '\n[[load]]\nkind = "radiation"\nname = "glow"\nface = "plane max z"\nemissivity = 0.9\n'
    radiation += 'around = "300 K"\nsurroundings = { input = "power" }\n'.replace("power", "convection_1.ambient")
    film = 4.0 * 0.9 * 5.670374419e-8 * 300.0**3
    text = written_parameters(content({"film of glow": (f"{film:.8g} W/(m^2 K)", 1.2)}))

    with pytest.raises(SceneError, match=r"emissivity would become 1\.08, which is above 1"):
        scene_with(tmp_path, text, SCENE + radiation)
