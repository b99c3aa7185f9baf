"""Time scales come from what is seen and from the asset, not from constants."""

import numpy as np
import pytest
from box_mesh import STEEL, box_mesh, make_scene, temperature_input

from twin3d.backend import get_backend
from twin3d.errors import ReductionError
from twin3d.fem.heat import assemble_heat
from twin3d.fem.space import function_space
from twin3d.fem.system import system_at
from twin3d.reduction.time_scales import TimeScales, fastest_s, steady_factor, time_scales
from twin3d.scene import Convection, Feed, FixedTemperature, HeatFlux, Input, Sensor, selectors

LENGTH_M = 0.1
DIFFUSIVITY = STEEL.conductivity / (STEEL.density * STEEL.specific_heat)
HEATER = HeatFlux(name="heater", face=selectors.parse("name x1"), input="p")


def scales_of(*loads, inputs=()):
    backend = get_backend("numpy")
    scene = make_scene(loads=loads, inputs=[Input(name="p", unit="W", value=5.0), *inputs])
    space = function_space(box_mesh((40, 2, 2), (LENGTH_M, 0.01, 0.01)))
    system = system_at(assemble_heat(scene, space, backend=backend))
    return time_scales(system, 0.02, steady_factor(system, None, backend), backend=backend)


def test_a_rod_held_at_one_end_settles_by_its_quarter_wave():
    held = FixedTemperature(name="held", face=selectors.parse("name x0"), input="cold")

    scales = scales_of(HEATER, held, inputs=[temperature_input("cold")])

    assert scales.is_held
    np.testing.assert_allclose(scales.slow_s, (2.0 * LENGTH_M / np.pi) ** 2 / DIFFUSIVITY, rtol=5e-3)


def test_a_weak_film_makes_a_lumped_body():
    air = Convection(name="air", face=selectors.parse("name x0"), film_coefficient=1.0, input="cold")

    scales = scales_of(HEATER, air, inputs=[temperature_input("cold")])

    np.testing.assert_allclose(scales.slow_s, STEEL.density * STEEL.specific_heat * LENGTH_M / 1.0, rtol=5e-3)


def test_a_loose_rod_settles_by_its_half_wave():
    scales = scales_of(HEATER)

    assert not scales.is_held
    np.testing.assert_allclose(scales.slow_s, (LENGTH_M / np.pi) ** 2 / DIFFUSIVITY, rtol=1e-2)


def test_nothing_driven_is_said():
    with pytest.raises(ReductionError, match="no input of the scene drives any point"):
        scales_of()


def test_the_fastest_is_that_of_tick_lag_and_period():
    sensor = Sensor(id="t", unit="K", position=(0.0, 0.0, 0.0), noise=0.1, lag=0.3, period=2.0)
    scene = make_scene(loads=[], inputs=[], sensors=(sensor,), feed=Feed(tick=0.5))

    assert fastest_s(scene) == 0.3
    assert fastest_s(scene.model_copy(update={"feed": Feed(tick=0.1)})) == 0.1


def test_shifts_cover_the_time_scales():
    shifts = TimeScales(0.02, 200.0, is_held=True).shifts()

    np.testing.assert_allclose(shifts[[0, -1]], [1.0 / 200.0, 1.0 / 0.02])
    assert (np.diff(np.log10(shifts)) < 1.0).all()
