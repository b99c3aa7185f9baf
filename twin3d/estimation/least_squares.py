r"""Gauss-Newton with Levenberg's damping on the unknowns of a calibration, all with a standard normal prior.

The normal equations have the shape of an arrow: what is a sensor's own touches its readings alone, and is eliminated
sensor by sensor, $S = A_{ss} - \sum_j A_{sj} A_{jj}^{-1} A_{js}$, so that the cost grows in proportion to their number.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin3d.estimation.playback import Modal, Playback
from twin3d.estimation.unknowns import LAG, Physical, Unknowns

Array = npt.NDArray[np.float64]

STEP = 1e-3
"""Of finite differences, in prior standard deviations."""
LARGEST_STEP = 2.0
"""Of an iteration, in prior standard deviations."""
MAX_ITERATIONS = 30
TOLERANCE = 1e-2
"""An iteration that moves nothing by more prior standard deviations is the last."""
MAX_DAMPING = 1e6


@dataclass(frozen=True, eq=False, slots=True)
class Point:
    """Values of all unknowns, over their spread."""

    shared: Array
    """Shape (n_shared,)."""
    own: Array
    """Shape (n_sensors, n_own)."""


@dataclass(frozen=True, eq=False, slots=True)
class Normal:
    """The normal equations, prior included."""

    shared: Array
    """Shape (n_shared, n_shared)."""
    mixed: Array
    """Shape (n_sensors, n_shared, n_own)."""
    own: Array
    """Shape (n_sensors, n_own, n_own)."""

    def damped(self, damping: float) -> "Normal":
        """The same with larger diagonals."""
        own = self.own * (1.0 + damping * np.eye(self.own.shape[1]))
        return Normal(self.shared * (1.0 + damping * np.eye(len(self.shared))), self.mixed, own)

    def solve(self, shared: Array, own: Array) -> Point:
        """The unknowns for a right-hand side (n_shared,) and (n_sensors, n_own)."""
        by_own = np.linalg.solve(self.own, own[..., None])[..., 0]
        reduced = shared - np.einsum("jsk,jk->s", self.mixed, by_own)
        x = np.linalg.solve(self.schur(), reduced)
        return Point(x, np.linalg.solve(self.own, (own - np.einsum("jsk,s->jk", self.mixed, x))[..., None])[..., 0])

    def schur(self) -> Array:
        """S, the inverse covariance of the shared unknowns, shape (n_shared, n_shared)."""
        solved = np.linalg.solve(self.own, self.mixed.transpose(0, 2, 1))
        return np.asarray(self.shared - np.einsum("jsk,jkt->st", self.mixed, solved))


@dataclass(frozen=True, eq=False, slots=True)
class Jacobian:
    """Derivatives of the expected observations, in SI."""

    shared: Array
    """Shape (n_observations, n_shared)."""
    own: Array
    """By the unknowns of the sensor that observes, shape (n_observations, n_own)."""

    def normal(self, weights: Array, sensor: npt.NDArray[np.int32], n_sensors: int) -> Normal:
        """The normal equations of observations that weigh so much [1/SI²], sensors ascending."""
        n_shared, n_own = self.shared.shape[1], self.own.shape[1]
        mixed = np.zeros((n_sensors, n_shared, n_own))
        own = np.broadcast_to(np.eye(n_own), (n_sensors, n_own, n_own)).copy()
        weighted = weights[:, None] * self.own
        for index in np.unique(sensor).tolist():
            rows = slice(*np.searchsorted(sensor, [index, index + 1]))
            mixed[index] = self.shared[rows].T @ weighted[rows]
            own[index] += self.own[rows].T @ weighted[rows]
        return Normal(self.shared.T @ (weights[:, None] * self.shared) + np.eye(n_shared), mixed, own)


@dataclass(frozen=True, eq=False, slots=True)
class Problem:
    """What is to be fitted; rows are the observations of the recording."""

    playback: Playback
    unknowns: Unknowns
    deviation: Array
    """Standard deviation of each observation, in SI, shape (n_observations,)."""

    @property
    def nominal(self) -> Point:
        """All unknowns at their nominal value."""
        return Point(np.zeros(self.unknowns.n_shared), np.zeros_like(self.unknowns.own_spreads))

    def expected(self, x: Point, modal: Modal | None = None) -> Array:
        """Expected observations at x, in SI, shape (n_observations,)."""
        return self._played(self.unknowns.physical(x.shared, x.own), modal) + self.unknowns.additions(x.own)

    def jacobian(self, x: Point, expected: Array) -> Jacobian:
        """Derivatives by all unknowns."""
        modal = self.playback.modal(self.unknowns.physical(x.shared, x.own).theta)
        shared = np.zeros((len(expected), len(x.shared)))
        for index in range(len(x.shared)):
            moved = x.shared.copy()
            moved[index] += STEP
            kept = None if index < self.unknowns.n_parameters else modal
            shared[:, index] = (self.expected(Point(moved, x.own), kept) - expected) / STEP
        own = self.unknowns.by_additions()
        moved_own = x.own.copy()
        moved_own[:, LAG] += STEP  # of all sensors at once: each changes its own readings alone
        own[:, LAG] = (self.expected(Point(x.shared, moved_own), modal) - expected) / STEP
        return Jacobian(shared, own)

    def by_parameters(self, x: Point, others: npt.NDArray[np.int64], spreads: Array) -> Array:
        """Derivatives by log-parameters over their spread that are not among the unknowns, (n_observations, n)."""
        physical, expected = self.unknowns.physical(x.shared, x.own), self.expected(x)
        J = np.zeros((len(expected), len(others)))
        for column, (index, spread) in enumerate(zip(others, spreads, strict=True)):
            theta = physical.theta.copy()
            theta[index] *= np.exp(STEP * spread)
            moved = self._played(physical, self.playback.modal(theta)) + self.unknowns.additions(x.own)
            J[:, column] = (moved - expected) / STEP
        return J

    def _played(self, physical: Physical, modal: Modal | None) -> Array:
        return self.playback.expected(
            modal or self.playback.modal(physical.theta),
            inputs=physical.inputs,
            lags=physical.lags,
            delay_s=physical.delay_s,
            start_rise=physical.start_rise,
        )


@dataclass(frozen=True, eq=False, slots=True)
class Fit:
    """The most probable unknowns."""

    x: Point
    expected: Array
    """Observations expected there, in SI, shape (n_observations,)."""
    jacobian: Jacobian
    converged: bool


def fit(problem: Problem, weights: Array, x: Point) -> Fit:
    """Find the most probable unknowns from a start.

    Args:
        problem: What is to be fitted.
        weights: How much each observation counts, 0 leaves it out, shape (n_observations,).
        x: The start.
    """
    recorded, precision = problem.playback.recorded, weights / problem.deviation**2
    damping, converged = 1e-4, False
    expected = problem.expected(x)
    J = problem.jacobian(x, expected)
    cost = _cost(precision, expected - recorded.value, x)
    for _ in range(MAX_ITERATIONS):
        normal = J.normal(precision, recorded.sensor, len(x.own))
        pull = precision * (expected - recorded.value)
        step = normal.damped(damping).solve(
            -J.shared.T @ pull - x.shared, -_by_sensor(J, pull, recorded.sensor, x) - x.own
        )
        tried, size = _stepped(x, step)
        there = problem.expected(tried)
        new_cost = _cost(precision, there - recorded.value, tried)
        if new_cost < cost:
            x, expected, cost, damping = tried, there, new_cost, 0.1 * damping
            J = problem.jacobian(x, expected)
        else:
            damping *= 10.0
        converged = size < TOLERANCE
        if converged or damping > MAX_DAMPING:
            break
    return Fit(x, expected, J, converged)


def _by_sensor(J: Jacobian, pull: Array, sensor: npt.NDArray[np.int32], x: Point) -> Array:
    sums = np.zeros_like(x.own)
    np.add.at(sums, sensor, J.own * pull[:, None])
    return sums


def _stepped(x: Point, step: Point) -> tuple[Point, float]:
    size = max(float(np.abs(step.shared).max()), float(np.abs(step.own).max()))
    share = min(1.0, LARGEST_STEP / max(size, 1e-300))
    return Point(x.shared + share * step.shared, x.own + share * step.own), size


def _cost(precision: Array, error: Array, x: Point) -> float:
    return float(precision @ error**2 + x.shared @ x.shared + (x.own**2).sum())
