# /// script
# requires-python = ">=3.11"
# dependencies = ["build123d==0.13.0"]
# ///
"""Writes meshes/motor_stator.step: a twelve-slot stator with its coils and potting in a finned housing, in mm.

Every coil is wound round one tooth; the potting fills what the coils leave of a slot. Run
`uv run meshes/src/motor_stator.py`.
"""

from math import cos, radians, sin, tan

import build123d as b3d
from gallery import Assembly, Part, Placed, box, cylinder, join, moved, write_step

N_SLOTS = 12
STACK = 60.0
"""Length of the laminated core."""
BORE, TIP, YOKE, OUTER = 32.0, 35.0, 50.0, 60.0
"""Radii of the bore, of the slots' inner end, and of the core; the slots' bottom is flat, `YOKE` from the axis."""
TOOTH, TIP_WIDTH = 10.0, 12.0
COIL_SIDE = 3.2
"""Thickness of a coil beside its tooth; along the tooth it reaches from tip to yoke."""
WALL, HOUSING_LENGTH = 7.0, 110.0
N_FINS, FIN_HEIGHT, FIN_THICKNESS = 30, 14.0, 4.0
SHIELD, BEARING_RADIUS, SHAFT_RADIUS = 8.0, 16.0, 8.0
BEARING_LENGTH = 12.0

PITCH = 360.0 / N_SLOTS
STEEL, COPPER, RESIN, ALUMINIUM = (0.45, 0.47, 0.50), (0.80, 0.46, 0.22), (0.55, 0.35, 0.25), (0.74, 0.76, 0.78)


def motor() -> Assembly:
    """The axis is z, the core about z = 0, the terminal box on +y, the feet on -y."""
    coil, potting = Part("coil", _coil(), COPPER), Part("potting", _potting(), RESIN)
    winding = Assembly("winding", _round_axis(coil, 0.0))
    pottings = Assembly("slot_potting", _round_axis(potting, PITCH / 2))
    stator = Assembly("stator", [Part("core", _core(), STEEL), winding, pottings])
    frame = Assembly("frame", [Part("housing", _housing(), ALUMINIUM), *_terminal_box(), *_end_shields()])
    return Assembly("motor_stator", [stator, frame])


def _round_axis(part: Part, first_deg: float) -> list[Placed]:
    """One instance per tooth or slot."""
    return [
        moved(part, f"{part.name}_{number + 1:02d}", (0, 0, 0), turn_deg=first_deg + number * PITCH)
        for number in range(N_SLOTS)
    ]


def _core() -> b3d.Shape:
    slot = _slot()
    slots = [slot.rotate(b3d.Axis.Z, PITCH / 2 + number * PITCH) for number in range(N_SLOTS)]
    ring = cylinder((0, 0, -STACK / 2), OUTER, STACK) - cylinder((0, 0, -STACK / 2), BORE, STACK)
    openings = [_opening().rotate(b3d.Axis.Z, PITCH / 2 + number * PITCH) for number in range(N_SLOTS)]
    return ring - [*slots, *openings]


def _slot() -> b3d.Shape:
    """The slot about +x, behind the tooth tips, between two teeth with parallel sides."""
    return _prism(_slot_outline())


def _slot_outline() -> list[tuple[float, float]]:
    """Corners along the flank of one tooth and to the middle of the slot at either end, then mirrored."""
    half, middle = TOOTH / 2, cos(radians(PITCH / 2))
    flank = [_turned((TIP, half)), _turned((YOKE, half))]
    return [(TIP / middle, 0.0), *flank, (YOKE / middle, 0.0), *((x, -y) for x, y in reversed(flank))]


def _turned(point: tuple[float, float]) -> tuple[float, float]:
    """A point beside the tooth at -half a pitch, in the frame of the slot."""
    x, y = point
    angle = radians(-PITCH / 2)
    return x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle)


def _opening() -> b3d.Shape:
    """The gap between two tooth tips, about +x."""
    half_gap = BORE * tan(radians(PITCH / 2)) - TIP_WIDTH / 2
    return box((BORE - 5, -half_gap, -STACK / 2), (TIP / cos(radians(PITCH / 2)), half_gap, STACK / 2))


def _prism(outline: list[tuple[float, float]]) -> b3d.Shape:
    face = b3d.make_face(b3d.Pos(0, 0, -STACK / 2) * b3d.Polyline(*outline, close=True))
    return b3d.extrude(face, STACK, dir=(0, 0, 1))


