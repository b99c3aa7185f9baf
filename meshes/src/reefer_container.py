# /// script
# requires-python = ">=3.11"
# dependencies = ["build123d==0.13.0"]
# ///
"""Writes meshes/reefer_container.step: a 20 ft refrigerated container with eight pallets and its air, in metres.

The steel skins are left out: 2 mm on 6 m belong to a surface resistance, not to solid cells. Run
`uv run meshes/src/reefer_container.py`.
"""

import build123d as b3d
from gallery import Assembly, LengthUnit, Part, box, cylinder, join, moved, write_step

LENGTH, WIDTH, HEIGHT = 6058.0, 2438.0, 2591.0
FRAME_DEPTH, FOAM = 50.0, 100.0
"""Depth of the steel frame; thickness of the foam where it lies between the frame's members and behind them."""
POST, RAIL = 160.0, 100.0
"""Width of the frame's members, on the sides along x and on all others."""
UNIT_DEPTH = 320.0
DECK = 60.0
GASKET = 30.0
ROW_PITCH, COLUMN_PITCH, FIRST_ROW = 1300.0, 1080.0, 1170.0
PALLET, PALLET_HEIGHT, GOODS_HEIGHT = (1200.0, 1000.0), 150.0, 1700.0

Y, Z = WIDTH / 2, HEIGHT / 2
INSIDE_Y, FLOOR, CEILING = Y - FOAM, FOAM, HEIGHT - FOAM
CARGO_START, CARGO_END = UNIT_DEPTH + FOAM, LENGTH - FOAM

STEEL, FOAM_COLOUR, ALUMINIUM = (0.55, 0.60, 0.66), (0.93, 0.94, 0.95), (0.78, 0.79, 0.80)


def container() -> Assembly:
    """The box, its machinery, doors, cargo and air; x runs from the machinery to the doors."""
    frame, walls = _shell()
    load = _pallet_load()
    spots = [(row, side) for row in range(4) for side in (-1, 1)]
    loads = [
        moved(load, f"pallet_load_{number}", (FIRST_ROW + row * ROW_PITCH, side * COLUMN_PITCH / 2, FLOOR + DECK))
        for number, (row, side) in enumerate(spots, start=1)
    ]
    deck = box((CARGO_START, -INSIDE_Y, FLOOR), (CARGO_END, INSIDE_Y, FLOOR + DECK))
    air: b3d.Shape = box((CARGO_START, -INSIDE_Y, FLOOR + DECK), (CARGO_END, INSIDE_Y, CEILING))
    for placed in loads:
        air -= [part.shape.moved(placed.at) for part in load.children]
    leaf = _door()
    return Assembly(
        "reefer_container",
        [
            Assembly("shell", [frame, *walls, Part("deck", deck, ALUMINIUM)]),
            Assembly("front", _front()),
            Assembly(
                "rear",
                [
                    Part("door_gasket", _gasket(), (0.15, 0.15, 0.16)),
                    moved(leaf, "door_1", (0, -_leaf_width() / 2 - GASKET / 2, 0)),
                    moved(leaf, "door_2", (0, _leaf_width() / 2 + GASKET / 2, 0)),
                ],
            ),
            Assembly("cargo", loads),
            Part("air", air, (0.75, 0.88, 0.97)),
        ],
    )


