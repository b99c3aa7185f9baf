r"""Sudden changes of unknown inputs: a bank of hypotheses "this input jumped at that time", and the test between them.

A Kalman filter that expects an input to wander explains a jump by everything that it may move: inputs, parameters and
biases, and stays sure of it. Here the signature of each hypothesis, the error d that a unit jump left in the estimate,
runs beside the filter. With innovations ν of variance S and their part $s = h \cdot d$, the size of the jump given its
prior spread σ is $\hat A = b / (C + \sigma^{-2})$, $b = \sum s \nu / S$, $C = \sum s^2 / S$ (generalised likelihood
ratio test, Willsky and Jones 1976). Once one hypothesis is beyond doubt, the estimate becomes the mean over all of
them, each as a filter that knew of it would have found it; their spread (which input, when, how far) widens the
covariance.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin3d.estimation.correction import Correction, Observed
from twin3d.estimation.kalman import Filter
from twin3d.estimation.problem import Problem
from twin3d.estimation.transition import Transition

Array = npt.NDArray[np.float64]

EVIDENCE = 14.0
"""Squared deviations that a hypothesis must explain to be accepted; by chance χ²₁ exceeds it 2 times in 10 000."""
CLIP = 3.0
"""One reading counts as at most so many standard deviations, so that a lone spike is no jump."""
SPACING = ((1.0 / 300.0, 1.0 / 75.0), (1.0 / 150.0, 1.0 / 30.0), (1.0 / 30.0, 1.0 / 4.0))
"""Hypotheses are (this far apart, until this age), in units of the shortest time constant of the unknown inputs."""


@dataclass(frozen=True, eq=False, slots=True)
class Jump:
    """An accepted hypothesis."""

    position: int
    """Among the uncertain inputs."""
    tick: int
    """When it happened."""
    size: float
    """Best guess, in SI."""


class JumpBank:
    """The running hypotheses of one filter."""

    def __init__(self, problem: Problem, tick_s: float) -> None:
        self._problem = problem
        self._unknown = np.flatnonzero(problem.input_rates > 0.0)
        shortest_s = 1.0 / problem.input_rates[self._unknown].max() if self._unknown.size else tick_s
        self._spacing = [
            tuple(max(1, round(part * shortest_s / tick_s)) for part in distance_and_age)
            for distance_and_age in SPACING
        ]
        self.clear()

    def clear(self) -> None:
        """Drop all hypotheses."""
        self._signature = np.zeros((self._problem.n_state, 0))
        self._evidence = np.zeros(0)
        self._clipped = np.zeros(0)
        self._information = np.zeros(0)
        self._position = np.zeros(0, dtype=np.intp)
        self._born = np.zeros(0, dtype=np.int64)

    def copy(self) -> "JumpBank":
        """A bank of its own with the same hypotheses."""
        twin = object.__new__(JumpBank)
        for name in ("_problem", "_unknown", "_spacing", "_position", "_born"):
            setattr(twin, name, getattr(self, name))
        twin._signature = self._signature.copy(order="K")
        twin._evidence, twin._clipped = self._evidence.copy(), self._clipped.copy()
        twin._information = self._information.copy()
        return twin

    def forecast(self, transition: Transition, jacobian: Array) -> None:
        """Step the signatures with the filter."""
        n_fast = self._problem.n_fast
        fast = jacobian @ self._signature
        self._signature[n_fast:] *= transition.slow_decay[:, None]
        self._signature[:n_fast] = fast

    def change_frame(self, old: Array, new: Array) -> None:
        """Express the modes in another frame."""
        n_modes = len(old)
        self._signature[:n_modes] = np.linalg.solve(new, old @ self._signature[:n_modes])

    def observe(self, correction: Correction) -> None:
        """Weigh what corrected the state."""
        if not self._born.size:
            return
        seen = correction.whiten(self._signature)
        self._weigh(seen, correction.whitened)
        self._signature -= correction.gain @ seen

    def observe_unused(self, observed: Observed, variances: Array) -> None:
        """Weigh readings that did not correct the state; the variances are the innovations', shape (n_readings,)."""
        deviations = np.sqrt(variances)
        self._weigh(observed.rows @ self._signature / deviations[:, None], observed.innovations / deviations)

    def _weigh(self, seen: Array, innovations: Array) -> None:
        self._evidence += innovations @ seen
        self._clipped += np.clip(innovations, -CLIP, CLIP) @ seen
        self._information += np.einsum("ij,ij->j", seen, seen)

    def decide(self, filter_: Filter) -> Jump | None:
        """Accept the best hypothesis if its evidence suffices, and move the estimate accordingly."""
        if not self._born.size:
            return None
        spread = self._problem.input_spread[self._position]
        variance = 1.0 / (self._information + spread**-2)
        support = self._clipped**2 * variance
        best = int(np.argmax(support))
        if support[best] < EVIDENCE:
            return None
        size = self._evidence * variance
        log_weight = 0.5 * self._evidence * size + 0.5 * np.log(variance / spread**2)
        weight = np.exp(log_weight - log_weight.max())
        weight /= weight.sum()
        shifts = self._signature * size
        shift = shifts @ weight
        filter_.x += shift
        apart = (shifts - shift[:, None]) * np.sqrt(weight)
        alone = self._signature * np.sqrt(weight * variance)
        filter_.P += apart @ apart.T + alone @ alone.T
        likeliest = int(np.argmax(weight))
        jump = Jump(int(self._position[likeliest]), int(self._born[likeliest]), float(size[likeliest]))
        self.clear()
        return jump

    def renew(self, tick: int) -> None:
        """Drop what is too old or too dense, and begin hypotheses of jumps at this tick."""
        finest = self._spacing[0][0]
        if not self._unknown.size or tick % finest:
            return
        age = tick - self._born
        keep = np.zeros(len(age), dtype=bool)
        for distance, oldest in self._spacing:
            keep |= (self._born % distance < finest) & (age < oldest)
        fresh = np.zeros((self._problem.n_state, len(self._unknown)))
        fresh[self._problem.inputs.start + self._unknown, np.arange(len(self._unknown))] = 1.0
        nothing = np.zeros(len(self._unknown))
        self._signature = np.hstack([self._signature[:, keep], fresh])
        self._evidence = np.concatenate([self._evidence[keep], nothing])
        self._clipped = np.concatenate([self._clipped[keep], nothing])
        self._information = np.concatenate([self._information[keep], nothing])
        self._position = np.concatenate([self._position[keep], self._unknown])
        self._born = np.concatenate([self._born[keep], np.full(len(self._unknown), tick)])
