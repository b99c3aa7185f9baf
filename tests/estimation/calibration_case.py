"""A recording of the small power module on a finer grid than the twin's, at full order, with what meters do."""

from dataclasses import dataclass, replace

import numpy as np
from box_asset import AMBIENT_K, SENSOR_CELLS, box_asset, box_inputs, box_rows, box_sensors, make_readings, reduce_box
from scipy import sparse
from scipy.sparse.linalg import splu

from twin3d.estimation.calibrated import CalibrationSettings
from twin3d.estimation.calibration import calibrate
from twin3d.estimation.recorded import on_grid, recordable

TWIN_FINE, TRUTH_FINE = 2, 3
DURATION_S, PERIOD_S = 400.0, 1.0
SPREADS = {"film of fins": 0.2, "contact grease": 0.2, "conductivity of sink": 0.1}
"""Parameters that are uncertain in the cases; the names of the box's others are held."""
TRUE = {"film of fins": 1.25, "contact grease": 0.8, "conductivity of sink": 0.92}
POWERS_W = np.array([60.0, 45.0, 70.0])
NOISE_K, LAG_S = 0.1, 2.0


def twin_of(spreads=SPREADS, *, bias=0.1, lag=LAG_S):
    """Model, rows and sensors of a twin whose uncertain parameters are given."""
    asset = box_asset(TWIN_FINE)
    error = mesh_error()
    parameters = tuple(replace(item, spread=spreads.get(item.name, 0.0)) for item in asset.parameters)
    model = reduce_box(replace(asset, parameters=parameters), n_modes=40, point_error=error)
    sensors = box_sensors(noise=NOISE_K, bias=bias, lag=lag, period=PERIOD_S)
    return model, sensors


def mesh_error():
    """Root of the summed squares of what halving the cells changes in the steady rise of each power [K].

    From the next coarser mesh: what the next finer one would change is a quarter of that, and four thirds of it
    remain in all (second order).
    """
    rises = []
    for asset in (box_asset(TWIN_FINE), box_asset(TWIN_FINE // 2)):
        _, K, F = asset.operators(np.ones(len(asset.parameters)))
        steady = splu(sparse.csc_array(K)).solve(np.ascontiguousarray(F[:, :3] * POWERS_W))
        rises.append(asset.children @ steady)
    coarse = np.sqrt(((rises[1] - rises[0]) ** 2).sum(axis=1)) / 3.0
    return np.asarray((box_asset(TWIN_FINE).children.T @ coarse) * TWIN_FINE**3)


@dataclass(frozen=True)
class Truth:
    """What really happened, lags included, before the other errors of meters and thermometers."""

    powers: np.ndarray
    values: np.ndarray
    """At the sensors' places every period, (n_times, n_spots)."""


def powers_at(times):
    """Three chips that switch on one after the other and back."""
    on = [(20.0, 160.0), (90.0, 280.0), (200.0, 330.0)]
    ramps = [np.clip(times - start, 0, 1) - np.clip(times - stop, 0, 1) for start, stop in on]
    return POWERS_W * np.column_stack(ramps)


def full_order_truth(true=TRUE, *, fine=TRUTH_FINE, duration_s=DURATION_S, lag=LAG_S):
    """March the fine asset and its slow thermometers by the trapezoidal rule."""
    asset = box_asset(fine)
    theta = np.array([true.get(item.name, 1.0) for item in asset.parameters])
    M, K, F = asset.operators(theta)
    dt_s = 0.5 * PERIOD_S
    factor = splu(sparse.csc_array(M + 0.5 * dt_s * K))
    explicit = sparse.csr_array(M - 0.5 * dt_s * K)
    times = dt_s * np.arange(round(duration_s / dt_s) + 1)
    inputs = np.column_stack([powers_at(times), np.zeros(len(times))])
    load = F @ inputs.T
    spots = (box_rows()[: len(SENSOR_CELLS)] @ asset.children).tocsr()
    T, seen, values, half = (
        np.zeros(M.shape[0]),
        np.zeros(len(SENSOR_CELLS)),
        [np.zeros(len(SENSOR_CELLS))],
        dt_s / lag / 2,
    )
    for now in range(len(times) - 1):
        T = factor.solve(explicit @ T + 0.5 * dt_s * (load[:, now] + load[:, now + 1]))
        before, seen = seen, spots @ T
        values.append(((1.0 - half) * values[-1] + half * (before + seen)) / (1.0 + half))
    return Truth(inputs[::2, :3], AMBIENT_K + np.array(values)[::2])


def recording_of(truth, model, sensors, rng, *, gain=0.01, bias=0.1, odd=None):
    """Readings of all sensors and powers on a grid: off by a bias, noisy; meters off by a gain."""
    inputs = box_inputs()
    known = recordable(inputs, sensors)
    values = truth.values.copy()
    values += bias * rng.normal(size=values.shape[1]) + NOISE_K * rng.normal(size=values.shape)
    if odd is not None:
        values[:, odd] += 0.5 * (truth.values[:, 0] - AMBIENT_K)
    meters = truth.powers * np.exp(gain * rng.normal(size=3))
    index = {sensor.id: number for number, sensor in enumerate(known)}
    columns = {f"tc{spot + 1}": values[:, spot] for spot in range(values.shape[1])}
    columns |= {f"power_{chip + 1}": meters[:, chip] for chip in range(3)}
    rows = [
        (index[name], PERIOD_S * step, value) for name, column in columns.items() for step, value in enumerate(column)
    ]
    rows.sort(key=lambda row: row[1])
    readings = make_readings(rows)
    return on_grid(readings, inputs, known), known, readings


def calibrated(truth, twin, rng, settings=None, **changes):
    """One calibration of a twin from a fresh recording of the truth."""
    model, sensors = twin
    recorded, known, _ = recording_of(truth, model, sensors, rng, **changes)
    rows = sparse.vstack(
        [box_rows() @ box_asset(TWIN_FINE).children, sparse.csr_array((len(known) - len(sensors), model.n_dofs))]
    ).tocsr()
    return calibrate(model, rows, recorded, box_inputs(), known, settings or CalibrationSettings())
