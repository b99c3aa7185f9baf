"""Whether an asset is of a size that people build: a wrong unit makes it a thousand times too large or too small."""

import math
from collections.abc import Mapping
from pathlib import Path

from twin3d.mesh.wording import length_text
from twin3d.units import affine_to_si

LONGEST, SHORTEST = 200.0, 0.5e-3
"""An asset longer or shorter than this is doubted [m]."""
THICKEST, THINNEST = 10.0, 1e-6
"""Walls thicker or thinner than this, on the mean of a part, are doubted [m]."""
USUAL = (0.005, 50.0)
"""A likely unit makes the asset as long as this [m]."""
LIKELY_UNITS = ("mm", "m", "inch", "cm", "um", "km")
"""Units that are proposed, the likeliest first."""
UNIT_OF_SUFFIX: Mapping[str, str] = dict.fromkeys((".step", ".stp", ".iges", ".igs"), "mm") | dict.fromkeys(
    (".glb", ".gltf"), "m"
)
"""Unit in which a format's coordinates arrive where nobody states one: CAD kernels convert to millimetres."""


def size_doubts(extent: float, walls: Mapping[str, float], file: Path, unit: str | None) -> tuple[str, ...]:
    """Why the unit of a file may be wrong, with the likely right one; empty when the sizes are usual.

    Args:
        extent: Longest side of the asset's box [m].
        walls: Part → mean thickness of its walls [m].
        file: Where the geometry comes from.
        unit: What is stated for it; None takes the file's own.
    """
    doubts = {name: wall for name, wall in walls.items() if not THINNEST <= wall <= THICKEST}
    is_usual = SHORTEST <= extent <= LONGEST
    if is_usual and not doubts:
        return ()
    remedy = _remedy(extent, file, unit)
    if not is_usual:
        return (f"the asset is {length_text(extent)} long: {remedy}",)
    return tuple(
        f"the walls of the part {name!r} are {length_text(wall)} thick on the mean: {remedy}"
        for name, wall in doubts.items()
    )


def wall_thickness(volume: float, area: float) -> float:
    """Mean thickness of the walls of a body, twice its volume over its surface [m]; exact for a thin sheet."""
    return 2.0 * volume / area if area > 0.0 else 0.0


def _remedy(extent: float, file: Path, unit: str | None) -> str:
    likely = likely_unit(extent, unit or UNIT_OF_SUFFIX.get(file.suffix.lower()))
    if likely is None:
        return "check the unit of the file, and state it as unit in [geometry], or with --unit"
    return f'if the file is in {likely}, say unit = "{likely}" in [geometry], or --unit {likely}'


def likely_unit(extent: float, unit: str | None) -> str | None:
    """The unit that would make an asset as long as assets are; None where none does, or its own is not known."""
    if unit is None:
        return None
    own = affine_to_si(unit, "m").scale
    scales = {name: affine_to_si(name, "m").scale for name in LIKELY_UNITS}
    usual = (name for name, scale in scales.items() if USUAL[0] <= extent * scale / own <= USUAL[1])
    return next((name for name in usual if not math.isclose(scales[name], own)), None)
