"""Forecast and update of mean and covariance, using the structure of the transition."""

import numpy as np
import numpy.typing as npt

from twin3d.estimation.correction import Correction, Observed, condensed
from twin3d.estimation.kernels import correct_state, forecast_covariance
from twin3d.estimation.problem import LAG_SPREAD, Problem
from twin3d.estimation.transition import Transition, change_frame, sensitivities

Array = npt.NDArray[np.float64]


class Filter:
    """Mean and covariance of the state, stepped by a transition and corrected by observations."""

    def __init__(self, problem: Problem, x: Array, P: Array) -> None:
        self._problem = problem
        self.x = x
        """Mean, shape (n_state,)."""
        self.P = np.ascontiguousarray(P)
        """Covariance, shape (n_state, n_state)."""

    def copy(self) -> "Filter":
        """A filter of its own at the same state."""
        return Filter(self._problem, self.x.copy(), self.P.copy())

    def change_frame(self, old: Array, new: Array) -> None:
        """Express the modes in another frame U with y = U z; both are (n_modes, n_modes)."""
        self.x, self.P = change_frame(old, new, self.x, self.P)

    def jacobian(self, transition: Transition) -> Array:
        """[z, l] after a step from the whole state before, parameters and lags included, shape (n_fast, n_state)."""
        problem = self._problem
        matrix = transition.fast_from_all.copy()
        matrix[:, problem.log_parameters] = transition.fast_from_heat @ sensitivities(problem, transition, self.x)
        if len(problem.lagged):
            lagged = self.x[problem.lags]
            approach = matrix[problem.lags] @ self._offset(transition) + transition.constant[problem.lags] - lagged
            # A lag that is longer by one spread slows the approach by that part.
            rows = np.arange(problem.lags.start, problem.lags.stop)
            columns = np.arange(problem.log_lags.start, problem.log_lags.stop)
            matrix[rows, columns] = -LAG_SPREAD * approach
        return matrix

    def forecast(self, transition: Transition, jacobian: Array) -> None:
        """Step mean and covariance by one time step."""
        problem, n_fast, decay = self._problem, self._problem.n_fast, transition.slow_decay
        self.x[:n_fast] = jacobian @ self._offset(transition) + transition.constant
        self.x[n_fast:] *= decay
        n_driving = problem.log_lags.stop - n_fast
        forecast_covariance(
            self.P, jacobian, problem.n_modes, n_driving, decay, transition.noise, transition.slow_noise
        )

    def _offset(self, transition: Transition) -> Array:
        offset = self.x.copy()
        offset[self._problem.log_parameters] -= transition.eta
        return offset

    def observe(self, rows: Array, values: Array, variances: Array) -> tuple[Observed, Array]:
        """Compare observations with their forecasts.

        Args:
            rows: H, shape (n_observations, n_state).
            values: Observations less their constant part, shape (n_observations,).
            variances: Of their noise, shape (n_observations,).

        Returns:
            The observations less their forecasts, and the variances of these, noise included.
        """
        total = np.einsum("ij,ij->i", rows @ self.P, rows) + variances
        return Observed(rows, values - rows @ self.x, variances), total

    def correct(self, observed: Observed) -> Correction:
        """Correct with observations, all at once.

        Considered states keep their mean and covariance (Schmidt 1966), but not their correlations with the others.
        Where there are any, the observations of a tick belong into one call: one by one they are correlated through the
        considered states, which a second correction does not know.
        """
        if len(observed.innovations) > self._problem.n_state:
            observed = condensed(observed)
        root, whitened, V = correct_state(
            self.x, self.P, observed.rows, observed.innovations, observed.variances, self._problem.is_considered
        )
        return Correction(observed.rows, root, whitened, V.T)

    def add_variance(self, direction: Array, variance: float) -> None:
        """Widen the covariance along a direction, shape (n_state,)."""
        self.P += variance * np.multiply.outer(direction, direction)

    def pull_inside(self) -> list[int]:
        """Project unknown inputs that left their bounds back onto them.

        The state moves along the covariance, so that modes and inputs stay consistent.

        Returns:
            Positions among the uncertain inputs that were outside.
        """
        problem = self._problem
        values = self.x[problem.inputs]
        low, high = problem.input_bounds[:, 0], problem.input_bounds[:, 1]
        if not ((values < low) | (values > high)).any():
            return []
        outside = np.flatnonzero((values < low - 1e-9) | (values > high + 1e-9))
        for index in outside:
            column = problem.inputs.start + int(index)
            target = min(max(self.x[column], low[index]), high[index])
            self.x += self.P[:, column] * ((target - self.x[column]) / max(self.P[column, column], 1e-300))
        self.x[problem.inputs] = np.clip(self.x[problem.inputs], low, high)
        return [int(index) for index in outside]
