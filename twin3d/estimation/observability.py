"""What the sensors of an asset can know once its filter has settled: inputs, parameters, the field; and what not."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import linalg

from twin3d.errors import EstimationError
from twin3d.estimation.watched import WatchedAsset
from twin3d.records import ReducedModel
from twin3d.scene import SensorRole

Array = npt.NDArray[np.float64]

BLOCK = 8192
"""Points whose deviations are computed together."""
RELATED = 0.4
"""A state with a weaker correlation to a pattern is not named with it [–]."""
MAX_NAMES = 4


class Objective(StrEnum):
    """Which number a new sensor is to make small."""

    MEAN = "mean"
    """The root mean square of the deviation over the volume."""
    WORST = "worst"
    """The largest deviation anywhere."""


@dataclass(frozen=True, slots=True)
class Bars:
    """How well the field is known."""

    rms: float
    """Root mean square of the standard deviation over the volume [K]."""
    worst: float
    """Largest standard deviation [K]."""
    worst_dof: int
    """Where it is."""

    def of(self, objective: Objective) -> float:
        """The number that is to be small [K]."""
        return self.rms if objective is Objective.MEAN else self.worst


@dataclass(frozen=True, eq=False)
class Focus:
    """Where temperatures matter, and how much."""

    model: ReducedModel
    dofs: npt.NDArray[np.int64]
    """Shape (n_focus,)."""
    weights: Array
    """Shares of their volume in that of all of them, shape (n_focus,)."""

    @cached_property
    def rows(self) -> Array:
        """What the temperatures take of [a, ũ], shape (n_focus, n_modes + n_inputs)."""
        return np.hstack([self.model.basis[self.dofs], self.model.lifting[self.dofs]])

    @cached_property
    def metric(self) -> Array:
        """W with cᵀ W c = the mean square of the temperatures of c = [a, ũ], a square matrix of the size of c."""
        return self.rows.T @ (self.weights[:, None] * self.rows)

    def deviations(self, covariance: Array) -> Array:
        """Standard deviation at each dof [K], reduction and discretisation included, shape (n_focus,).

        Args:
            covariance: Of [a, ũ].
        """
        spread = np.zeros(len(self.dofs))
        root = square_root(covariance)
        for start in range(0, len(spread), BLOCK):
            part = self.rows[start : start + BLOCK] @ root
            spread[start : start + BLOCK] = np.einsum("ij,ij->i", part, part)
        return np.asarray(np.sqrt(spread + self.model.point_error[self.dofs] ** 2))

    def rms(self, covariance: Array) -> float:
        """Root mean square of `deviations` over the volume [K]."""
        own = float(self.weights @ self.model.point_error[self.dofs] ** 2)
        return float(np.sqrt(max(0.0, float(np.sum(self.metric * covariance))) + own))

    def bars(self, covariance: Array) -> Bars:
        """How well the temperatures are known."""
        deviations = self.deviations(covariance)
        worst = int(deviations.argmax())
        return Bars(self.rms(covariance), float(deviations[worst]), int(self.dofs[worst]))


@dataclass(frozen=True, slots=True)
class Known:
    """How well one number is known, without and with the sensors that observe."""

    name: str
    unit: str
    """SI unit of an input; empty for parameters, whose deviations are relative."""
    before: float
    """Standard deviation without them; infinite where nothing else holds it."""
    after: float
    """Standard deviation once the filter has settled."""
    is_corrected: bool = True
    """Whether the filter corrects it, or only allows for it."""

    @property
    def share(self) -> float:
        """Part of the variance that the sensors take away, from 0 to 1."""
        return 1.0 - (self.after / self.before) ** 2 if self.before > 0.0 else 0.0


@dataclass(frozen=True, eq=False, slots=True)
class Pattern:
    """A field that the sensors leave open: the temperatures that it raises go up and down together."""

    rms: float
    """Its standard deviation, root mean square over the volume [K]."""
    share: float
    """Its part of the mean square of all that is left open [–]."""
    values: Array
    """Its standard deviation at the dofs of the focus, with a sign [K], shape (n_focus,)."""
    related: tuple[tuple[str, float], ...]
    """What goes up and down with it, and the correlation, the closest first."""


def coordinates_of(asset: WatchedAsset, P: Array) -> Array:
    """Covariance of [a, ũ] from that of the state, shape (n_modes + n_inputs, n_modes + n_inputs)."""
    return asset.coordinates @ P @ asset.coordinates.T


def settle_unobserved(asset: WatchedAsset) -> Array | None:
    """The covariance without the sensors that observe; those that drive inputs stay. None if it never settles."""
    observing = [sensor.id for sensor in asset.sensors if sensor.role is SensorRole.OBSERVE]
    try:
        return asset.settle(without=observing)
    except EstimationError:
        return None


def known_inputs(asset: WatchedAsset, before: Array | None, after: Array, *, units: Sequence[str]) -> list[Known]:
    """How well the unknown and the driven inputs are known.

    Args:
        asset: The asset.
        before: Covariance of the state without the sensors that observe, or None.
        after: Covariance of the state with them.
        units: SI units of all inputs, shape (n_inputs,).
    """
    problem = asset.problem
    start = problem.inputs.start
    return [
        Known(
            asset.names[start + place],
            units[index],
            _deviation(before, start + place),
            _deviation(after, start + place),
        )
        for place, index in enumerate(problem.uncertain)
    ]


def known_parameters(asset: WatchedAsset, before: Array | None, after: Array) -> list[Known]:
    """How well the parameters are known, relative to their values; arguments as in `known_inputs`."""
    problem = asset.problem
    states = range(problem.log_parameters.start, problem.log_parameters.stop)
    considered = set(map(int, problem.considered))
    return [
        Known(
            asset.names[state],
            "",
            spread * _deviation(before, state),
            spread * _deviation(after, state),
            is_corrected=state not in considered,
        )
        for state, spread in zip(states, map(float, problem.spreads), strict=True)
    ]


def open_patterns(asset: WatchedAsset, P: Array, focus: Focus, *, count: int = 3) -> list[Pattern]:
    """The largest independent parts of what the sensors leave open of the field, the largest first.

    Args:
        asset: The asset.
        P: Covariance of the state.
        focus: Where temperatures matter.
        count: Patterns at most.
    """
    root = square_root(coordinates_of(asset, P))
    sizes, turn = linalg.eigh(root.T @ focus.metric @ root, check_finite=False)
    order = np.argsort(sizes)[::-1][:count]
    total = max(float(np.maximum(sizes, 0.0).sum()), 1e-300)
    patterns = []
    for index in order[sizes[order] > 1e-9 * total]:
        direction = root @ turn[:, index]
        values = focus.rows @ direction
        if values[np.abs(values).argmax()] < 0.0:
            direction, values = -direction, -values
        # How much of the pattern a field has, in its standard deviations, is vᵀ W c / λ.
        amplitude = asset.coordinates.T @ (focus.metric @ direction) / sizes[index]
        share = float(sizes[index]) / total
        patterns.append(Pattern(float(np.sqrt(sizes[index])), share, values, _related(asset, P, amplitude)))
    return patterns


def _related(asset: WatchedAsset, P: Array, amplitude: Array) -> tuple[tuple[str, float], ...]:
    """Inputs, parameters and biases that go along with a row over the state that has unit variance."""
    deviation = np.sqrt(np.maximum(np.diag(P), 1e-300))
    correlation = (P @ amplitude) / deviation
    correlation[: asset.problem.n_fast] = 0.0
    order = np.argsort(-np.abs(correlation), kind="stable")[:MAX_NAMES]
    return tuple(
        (asset.names[index], float(correlation[index])) for index in order if abs(correlation[index]) > RELATED
    )


def _deviation(P: Array | None, index: int) -> float:
    return float("inf") if P is None else float(np.sqrt(max(P[index, index], 0.0)))


def square_root(covariance: Array) -> Array:
    """L with L Lᵀ = a covariance, which may be singular."""
    sizes, vectors = linalg.eigh(covariance, check_finite=False)
    return np.asarray(vectors * np.sqrt(np.maximum(sizes, 0.0)))