def _shell() -> tuple[Part, list[Part]]:
    """The steel frame, and the foam panels that fill it and line it."""
    windows = {
        "side_left": box((POST, -Y, RAIL), (LENGTH - POST, -Y + FRAME_DEPTH, HEIGHT - RAIL)),
        "side_right": box((POST, Y - FRAME_DEPTH, RAIL), (LENGTH - POST, Y, HEIGHT - RAIL)),
        "floor": box((POST, -Y + RAIL, 0), (LENGTH - POST, Y - RAIL, FRAME_DEPTH)),
        "roof": box((POST, -Y + RAIL, HEIGHT - FRAME_DEPTH), (LENGTH - POST, Y - RAIL, HEIGHT)),
    }
    core = box(
        (FRAME_DEPTH, -Y + FRAME_DEPTH, FRAME_DEPTH), (LENGTH - FRAME_DEPTH, Y - FRAME_DEPTH, HEIGHT - FRAME_DEPTH)
    )
    ends = [box((x, -INSIDE_Y, FLOOR), (x + FRAME_DEPTH, INSIDE_Y, CEILING)) for x in (0.0, LENGTH - FRAME_DEPTH)]
    frame = box((0, -Y, 0), (LENGTH, Y, HEIGHT)) - [core, *ends, *windows.values()]

    start, end, side = FRAME_DEPTH, LENGTH - FRAME_DEPTH, Y - FRAME_DEPTH
    linings = {
        "side_left": box((start, -side, FLOOR), (end, -INSIDE_Y, CEILING)),
        "side_right": box((start, INSIDE_Y, FLOOR), (end, side, CEILING)),
        "floor": box((start, -side, FRAME_DEPTH), (end, side, FLOOR)),
        "roof": box((start, -side, CEILING), (end, side, HEIGHT - FRAME_DEPTH)),
    }
    walls = [Part(name, join(windows[name], linings[name]), FOAM_COLOUR) for name in windows]
    return Part("frame", frame, STEEL), walls


def _front() -> list[Part]:
    """The refrigeration unit with its two condenser fans, and the insulated wall behind it."""
    unit: b3d.Shape = box((0, -INSIDE_Y, FLOOR), (UNIT_DEPTH, INSIDE_Y, CEILING))
    for y in (-480.0, 480.0):
        duct = cylinder((0, y, 1650), 360, 160, axis=(1, 0, 0))
        hub = cylinder((20, y, 1650), 120, 140, axis=(1, 0, 0))
        unit -= duct - hub
    unit -= box((0, -850, 300), (200, 250, 1000))
    unit -= box((0, 450, 500), (60, 900, 1000))
    wall = box((UNIT_DEPTH, -INSIDE_Y, FLOOR), (CARGO_START, INSIDE_Y, CEILING))
    return [Part("reefer_unit", unit, (0.85, 0.86, 0.88)), Part("bulkhead", wall, FOAM_COLOUR)]


def _leaf_width() -> float:
    return (2 * INSIDE_Y - 3 * GASKET) / 2


def _door() -> Assembly:
    """One door leaf about y = 0 with two locking bars on its outside; symmetrical, so that it serves on both sides."""
    half = _leaf_width() / 2
    leaf = box((CARGO_END, -half, FLOOR + GASKET), (LENGTH, half, CEILING - GASKET))
    bar = Part("locking_bar", box((LENGTH, -25, FLOOR + 80), (LENGTH + 50, 25, CEILING - 80)), STEEL)
    bars = [moved(bar, f"locking_bar_{number}", (0, y, 0)) for number, y in enumerate((-300.0, 300.0), start=1)]
    return Assembly("door", [Part("door_leaf", leaf, (0.88, 0.89, 0.91)), *bars])


def _gasket() -> b3d.Shape:
    """The rubber round both leaves, as deep as the foam behind the frame; the groove before it is open."""
    low, high = CARGO_END, LENGTH - FRAME_DEPTH
    ring: b3d.Shape = box((low, -INSIDE_Y, FLOOR), (high, INSIDE_Y, CEILING))
    for y in (-INSIDE_Y + GASKET, GASKET / 2):
        ring -= box((low, y, FLOOR + GASKET), (high, y + _leaf_width(), CEILING - GASKET))
    return ring


def _pallet_load() -> Assembly:
    """Goods on a pallet with three skids, on z = 0 about the origin."""
    x, y = PALLET[0] / 2, PALLET[1] / 2
    skids = [box((-x, centre - 60, 0), (x, centre + 60, 100)) for centre in (-y + 60, 0, y - 60)]
    pallet = join(box((-x, -y, 100), (x, y, PALLET_HEIGHT)), *skids)
    goods = box((-x, -y, PALLET_HEIGHT), (x, y, PALLET_HEIGHT + GOODS_HEIGHT))
    return Assembly(
        "pallet_load", [Part("pallet", pallet, (0.72, 0.56, 0.36)), Part("goods", goods, (0.80, 0.66, 0.45))]
    )


if __name__ == "__main__":
    write_step(container(), __file__, unit=LengthUnit.METRE)
