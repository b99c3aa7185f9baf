"""All that a study of sensors finds, in one record."""

import itertools
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.estimation.observability import (
    Bars,
    Focus,
    Known,
    Pattern,
    coordinates_of,
    known_inputs,
    known_parameters,
    open_patterns,
    settle_unobserved,
)
from twin3d.estimation.placement import Candidates, Loss, PlacementStudy, losses, propose
from twin3d.estimation.sites import focus_on
from twin3d.estimation.watched import WatchedAsset
from twin3d.mesh.placement import Placement, place_sensors
from twin3d.records import TetMesh
from twin3d.scene import Sensor, SensorRole

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PartBars:
    """How well the temperature of a part is known."""

    part: str
    before: float
    """Root mean square of the deviation without the sensors that observe [K]; infinite where nothing else holds it."""
    bars: Bars
    """With them."""


@dataclass(frozen=True, eq=False, slots=True)
class Site:
    """Where a new sensor goes."""

    sensor: Sensor
    placement: Placement
    bars: Bars
    """With it and those before it."""


@dataclass(frozen=True, eq=False, slots=True)
class Survey:
    """What the sensors of a scene can know, what losing each costs, and where new ones go."""

    study: PlacementStudy
    asset: WatchedAsset
    before: Array | None
    """Covariance of the state without the sensors that observe; None where it never settles."""
    after: Array
    """Covariance of the state with them."""
    rms_before: float
    """Root mean square of the deviation without the sensors that observe [K]; infinite where nothing else holds it."""
    bars: Bars
    """With them."""
    inputs: tuple[Known, ...]
    parameters: tuple[Known, ...]
    parts: tuple[PartBars, ...]
    patterns: tuple[Pattern, ...]
    """What stays open, the largest first."""
    losses: tuple[Loss, ...]
    """The cheapest first."""
    sites: tuple[Site, ...]
    """In the order in which they help."""


def survey(study: PlacementStudy, candidates: Candidates, *, mesh: TetMesh, add: int) -> Survey:
    """Find all that is to be said of the sensors of an asset.

    Args:
        study: The asset.
        candidates: Where new sensors may go.
        mesh: Its mesh.
        add: How many new ones to find sites for.

    Raises:
        EstimationError: The filter never settles; names what no sensor sees.
    """
    asset, after = study.settled(candidates, [])
    before = settle_unobserved(asset)
    has_sensors = any(sensor.role is not SensorRole.CHECK for sensor in study.sensors)
    return Survey(
        study=study,
        asset=asset,
        before=before,
        after=after,
        rms_before=_rms(study.focus, asset, before),
        bars=study.bars(asset, after),
        inputs=tuple(known_inputs(asset, before, after, units=[item.unit for item in study.inputs])),
        parameters=tuple(known_parameters(asset, before, after)),
        parts=tuple(_part_bars(asset, before, after, mesh)),
        patterns=tuple(open_patterns(asset, after, study.focus)),
        losses=tuple(losses(study, asset)) if has_sensors else (),
        sites=tuple(_sites(study, candidates, mesh, add)),
    )


def _part_bars(asset: WatchedAsset, before: Array | None, after: Array, mesh: TetMesh) -> list[PartBars]:
    found = []
    for index, name in enumerate(mesh.part_names):
        focus = focus_on(asset.problem.model, mesh, np.array([index], dtype=np.int32))
        found.append(PartBars(name, _rms(focus, asset, before), focus.bars(coordinates_of(asset, after))))
    return found


def _rms(focus: Focus, asset: WatchedAsset, P: Array | None) -> float:
    return float("inf") if P is None else focus.rms(coordinates_of(asset, P))


def _sites(study: PlacementStudy, candidates: Candidates, mesh: TetMesh, add: int) -> list[Site]:
    proposals = propose(study, candidates, count=add)
    taken = {sensor.id for sensor in study.sensors}
    names = (name for name in (f"site_{number}" for number in itertools.count(1)) if name not in taken)
    chosen = [
        candidates.sensors[proposal.candidate].model_copy(update={"id": name})
        for proposal, name in zip(proposals, names, strict=False)
    ]
    placements = {placement.sensor: placement for placement in place_sensors([*study.sensors, *chosen], mesh)}
    return [
        Site(sensor, placements[sensor.id], proposal.bars) for sensor, proposal in zip(chosen, proposals, strict=True)
    ]
