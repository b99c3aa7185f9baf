# /// script
# requires-python = ">=3.11"
# dependencies = ["build123d==0.13.0"]
# ///
"""Writes meshes/small_satellite.step: a satellite with two wings, battery, electronics and a telescope, in mm.

Honeycomb panels are solid plates here. The strings of solar cells sit three assemblies deep, and each is stored once.
Run `uv run meshes/src/small_satellite.py`.
"""

from gallery import Assembly, Part, Placed, box, cylinder, join, moved, write_step

BUS, HEIGHT, PANEL = 440.0, 520.0, 15.0
"""Outer width and height of the body, thickness of its panels."""
DECK_HEIGHT = 250.0
SOLAR_PANEL, SUBSTRATE, CELLS = (360.0, 300.0), 15.0, 5.0
"""Size of one panel of a wing, thickness of the substrate and of the cell strings on it."""
STRING, STRING_PITCH = (100.0, 130.0), (115.0, 145.0)
PANEL_PITCH, WING_START = 330.0, 70.0
BARREL_RADIUS, BARREL_WALL, BARREL_LENGTH = 80.0, 8.0, 330.0
PAD = 3.0
"""Thickness of the thermal pads under the boxes."""

BODY, BLACK, GOLD, CELL = (0.82, 0.83, 0.85), (0.14, 0.14, 0.15), (0.83, 0.66, 0.25), (0.10, 0.16, 0.38)
ALUMINIUM, PAD_COLOUR, WHITE, GLASS = (0.70, 0.72, 0.74), (0.55, 0.62, 0.75), (0.95, 0.95, 0.95), (0.60, 0.80, 0.85)

HALF = BUS / 2
FLOOR, DECK, TOP = PANEL, DECK_HEIGHT + PANEL, HEIGHT - PANEL
"""Heights on which units stand, and below the top panel [mm]."""


def satellite() -> Assembly:
    """The z axis points along the telescope, the wings along y; z = 0 is the launch interface."""
    wing = _wing()
    return Assembly(
        "small_satellite",
        [
            Assembly("structure", _structure()),
            Assembly("power", [*_battery(), _unit("power_unit", (-100, 130), (120, 80, 60), FLOOR)]),
            Assembly("avionics", [_unit(*unit, DECK) for unit in _AVIONICS]),
            Assembly("attitude_control", _attitude_control()),
            Assembly("payload", _telescope()),
            moved(wing, "wing_1", (0, HALF, HEIGHT / 2)),
            moved(wing, "wing_2", (0, -HALF, HEIGHT / 2), turn_deg=180),
        ],
    )


_AVIONICS = (
    ("computer", (-140, 120), (100, 140, 50)),
    ("transmitter", (140, 130), (90, 120, 45)),
    ("gps_receiver", (-145, -140), (80, 80, 30)),
    ("payload_processor", (135, -130), (110, 130, 60)),
)
"""Name, centre in x and y, and size of the boxes on the deck [mm]."""


def _structure() -> list[Part]:
    """Six panels and a deck: floor and top span everything, the sides stand between them."""
    inner = HALF - PANEL
    side = (PANEL, TOP)
    plates = {
        "floor_panel": box((-HALF, -HALF, 0), (HALF, HALF, PANEL)),
        "top_panel": box((-HALF, -HALF, TOP), (HALF, HALF, HEIGHT)) - cylinder((0, 0, TOP), BARREL_RADIUS, PANEL),
        "side_panel_left": box((-HALF, -HALF, side[0]), (-inner, HALF, side[1])),
        "side_panel_right": box((inner, -HALF, side[0]), (HALF, HALF, side[1])),
        "side_panel_front": box((-inner, -HALF, side[0]), (inner, -inner, side[1])),
        "side_panel_back": box((-inner, inner, side[0]), (inner, HALF, side[1])),
        "deck": box((-inner, -inner, DECK_HEIGHT), (inner, inner, DECK)),
    }
    ring = cylinder((0, 0, -30), 120, 30) - cylinder((0, 0, -30), 100, 30)
    radiator = box((HALF, -150, 90), (HALF + 6, 150, 430))
    return [
        *(Part(name, plate, BODY) for name, plate in plates.items()),
        Part("adapter_ring", ring, ALUMINIUM),
        Part("radiator", radiator, WHITE),
    ]


