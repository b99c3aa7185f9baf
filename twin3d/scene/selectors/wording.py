"""How directions, points, sizes and globs are written in a selector."""

import math
import re
from typing import TypeAlias

SINGLE_TOLERANCE = 0.02
"""A single size, as in ``r=5 mm``, matches within this relative tolerance: tessellation and fitting blur it."""

Vector: TypeAlias = tuple[float, float, float]

AXES: dict[str, Vector] = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
RESERVED = frozenset({"and", "or", "not", "to"})
"""Words that no name without quotes can be."""
GLOB = re.compile(r"\"([^\"]+)\"|'([^']+)'|([^\s(),\"']+)")


def direction_text(direction: Vector) -> str:
    """A unit vector: ``+z`` along an axis, three numbers otherwise."""
    for name, axis in AXES.items():
        for sign, prefix in ((1.0, "+"), (-1.0, "-")):
            if direction == tuple(sign * value + 0.0 for value in axis):
                return f"{prefix}{name}"
    return ",".join(f"{value!r}" for value in direction)


def point_text(point: Vector) -> str:
    """A point [m], in mm."""
    return ",".join(_millimetres(value) for value in point) + " mm"


def cylinder_text(radius: tuple[float, float] | None, axis: Vector | None) -> str:
    """What follows ``hole`` and its kin: radius bounds [m] in mm, and the axis; each may be absent."""
    words = "" if radius is None else f" r={range_text(radius, 1e3)} mm"
    return words if axis is None else f"{words} along {direction_text(axis).removeprefix('+')}"


def range_text(bounds: tuple[float, float], scale: float) -> str:
    """Bounds in SI times `scale`: one number where they are its tolerance, else ``low..high``."""
    middle = 0.5 * (bounds[0] + bounds[1])
    is_single = math.isclose(bounds[1] - bounds[0], 2.0 * SINGLE_TOLERANCE * middle, rel_tol=1e-9)
    return f"{middle * scale:.12g}" if is_single else f"{bounds[0] * scale:.12g}..{bounds[1] * scale:.12g}"


def _millimetres(value: float) -> str:
    return f"{value * 1e3:.12g}"


def glob_text(glob: str) -> str:
    """A name or pattern, in quotes where it needs them."""
    if GLOB.fullmatch(glob) and not glob.startswith(("'", '"')) and glob not in RESERVED:
        return glob
    return f"'{glob}'" if '"' in glob else f'"{glob}"'
