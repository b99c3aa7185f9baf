# /// script
# requires-python = ">=3.11"
# dependencies = ["build123d==0.13.0"]
# ///
"""Writes meshes/l_bracket.step: a ribbed L bracket with bolt holes and a bearing bore, one solid, in inches.

Run `uv run meshes/src/l_bracket.py`.
"""

import build123d as b3d
from gallery import LengthUnit, Part, box, cylinder, write_step

INCH = 25.4
LENGTH, HEIGHT, WIDTH, SHEET = 3.5 * INCH, 3.0 * INCH, 2.5 * INCH, 0.25 * INCH
BEND_RADIUS, CORNER_RADIUS = 0.375 * INCH, 0.375 * INCH
RIB_THICKNESS, RIB_LEG = 0.25 * INCH, 1.5 * INCH
BOLT_RADIUS, HEAD_RADIUS, HEAD_DEPTH = 0.1405 * INCH, 0.25 * INCH, 0.0625 * INCH
"""Clearance and spot face of a 1/4 inch screw."""
BOLTS = tuple((x * INCH, y * INCH) for x in (1.25, 2.875) for y in (-0.875, 0.875))
WALL_BOLTS = tuple((y * INCH, 0.875 * INCH) for y in (-0.875, 0.875))
BORE_RADIUS, BOSS_RADIUS, BOSS_LENGTH, BORE_HEIGHT = 0.3125 * INCH, 0.5625 * INCH, 0.25 * INCH, 2.125 * INCH


def bracket() -> b3d.Shape:
    """The base lies on z = 0, the wall stands at x = 0, the boss looks outwards."""
    half = WIDTH / 2
    base = box((0, -half, 0), (LENGTH, half, SHEET))
    wall = box((0, -half, 0), (SHEET, half, HEIGHT))
    body = base + wall
    corner = [edge for edge in body.edges().filter_by(b3d.Axis.Y) if _near(edge, (SHEET, 0, SHEET))]
    body = b3d.fillet(corner, BEND_RADIUS)
    free = [edge for edge in body.edges() if _is_free_corner(edge)]
    body = b3d.fillet(free, CORNER_RADIUS)
    body = (
        body + _rib() + cylinder((-BOSS_LENGTH, 0, BORE_HEIGHT), BOSS_RADIUS, BOSS_LENGTH + SHEET / 2, axis=(1, 0, 0))
    )
    for x, y in BOLTS:
        body -= cylinder((x, y, -1), BOLT_RADIUS, SHEET + 2)
        body -= cylinder((x, y, SHEET - HEAD_DEPTH), HEAD_RADIUS, SHEET)
    for y, z in WALL_BOLTS:
        body -= cylinder((-1, y, z), BOLT_RADIUS, SHEET + 2, axis=(1, 0, 0))
    return body - cylinder((-BOSS_LENGTH - 1, 0, BORE_HEIGHT), BORE_RADIUS, BOSS_LENGTH + SHEET + 2, axis=(1, 0, 0))


def _rib() -> b3d.Shape:
    """A gusset in the middle, its toes cut square so that no thin wedge is left."""
    toe = 0.09375 * INCH
    reach = SHEET + RIB_LEG
    corners = [(SHEET / 2, SHEET / 2), (reach, SHEET / 2), (reach, SHEET + toe), (SHEET + toe, reach)]
    outline = b3d.Polyline(*corners, (SHEET / 2, reach), close=True)
    face = b3d.make_face(b3d.Plane.XZ * outline)
    return b3d.extrude(face, RIB_THICKNESS / 2, both=True)


def _near(edge: b3d.Edge, point: tuple[float, float, float]) -> bool:
    return (edge.center() - b3d.Vector(point)).length < 0.01 * SHEET


def _is_free_corner(edge: b3d.Edge) -> bool:
    """Whether an edge is one of the four that stand on the sheet at the outer corners."""
    x, y, z = edge.center()
    at_side = abs(abs(y) - WIDTH / 2) < 1e-6
    on_base = abs(x - LENGTH) < 1e-6 and abs(z - SHEET / 2) < 1e-6
    on_wall = abs(z - HEIGHT) < 1e-6 and abs(x - SHEET / 2) < 1e-6
    return at_side and (on_base or on_wall)


if __name__ == "__main__":
    write_step(Part("l_bracket", bracket(), (0.62, 0.65, 0.70)), __file__, unit=LengthUnit.INCH)
