r"""An asset and its sensors as one linear system, whose filter settles: what studies of sensors are made on.

It is the twin's own state-space, linearised at the steady state of the nominal inputs. There nothing moves, so lags and
heat capacities have no part in it; while an asset heats up its bars are wider.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from twin3d.errors import EstimationError
from twin3d.estimation.kalman import Filter
from twin3d.estimation.layout import reading_rows, state_names
from twin3d.estimation.observation import observe
from twin3d.estimation.problem import Problem, initial_state, lagged_deviation, state_problem
from twin3d.estimation.steady import steady_gain
from twin3d.estimation.transition import Transition, linearise
from twin3d.records import ReducedModel
from twin3d.scene import Estimation, Input, Sensor

Array = npt.NDArray[np.float64]

DRIFTS = 1e-11
"""A state that decays by less than this in a step drifts freely [–]."""
UNSEEN = 1e-6
"""A drift by its own spread that moves no reading by more than this part of its noise is seen by no sensor [–]."""
UNMOVED = 1e-9
"""Causes that take part in a drift by less than this part of the field do not cause it."""
NAMED = 0.25
"""States with a smaller part than this of the largest one are not named."""


@dataclass(frozen=True, eq=False)
class WatchedAsset:
    """The estimation problem of an asset as a linear system in steps of the shortest period of its sensors.

    x⁺ = A x + noise of covariance Q, y = C x + noise of variances R.
    """

    problem: Problem
    sensors: tuple[Sensor, ...]
    names: tuple[str, ...]
    """What each state is, such as ``power_1`` or ``bias of tc_1``, shape (n_state,)."""
    transition: Transition
    A: Array
    """Shape (n_state, n_state)."""
    C: Array
    """Rows of `problem.observing`, shape (n_observing, n_state)."""
    Q: Array
    """Shape (n_state, n_state)."""
    R: Array
    """A sensor that reads more seldom than the fastest has so much more variance, shape (n_observing,)."""

    @cached_property
    def coordinates(self) -> Array:
        """Rows that give [a, ũ], what fields are lifted from, from the state, shape (n_modes + n_inputs, n_state)."""
        problem, model = self.problem, self.problem.model
        rows = np.zeros((model.n_modes + model.n_inputs, problem.n_state))
        rows[: model.n_modes, : model.n_modes] = self.transition.frame
        rows[: model.n_modes, problem.inputs] = -model.lifting_rate_map[:, problem.uncertain]
        rows[model.n_modes + problem.uncertain, np.arange(problem.inputs.start, problem.inputs.stop)] = 1.0
        return rows

    def settle(self, *, without: Iterable[str] = ()) -> Array:
        """The covariance at which the filter settles, shape (n_state, n_state).

        Args:
            without: Sensors that are lost; what they drive drifts on, unseen.

        Raises:
            EstimationError: It does not settle; names what no sensor sees.
        """
        lost = frozenset(without)
        kept = np.array([self.sensors[index].id not in lost for index in self.problem.observing])
        unseen = self.unseen_drifts(kept)
        if unseen:
            raise EstimationError(
                f"no sensor sees the drift of {'; nor of '.join(unseen)}; add a sensor that does, or let it return to "
                "its mean within a time constant"
            )
        return steady_gain(self.A, self.C[kept], self.Q, self.R[kept])[1]

    def unseen_drifts(self, kept: npt.NDArray[np.bool_]) -> list[str]:
        """What drifts freely and is seen by none of the sensors kept, in words (test of Popov, Belevitch and Hautus).

        Args:
            kept: Mask over the rows of C, shape (n_observing,).
        """
        spread = _spreads(self.problem)
        drifts = linalg.null_space(self.A / spread[:, None] * spread - np.eye(len(self.A)), rcond=DRIFTS)
        if not drifts.size:
            return []
        seen = (self.C * spread / np.sqrt(self.R)[:, None])[kept] @ drifts
        _, sizes, turn = np.linalg.svd(np.vstack([seen, np.zeros(drifts.shape[1])]))
        sizes = np.pad(sizes, (0, drifts.shape[1] - len(sizes)))
        return [self._in_words(drifts @ direction) for direction in turn[sizes < UNSEEN]]

    def _in_words(self, direction: Array) -> str:
        """Causes that drift, else the field itself, which drifts where nothing holds the temperature."""
        sizes = np.abs(direction[self.problem.n_fast :])
        largest = sizes.max(initial=0.0)
        if largest < UNMOVED * np.abs(direction).max():
            return "the mean temperature"
        order = np.argsort(-sizes, kind="stable")
        return " with ".join(self.names[self.problem.n_fast + i] for i in order if sizes[i] >= NAMED * largest)


def watch_asset(
    model: ReducedModel,
    rows: sparse.csr_array,
    inputs: Sequence[Input],
    sensors: Sequence[Sensor],
    *,
    state_rows: Mapping[str, Array] | None = None,
) -> WatchedAsset:
    """Set up the estimation problem of an asset around the steady state of its nominal inputs.

    Parameters count as learnt, whatever the scene says: a filter that only allows for them has no gain to settle at.

    Args:
        model: The reduced model.
        rows: What sensors take of the nodal values, shape (n_sensors, n_dofs).
        inputs: The scene's inputs.
        sensors: The scene's sensors.
        state_rows: As for `observe`.

    Raises:
        EstimationError: Sensors, inputs and model do not fit together, or no sensor observes.
    """
    learning = Estimation(parameters="learnt")
    problem = state_problem(
        model, observe(model, rows, sensors, state_rows=state_rows), inputs, sensors, settings=learning
    )
    periods = np.array([sensors[index].period for index in problem.observing])
    dt_s = float(periods.min())
    x, P = initial_state(problem)
    transition = linearise(problem, x, dt_s)
    warm = transition.rates > 0.0
    z = np.where(warm, transition.load @ problem.mean_input / np.where(warm, transition.rates, 1.0), 0.0)
    x[: problem.n_modes] = z
    x[problem.lags] = lagged_deviation(problem, x, transition.frame)
    return WatchedAsset(
        problem=problem,
        sensors=tuple(sensors),
        names=state_names(problem, [sensor.id for sensor in sensors]),
        transition=transition,
        A=_whole_step(problem, transition, Filter(problem, x, P).jacobian(transition)),
        C=reading_rows(problem, transition.modes_seen)[problem.observing],
        Q=linalg.block_diag(transition.noise, np.diag(transition.slow_noise)),
        R=problem.noise[problem.observing] * periods / dt_s,
    )


def _whole_step(problem: Problem, transition: Transition, fast: Array) -> Array:
    A = np.zeros((problem.n_state, problem.n_state))
    A[: problem.n_fast] = fast
    slow = np.arange(problem.n_fast, problem.n_state)
    A[slow, slow] = transition.slow_decay
    return A


def _spreads(problem: Problem) -> Array:
    """Prior standard deviations of the states, 1 for modes and readings, shape (n_state,)."""
    spread = np.sqrt(np.diag(initial_state(problem)[1]))
    spread[: problem.n_fast] = 1.0
    return np.where(spread > 0.0, spread, 1.0)