def _battery() -> list[Part | Assembly]:
    """Eight prismatic cells in a tray on a thermal pad; cells touch, the lid closes the tray."""
    size = (42.0, 30.0, 95.0)
    x, y, wall = 2 * size[0], size[1], 8.0
    low, high = FLOOR + PAD, FLOOR + PAD + wall + size[2]
    cell = Part("battery_cell", box((0, 0, 0), size), (0.25, 0.50, 0.35))
    cells = [
        moved(cell, f"battery_cell_{4 * row + column + 1}", (-x + column * size[0], -y + row * size[1], low + wall))
        for row in range(2)
        for column in range(4)
    ]
    tray = box((-x - wall, -y - wall, low), (x + wall, y + wall, high)) - box((-x, -y, low + wall), (x, y, high))
    lid = box((-x - wall, -y - wall, high), (x + wall, y + wall, high + wall))
    pad = box((-x - wall, -y - wall, FLOOR), (x + wall, y + wall, low))
    battery = [Part("battery_tray", tray, ALUMINIUM), Part("battery_lid", lid, ALUMINIUM), *cells]
    return [Part("battery_pad", pad, PAD_COLOUR), Assembly("battery", battery)]


def _unit(name: str, centre: tuple[float, float], size: tuple[float, float, float], floor: float) -> Assembly:
    """A box on its thermal pad."""
    (x, y), (length, width, height) = centre, size
    low, high = (x - length / 2, y - width / 2), (x + length / 2, y + width / 2)
    pad = box((*low, floor), (*high, floor + PAD))
    body = box((*low, floor + PAD), (*high, floor + PAD + height))
    return Assembly(f"{name}_on_pad", [Part(name, body, BLACK), Part(f"{name}_pad", pad, PAD_COLOUR)])


def _attitude_control() -> list[Placed | Part]:
    """Four reaction wheels in the corners of the floor, and a star tracker on top."""
    wheel = Part("reaction_wheel", join(cylinder((0, 0, 0), 42, 14), cylinder((0, 0, 14), 30, 26)), GOLD)
    corners = [(x, y) for x in (-150, 150) for y in (-150, 150) if (x, y) != (-150, 150)]
    wheels = [moved(wheel, f"reaction_wheel_{number}", (x, y, FLOOR)) for number, (x, y) in enumerate(corners, start=1)]
    case = box((-185, -185, HEIGHT), (-115, -115, HEIGHT + 40))
    baffle = cylinder((-150, -150, HEIGHT + 40), 28, 60) - cylinder((-150, -150, HEIGHT + 40), 20, 60)
    return [*wheels, Part("star_tracker", join(case, baffle), BLACK)]


def _telescope() -> list[Part]:
    """A barrel from the deck through the top panel, with mirror, secondary lens and detector."""
    inner = BARREL_RADIUS - BARREL_WALL
    barrel = cylinder((0, 0, DECK), BARREL_RADIUS, BARREL_LENGTH) - cylinder((0, 0, DECK), inner, BARREL_LENGTH)
    detector = box((-30, -30, DECK), (30, 30, DECK + 15))
    mirror = cylinder((0, 0, DECK + 40), inner, 18) - cylinder((0, 0, DECK + 40), 22, 18)
    lens = cylinder((0, 0, DECK + 240), inner, 14)
    return [
        Part("barrel", barrel, BLACK),
        Part("detector", detector, (0.20, 0.45, 0.30)),
        Part("mirror", mirror, GLASS),
        Part("lens", lens, GLASS),
    ]


def _wing() -> Assembly:
    """Two panels on a yoke that stands on the body's side at y = 0; the cells look along +z."""
    length, width = SOLAR_PANEL
    substrate = Part("substrate", box((-length / 2, 0, 0), (length / 2, width, SUBSTRATE)), BLACK)
    string = Part("cell_string", box((0, 0, SUBSTRATE), (*STRING, SUBSTRATE + CELLS)), CELL)
    first = (-(2 * STRING_PITCH[0] + STRING[0]) / 2, (width - STRING_PITCH[1] - STRING[1]) / 2)
    strings = [
        moved(
            string,
            f"cell_string_{3 * row + column + 1}",
            (first[0] + column * STRING_PITCH[0], first[1] + row * STRING_PITCH[1], 0),
        )
        for row in range(2)
        for column in range(3)
    ]
    panel = Assembly("solar_panel", [substrate, *strings])
    arms = [box((x - 12, 0, 0), (x + 12, WING_START, SUBSTRATE)) for x in (-100, 100)]
    hinges = [box((x - 15, WING_START + width, 0), (x + 15, WING_START + PANEL_PITCH, SUBSTRATE)) for x in (-100, 100)]
    return Assembly(
        "wing",
        [
            *(Part(f"yoke_arm_{number}", arm, ALUMINIUM) for number, arm in enumerate(arms, start=1)),
            *(Part(f"hinge_{number}", hinge, ALUMINIUM) for number, hinge in enumerate(hinges, start=1)),
            moved(panel, "solar_panel_1", (0, WING_START, 0)),
            moved(panel, "solar_panel_2", (0, WING_START + PANEL_PITCH, 0)),
        ],
    )


if __name__ == "__main__":
    write_step(satellite(), __file__)
