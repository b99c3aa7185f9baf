"""Sensors that are not points, from the simulated asset over the wire into the twin."""

import numpy as np
import pytest

from twin3d.backend import get_backend
from twin3d.bridge.checking import ReadingChecker, TimeLimits
from twin3d.bridge.forms import WireReading
from twin3d.bridge.rejections import RejectionLog
from twin3d.bridge.wire import encode_senml
from twin3d.clock import ManualClock
from twin3d.pipeline import prepare
from twin3d.plant import Fault, Plant, prepare_plant
from twin3d.records import SensorStatus
from twin3d.scene import load_scene
from twin3d.twin import Twin

START_NS = 1_790_000_000_000_000_000

COIL = """
[[sensor]]
id = "coil"
quantity = "resistance"
unit = "mohm"
part = "*"
winding = { resistance = "2 ohm" }
noise = "1 mohm"
bias = "1 mohm"
period = "0.2 s"
"""

FIBRE = """
[[sensor]]
id = "fibre"
unit = "degC"
line = ["-18, 0, 5 mm", "18, 0, 5 mm"]
stations = 4
noise = "0.1 K"
bias = "0.2 K"
period = "0.2 s"
"""

CAMERA = """
[[sensor]]
id = "cam"
unit = "degC"
camera = { position = "0, 0, 0.2 m", look_at = "0, 0, 0 m", up = [0, 1, 0], field_of_view = "14 deg", pixels = [12, 3] }
noise = "0.1 K"
bias = "0.2 K"
period = "0.2 s"
"""


def scene_with(bar_scene, folder, sensors):
    """The bar with other sensors than its three."""
    text = bar_scene.read_text()
    first, last = text.index("[[sensor]]"), text.index("[plant]")
    path = folder / "bar.toml"
    (folder / "bar.stl").write_bytes((bar_scene.parent / "bar.stl").read_bytes())
    path.write_text(text[:first] + sensors + text[last:])
    return load_scene(path)


class Rig:
    """A plant and a twin of one scene, on one clock."""

    def __init__(self, scene):
        backend, rng = get_backend("numpy"), np.random.default_rng(4)
        plant_model, theta = prepare_plant(scene, backend=backend, cache_dir=None, rng=rng)
        self.scene = scene
        self.plant = Plant(scene, plant_model, theta, rng=rng)
        self.clock = ManualClock(START_NS)
        self.rejections = RejectionLog(self.clock)
        limits = TimeLimits(max_future_s=2.0, max_age_s=60.0)
        self.checker = ReadingChecker(scene.sensors, self.rejections, clock=self.clock, limits=limits)
        self.prepared = prepare(scene, backend=backend, cache_dir=None)
        self.twin = Twin(scene, self.prepared, rng=rng)
        self.twin.start(START_NS)

    def run(self, seconds):
        """The last frame."""
        while self.plant.time_s < seconds - 1e-9:
            self.clock.sleep(0.1)
            for reading in self.plant.advance((self.clock.now_ns() - START_NS) * 1e-9):
                self.checker.take([encode_senml(self._on_the_wire(reading))])
            frame = self.twin.advance(self.checker.collect(), self.clock.now_ns())
        return frame

    def _on_the_wire(self, reading):
        sensor = reading.sensor
        value = sensor.si_from(sensor.unit).from_si(reading.value)
        return WireReading(sensor.id, value, START_NS + round(reading.time_s * 1e9), sensor.unit, reading.quality)


@pytest.mark.parametrize(("sensors", "n_channels"), [(COIL, 1), (FIBRE, 4)])
def test_what_is_no_point_corrects_the_twin(bar_scene, tmp_path, sensors, n_channels):
    rig = Rig(scene_with(bar_scene, tmp_path, sensors))

    frame = rig.run(20.0)

    assert not rig.rejections.counts
    assert frame.sensors["status"].tolist() == [SensorStatus.USED] * n_channels
    true = rig.plant.true_values()
    assert true.min() > 293.5
    np.testing.assert_allclose(frame.sensors["modelled"], true, atol=0.5)
    np.testing.assert_allclose(rig.prepared.sensor_rows.sum(axis=1), 1.0, rtol=1e-12)


def test_the_channels_of_a_sensor_are_read_and_fail_together(bar_scene, tmp_path):
    rig = Rig(scene_with(bar_scene, tmp_path, FIBRE))
    rig.plant.faults = (Fault("fibre", "offset", 5.0, 1.0, np.inf),)

    readings = list(rig.plant.advance(2.0))

    times = {sensor: [r.time_s for r in readings if r.sensor.id == sensor] for sensor in ("fibre[0]", "fibre[3]")}
    assert times["fibre[0]"] == times["fibre[3]"]
    assert len(set(rig.plant.sensors.bias)) == 1
    assert min(r.value for r in readings if r.time_s >= 1.0) > max(r.value for r in readings if r.time_s < 1.0) + 3.0


def test_a_camera_corrects_the_twin_with_the_pixels_that_see_it(bar_scene, tmp_path):
    rig = Rig(scene_with(bar_scene, tmp_path, CAMERA))

    frame = rig.run(10.0)

    sees = np.diff(rig.prepared.sensor_rows.indptr) > 0
    assert 6 < sees.sum() < 36
    assert not rig.rejections.counts
    assert (frame.sensors["status"][sees] == SensorStatus.USED).mean() > 0.9
    assert (frame.sensors["status"][~sees] == SensorStatus.WAITING).all()
    assert np.isnan(frame.sensors["modelled"][~sees]).all()
    assert rig.twin.counts["unseen"] > 0
    np.testing.assert_allclose(frame.sensors["modelled"][sees], rig.plant.true_values()[sees], atol=0.6)
