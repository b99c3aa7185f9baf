"""Writes heated_module.step: three chips on a finned heat sink with a steel bracket at one end, in mm."""

import sys
from pathlib import Path

import netgen.occ as occ

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "meshes" / "src"))
from netgen_step import write_step

BASE = (160.0, 100.0, 12.0)
N_FINS, FIN_PITCH, FIN_THICKNESS, FIN_HEIGHT, FIN_INSET = 6, 17.6, 4.0, 30.0, 1.0
BRACKET_LENGTH = 20.0
CHIP, CHIP_THICKNESS = 24.0, 4.0
CHIP_CORNERS = ((30.0, 35.0), (75.0, 55.0), (118.0, 30.0))


def box(low: tuple[float, float, float], size: tuple[float, float, float]) -> occ.Solid:
    """A box by its lowest corner and its size."""
    return occ.Box(occ.Pnt(*low), occ.Pnt(*(a + b for a, b in zip(low, size, strict=True))))


def heatsink() -> occ.Solid:
    """The base and its fins, which hang down and stop short of the ends, so that their faces are their own."""
    sink = box((0.0, 0.0, 0.0), BASE)
    for number in range(N_FINS):
        corner = (FIN_INSET, 4.0 + FIN_PITCH * number, -FIN_HEIGHT)
        sink += box(corner, (BASE[0] - 2.0 * FIN_INSET, FIN_THICKNESS, FIN_HEIGHT))
    return sink.solids[0]


def solids() -> dict[str, occ.Solid]:
    """All parts by their names."""
    parts = {"heatsink": heatsink(), "bracket": box((BASE[0], 0.0, 0.0), (BRACKET_LENGTH, *BASE[1:]))}
    for number, (x, y) in enumerate(CHIP_CORNERS, start=1):
        parts[f"chip_{number}"] = box((x, y, BASE[2]), (CHIP, CHIP, CHIP_THICKNESS))
    return parts


if __name__ == "__main__":
    target = Path(__file__).with_suffix(".step")
    write_step(target, solids(), source="heated_module.py")
