# /// script
# requires-python = ">=3.11"
# dependencies = ["build123d==0.13.0"]
# ///
"""Writes meshes/street_block.step: a city block with streets, trees, a pond and the air above it, in metres.

Run `uv run meshes/src/street_block.py`.
"""

from itertools import pairwise
from math import cos, pi, sin

import build123d as b3d
from gallery import Assembly, LengthUnit, Part, Placed, box, join, moved, write_step

M = 1000.0
HALF_LENGTH, HALF_WIDTH, SOIL, SKY = 60 * M, 50 * M, 8 * M, 60 * M
ROAD_DEPTH = 1.5 * M
"""Of asphalt, frost layer and service trench together."""
AVENUE, SIDE_STREET = (-10 * M, 2 * M), (8 * M, 17 * M)
"""The avenue's reach in y, along x; the side street's in x, from the avenue to +y."""
BASEMENT = 3 * M
HOUSE = (7 * M, 10 * M, 6 * M, 3.5 * M)
"""Width, depth, height of the eaves, and height of the roof on top."""
N_HOUSES = 6
TREES = (
    (-50, -14),
    (-36, -14),
    (-22, -14),
    (-8, -14),
    (6, -14),
    (-50, 6),
    (-36, 6),
    (-22, 6),
    (10, -28),
    (34, -43),
    (46, -36),
)
"""Where the trees stand, in x and y [m]."""
TRUNK = 1.2 * M
CROWN = ((3 * M, 2 * M), (5 * M, 3.4 * M), (9 * M, 1.6 * M))
"""Heights and corner radii of the hexagons that make a tree's crown."""

SOIL_COLOUR, ASPHALT, CONCRETE = (0.45, 0.52, 0.33), (0.30, 0.31, 0.33), (0.74, 0.73, 0.70)
BRICK, TILE, GLASS = (0.70, 0.42, 0.33), (0.55, 0.27, 0.20), (0.52, 0.62, 0.70)


def block() -> Assembly:
    """The ground's surface is z = 0; the avenue runs along x."""
    road, pond = _road(), _pond()
    buildings = [_courtyard_block(), *_tower(), _office(), *_row_houses()]
    trees = _trees()
    solids = [shape for item in [*buildings, *trees] for shape in _shapes(item)]

    length, width = HALF_LENGTH, HALF_WIDTH
    basements = [shape for shape in solids if shape.bounding_box().min.Z < -1.0]
    soil = box((-length, -width, -SOIL), (length, width, 0)) - [road, pond, *basements]
    air = box((-length, -width, 0), (length, width, SKY)) - solids
    ground = [Part("soil", soil, SOIL_COLOUR), Part("road", road, ASPHALT), Part("pond", pond, (0.25, 0.45, 0.60))]
    return Assembly(
        "street_block",
        [
            Assembly("ground", ground),
            Assembly("buildings", buildings),
            Assembly("trees", trees),
            Part("air", air, (0.80, 0.90, 0.97)),
        ],
    )


def _road() -> b3d.Shape:
    """A T of avenue and side street, flush with the ground."""
    avenue = box((-HALF_LENGTH, AVENUE[0], -ROAD_DEPTH), (HALF_LENGTH, AVENUE[1], 0))
    side = box((SIDE_STREET[0], AVENUE[1], -ROAD_DEPTH), (SIDE_STREET[1], HALF_WIDTH, 0))
    return join(avenue, side)


def _pond() -> b3d.Shape:
    outline = [(16, -46), (27, -47), (33, -40), (30, -32), (20, -30), (14, -37)]
    face = b3d.make_face(b3d.Polyline(*((x * M, y * M) for x, y in outline), close=True))
    return b3d.extrude(face, 2 * M, dir=(0, 0, -1))


def _courtyard_block() -> Part:
    """A closed perimeter block of five storeys with a passage into its court, and a basement."""
    outer = box((-54 * M, 10 * M, -BASEMENT), (-18 * M, 44 * M, 16 * M))
    court = box((-44 * M, 20 * M, 0), (-28 * M, 34 * M, 16 * M))
    passage = box((-38.5 * M, 10 * M, 0), (-34 * M, 20 * M, 4.5 * M))
    return Part("perimeter_block", outer - [court, passage], BRICK)


def _tower() -> list[Part]:
    """A tower on a podium, with its plant room."""
    podium = box((20 * M, 10 * M, -2 * BASEMENT), (54 * M, 40 * M, 9 * M))
    tower = box((30 * M, 18 * M, 9 * M), (46 * M, 34 * M, 42 * M))
    plant = box((34 * M, 22 * M, 42 * M), (42 * M, 30 * M, 46 * M))
    return [Part("podium", podium, CONCRETE), Part("tower", tower, GLASS), Part("plant_room", plant, CONCRETE)]


def _office() -> Part:
    """An L of three storeys beside the side street."""
    wings = box((-14 * M, 14 * M, 0), (2 * M, 25 * M, 11 * M)), box((-14 * M, 25 * M, 0), (-5 * M, 44 * M, 11 * M))
    return Part("corner_office", join(*wings), (0.80, 0.74, 0.60))


def _row_houses() -> list[Placed]:
    """Gabled houses wall to wall along the avenue; each is a body under a roof."""
    width, depth, eaves, rise = HOUSE
    body = box((0, 0, 0), (width, depth, eaves))
    gable = b3d.make_face(
        b3d.Plane.YZ * b3d.Polyline((0, eaves), (depth, eaves), (depth / 2, eaves + rise), close=True)
    )
    roof = b3d.extrude(gable, width, dir=(1, 0, 0))
    house = Assembly("row_house", [Part("house", body, (0.86, 0.80, 0.70)), Part("roof", roof, TILE)])
    spots = [(-52 * M + number * width, -34 * M, 0) for number in range(N_HOUSES)]
    return [moved(house, f"row_house_{number}", spot) for number, spot in enumerate(spots, start=1)]


def _trees() -> list[Placed]:
    """Trunk and crown as one solid, placed many times."""
    trunk = box((-TRUNK / 2, -TRUNK / 2, 0), (TRUNK / 2, TRUNK / 2, CROWN[0][0]))
    tree = Part("tree", join(trunk, _crown()), (0.30, 0.48, 0.24))
    return [moved(tree, f"tree_{number}", (x * M, y * M, 0)) for number, (x, y) in enumerate(TREES, start=1)]


def _crown() -> b3d.Solid:
    """Stacked frusta of hexagons, all faces plane."""
    corners = [(cos(pi * number / 3), sin(pi * number / 3)) for number in range(6)]
    rings = [[(radius * x, radius * y, z) for x, y in corners] for z, radius in CROWN]
    outlines = [rings[0], rings[-1]]
    for below, above in pairwise(rings):
        outlines += [[below[i - 1], below[i], above[i], above[i - 1]] for i in range(6)]
    faces = [b3d.Face(b3d.Wire.make_polygon(outline)) for outline in outlines]
    return b3d.Solid(b3d.Shell(faces))


def _shapes(item: Part | Placed) -> list[b3d.Shape]:
    """The solids of an item in the coordinates of the block."""
    if isinstance(item, Part):
        return [item.shape]
    parts = [item.what] if isinstance(item.what, Part) else item.what.children
    return [part.shape.moved(item.at) for part in parts]


if __name__ == "__main__":
    write_step(block(), __file__, unit=LengthUnit.METRE)
