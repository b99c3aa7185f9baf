"""Writes meshes/pouch_cell.step: a lithium-ion pouch cell with its two tabs, the heater's disc on its back, in mm.

The length runs along x, the width along y, the thickness along z; the back is z = 0. Sizes and the heater's place are
those of the cell in doi 10.1002/batt.202100401.
"""

from pathlib import Path

import netgen.occ as occ
from netgen_step import write_step

CELL = (190.0, 150.0, 7.2)
TAB = (50.0, 48.0, 0.4)
TAB_MARGIN = 10.0
"""From the cell's long side to the nearest tab."""
HEATER_CENTRE, HEATER_RADIUS = (95.24, 73.08), 12.0


def box(low: tuple[float, float, float], size: tuple[float, float, float]) -> occ.Solid:
    """A box by its lowest corner and its size."""
    high = [start + length for start, length in zip(low, size, strict=True)]
    return occ.Box(occ.Pnt(*low), occ.Pnt(*high))


def cell() -> occ.Solid:
    """The body; the circle of the heater divides its back."""
    back = occ.WorkPlane(occ.Axes((*HEATER_CENTRE, 0.0), n=occ.Z, h=occ.X))
    return occ.Glue([box((0.0, 0.0, 0.0), CELL), back.Circle(HEATER_RADIUS).Face()]).solids[0]


def tab(start: float) -> occ.Solid:
    """A tab that begins at a distance from the long side, in the middle of the thickness."""
    return box((CELL[0], start, 0.5 * (CELL[2] - TAB[2])), TAB)


def solids() -> dict[str, occ.Solid]:
    """All parts by their names."""
    return {
        "cell": cell(),
        "tab_aluminium": tab(TAB_MARGIN),
        "tab_copper": tab(CELL[1] - TAB_MARGIN - TAB[1]),
    }


if __name__ == "__main__":
    target = Path(__file__).resolve().parents[1] / "pouch_cell.step"
    write_step(target, solids(), source="meshes/src/pouch_cell.py")