def _coil() -> b3d.Shape:
    """A racetrack round the tooth about +x, with half-round end turns."""
    inner, outer = TOOTH / 2, TOOTH / 2 + COIL_SIDE
    return _racetrack(outer) - _racetrack(inner)


def _racetrack(radius: float) -> b3d.Shape:
    low, high = TIP, YOKE
    straight = box((low, -radius, -STACK / 2), (high, radius, STACK / 2))
    ends = [cylinder((low, 0, z), radius, high - low, axis=(1, 0, 0)) for z in (-STACK / 2, STACK / 2)]
    return join(straight, *ends)


def _potting() -> b3d.Shape:
    """The slot about +x, less the sides of the two coils in it."""
    inner, outer = TOOTH / 2, TOOTH / 2 + COIL_SIDE
    side = box((TIP, inner, -STACK / 2), (YOKE, outer, STACK / 2))
    mirrored = box((TIP, -outer, -STACK / 2), (YOKE, -inner, STACK / 2))
    sides = [side.rotate(b3d.Axis.Z, -PITCH / 2), mirrored.rotate(b3d.Axis.Z, PITCH / 2)]
    return _slot() - sides


def _housing() -> b3d.Shape:
    """A tube shrunk onto the core, with fins along it and two feet."""
    low, length = -HOUSING_LENGTH / 2, HOUSING_LENGTH
    radius = OUTER + WALL
    shapes = [cylinder((0, 0, low), radius, length)]
    for number in range(N_FINS):
        angle = 360.0 / N_FINS * number + 90
        if _is_clear(angle):
            fin = box(
                (OUTER + WALL / 2, -FIN_THICKNESS / 2, low), (radius + FIN_HEIGHT, FIN_THICKNESS / 2, low + length)
            )
            shapes.append(fin.rotate(b3d.Axis.Z, angle))
    for x in (-48.0, 28.0):
        shapes.append(box((x, -92, low + 10), (x + 20, -OUTER * 0.85, low + length - 10)))
    base = box((-70, -100, low + 10), (70, -90, low + length - 10))
    seat = box((-28, 55, -30), (28, 74, 30))
    body = join(*shapes, base, seat) - cylinder((0, 0, low), OUTER, length)
    bolts = [cylinder((x, -101, z), 4.5, 12, axis=(0, 1, 0)) for x in (-60, 60) for z in (low + 25, low + length - 25)]
    return body - bolts


def _is_clear(angle_deg: float) -> bool:
    """Whether a fin at this angle keeps clear of the terminal box and the feet."""
    from_top, from_bottom = (abs((angle_deg - centre + 180) % 360 - 180) for centre in (90, 270))
    return from_top > 30 and from_bottom > 50


def _terminal_box() -> list[Part]:
    """A hollow box on the seat, closed by its lid."""
    walls = box((-28, 74, -30), (28, 100, 30)) - box((-23, 79, -25), (23, 100, 25))
    gland = cylinder((28, 87, 0), 9, 10, axis=(1, 0, 0))
    return [
        Part("terminal_box", join(walls, gland), ALUMINIUM),
        Part("terminal_lid", box((-28, 100, -30), (28, 105, 30)), (0.35, 0.37, 0.40)),
    ]


def _end_shields() -> list[Placed | Part]:
    """A disc at either end with its bearing seat; the rear one is the front one turned."""
    top = HOUSING_LENGTH / 2
    disc = join(cylinder((0, 0, top), OUTER + WALL, SHIELD), cylinder((0, 0, top + SHIELD), BEARING_RADIUS + 8, 6))
    shield = Part("end_shield", disc - cylinder((0, 0, top), BEARING_RADIUS, SHIELD + 6), ALUMINIUM)
    bearing = Part(
        "bearing",
        cylinder((0, 0, top), BEARING_RADIUS, BEARING_LENGTH) - cylinder((0, 0, top), SHAFT_RADIUS, BEARING_LENGTH),
        (0.60, 0.62, 0.66),
    )
    turned = b3d.Location((0, 0, 0), (180, 0, 0))
    pair = Assembly("bearing_end", [shield, bearing])
    return [Placed("bearing_end_front", pair, b3d.Location()), Placed("bearing_end_rear", pair, turned)]


if __name__ == "__main__":
    write_step(motor(), __file__)
