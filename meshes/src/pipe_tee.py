# /// script
# requires-python = ">=3.11"
# dependencies = ["build123d==0.13.0"]
# ///
"""Writes meshes/pipe_tee.step: a reducing tee DN 100 to DN 65 with flanges, insulation and the water in it, in mm.

The branch is a size smaller than the run, since the crotch of equal tubes has corners that no fillet can follow. Run
`uv run meshes/src/pipe_tee.py`.
"""

import build123d as b3d
from gallery import Assembly, Part, Placed, cylinder, join, write_step

RUN, RUN_WALL, RUN_LENGTH = 57.15, 6.3, 360.0
BRANCH, BRANCH_WALL, BRANCH_LENGTH = 38.05, 5.6, 190.0
"""Outer radii and walls of the tubes; the run's whole length, the branch's from the axis of the run [mm]."""
CROTCH_RADIUS = 12.0
RUN_FLANGE = (110.0, 20.0, 90.0, 9.0, 8)
BRANCH_FLANGE = (92.5, 18.0, 72.5, 9.0, 8)
"""Outer radius, thickness, bolt circle's radius, bolt hole's radius, and number of bolts."""
INSULATION, BARE = 30.0, 65.0
"""Thickness of the mineral wool, and how far from each end it stops."""

STEEL, DARK_STEEL, WATER, WOOL = (0.66, 0.68, 0.70), (0.48, 0.50, 0.53), (0.25, 0.50, 0.85), (0.88, 0.80, 0.52)


def tee() -> Assembly:
    """The run lies along x, the branch points up along z."""
    end = RUN_LENGTH / 2
    outside, bore = _outside(), _tubes(RUN - RUN_WALL, BRANCH - BRANCH_WALL)
    lagging = _tubes(RUN + INSULATION, BRANCH + INSULATION, less=BARE) - outside
    run_flange = Part("run_flange", _flange(RUN, RUN_FLANGE), DARK_STEEL)
    branch_flange = Part("branch_flange", _flange(BRANCH, BRANCH_FLANGE), DARK_STEEL)
    flanges = [
        Placed("flange_inlet", run_flange, b3d.Location((-end, 0, 0), (0, 90, 0))),
        Placed("flange_outlet", run_flange, b3d.Location((end, 0, 0), (0, -90, 0))),
        Placed("flange_branch", branch_flange, b3d.Location((0, 0, BRANCH_LENGTH), (180, 0, 0))),
    ]
    return Assembly(
        "pipe_tee",
        [
            Part("pipe", outside - bore, STEEL),
            Part("water", bore, WATER),
            Part("insulation", lagging, WOOL),
            Assembly("flanges", flanges),
        ],
    )


def _tubes(run: float, branch: float, *, less: float = 0.0) -> b3d.Shape:
    """Both cylinders as one solid, shorter by `less` at each end."""
    along_x = cylinder((-RUN_LENGTH / 2 + less, 0, 0), run, RUN_LENGTH - 2 * less, axis=(1, 0, 0))
    return join(along_x, cylinder((0, 0, 0), branch, BRANCH_LENGTH - less))


def _outside() -> b3d.Shape:
    """The forging's outer shape, its crotch rounded."""
    body = _tubes(RUN, BRANCH)
    crotch = [edge for edge in body.edges() if edge.geom_type not in (b3d.GeomType.LINE, b3d.GeomType.CIRCLE)]
    return b3d.fillet(crotch, CROTCH_RADIUS)


def _flange(tube: float, size: tuple[float, float, float, float, int]) -> b3d.Shape:
    """A slip-on flange about z, its sealing face on z = 0."""
    radius, thickness, circle, hole, n_bolts = size
    disc = cylinder((0, 0, 0), radius, thickness) - cylinder((0, 0, 0), tube, thickness)
    spots = [b3d.Vector(circle, 0, 0).rotate(b3d.Axis.Z, 360 / n_bolts * (number + 0.5)) for number in range(n_bolts)]
    return disc - [cylinder(tuple(spot), hole, thickness) for spot in spots]


if __name__ == "__main__":
    write_step(tee(), __file__)
