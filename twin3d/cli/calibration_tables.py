"""Prints what a calibration found and what to doubt about it."""

from collections import Counter
from collections.abc import Mapping
from itertools import combinations

import numpy as np
from rich.console import Console
from rich.table import Table

from twin3d.estimation.calibrated import Calibration, NuisanceEstimate
from twin3d.scene import Nominal

NORMAL_95 = 1.96
SHOWN_TIE = 0.5
"""Correlations larger than this are shown."""
SHOWN_NUISANCE = 2.0
"""Lags, biases and mesh errors further from nothing than this many of their deviations are shown."""


def show_calibration(
    found: Calibration, nominal: Mapping[str, Nominal], *, skipped: Counter[str], quiet: bool = False
) -> None:
    """Print tables of parameters, ties, nuisance terms and sensors, the error before and after, and all doubts."""
    console = Console(highlight=False, quiet=quiet)
    if skipped:
        console.print(f"readings not used: {', '.join(f'{n} {cause}' for cause, n in skipped.items())}", markup=False)
    console.print(_parameters(found, nominal))
    for table in (_ties(found), _nuisance(found), _sensors(found)):
        if table.row_count:
            console.print(table)
    held = found.held_out
    console.print(f"fitted readings: error {found.fitted_before:.4g} K before, {found.fitted_after:.4g} K after")
    console.print(
        f"held out ({held.what}, {held.n_readings} readings, parameters alone): error {held.before:.4g} K before, "
        f"{held.after:.4g} K after",
        markup=False,
        soft_wrap=True,
    )
    for flag in found.flags:
        console.print(f"warning: {flag.kind}: {flag.text}", markup=False, soft_wrap=True)


def _parameters(found: Calibration, nominal: Mapping[str, Nominal]) -> Table:
    table = Table("parameter", "stated", "found", "95 % interval", "as if independent", "spread left")
    for item in found.parameters:
        stated = nominal[item.name]
        low, high = (stated.value * item.factor * np.exp(sign * NORMAL_95 * item.deviation) for sign in (-1, 1))
        table.add_row(
            item.name,
            str(stated),
            f"{stated.value * item.factor:.4g}",
            f"{low:.4g} … {high:.4g}",
            f"±{NORMAL_95 * item.naive_deviation:.2%}",
            f"{item.deviation / item.prior_deviation:.0%}",
        )
    return table


def _ties(found: Calibration) -> Table:
    table = Table("tied", "with", "correlation")
    for one, other in combinations(range(len(found.names)), 2):
        tie = found.correlation[one, other]
        if abs(tie) > SHOWN_TIE and one < len(found.parameters):
            table.add_row(found.names[one], found.names[other], f"{tie:+.3f}")
    return table


def _nuisance(found: Calibration) -> Table:
    table = Table("beside the parameters", "found", "±")
    for item in found.nuisance:
        if item.name in found.names or abs(item.value) > SHOWN_NUISANCE * item.deviation:
            table.add_row(item.name, _shown(item, item.value), _shown(item, NORMAL_95 * item.deviation))
    return table


def _shown(item: NuisanceEstimate, value: float) -> str:
    return f"{value:.2%}" if item.name.startswith(("gain of ", "lag of ")) else f"{value:.3g}"


def _sensors(found: Calibration) -> Table:
    table = Table("sensor", "", "averages", "that count", "residual", "stated")
    for each in found.sensors:
        numbers = (f"{each.n_readings}", f"{each.n_effective:.0f}", f"{each.rms:.3g}", f"{each.stated:.3g}")
        table.add_row(each.sensor, each.role, *numbers)
    return table
