"""A strain gauge corrects the state as a thermometer does, and the stress with it."""

import numpy as np
import pytest
from scipy import sparse
from strained_parts import face, reduced_parts

from twin3d.errors import EstimationError
from twin3d.estimation import Estimator, observe
from twin3d.fem.elements import Element
from twin3d.fem.mechanics.gauges import strain_gauge
from twin3d.fem.rows import rows_at
from twin3d.fem.space import function_space
from twin3d.records import READING_DTYPE
from twin3d.reduction.march import discretise
from twin3d.reduction.stress import stress_modes
from twin3d.reduction.stress_lift import state_of, stress_at
from twin3d.scene import Sensor, Symmetry

TICK_S, DURATION_S, POWER_W = 0.5, 40.0, 38.0
PLACE = {"unit": "K", "position": (0.0, 0.0, 0.0), "period": TICK_S}
FAR = Sensor(id="far", noise=0.3, bias=0.5, **PLACE)
GAUGE = Sensor(id="gauge", noise=2e-6, bias=2e-6, **PLACE)


@pytest.fixture(scope="module")
def gauged():
    """A bar between two walls, a gauge on its heated half and a poor thermometer near its cooled end."""
    guides = tuple(Symmetry(name=f"guide_{name}", face=face(name)) for name in ("x0", "x1", "y0", "z0"))
    parts = reduced_parts(mechanical=guides)
    own = function_space(parts.space.mesh, Element.TET10)
    top = own.mesh.facets[own.mesh.facet_region == own.mesh.face_names.index("z1")]
    row = strain_gauge(own, top, position=np.array([0.03, 0.02, 0.02]), direction=np.array([0.0, 1.0, 0.0]))
    modes = stress_modes(parts.scene, parts.space, parts.model, displacement_rows=row, backend=parts.backend)
    rows = sparse.vstack(
        [rows_at(parts.space, np.array([[0.09, 0.02, 0.01]])), sparse.csr_array((1, own.mesh.n_points))]
    )
    return parts, modes, sparse.csr_array(rows)


def stress_error(gauged, *, with_gauge):
    """Root mean square over points at the end of a run whose power the twin does not know [Pa]."""
    parts, modes, rows = gauged
    model, rng = parts.model, np.random.default_rng(5)
    sensors = (FAR, GAUGE) if with_gauge else (FAR,)
    state_rows = {"gauge": modes.gauges[0]} if with_gauge else None
    estimator = Estimator.prepare(
        model, rows[: len(sensors)], parts.scene.inputs, sensors, tick_s=TICK_S, state_rows=state_rows
    )
    estimator.start(0)
    u, step, a = np.array([POWER_W, 300.0, 300.0]), discretise(model, None, TICK_S), np.zeros(model.n_modes)
    for tick in range(1, round(DURATION_S / TICK_S) + 1):
        a = step.step(a, u, u)
        seen = [300.0 + (rows[[0]] @ (model.basis @ a))[0], modes.gauges[0] @ state_of(modes, a, u)]
        batch = np.zeros(len(sensors), READING_DTYPE)
        batch["sensor"] = np.arange(len(sensors))
        batch["value"] = seen[: len(sensors)] + rng.normal(size=2)[: len(sensors)] * [s.noise for s in sensors]
        batch["time_ns"] = round(tick * TICK_S * 1e9)
        estimate = estimator.advance(batch, round(tick * TICK_S * 1e9))
    miss = stress_at(modes, estimate.coefficients, estimate.inputs) - stress_at(modes, a, u)
    return float(np.sqrt(np.mean(miss**2)))


def test_a_gauge_takes_most_of_the_stress_error_away(gauged):
    without, corrected = stress_error(gauged, with_gauge=False), stress_error(gauged, with_gauge=True)

    assert corrected < 0.4 * without


def test_a_gauge_sees_what_its_row_says(gauged):
    parts, modes, rows = gauged
    a, u = np.random.default_rng(1).normal(size=parts.model.n_modes), np.array([12.0, 320.0, 290.0])

    seen = observe(parts.model, rows, (FAR, GAUGE), state_rows={"gauge": modes.gauges[0]})

    state = state_of(modes, a, u)
    y = a + parts.model.lifting_rate_map @ state[parts.model.n_modes : -1]
    value = seen.constant[1] + seen.modes[1] @ y + seen.inputs[1] @ state[parts.model.n_modes : -1]
    np.testing.assert_allclose(value, modes.gauges[0] @ state, rtol=1e-9)


@pytest.mark.parametrize(
    ("rows_of", "words"), [({"lost": np.zeros(3)}, "sensors that look"), ({"gauge": np.zeros(3)}, "shape")]
)
def test_rows_that_fit_no_sensor_are_refused(gauged, rows_of, words):
    parts, _, rows = gauged

    with pytest.raises(EstimationError, match=words):
        observe(parts.model, rows, (FAR, GAUGE), state_rows=rows_of)
