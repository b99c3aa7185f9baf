"""What a volume mesh file says, before it is checked and cut into tetrahedra."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NOWHERE = -1
"""Region of a cell that no set of the file holds."""


class Solid(Enum):
    """A shape of volume cells: its corners and its faces, normals outward, in VTK's order."""

    TETRAHEDRON = (4, ((0, 2, 1), (0, 1, 3), (1, 2, 3), (2, 0, 3)))
    PYRAMID = (5, ((0, 3, 2, 1), (0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)))
    WEDGE = (6, ((0, 2, 1), (3, 4, 5), (0, 1, 4, 3), (1, 2, 5, 4), (2, 0, 3, 5)))
    HEXAHEDRON = (8, ((0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)))

    @property
    def n_corners(self) -> int:
        """Corners of a cell."""
        return int(self.value[0])

    @property
    def faces(self) -> tuple[tuple[int, ...], ...]:
        """Corners of each face."""
        faces: tuple[tuple[int, ...], ...] = self.value[1]
        return faces


@dataclass(frozen=True, eq=False, slots=True)
class CellBlock:
    """Cells of one shape."""

    solid: Solid
    cells: Ints
    """Point indices, shape (n_cells, k); the corners come first. Tetrahedra of ten points are in VTK's order."""


@dataclass(frozen=True, eq=False, slots=True)
class NamedFacets:
    """Triangles or quadrilaterals under one name."""

    name: str
    corners: Ints
    """Point indices, shape (n_facets, 3) or (n_facets, 4)."""


@dataclass(frozen=True, eq=False, slots=True)
class Draft:
    """A volume mesh as its file tells it."""

    points: Floats
    """Positions, in the file's unit, shape (n_points, 3)."""
    blocks: tuple[CellBlock, ...]
    """The cells; those of all blocks are numbered one after the other."""
    region: Ints
    """Index into `region_names` or `NOWHERE`, shape (n_cells,)."""
    region_names: tuple[str, ...]
    facets: tuple[NamedFacets, ...] = ()
    """Facet sets; where two name the same facet, the first one wins."""
    point_sets: tuple[tuple[str, Ints], ...] = ()
    """Name and point indices; the boundary facets that a set holds get its name."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Kind of cell that is no solid → how many there are."""
    paths: Mapping[str, str] = field(default_factory=dict)
    """Region → its place in the assembly, where the file has one."""
    metres_per_unit: float | None = None
    messages: tuple[str, ...] = ()
