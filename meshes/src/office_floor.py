# /// script
# requires-python = ">=3.11"
# dependencies = ["build123d==0.13.0"]
# ///
"""Writes meshes/office_floor.step: one storey of an office with rooms, windows, furniture and air, in metres.

Every room's air is a part of its own, bounded by walls, doors, windows, floor slab and ceiling slab. Run
`uv run meshes/src/office_floor.py`.
"""

import build123d as b3d
from gallery import Assembly, LengthUnit, Part, Placed, box, join, moved, write_step

INSIDE = (17_400.0, 11_400.0, 3000.0)
WALL, PARTITION, SLAB = 300.0, 150.0, 250.0
ROOMS = {
    "office_1": ((0, 0), (4000, 4850)),
    "office_2": ((4150, 0), (8150, 4850)),
    "meeting": ((8300, 0), (13_050, 4850)),
    "server": ((13_200, 0), (17_400, 4850)),
    "corridor": ((0, 5000), (17_400, 6800)),
    "open_plan": ((0, 6950), (11_100, 11_400)),
    "lounge": ((11_250, 6950), (17_400, 11_400)),
}
"""Lowest and highest corner of each room in x and y [mm]."""
DOOR, DOOR_HEIGHT = 1000.0, 2100.0
SOUTH_DOORS, NORTH_DOORS = (2900.0, 5250.0, 11_950.0, 14_300.0), (4000.0, 12_600.0)
"""Left edges of the doors in the corridor's two partitions [mm]."""
WINDOW, SILL, PANE = (1800.0, 1400.0), 900.0, 100.0
SOUTH_WINDOWS, NORTH_WINDOWS = (1100.0, 5250.0, 8700.0, 10_850.0), (900.0, 3700.0, 6500.0, 9100.0, 11_900.0, 14_700.0)
"""Left edges of the windows in the outer walls [mm]."""
FRAME = 120.0
RADIATOR = (1400.0, 120.0, 550.0)
STATIONS = {
    "office_1": ((1200, 2600),),
    "office_2": ((5300, 2600),),
    "open_plan": tuple((x, 9150) for x in (1900, 5000, 8100)),
}
"""Where the work stations stand [mm]."""

CONCRETE, BRICK, PLASTER, WOOD, METAL = (
    (0.66, 0.66, 0.64),
    (0.72, 0.45, 0.36),
    (0.93, 0.92, 0.88),
    (0.66, 0.47, 0.29),
    (0.80, 0.81, 0.83),
)
AIR = (0.78, 0.89, 0.97)


def office() -> Assembly:
    """The storey; x runs along the corridor, z = 0 is the floor."""
    length, width, height = INSIDE
    outline = (-WALL, -WALL), (length + WALL, width + WALL)
    slab = box((*outline[0], -SLAB), (*outline[1], 0))
    ceiling = box((*outline[0], height), (*outline[1], height + SLAB))
    windows, doors, furniture = _windows(), _doors(), _furniture()
    return Assembly(
        "office_floor",
        [
            Assembly(
                "structure",
                [
                    Part("floor_slab", slab, CONCRETE),
                    Part("ceiling_slab", ceiling, CONCRETE),
                    Part("outer_walls", _outer_walls(), BRICK),
                    *_partitions(),
                ],
            ),
            Assembly("windows", windows),
            Assembly("doors", doors),
            Assembly("furniture", furniture),
            Assembly("air", _airs([*windows, *furniture])),
        ],
    )


def _outer_walls() -> b3d.Shape:
    length, width, height = INSIDE
    walls = box((-WALL, -WALL, 0), (length + WALL, width + WALL, height)) - box((0, 0, 0), INSIDE)
    top = SILL + WINDOW[1]
    south = [box((x, -WALL, SILL), (x + WINDOW[0], 0, top)) for x in SOUTH_WINDOWS]
    north = [box((x, width, SILL), (x + WINDOW[0], width + WALL, top)) for x in NORTH_WINDOWS]
    return walls - [*south, *north]


def _partitions() -> list[Part]:
    """The inner walls on both sides of the corridor, less the doors."""
    rooms = [box((*low, 0), (*high, INSIDE[2])) for low, high in ROOMS.values()]
    walls = box((0, 0, 0), INSIDE) - [*rooms, *(_door_box(*place) for place in _door_places())]
    south, north = walls.solids().sort_by(b3d.Axis.Y)
    return [Part("partitions_south", south, PLASTER), Part("partitions_north", north, PLASTER)]


def _door_places() -> list[tuple[float, float]]:
    south, north = ROOMS["corridor"][0][1] - PARTITION, ROOMS["corridor"][1][1]
    return [(x, south) for x in SOUTH_DOORS] + [(x, north) for x in NORTH_DOORS]


