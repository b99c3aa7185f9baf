"""`twin3d calibrate` end to end: an asset of another mesh and other parameters, recorded, calibrated, and run again."""

import csv
import tomllib

import numpy as np
import pytest

from twin3d.backend import get_backend
from twin3d.cli import main
from twin3d.plant import Plant, prepare_plant
from twin3d.scene import StepsSignal, calibrated, load_scene
from twin3d.units import from_si


@pytest.fixture(scope="module")
def recorded(bar_scene, tmp_path_factory):
    """A scene whose asset was recorded, and by what its film differs from the stated one."""
    folder = tmp_path_factory.mktemp("calibrate")
    for name in ("bar.stl", "bar.toml"):
        (folder / name).write_bytes(bar_scene.with_name(name).read_bytes())
    scene = load_scene(folder / "bar.toml")
    signal = StepsSignal(times=(0.0, 300.0), values=(4.0, 1.0))
    section = scene.plant.model_copy(update={"signals": {"power": signal}})
    scene = scene.model_copy(update={"plant": section})
    rng = np.random.default_rng(7)
    prepared, theta = prepare_plant(scene, backend=get_backend("numpy"), cache_dir=None, rng=rng)
    plant = Plant(scene, prepared, theta, rng=rng)
    with (folder / "run.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["time [s]", *(f"{sensor.id} [degC]" for sensor in scene.sensors), "power [W]"])
        for second in range(1, 601):
            readings = list(plant.advance(float(second)))
            last = {reading.sensor.id: from_si(reading.value, "degC", "K") for reading in readings}
            rows.writerow([second, *(f"{last[sensor.id]:.4f}" for sensor in scene.sensors), plant.inputs[0]])
    names = [parameter.name for parameter in prepared.model.parameters]
    return folder, theta[names.index("film of air")]


def test_a_scene_is_calibrated_and_takes_the_file(recorded, capsys):
    folder, true = recorded
    out = folder / "bar.parameters.toml"

    code = main(["calibrate", str(folder / "bar.toml"), str(folder / "run.csv"), "--out", str(out)])

    printed = capsys.readouterr().out
    found = {item["name"]: item for item in tomllib.loads(out.read_text())["parameter"]}["film of air"]
    assert code == 0
    assert "held out (tc_cold" in printed
    assert "film of air" in printed
    assert abs(np.log(found["factor"] / true)) < 3.0 * found["deviation"]
    assert found["deviation"] < 0.05
    scene_file = folder / "calibrated.toml"
    scene_file.write_text('parameters = "bar.parameters.toml"\n' + (folder / "bar.toml").read_text())
    scene = calibrated(load_scene(scene_file))
    assert scene.loads[1].film_coefficient == pytest.approx(40.0 * found["factor"], rel=1e-9)
    assert main(["check", str(scene_file)]) == 0
    assert "parameters calibrated from run.csv" in capsys.readouterr().out


def test_strict_refuses_what_cannot_be_known_and_writes_nothing(recorded, capsys, tmp_path):
    folder, _ = recorded
    short = tmp_path / "short.csv"
    short.write_text("".join((folder / "run.csv").read_text().splitlines(keepends=True)[:30]))
    out = tmp_path / "none.toml"

    code = main(["calibrate", str(folder / "bar.toml"), str(short), "--out", str(out), "--strict"])

    answer = capsys.readouterr()
    assert code == 1
    assert "nothing was written, as --strict asks" in answer.err
    assert "recording too short" in answer.out
    assert not out.exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tc_hot [degC]", "tc_hot", "the column 'tc_hot' of wrong.csv states no unit; write tc_hot [degC]"),
        ("tc_hot [degC]", "tc_hot [W]", "the column 'tc_hot [W]' of wrong.csv is in 'W', expected a unit of K"),
        ("tc_hot [degC]", "tc_hott [degC]", "has a column 'tc_hott [degC]', and no sensor has that name; did you mean"),
        ("time [s]", "clock [s]", "wrong.csv has no column 'time' or 'time [s]' in its first line; it has: clock [s]"),
        ("time [s]", "time [W]", "the column 'time [W]' of wrong.csv is no time"),
        ("power [W]", "heating [W]", "the input 'power' is unknown and the recording does not hold it"),
    ],
)
def test_wrong_columns_and_units_are_named(recorded, capsys, tmp_path, old, new, message):
    folder, _ = recorded
    (tmp_path / "wrong.csv").write_text((folder / "run.csv").read_text().replace(old, new, 1))

    assert main(["calibrate", str(folder / "bar.toml"), str(tmp_path / "wrong.csv")]) == 1

    assert message in capsys.readouterr().err
