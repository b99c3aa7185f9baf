"""The twin of a measured pouch cell, on a coarse mesh, calibrated on what a thermal camera saw.

The recording was published with a fit of four parameters by COMSOL that leaves 0.123 K: doi 10.1002/batt.202100401.
"""

import pytest
from pouch_recording import N_PIXELS, pouch_scene, rms
from pouch_twin import PouchTwin

CELL_M, UNDER_HEATER_M, AT_TABS_M = 0.012, 0.002, 0.003

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def twin():
    sizes = zip(pouch_scene().geometry.local_sizes, (UNDER_HEATER_M, AT_TABS_M), strict=True)
    local_sizes = tuple(item.model_copy(update={"cell_size": size}) for item, size in sizes)
    return PouchTwin(cell_size=CELL_M, local_sizes=local_sizes)


def test_five_parameters_explain_all_pixels_within_a_tenth_of_a_kelvin(twin):
    surface = twin.measured.surface

    found = twin.calibrated(surface, pixels=range(N_PIXELS), noise=0.1, until_s=len(surface) - 1.5)

    assert len(found.parameters) == 5
    assert rms(twin.expected(twin.theta_of(found)) - surface) < 0.10
