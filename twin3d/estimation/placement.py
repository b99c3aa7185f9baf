"""Where the next sensor helps most, and what losing each one costs, by the covariance at which the filter settles."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import EstimationError
from twin3d.estimation.observability import Focus, coordinates_of
from twin3d.estimation.watched import WatchedAsset, watch_asset
from twin3d.scene import Input, Sensor, SensorRole

Array = npt.NDArray[np.float64]

N_REFINED = 20
"""Candidates with the largest first estimates, whose effect is then computed exactly."""
NEAR_WORST = 0.95
"""Points with so much of the largest deviation count as the worst places."""


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


@dataclass(frozen=True, eq=False, slots=True)
class Candidates:
    """Sensors that might be added."""

    sensors: tuple[Sensor, ...]
    rows: sparse.csr_array
    """What they take of the nodal values, shape (n_candidates, n_dofs)."""


@dataclass(frozen=True, eq=False, slots=True)
class PlacementStudy:
    """An asset, its sensors and where temperatures matter."""

    inputs: tuple[Input, ...]
    sensors: tuple[Sensor, ...]
    rows: sparse.csr_array
    """What the sensors take of the nodal values, shape (n_sensors, n_dofs)."""
    focus: Focus
    objective: Objective = Objective.MEAN

    def settled(self, candidates: Candidates, chosen: Sequence[int]) -> tuple[WatchedAsset, Array]:
        """The asset with some of the candidates added, and the covariance at which its filter settles.

        Raises:
            EstimationError: It does not settle; names what no sensor sees.
        """
        if chosen or any(sensor.role is not SensorRole.CHECK for sensor in self.sensors):
            asset = self._watched(candidates, chosen)
            return asset, asset.settle()
        # Without any sensor there is no estimation problem; with one that is lost there is.
        asset = self._watched(candidates, [0])
        return asset, asset.settle(without=[candidates.sensors[0].id])

    def _watched(self, candidates: Candidates, chosen: Sequence[int]) -> WatchedAsset:
        rows = sparse.csr_array(sparse.vstack([self.rows, candidates.rows[list(chosen)]], format="csr"))
        added = tuple(candidates.sensors[index] for index in chosen)
        return watch_asset(self.focus.model, rows, self.inputs, (*self.sensors, *added))

    def bars(self, asset: WatchedAsset, P: Array) -> Bars:
        """How well the field is known with a covariance of the state."""
        covariance = coordinates_of(asset, P)
        deviations = self.focus.deviations(covariance)
        worst = int(deviations.argmax())
        return Bars(self.focus.rms(covariance), float(deviations[worst]), int(self.focus.dofs[worst]))

    def bars_with(self, candidates: Candidates, chosen: Sequence[int]) -> Bars:
        """How well the field is known with some of the candidates added."""
        return self.bars(*self.settled(candidates, chosen))


@dataclass(frozen=True, slots=True)
class Proposal:
    """A site for a sensor, and what it brings on top of those before it."""

    candidate: int
    """Position among the candidates."""
    bars: Bars
    """With this sensor and those proposed before it."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What it costs to lose a sensor."""

    sensor: str
    bars: Bars | None
    """Without it; None where the filter then never settles."""
    deviations: Array | None
    """Of the uncertain inputs without it, in SI, shape (n_uncertain,)."""
    reason: str = ""
    """What then drifts without being seen."""


def estimated_gains(study: PlacementStudy, asset: WatchedAsset, P: Array, candidates: Candidates) -> Array:
    r"""What each candidate would take from the objective's variance, by one reading on top of a settled filter [K²].

    A row h with an own variance r takes $h P W P h^T / (r + h P h^T)$ from tr(W P); r holds noise, bias and the model's
    error there.

    Returns:
        Shape (n_candidates,).
    """
    model, focus = study.focus.model, study.focus
    own = np.array([sensor.noise**2 + sensor.bias**2 for sensor in candidates.sensors])
    own += (abs(candidates.rows) @ model.point_error) ** 2
    rows = np.hstack([candidates.rows @ model.basis, candidates.rows @ model.lifting])
    covariance = coordinates_of(asset, P)
    seen = rows @ covariance
    total = own + np.einsum("ij,ij->i", seen, rows)
    metric = focus.metric if study.objective is Objective.MEAN else _metric_of_worst(focus, covariance)
    return np.asarray(np.einsum("ij,ij->i", seen @ metric, seen) / total)


def _metric_of_worst(focus: Focus, covariance: Array) -> Array:
    deviations = focus.deviations(covariance)
    rows = focus.rows[deviations >= NEAR_WORST * deviations.max()]
    return np.asarray(rows.T @ rows / len(rows))


def propose(study: PlacementStudy, candidates: Candidates, *, count: int) -> list[Proposal]:
    """Sites for new sensors, one after the other, each where it then helps most.

    The first estimate of `estimated_gains` finds twenty good candidates, of which the best is found exactly: the filter
    is settled anew with each of them, its lag, bias and noise included. In the end each site is tried again with all
    the others in place.

    Args:
        study: The asset.
        candidates: Where sensors may go.
        count: How many are wanted; fewer come back where there are fewer candidates.

    Raises:
        EstimationError: The filter never settles, with any of them.
    """
    chosen: list[int] = []
    for _ in range(min(count, len(candidates.sensors))):
        chosen.append(_best(study, candidates, chosen)[0])
    if len(chosen) > 1:
        chosen = _exchanged(study, candidates, chosen)
    return [Proposal(index, study.bars_with(candidates, chosen[: place + 1])) for place, index in enumerate(chosen)]


def _best(study: PlacementStudy, candidates: Candidates, chosen: Sequence[int]) -> tuple[int, float]:
    """The candidate that helps most on top of those chosen, and the objective with it."""
    gains = estimated_gains(study, *study.settled(candidates, chosen), candidates)
    gains[list(chosen)] = -1.0
    promising = [int(index) for index in np.argsort(-gains, kind="stable")[:N_REFINED] if gains[index] >= 0.0]
    values = [study.bars_with(candidates, [*chosen, index]).of(study.objective) for index in promising]
    best = int(np.argmin(values))
    return promising[best], values[best]


def _exchanged(study: PlacementStudy, candidates: Candidates, chosen: Sequence[int]) -> list[int]:
    """The choice after each site in turn has given way to a better one, if there is any."""
    kept = list(chosen)
    value = study.bars_with(candidates, kept).of(study.objective)
    for place in range(len(kept) - 1):  # the last one was chosen with all others in place
        others = kept[:place] + kept[place + 1 :]
        better, reached = _best(study, candidates, others)
        if reached < value:
            kept, value = [*kept[:place], better, *kept[place + 1 :]], reached
    return kept


def losses(study: PlacementStudy, asset: WatchedAsset) -> list[Loss]:
    """What losing each of the correcting sensors costs, the cheapest first; those that cannot be lost come last."""
    found = [_loss(study, asset, asset.sensors[index].id) for index in asset.problem.observing]
    return sorted(found, key=lambda loss: np.inf if loss.bars is None else loss.bars.of(study.objective))


def _loss(study: PlacementStudy, asset: WatchedAsset, sensor: str) -> Loss:
    try:
        P = asset.settle(without=[sensor])
    except EstimationError as error:
        return Loss(sensor, None, None, str(error))
    deviations = np.sqrt(np.maximum(np.diag(P)[asset.problem.inputs], 0.0))
    return Loss(sensor, study.bars(asset, P), deviations)
