"""Writes meshes/power_module.step: three chips soldered to a baseplate on a finned heat sink, in mm."""

from pathlib import Path

import netgen.occ as occ
from netgen_step import write_step

BASE = (120.0, 80.0, 8.0)
N_FINS, FIN_THICKNESS, FIN_HEIGHT = 11, 2.0, 30.0
PLATE = (90.0, 60.0, 3.0)
CHIP, CHIP_THICKNESS, SOLDER_THICKNESS = 12.0, 1.0, 0.5
CHIP_CENTRES = ((-28.0, -8.0), (2.0, 12.0), (28.0, -10.0))


def block(centre: tuple[float, float], size: tuple[float, float], bottom: float, top: float) -> occ.Solid:
    """A box by its centre and size in x and y, and its bottom and top."""
    (x, y), (length, width) = centre, size
    low, high = (x - length / 2, y - width / 2, bottom), (x + length / 2, y + width / 2, top)
    return occ.Box(occ.Pnt(*low), occ.Pnt(*high))


def heatsink() -> occ.Solid:
    """The base with its fins, which run along x and hang down."""
    length, width, thickness = BASE
    sink = block((0.0, 0.0), (length, width), 0.0, thickness)
    pitch = (width - FIN_THICKNESS) / (N_FINS - 1)
    for number in range(N_FINS):
        y = -(width - FIN_THICKNESS) / 2 + number * pitch
        sink += block((0.0, y), (length, FIN_THICKNESS), -FIN_HEIGHT, 0.0)
    return sink.solids[0]


def solids() -> dict[str, occ.Solid]:
    """All parts by their names."""
    parts = {"heatsink": heatsink(), "baseplate": block((0.0, 0.0), PLATE[:2], BASE[2], BASE[2] + PLATE[2])}
    top = BASE[2] + PLATE[2]
    for number, centre in enumerate(CHIP_CENTRES, start=1):
        parts[f"solder_{number}"] = block(centre, (CHIP, CHIP), top, top + SOLDER_THICKNESS)
        parts[f"chip_{number}"] = block(
            centre, (CHIP, CHIP), top + SOLDER_THICKNESS, top + SOLDER_THICKNESS + CHIP_THICKNESS
        )
    return parts


if __name__ == "__main__":
    target = Path(__file__).resolve().parents[1] / "power_module.step"
    write_step(target, solids(), source="meshes/src/power_module.py")
