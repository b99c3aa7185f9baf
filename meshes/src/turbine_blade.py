# /// script
# requires-python = ">=3.11"
# dependencies = ["build123d==0.13.0"]
# ///
"""Writes meshes/turbine_blade.step: a cooled blade with its fir-tree root in a segment of the disk, in mm.

Coolant enters through a slot in the root and leaves through holes at the tip and on the pressure side.
Run `uv run meshes/src/turbine_blade.py`.
"""

from math import cos, pi, radians, sin, sqrt

import build123d as b3d
from gallery import Assembly, Part, box, cylinder, join, write_step

SPAN, CHORD, TIP_CHORD, TWIST_DEG = 70.0, 45.0, 39.0, -18.0
CAMBER, CAMBER_AT, THICKNESS, TRAILING_EDGE = 0.10, 0.4, 0.20, 0.018
"""Camber, its place, and thickness of the four-digit section, and half the thickness added at its end [chord]."""
AXIS = (0.45, 0.075)
"""Where the stacking axis crosses the section [chord]."""
PLATFORM = (52.0, 30.0, 6.0)
HOLES = ((0.11, 1.7), (0.26, 1.8), (0.42, 1.7), (0.58, 1.5), (0.73, 1.2))
"""Place along the chord, and radius [mm], of the radial holes."""
FILM_HEIGHTS, FILM_RADIUS, FILM_FED_BY = (12.0, 24.0, 36.0, 48.0, 60.0), 0.8, 2
"""Heights and radius of the film holes [mm], and the radial hole that feeds them."""
FIR_TREE = (
    (8, -6),
    (8, -12),
    (12, -16),
    (12, -19),
    (8, -23),
    (8, -26),
    (10.5, -28.5),
    (10.5, -31),
    (6, -35.5),
    (6, -37),
)
"""Right half of the root's profile, in y and z [mm]."""
ROOT_LENGTH, PLENUM, PLENUM_TOP = 42.0, (34.0, 8.0), -9.0
DISK = (40.0, -10.0, -56.0)
"""Width, top and bottom of the disk's segment [mm]."""
GROOVE = (5.0, -41.0)
"""Half the width, and bottom, of the coolant groove under the root [mm]."""


def blade_in_disk() -> Assembly:
    """The span runs along z from the platform's top at z = 0, the chord at the hub along x."""
    root = _prism([*FIR_TREE, *((-y, z) for y, z in reversed(FIR_TREE))])
    return Assembly(
        "turbine_blade",
        [Part("blade", _blade(root), (0.72, 0.66, 0.56)), Part("disk", _disk(root), (0.52, 0.54, 0.58))],
    )


def _blade(root: b3d.Shape) -> b3d.Shape:
    length, width, thickness = PLATFORM
    platform = box((-length / 2, -width / 2, -thickness), (length / 2, width / 2, 0))
    body = join(_airfoil(), platform, root)
    length, width = PLENUM
    plenum = box((-length / 2, -width / 2, FIR_TREE[-1][1]), (length / 2, width / 2, PLENUM_TOP))
    return body - [plenum, *(_radial_hole(*hole) for hole in HOLES), *(_film_hole(height) for height in FILM_HEIGHTS)]


def _airfoil() -> b3d.Shape:
    sections = [_section(fraction) for fraction in (0.0, 0.5, 1.0)]
    return b3d.Solid.make_loft(sections)


def _section(fraction: float) -> b3d.Wire:
    """The airfoil at a fraction of the span: one curve round the leading edge, one line at the trailing edge."""
    stations = [((1 - cos(pi * number / 14)) / 2) for number in range(15)]
    upper = [_placed(x, _camber(x) + _half_thickness(x), fraction) for x in stations]
    lower = [_placed(x, _camber(x) - _half_thickness(x), fraction) for x in stations]
    return b3d.Wire([b3d.Edge.make_spline([*reversed(upper), *lower[1:]]), b3d.Edge.make_line(lower[-1], upper[-1])])


def _camber(x: float) -> float:
    """Height of the mean line [chord]."""
    if x < CAMBER_AT:
        return CAMBER / CAMBER_AT**2 * (2 * CAMBER_AT * x - x * x)
    return CAMBER / (1 - CAMBER_AT) ** 2 * (1 - 2 * CAMBER_AT + 2 * CAMBER_AT * x - x * x)


def _half_thickness(x: float) -> float:
    """Of the NACA four-digit section, thickened towards its end [chord]."""
    polynomial = 0.2969 * sqrt(x) - 0.1260 * x - 0.3516 * x**2 + 0.2843 * x**3 - 0.1015 * x**4
    return 5 * THICKNESS * polynomial + TRAILING_EDGE * x


def _placed(x: float, y: float, fraction: float) -> b3d.Vector:
    """A point of the section in space: scaled, turned about the stacking axis, and lifted."""
    chord = CHORD + (TIP_CHORD - CHORD) * fraction
    angle = radians(TWIST_DEG * fraction)
    along, across = (x - AXIS[0]) * chord, (y - AXIS[1]) * chord
    turned = along * cos(angle) - across * sin(angle), along * sin(angle) + across * cos(angle)
    return b3d.Vector(*turned, SPAN * fraction)


def _radial_hole(x: float, radius: float) -> b3d.Shape:
    """A straight hole on the mean line, from within the plenum to beyond the tip."""
    hub, tip = _placed(x, _camber(x), 0.0), _placed(x, _camber(x), 1.0)
    direction = (tip - hub).normalized()
    start = hub + direction * (PLENUM_TOP - 3)
    return cylinder(tuple(start), radius, SPAN - PLENUM_TOP + 10, axis=tuple(direction))


def _film_hole(height: float) -> b3d.Shape:
    """From a radial hole square out of the pressure side."""
    fraction, x = height / SPAN, HOLES[FILM_FED_BY][0]
    hub, tip = _placed(x, _camber(x), 0.0), _placed(x, _camber(x), 1.0)
    centre = hub + (tip - hub) * fraction
    outwards = (_placed(x, 0, fraction) - _placed(x, 1, fraction)).normalized()
    return cylinder(tuple(centre), FILM_RADIUS, 12, axis=tuple(outwards))


def _prism(outline: list[tuple[float, float]]) -> b3d.Shape:
    """The root's profile, extruded along x."""
    face = b3d.make_face(b3d.Plane.YZ * b3d.Polyline(*outline, close=True))
    return b3d.extrude(face, ROOT_LENGTH / 2, both=True)


def _disk(root: b3d.Shape) -> b3d.Shape:
    """A block as long as the root, less the root and the groove under it."""
    width, top, bottom = DISK
    half, end = GROOVE
    block = box((-ROOT_LENGTH / 2, -width / 2, bottom), (ROOT_LENGTH / 2, width / 2, top))
    groove = box((-ROOT_LENGTH / 2, -half, end), (ROOT_LENGTH / 2, half, FIR_TREE[-1][1]))
    return block - [root, groove]


if __name__ == "__main__":
    write_step(blade_in_disk(), __file__)