def _door_box(x: float, y: float) -> b3d.Shape:
    return box((x, y, 0), (x + DOOR, y + PARTITION, DOOR_HEIGHT))


def _doors() -> list[Placed]:
    """Doors as thick as the partition, so that they close the rooms."""
    door = Part("door", _door_box(0, 0), WOOD)
    return [moved(door, f"door_{number}", (x, y, 0)) for number, (x, y) in enumerate(_door_places(), start=1)]


def _windows() -> list[Placed]:
    """A frame and two panes, flush with the inner face of the wall."""
    width, height = WINDOW
    middle = width / 2
    panes = [
        box((low, 0, FRAME), (high, PANE, height - FRAME))
        for low, high in ((FRAME, middle - FRAME / 2), (middle + FRAME / 2, width - FRAME))
    ]
    frame = box((0, 0, 0), (width, PANE, height)) - panes
    glass = [Part(f"pane_{number}", pane, (0.60, 0.78, 0.88)) for number, pane in enumerate(panes, start=1)]
    window = Assembly("window", [Part("window_frame", frame, METAL), *glass])
    places = [(x, -PANE) for x in SOUTH_WINDOWS] + [(x, INSIDE[1]) for x in NORTH_WINDOWS]
    return [moved(window, f"window_{number}", (x, y, SILL)) for number, (x, y) in enumerate(places, start=1)]


def _furniture() -> list[Placed]:
    """Work stations, radiators on the outer walls, the meeting table, server racks and a sofa."""
    station = _work_station()
    spots = [spot for room in STATIONS.values() for spot in room]
    stations = [moved(station, f"work_station_{number}", (*spot, 0)) for number, spot in enumerate(spots, start=1)]
    radiator = Part("radiator", box((0, 0, 0), RADIATOR), (0.97, 0.97, 0.96))
    inset = (WINDOW[0] - RADIATOR[0]) / 2
    spots = [(x + inset, 0) for x in SOUTH_WINDOWS[:3]] + [
        (x + inset, INSIDE[1] - RADIATOR[1]) for x in NORTH_WINDOWS[::2]
    ]
    radiators = [moved(radiator, f"radiator_{number}", (*spot, 200)) for number, spot in enumerate(spots, start=1)]
    rack = Part("server_rack", box((0, 0, 0), (600, 1000, 2000)), (0.18, 0.19, 0.21))
    racks = [moved(rack, f"server_rack_{number}", (14_200 + 600 * number, 1900, 0)) for number in (1, 2, 3)]
    top, foot = box((-1400, -600, 660), (1400, 600, 740)), box((-900, -250, 0), (900, 250, 660))
    table = Part("meeting_table", join(top, foot), WOOD)
    seat, back = box((0, 0, 0), (2200, 900, 420)), box((0, 650, 420), (2200, 900, 800))
    sofa = Part("sofa", join(seat, back), (0.30, 0.42, 0.50))
    return [
        *stations,
        *radiators,
        *racks,
        moved(table, "meeting_table", (10_600, 2400, 0)),
        moved(sofa, "sofa", (13_500, 9400, 0)),
    ]


def _work_station() -> Assembly:
    """A desk on two side panels, with a computer under it and a screen on it."""
    sides = [box((x, -400, 0), (x + 80, 400, 660)) for x in (-900, 820)]
    desk = join(box((-900, -400, 660), (900, 400, 740)), *sides)
    return Assembly(
        "work_station",
        [
            Part("desk", desk, WOOD),
            Part("computer", box((500, -200, 0), (700, 250, 450)), (0.22, 0.23, 0.25)),
            Part("screen", box((-350, 100, 740), (350, 200, 1200)), (0.12, 0.12, 0.13)),
        ],
    )


def _airs(placed: list[Placed]) -> list[Part]:
    solids = [part.shape.moved(item.at) for item in placed for part in _parts_of(item)]
    airs = []
    for name, (low, high) in ROOMS.items():
        room = box((*low, 0), (*high, INSIDE[2]))
        inner = [solid for solid in solids if _is_within(solid, low, high)]
        airs.append(Part(f"air_{name}", room - inner if inner else room, AIR))
    return airs


def _parts_of(placed: Placed) -> list[Part]:
    return [placed.what] if isinstance(placed.what, Part) else list(placed.what.children)


def _is_within(solid: b3d.Shape, low: tuple[float, float], high: tuple[float, float]) -> bool:
    """Whether the middle of a solid lies in a room, seen from above."""
    middle = solid.center()
    return low[0] < middle.X < high[0] and low[1] < middle.Y < high[1]


if __name__ == "__main__":
    write_step(office(), __file__, unit=LengthUnit.METRE)
