"""What a file holds before it is meshed: CAD solids, a surface, or a volume mesh from another tool."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError

N_CORNERS = 4
"""Corners of a tetrahedron."""
N_QUADRATIC = 10
"""Corners and mid-edge points of a quadratic tetrahedron."""


@dataclass(frozen=True, slots=True)
class PartSource:
    """Where a part comes from, as its file tells it."""

    name: str
    """Unique among the parts of the file."""
    path: str = ""
    """Place in the assembly, names joined by ``/``, the part's own name last; empty where the file has no tree."""
    product: str = ""
    """Name of the product that the part is an instance of; empty where the file tells none."""
    colour: str = ""
    """Like ``#ff8800``, sRGB; empty where the file has none."""
    instance: int = -1
    """Number of the instance, which several bodies of one product may share; -1 where the part is one by itself."""


@dataclass(frozen=True, eq=False, slots=True)
class CadBody:
    """Solids of a CAD file, in the unit of the kernel."""

    parts: tuple[PartSource, ...]
    """The parts, with unique names."""
    solids: tuple[Any, ...]
    """Their shapes in the kernel, in the order of `parts`; they never leave the process that read them."""
    metres_per_unit: float | None
    """Length of the unit of the coordinates [m]; None for BREP, which has none."""
    messages: tuple[str, ...]
    """What people should know of the file."""


@dataclass(frozen=True, eq=False, slots=True)
class Surface:
    """Triangulated surfaces of one or several parts, normals outward."""

    points: npt.NDArray[np.float64]
    """Vertex positions, in the file's unit, shape (n_points, 3)."""
    triangles: npt.NDArray[np.int32]
    """Vertex indices, counter-clockwise from outside, shape (n_triangles, 3)."""
    triangle_part: npt.NDArray[np.int32]
    """Part of each triangle, index into `parts`, shape (n_triangles,)."""
    triangle_region: npt.NDArray[np.int32]
    """Named face of each triangle, index into `region_names`, shape (n_triangles,)."""
    parts: tuple[PartSource, ...]
    """The parts; each one's triangles enclose its volume."""
    region_names: tuple[str, ...]
    """Names of the faces; one empty name where the file has none."""
    metres_per_unit: float | None = None
    """Length of one unit of the file [m]; None where the file does not say."""
    messages: tuple[str, ...] = ()
    """What was repaired, left out or renamed."""

    def __post_init__(self) -> None:
        check_shape("surface", self.points, self.triangles)
        check_labels("triangle_part", self.triangle_part, len(self.triangles), len(self.parts))
        check_labels("triangle_region", self.triangle_region, len(self.triangles), len(self.region_names))

    def enclosed_volumes(self) -> npt.NDArray[np.float64]:
        """Volume within the triangles of each part, by the divergence theorem, in the file's unit cubed, (n_parts,)."""
        a, b, c = (self.points[self.triangles[:, corner]] for corner in range(3))
        sixth = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6.0
        return np.abs(np.bincount(self.triangle_part, weights=sixth, minlength=len(self.parts)))


@dataclass(frozen=True, eq=False, slots=True)
class VolumeMesh:
    """Tetrahedra from another tool; cells of other shapes are cut into tetrahedra by the reader."""

    points: npt.NDArray[np.float64]
    """Positions, in the file's unit, shape (n_points, 3)."""
    cells: npt.NDArray[np.int32]
    """Point indices in VTK order, either orientation, shape (n_cells, 4), or (n_cells, 10) for quadratic cells."""
    cell_region: npt.NDArray[np.int32]
    """Part of each cell, index into `parts`, shape (n_cells,)."""
    parts: tuple[PartSource, ...]
    """The regions, sets or blocks of the file that partition the cells."""
    triangles: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int32))
    """Corner points of the facets that the file names, in any orientation, shape (n_triangles, 3)."""
    triangle_region: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    """Name of each of these facets, index into `region_names`, shape (n_triangles,)."""
    region_names: tuple[str, ...] = ()
    """Names of facet sets, surfaces, or node sets that hold whole facets."""
    metres_per_unit: float | None = None
    """Length of one unit of the file [m]; None where the file does not say."""
    messages: tuple[str, ...] = ()
    """What was cut, left out or renamed."""

    def __post_init__(self) -> None:
        check_shape("mesh", self.points, self.cells)
        check_labels("cell_region", self.cell_region, len(self.cells), len(self.parts))
        check_labels("triangle_region", self.triangle_region, len(self.triangles), len(self.region_names))
        if self.cells.shape[1] not in (N_CORNERS, N_QUADRATIC):
            raise GeometryError(f"cells of {self.cells.shape[1]} points are no tetrahedra of 4 or 10 points")


def check_shape(what: str, points: npt.NDArray[np.float64], indices: npt.NDArray[np.int32]) -> None:
    """Refuse what is empty, not finite or refers to points that do not exist.

    Raises:
        GeometryError: Says which and how many.
    """
    if not len(indices):
        raise GeometryError(f"the {what} is empty; export it again")
    if not np.isfinite(points).all():
        wrong = int((~np.isfinite(points).all(axis=1)).sum())
        raise GeometryError(f"{wrong} points of the {what} are not finite; the file is damaged, export it again")
    if indices.min() < 0 or indices.max() >= len(points):
        wrong = int(indices.max() if indices.max() >= len(points) else indices.min())
        raise GeometryError(f"the {what} refers to point {wrong}, but has {len(points)}; the file is damaged")


def check_labels(name: str, labels: npt.NDArray[np.int32], n: int, n_labels: int) -> None:
    """Refuse labels of another length, or that refer to names that do not exist.

    Raises:
        GeometryError: Says which.
    """
    if labels.shape != (n,):
        raise GeometryError(f"{name} has shape {labels.shape}, expected ({n},)")
    if labels.size and (labels.min() < 0 or labels.max() >= n_labels):
        raise GeometryError(f"{name} refers to entry {labels.max()}, but there are {n_labels}")
