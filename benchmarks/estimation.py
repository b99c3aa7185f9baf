"""One tick of the estimator against a textbook Kalman filter of the same size in plain NumPy."""

import sys
import time
from pathlib import Path

import numpy as np
from harness import Row, is_quick, report

from twin3d.backend import one_blas_thread
from twin3d.estimation import Estimator

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "estimation"))
from box_asset import AMBIENT_K, box_asset, box_inputs, box_rows, box_sensors, make_readings, reduce_box

TICK_S = 0.02


def ours_per_tick(model, n_ticks: int) -> float:
    """Mean CPU time of a tick with readings [s]."""
    estimator = Estimator.prepare(model, box_rows(), box_inputs(), box_sensors(), tick_s=TICK_S)
    estimator.start(0)
    batches = [
        make_readings([(index, (tick + 1) * TICK_S, AMBIENT_K) for index in range(9) if (tick + index) % 4 == 0])
        for tick in range(n_ticks)
    ]
    start = time.process_time()
    for tick, batch in enumerate(batches):
        estimator.advance(batch, round((tick + 1) * TICK_S * 1e9))
    return (time.process_time() - start) / n_ticks


def textbook_per_tick(n_state: int, n_readings: int, n_ticks: int) -> float:
    """Mean CPU time of predict and update of the covariance form, with a given dense transition [s]."""
    rng = np.random.default_rng(0)
    A, Q = 0.99 * np.linalg.qr(rng.normal(size=(n_state, n_state)))[0], 1e-4 * np.eye(n_state)
    H, R = rng.normal(size=(n_readings, n_state)), 0.04 * np.eye(n_readings)
    x, P = np.zeros(n_state), np.eye(n_state)
    start = time.process_time()
    for _ in range(n_ticks):
        x, P = A @ x, A @ P @ A.T + Q
        S = H @ P @ H.T + R
        gain = np.linalg.solve(S, H @ P).T
        x = x + gain @ (np.ones(n_readings) - H @ x)
        IKH = np.eye(n_state) - gain @ H
        P = IKH @ P @ IKH.T + gain @ R @ gain.T
    return (time.process_time() - start) / n_ticks


def main() -> None:
    quick = is_quick(__doc__ or "")
    n_ticks = 300 if quick else 2000
    model = reduce_box(box_asset(), n_modes=48)
    n_state = 48 + 8 + 4 + 14 + 8 + 9
    with one_blas_thread():
        ours, theirs = ours_per_tick(model, n_ticks), textbook_per_tick(n_state, 2, n_ticks)
    work = "a tick: parameters, lags, biases, gating"
    row = Row(work, f"{n_state} states", "s", ours, theirs, "textbook filter, linear", 0.5, more_is_better=False)
    report("estimation", [row], packages=("numpy", "scipy"), quick=quick)


if __name__ == "__main__":
    main()
