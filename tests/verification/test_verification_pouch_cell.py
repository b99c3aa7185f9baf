"""A pouch cell that its authors measured with a camera and simulated with COMSOL: doi 10.1002/batt.202100401.

Their simulation has the parts and loads of the twin's scene with other parameters: the heater's film, 0.2 mm thick,
conducts like the cell does across its layers, and tabs of metal cool the cell as fins.
"""

import numpy as np
import pytest
from pouch_recording import STEP_S, as_authors, by_column, load_measured, marched, pouch_scene, pouch_space, rms

SINCE = 4
"""Steps left out at the start, as the authors leave out half a minute."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def measured():
    return load_measured()


@pytest.fixture(scope="module")
def scene(measured):
    return pouch_scene().model_copy(update={"initial_temperature": float(measured.room[0])})


@pytest.fixture(scope="module")
def space(scene):
    return pouch_space(scene)


@pytest.fixture(scope="module")
def ours(scene, space, measured):
    return marched(as_authors(scene), space, measured)[SINCE:]


@pytest.fixture(scope="module")
def without_tabs(scene, space, measured):
    return marched(as_authors(scene, tabs=False), space, measured)[SINCE:]


@pytest.fixture(scope="module")
def simulated(measured):
    return measured.simulated_every(STEP_S)[SINCE:]


@pytest.fixture(scope="module")
def seen(measured):
    return measured.seen_every(STEP_S)[SINCE:]


def test_the_authors_simulation_misses_the_camera_by_what_they_report(simulated, seen):
    np.testing.assert_allclose(rms(simulated - seen), 0.123, atol=0.001)


def test_the_twin_with_their_parameters_agrees_with_their_simulation(ours, simulated):
    assert rms(ours - simulated) < 0.09


def test_it_misses_the_camera_by_as_much_as_they_do(ours, seen):
    assert rms(ours - seen) < 0.15


def test_without_tabs_the_end_of_the_cell_is_too_warm(ours, without_tabs, simulated):
    near, far = -1, 0
    end = by_column(without_tabs[-1] - simulated[-1])
    end_with_tabs = by_column(ours[-1] - simulated[-1])

    assert abs(end_with_tabs[near] - end_with_tabs[far]) < 0.1
    assert end[near] - end[far] > 0.3
