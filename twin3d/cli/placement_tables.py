"""What `twin3d place` says: tables for people at 80 columns, and the same as JSON."""

import math
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from twin3d.estimation.observability import Known, Objective
from twin3d.estimation.placement import Loss
from twin3d.estimation.survey import Survey
from twin3d.mesh.wording import counted
from twin3d.scene import Scene

REDUNDANT = 0.02
"""A sensor whose loss makes no bar wider than by this part is redundant, if no input suffers."""
SUFFERS = 1.1
"""Factor on the deviation of an input from which on it is named."""


def show_survey(found: Survey, scene: Scene, console: Console) -> None:
    """Print what can be known, what stays open, what losing sensors costs, and where new ones go."""
    for line in _summary(found, scene):
        console.print(line, markup=False, soft_wrap=True)
    console.print(_known(found))
    console.print(_parts(found))
    for line in _open(found):
        console.print(line, markup=False, soft_wrap=True)
    if found.losses:
        console.print(_losses(found))
    if found.sites:
        console.print(_sites(found))


def as_json(found: Survey, scene: Scene) -> dict[str, Any]:
    """The same numbers in SI, for programs; infinite ones are null."""
    return {
        "scene": scene.name,
        "objective": found.study.objective.value,
        "field": {"without_sensors_rms_K": _finite(found.rms_before), **_bars(found.bars.rms, found.bars.worst)},
        "inputs": [_known_json(known) for known in found.inputs],
        "parameters": [_known_json(known) | {"corrected": known.is_corrected} for known in found.parameters],
        "parts": [
            {"part": part.part, "without_sensors_K": _finite(part.before), **_bars(part.bars.rms, part.bars.worst)}
            for part in found.parts
        ],
        "open": [
            {"rms_K": pattern.rms, "share": pattern.share, "goes_with": dict(pattern.related)}
            for pattern in found.patterns
        ],
        "losses": [
            {
                "sensor": loss.sensor,
                "without_it": None if loss.bars is None else _bars(loss.bars.rms, loss.bars.worst),
                "redundant": is_redundant(loss, found),
                "suffering_inputs": dict(_suffering(loss, found)),
                "reason": loss.reason,
            }
            for loss in found.losses
        ],
        "sites": [
            {
                "sensor": site.sensor.id,
                "position_m": list(site.placement.placed),
                "part": site.placement.part_name,
                "face": site.placement.face,
                "with_it": _bars(site.bars.rms, site.bars.worst),
                "notes": list(site.placement.notes),
            }
            for site in found.sites
        ],
    }


def is_redundant(loss: Loss, found: Survey) -> bool:
    """Whether the asset is known almost as well without a sensor, in the mean, at worst, and every input."""
    if loss.bars is None or _suffering(loss, found):
        return False
    return all(loss.bars.of(which) < (1.0 + REDUNDANT) * found.bars.of(which) for which in Objective)


def _suffering(loss: Loss, found: Survey) -> list[tuple[str, float]]:
    """Inputs that are known worse without a sensor, and the factor on their deviation."""
    if loss.deviations is None:
        return []
    factors = [
        (known.name, float(deviation / known.after))
        for known, deviation in zip(found.inputs, loss.deviations, strict=True)
        if known.after > 0.0
    ]
    return sorted([pair for pair in factors if pair[1] > SUFFERS], key=lambda pair: -pair[1])


def _summary(found: Survey, scene: Scene) -> list[str]:
    asset = found.asset
    own = {sensor.id for sensor in scene.sensors}
    n_correcting = sum(asset.sensors[index].id in own for index in asset.problem.observing)
    return [
        f"{scene.name}: {counted(n_correcting, 'sensor')} that correct {asset.problem.model.n_modes} modes, "
        f"{counted(len(found.inputs), 'input')} and {counted(len(found.parameters), 'parameter')}",
        f"settled at nominal inputs, the temperature is known to {found.bars.rms:.3g} K (standard deviation, root mean "
        f"square over the volume), at worst to {found.bars.worst:.3g} K; without the "
        f"sensors that observe, to {_number(found.rms_before)} K",
    ]


def _known(found: Survey) -> Table:
    table = _table("", "without sensors", "with them", "known")
    for known in found.inputs:
        table.add_row(
            known.name, *(f"± {_number(value)} {known.unit}" for value in (known.before, known.after)), _share(known)
        )
    for known in found.parameters:
        values = (f"± {100.0 * value:.3g} %" for value in (known.before, known.after))
        table.add_row(known.name, *values, _share(known) if known.is_corrected else "allowed for")
    return table


def _share(known: Known) -> str:
    return f"{100.0 * known.share:.0f} %"


def _parts(found: Survey) -> Table:
    table = _table("part", "without sensors", "with them", "at worst")
    for part in found.parts:
        table.add_row(
            part.part, f"± {_number(part.before)} K", f"± {part.bars.rms:.3g} K", f"± {part.bars.worst:.3g} K"
        )
    return table


def _open(found: Survey) -> list[str]:
    lines = ["What stays open of the field:"]
    for pattern in found.patterns:
        related = (
            ", ".join(f"{name} ({correlation:+.2f})" for name, correlation in pattern.related) or "no single cause"
        )
        lines.append(f"  {100.0 * pattern.share:3.0f} %  ± {pattern.rms:.3g} K, with {related}")
    return lines


def _losses(found: Survey) -> Table:
    table = _table("without", "rms", "worst", "what it costs")
    for loss in found.losses:
        if loss.bars is None:
            table.add_row(loss.sensor, "–", "–", loss.reason)
        else:
            table.add_row(loss.sensor, f"{loss.bars.rms:.3g} K", f"{loss.bars.worst:.3g} K", _cost(loss, found))
    table.columns[-1].justify = "left"
    return table


def _cost(loss: Loss, found: Survey) -> str:
    assert loss.bars is not None
    if is_redundant(loss, found):
        return "redundant"
    now = found.bars.of(found.study.objective)
    suffering = "".join(f", {name} {factor:.1f} ×" for name, factor in _suffering(loss, found))
    return f"{100.0 * (loss.bars.of(found.study.objective) / now - 1.0):+.0f} %{suffering}"


def _sites(found: Survey) -> Table:
    objective = found.study.objective
    table = _table("add", "at, in mm", "on", "rms", "worst", "gain")
    table.columns[1].justify = table.columns[2].justify = "left"
    last = found.bars.of(objective)
    for site in found.sites:
        value = site.bars.of(objective)
        place = f"{site.placement.part_name}, face {site.placement.face}"
        row = (f"{site.bars.rms:.3g} K", f"{site.bars.worst:.3g} K", f"{100.0 * (1.0 - value / last):.0f} %")
        table.add_row(site.sensor.id, _millimetres(site.placement.placed), place, *row)
        last = value
    which = "root mean square" if objective is Objective.MEAN else "largest deviation"
    table.caption = f"gain: of the {which}, over the line before"
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right")
    return table


def _millimetres(place: Sequence[float]) -> str:
    return ", ".join(f"{1e3 * coordinate:.1f}" for coordinate in place)


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "∞"


def _known_json(known: Known) -> dict[str, Any]:
    return {
        "name": known.name,
        "unit": known.unit or "relative",
        "without_sensors": _finite(known.before),
        "with_sensors": known.after,
        "known": known.share,
    }


def _bars(rms: float, worst: float) -> dict[str, float]:
    return {"rms_K": rms, "worst_K": worst}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
