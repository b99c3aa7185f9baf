"""Records ten minutes of the power module's simulated asset, calibrates the twin and compares with what is true.

uv run python benchmarks/calibration.py [--seconds 600] [--recording module.csv]
"""

import argparse
import csv
import json
import time
from pathlib import Path

import numpy as np

from twin3d.assets import asset_path
from twin3d.backend import get_backend
from twin3d.bridge.recordings import load_recording
from twin3d.estimation.calibrated import CalibrationSettings
from twin3d.estimation.calibration import calibrate
from twin3d.estimation.recorded import on_grid, recordable
from twin3d.mesh.cache import default_cache_dir
from twin3d.pipeline import prepare
from twin3d.plant import Plant, prepare_plant
from twin3d.scene import ConstantSignal, StepsSignal, load_scene
from twin3d.units import from_si

SIGNALS = {
    "power_1": StepsSignal(times=(0.0, 20.0, 120.0, 300.0, 420.0), values=(0.0, 50.0, 0.0, 40.0, 0.0)),
    "power_2": StepsSignal(times=(0.0, 80.0, 200.0, 360.0, 480.0), values=(0.0, 45.0, 0.0, 50.0, 0.0)),
    "power_3": StepsSignal(times=(0.0, 150.0, 260.0, 330.0, 540.0), values=(0.0, 55.0, 0.0, 35.0, 0.0)),
    "ambient": ConstantSignal(value=298.15),
}
"""A commissioning run: powers that come and go one by one, from a cold start."""
POWERS = tuple(name for name in SIGNALS if name != "ambient")
METER_S = 0.1
FIVE = (
    "film of air_on_the_sink",
    "contact grease",
    "conductivity of heatsink",
    "conductivity of baseplate",
    "heat capacity of heatsink",
)


def record(scene, path, seconds, rng):
    """Write what thermometers and power meters (true to 1 %) say; the answer is what is true of each parameter."""
    section = scene.plant.model_copy(update={"signals": SIGNALS})
    scene = scene.model_copy(update={"plant": section})
    prepared, theta = prepare_plant(scene, backend=get_backend("numpy"), cache_dir=default_cache_dir(), rng=rng)
    plant = Plant(scene, prepared, theta, rng=rng)
    gains = dict(zip(POWERS, np.exp(0.01 * rng.normal(size=len(POWERS))), strict=True))
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["time", "sensor", "value", "unit"])
        for number in range(round(seconds / METER_S) + 1):
            time_s = round(number * METER_S, 3)
            for each in plant.advance(time_s):
                rows.writerow(
                    [round(each.time_s, 4), each.sensor.id, f"{from_si(each.value, 'degC', 'K'):.4f}", "degC"]
                )
            for name, gain in gains.items():
                rows.writerow([time_s, name, f"{gain * SIGNALS[name].value_at(time_s):.4f}", "W"])
    print(f"asset: {prepared.mesh.n_points} points")
    return {item.name: float(value) for item, value in zip(prepared.model.parameters, theta, strict=True)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--recording", type=Path, default=Path("module.csv"))
    arguments = parser.parse_args()
    scene = load_scene(asset_path("scenes", "power_module.toml"))
    truth_path = arguments.recording.with_suffix(".truth.json")
    if not truth_path.is_file():
        true = record(scene, arguments.recording, arguments.seconds, np.random.default_rng(20))
        truth_path.write_text(json.dumps(true, indent=2))
    true = json.loads(truth_path.read_text())
    sensors = recordable(scene.inputs, scene.sensors)
    prepared = prepare(scene, backend=get_backend("numpy"), cache_dir=default_cache_dir())
    print(f"twin: {prepared.mesh.n_points} points, {prepared.model.n_modes} modes")
    rows = prepared.sensor_rows.copy()
    rows.resize((len(sensors), prepared.model.n_dofs))
    recorded = on_grid(load_recording(arguments.recording, sensors).readings, scene.inputs, sensors)
    for parameters in (("*",), FIVE):
        start, cpu_start = time.perf_counter(), time.process_time()
        found = calibrate(
            prepared.model, rows, recorded, scene.inputs, sensors, CalibrationSettings(parameters=parameters)
        )
        duration_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu_start
        said = f"{duration_s:.2f} s ({cpu_s:.2f} s of processor), {len(recorded.value)} averages"
        print(f"\n{len(found.parameters)} parameters in {said}")
        for item in found.parameters:
            error = np.log(item.factor / true[item.name])
            print(
                f"{item.name:32} true {true[item.name]:.3f} found {item.factor:.3f} ± {1.96 * item.deviation:.1%} "
                f"error {error:+.1%} = {error / item.deviation:+.1f} sd, naive ± {1.96 * item.naive_deviation:.2%}, "
                f"spread left {item.deviation / item.prior_deviation:.0%}"
            )
        held = found.held_out
        print(f"held out {held.what}: {held.before:.3f} K before, {held.after:.3f} K after")
        for flag in found.flags:
            print(f"  {flag.kind}: {flag.text}")


if __name__ == "__main__":
    main()
