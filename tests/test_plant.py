"""The simulated asset: another physics, real-world sensors, faults on request."""

import numpy as np
import pytest

from twin3d.backend import get_backend
from twin3d.errors import SceneError
from twin3d.plant import MIN_PERTURBATION, Fault, Plant, draw_parameters, parse_fault, prepare_plant
from twin3d.records import Parameter, ParameterKind, Quality
from twin3d.scene import PlantSpread, load_scene


@pytest.fixture(scope="module")
def prepared(bar_scene):
    scene = load_scene(bar_scene)
    model, theta = prepare_plant(scene, backend=get_backend("numpy"), cache_dir=None, rng=np.random.default_rng(1))
    return scene, model, theta


def make_plant(prepared, *faults, seed=2):
    scene, model, theta = prepared
    plant = Plant(scene, model, theta, rng=np.random.default_rng(seed))
    plant.faults = faults
    return plant


def values_of(plant, sensor, until_s):
    return [(r.time_s, r.value, r.quality) for r in plant.advance(until_s) if r.sensor.id == sensor]


def test_every_parameter_is_off_by_a_tenth_or_more(rng):
    parameters = [Parameter(f"p{k}", kind, 0.1) for k, kind in enumerate([*ParameterKind] * 20)]
    spread = PlantSpread(conductivity=0.15, film_coefficient=0.25, contact_conductance=0.12, heat_capacity=0.05)

    off = np.abs(draw_parameters(parameters, spread, rng) - 1.0)

    capacity = np.array([parameter.kind is ParameterKind.HEAT_CAPACITY for parameter in parameters])
    assert (off[~capacity] >= MIN_PERTURBATION).all()
    np.testing.assert_allclose(off[capacity], 0.05)
    assert off.max() <= 0.25


def test_readings_come_at_their_period_and_follow_the_truth(prepared):
    scene, _, _ = prepared
    plant = make_plant(prepared)

    readings = values_of(plant, "tc_mid", 20.0)

    times = np.array([time for time, _, _ in readings])
    assert np.diff(times).mean() == pytest.approx(0.2, rel=0.02)
    index = scene.sensor_index("tc_mid")
    true = plant.true_values()[index]
    late = np.array([value for time, value, _ in readings if time > 19.0])
    assert late.mean() == pytest.approx(true + plant.sensors.bias[index], abs=0.4)
    assert true > 294.0


@pytest.mark.parametrize(
    ("kind", "value", "check"),
    [
        ("stuck", 0.0, lambda after, before: np.ptp(after) == 0.0),
        ("offset", 5.0, lambda after, before: after.mean() > before.mean() + 4.0),
        ("drift", 1.0, lambda after, before: after[-1] > after[0] + 3.0),
        ("spike", 50.0, lambda after, before: after.max() > before.max() + 40.0),
        ("silent", 0.0, lambda after, before: len(after) == 0),
    ],
)
def test_faults_do_what_they_say(prepared, kind, value, check):
    plant = make_plant(prepared, Fault("tc_mid", kind, value, 5.0, np.inf))

    readings = values_of(plant, "tc_mid", 25.0 if kind == "spike" else 10.0)

    before = np.array([v for time, v, _ in readings if time < 5.0])
    after = np.array([v for time, v, _ in readings if time >= 5.0])
    assert check(after, before)


def test_a_bad_sensor_says_so_until_the_fault_ends(prepared):
    plant = make_plant(prepared, Fault("tc_mid", "bad", 0.0, 2.0, 4.0))

    bad = [time for time, _, quality in values_of(plant, "tc_mid", 6.0) if quality is Quality.BAD]

    assert min(bad) >= 2.0
    assert max(bad) < 4.0


def test_a_fault_is_read_from_text():
    assert parse_fault("tc3:offset=5@20-40") == Fault("tc3", "offset", 5.0, 20.0, 40.0)
    assert parse_fault("tc3:silent") == Fault("tc3", "silent", 0.0, 0.0, np.inf)


@pytest.mark.parametrize("text", ["tc3", "tc3:melt", "tc3:offset=five", "tc3:offset=5@now"])
def test_a_fault_that_cannot_be_read_is_refused(text):
    with pytest.raises(SceneError, match="fault"):
        parse_fault(text)


def test_a_scene_without_a_plant_is_refused(prepared):
    scene, model, theta = prepared
    without = scene.model_copy(update={"plant": None})

    with pytest.raises(SceneError, match="no \\[plant\\] section"):
        Plant(without, model, theta, rng=np.random.default_rng(0))
