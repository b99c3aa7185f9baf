"""Where the next sensor helps most, and what losing each one costs, by the covariance at which the filter settles."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import EstimationError
from twin3d.estimation.observability import Bars, Focus, Objective, coordinates_of, square_root
from twin3d.estimation.watched import WatchedAsset, watch_asset
from twin3d.scene import Input, Sensor, SensorRole

Array = npt.NDArray[np.float64]

N_REFINED = 20
"""Candidates with the largest first estimates, whose effect is then computed exactly."""
N_DIFFERENT = 12
"""So many of them differ from each other, for neighbours have the same estimate."""
ALIKE = 0.999
"""Candidates differ where their effects on the field have a smaller cosine than this."""
NEAR_WORST = 0.95
"""Points with so much of the largest deviation count as the worst places."""


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
        return self.focus.bars(coordinates_of(asset, P))

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
    """What each candidate would take from the objective's variance, by one reading on top of a settled filter [K²].

    Returns:
        Shape (n_candidates,).
    """
    return np.asarray((_effects_of(study, coordinates_of(asset, P), candidates) ** 2).sum(axis=1))


def gain_map(study: PlacementStudy, covariance: Array, *, like: Sensor, at: Focus) -> Array:
    """The same for a sensor at each of many dofs, as a part of the objective itself [–], shape (n_at,).

    Args:
        study: The asset.
        covariance: Of [a, ũ], as the asset is watched now.
        like: A sensor with the noise and bias that a new one has.
        at: The dofs.
    """
    own = like.noise**2 + like.bias**2 + at.model.point_error[at.dofs] ** 2
    gains = (_effects(study, covariance, at.rows, own) ** 2).sum(axis=1)
    now = study.focus.bars(covariance).of(study.objective)
    return np.asarray(1.0 - np.sqrt(np.maximum(0.0, 1.0 - gains / now**2)))


def _effects_of(study: PlacementStudy, covariance: Array, candidates: Candidates) -> Array:
    model = study.focus.model
    rows = np.hstack([candidates.rows @ model.basis, candidates.rows @ model.lifting])
    own = np.array([sensor.noise**2 + sensor.bias**2 for sensor in candidates.sensors])
    return _effects(study, covariance, rows, own + (abs(candidates.rows) @ model.point_error) ** 2)


def _effects(study: PlacementStudy, covariance: Array, rows: Array, own: Array) -> Array:
    r"""What readings with rows h over [a, ũ] do to the field, shape (n_rows, n_modes + n_inputs).

    $W^{1/2} P h^T / \sqrt{r + h P h^T}$; its square is what the reading takes from tr(W P). The own variances r hold
    noise, bias and model error.
    """
    seen = rows @ covariance
    total = own + np.einsum("ij,ij->i", seen, rows)
    focus = study.focus
    metric = focus.metric if study.objective is Objective.MEAN else _metric_of_worst(focus, covariance)
    return np.asarray(seen @ square_root(metric) / np.sqrt(total)[:, None])


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
    asset, P = study.settled(candidates, chosen)
    promising = _promising(_effects_of(study, coordinates_of(asset, P), candidates), chosen)
    values = [study.bars_with(candidates, [*chosen, index]).of(study.objective) for index in promising]
    best = int(np.argmin(values))
    return promising[best], values[best]


def _promising(effects: Array, chosen: Sequence[int]) -> list[int]:
    """Those of the largest effects that differ from each other, then those of the largest effects at all."""
    gains = (effects**2).sum(axis=1)
    directions = effects / np.sqrt(np.maximum(gains, 1e-300))[:, None]
    gains[list(chosen)] = -1.0
    left = gains.copy()
    promising: list[int] = []
    while len(promising) < N_DIFFERENT and left.max() >= 0.0:
        promising.append(int(left.argmax()))
        left[np.abs(directions @ directions[promising[-1]]) > ALIKE] = -1.0
        left[promising[-1]] = -1.0
    gains[promising] = -1.0
    best = np.argsort(-gains, kind="stable")[: N_REFINED - len(promising)]
    return [*promising, *(int(index) for index in best if gains[index] >= 0.0)]


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
