# /// script
# requires-python = ">=3.11"
# dependencies = ["build123d==0.13.0"]
# ///
"""Writes meshes/mould_insert.step: cavity and core of an injection mould for a cup, with the cup between them, in mm.

The core's cooling channel follows its surface, as printed inserts have it; the cavity's channels are drilled and
plugged. All channels are empty, their walls are faces of the steel. Run `uv run meshes/src/mould_insert.py`.
"""

from math import cos, pi, radians, sin, tan

import build123d as b3d
from gallery import Assembly, Part, box, cylinder, join, moved, write_step

BLOCK, CAVITY_HEIGHT, BASE_HEIGHT = 100.0, 70.0, 30.0
CUP_RADIUS, CUP_HEIGHT, CUP_WALL, DRAFT_DEG = 27.0, 45.0, 3.0, 2.0
"""Outer radius at the rim, outer height, wall, and the taper of the cup."""
SPRUE = (2.0, 3.5)
"""Radii of the sprue at the cup and at the nozzle."""
CHANNEL_RADIUS, RUN_CIRCLE, N_RUNS, RUNS = 3.5, 14.0, 6, (-4.0, 25.0)
"""The conformal channel's radius, the circle its upright runs stand on, their number, and their reach in z."""
DRILL_RADIUS, CROSS_RADIUS, DRILL_Y, CROSS_X, LEVELS = 5.0, 4.5, 37.0, 36.0, (16.0, 46.0)
PLUG_LENGTH = 6.0

STEEL, BRONZE, PLASTIC, BRASS = (0.62, 0.65, 0.69), (0.78, 0.60, 0.38), (0.88, 0.30, 0.25), (0.85, 0.72, 0.32)


def mould() -> Assembly:
    """The parting plane is z = 0, the core stands up into the cavity."""
    cup, plug = _cup(), _core_plug()
    half = BLOCK / 2
    cavity = box((-half, -half, 0), (half, half, CAVITY_HEIGHT)) - [cup, plug, *_drillings()]
    core = join(box((-half, -half, -BASE_HEIGHT), (half, half, 0)), plug) - _conformal_channel()
    shape = cylinder((0, -half, 0), CROSS_RADIUS, PLUG_LENGTH, axis=(0, 1, 0))
    stopper = Part("plug", shape, BRASS)
    plugs = [moved(stopper, f"plug_{number}", (CROSS_X, 0, z)) for number, z in enumerate(LEVELS, start=1)]
    return Assembly(
        "mould_insert",
        [
            Assembly("fixed_half", [Part("cavity_insert", cavity, STEEL), *plugs]),
            Assembly("moving_half", [Part("core_insert", core, BRONZE)]),
            Part("moulding", cup, PLASTIC),
        ],
    )


def _frustum(radius: float, height: float) -> b3d.Shape:
    """Of the mould's taper, from the parting plane up."""
    return b3d.Solid.make_cone(radius, radius - height * tan(radians(DRAFT_DEG)), height)


def _core_plug() -> b3d.Shape:
    return _frustum(CUP_RADIUS - CUP_WALL, CUP_HEIGHT - CUP_WALL)


def _cup() -> b3d.Shape:
    """The moulded part with its sprue."""
    start = CUP_HEIGHT - 1
    sprue = b3d.Solid.make_cone(*SPRUE, CAVITY_HEIGHT - start, b3d.Plane((0, 0, start)))
    return join(_frustum(CUP_RADIUS, CUP_HEIGHT), sprue) - _core_plug()


def _drillings() -> list[b3d.Shape]:
    """At each level two bores along x and one across that joins them; the cross bore's mouth takes a plug."""
    half = BLOCK / 2
    bores = []
    for z in LEVELS:
        for y in (-DRILL_Y, DRILL_Y):
            bores.append(cylinder((-half, y, z), DRILL_RADIUS, CROSS_X + DRILL_RADIUS + 2 + half, axis=(1, 0, 0)))
        bores.append(cylinder((CROSS_X, -half, z), CROSS_RADIUS, half + DRILL_Y, axis=(0, 1, 0)))
    return bores


def _conformal_channel() -> b3d.Shape:
    """Up and down under the core's surface, in and out through its base."""
    low, high = RUNS
    angles = [2 * pi * number / N_RUNS for number in range(N_RUNS)]
    feet = [b3d.Vector(RUN_CIRCLE * cos(angle), RUN_CIRCLE * sin(angle), 0) for angle in angles]
    bend = (feet[1] - feet[0]).length / 2
    path: list[b3d.Edge] = []
    for number, foot in enumerate(feet):
        bottom = -BASE_HEIGHT if number in (0, N_RUNS - 1) else low
        ends = [foot + b3d.Vector(0, 0, z) for z in (bottom, high)]
        path.append(b3d.Edge.make_line(*(ends if number % 2 == 0 else reversed(ends))))
        if number + 1 < N_RUNS:
            level, apex = (high, high + bend) if number % 2 == 0 else (low, low - bend)
            middle = (foot + feet[number + 1]) / 2
            points = [foot + b3d.Vector(0, 0, level), middle + b3d.Vector(0, 0, apex)]
            path.append(b3d.Edge.make_three_point_arc(*points, feet[number + 1] + b3d.Vector(0, 0, level)))
    mouth = b3d.Plane((feet[0].X, feet[0].Y, -BASE_HEIGHT))
    return b3d.sweep(mouth * b3d.Circle(CHANNEL_RADIUS), path=b3d.Wire(path))


if __name__ == "__main__":
    write_step(mould(), __file__)
