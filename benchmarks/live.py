"""Parts of the live loop against their budgets: the filter's update, the field from coefficients, the mesh's size."""

import dataclasses
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from harness import Row, is_quick, report
from scipy import sparse

from twin3d.backend import one_blas_thread
from twin3d.estimation import Estimator
from twin3d.estimation.kalman import Filter
from twin3d.estimation.observation import observe
from twin3d.estimation.problem import initial_state, state_problem
from twin3d.estimation.transition import linearise
from twin3d.view.field import FieldValues

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "estimation"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "samples"))
from box_asset import AMBIENT_K, box_asset, box_inputs, box_rows, box_sensors, make_readings, reduce_box
from view_samples import make_frame, make_view_model

TICK_S = 0.02
BUDGET = "its budget"


def seconds(work: Callable[[], object], *, n_calls: int, n_runs: int = 15) -> float:
    """Median over runs of the mean CPU time of a call [s]."""
    means = []
    work()
    for _ in range(n_runs):
        start = time.process_time()
        for _ in range(n_calls):
            work()
        means.append((time.process_time() - start) / n_calls)
    return float(np.median(means))


class Case:
    """A filter of the small power module at 50 modes, and some readings of it."""

    def __init__(self, model, n_readings: int) -> None:
        rng = np.random.default_rng(0)
        sensors = box_sensors()
        self.problem = state_problem(model, observe(model, box_rows(), sensors), box_inputs(), sensors)
        x, P = initial_state(self.problem)
        self.transition = linearise(self.problem, x, TICK_S)
        self.filter = Filter(self.problem, x, P)
        self.filter.change_frame(np.eye(self.problem.n_modes), self.transition.frame)
        self.jacobian = self.filter.jacobian(self.transition)
        self.rows = np.zeros((n_readings, self.problem.n_state))
        seen = rng.normal(size=(n_readings, len(self.transition.modes_seen))) @ self.transition.modes_seen
        self.rows[:, : self.problem.n_modes] = seen
        self.noise = np.full(n_readings, 0.04)

    def step(self) -> None:
        """Forecast, compare every reading with it, correct."""
        self.filter.forecast(self.transition, self.jacobian)
        values = self.rows @ self.filter.x
        self.filter.correct(self.filter.observe(self.rows, values, self.noise)[0])

    def textbook(self, *, by_information: bool) -> Callable[[], None]:
        """The same step, gate included, with dense matrices in NumPy: by the gain or by the information form."""
        n = self.problem.n_state
        A, Q = np.eye(n), 1e-6 * np.eye(n)
        A[: self.problem.n_fast] = self.jacobian
        H, R = self.rows, self.noise
        state = {"x": self.filter.x.copy(), "P": self.filter.P + 1e-6 * np.eye(n)}

        def step() -> None:
            x, P = A @ state["x"], A @ state["P"] @ A.T + Q
            innovation = H @ x - H @ x
            if by_information:
                deviations = np.sqrt(np.einsum("ij,ij->i", H @ P, H) + R)
                believed = np.abs(innovation) < 4.5 * deviations
                weighted = H.T * (believed / R)
                state["P"] = np.linalg.inv(np.linalg.inv(P) + weighted @ H)
                state["x"] = x + state["P"] @ (weighted @ innovation)
            else:
                S = H @ P @ H.T + np.diag(R)
                believed = np.abs(innovation) < 4.5 * np.sqrt(np.diag(S))
                gain = (np.linalg.solve(S, H @ P) * believed[:, None]).T
                state["x"], state["P"] = x + gain @ innovation, P - gain @ (H @ P)

        return step


def update_rows(model, n_readings: int, budget_s: float, n_calls: int) -> list[Row]:
    """The filter's update against its budget and against the textbook."""
    case = Case(model, n_readings)
    size = f"{model.n_modes} modes, {case.problem.n_state} states, {n_readings} readings"
    ours = seconds(case.step, n_calls=n_calls)
    peers = {
        name: seconds(case.textbook(by_information=flag), n_calls=max(1, n_calls // 10))
        for name, flag in (("textbook gain, NumPy", False), ("textbook information form, NumPy", True))
    }
    best = min(peers, key=lambda name: peers[name])
    work = "update: forecast, compare, correct"
    return [
        Row(work, size, "s", ours, budget_s, BUDGET, 1.0, more_is_better=False),
        Row(work, size, "s", ours, peers[best], best, 1.0, more_is_better=False),
    ]


def field_row(n_points: int, budget_s: float) -> Row:
    """The field at so many points from 50 coefficients, against its budget."""
    small = make_view_model(50)
    rng = np.random.default_rng(0)
    basis = np.asfortranarray(rng.standard_normal((n_points, 50), dtype=np.float32))
    lifting = np.zeros((n_points, 2), np.float32)
    values = FieldValues(dataclasses.replace(small, basis=basis, lifting=lifting))
    frame = make_frame(small, factor=False)
    ours = seconds(lambda: values.temperature(frame), n_calls=10)
    size = f"{n_points} points, 50 modes"
    return Row("field from coefficients", size, "s", ours, budget_s, BUDGET, 1.0, more_is_better=False)


def tick_seconds(model, n_points: int, n_ticks: int) -> float:
    """CPU time of a tick of the estimator on a mesh of so many points, 9 readings each [s]."""
    basis = np.zeros((n_points, model.n_modes), order="F")
    basis[: model.n_dofs] = model.basis
    larger = dataclasses.replace(
        model, basis=basis, lifting=np.zeros((n_points, 4)), point_error=np.full(n_points, 0.05)
    )
    rows = sparse.csr_array(box_rows())
    rows.resize((rows.shape[0], n_points))
    estimator = Estimator.prepare(larger, rows, box_inputs(), box_sensors(), tick_s=TICK_S)
    estimator.start(0)
    ticks = iter(range(1, 100 * n_ticks))

    def tick() -> None:
        number = next(ticks)
        batch = make_readings([(sensor, number * TICK_S, AMBIENT_K) for sensor in range(9)])
        estimator.advance(batch, round(number * TICK_S * 1e9))

    return seconds(tick, n_calls=n_ticks)


def main() -> None:
    quick = is_quick(__doc__ or "")
    model = reduce_box(box_asset(), n_modes=50, point_error=0.05)
    n_calls, sizes = (30, (20_000, 200_000)) if quick else (200, (20_000, 2_000_000))
    with one_blas_thread():
        rows = update_rows(model, 8, 1e-4, n_calls) + update_rows(model, 1000, 2e-3, max(1, n_calls // 10))
        rows += [field_row(60_000, 5e-4), field_row(1_000_000, 15e-3)]
        small, large = (tick_seconds(model, n_points, n_calls // 4) for n_points in sizes)
    rows.append(
        Row("a whole tick of the estimator, 9 readings", f"{sizes[1]} points", "s", large, small, f"{sizes[0]} points",
            0.9, more_is_better=False)
    )  # fmt: skip
    report("live", rows, packages=("numpy", "scipy", "numba"), quick=quick)


if __name__ == "__main__":
    main()
