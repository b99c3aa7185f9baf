"""The tetrahedral mesh that everything else stands on."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from twin3d.errors import MeshError

OUTSIDE = -1
"""The part index of what is not material, in `TetMesh.facet_parts`."""


@dataclass(frozen=True, eq=False, slots=True)
class TetMesh:
    """A tetrahedral mesh of one or several parts; point order within a cell is VTK's."""

    points: npt.NDArray[np.float64]
    """Vertex positions [m], shape (n_points, 3)."""
    cells: npt.NDArray[np.int32]
    """Vertex indices, positive volume in VTK order, shape (n_cells, 4)."""
    cell_region: npt.NDArray[np.int32]
    """Part of each cell, index into `part_names`, shape (n_cells,)."""
    part_names: tuple[str, ...]
    """Names of the parts."""
    facets: npt.NDArray[np.int32]
    """Boundary and interface facets, normal out of the part `facet_parts[:, 0]`, shape (n_facets, 3)."""
    facet_region: npt.NDArray[np.int32]
    """CAD face or surface patch of each facet, index into `face_names`, shape (n_facets,)."""
    facet_parts: npt.NDArray[np.int32]
    """Part on the inner and on the outer side of each facet, -1 outside, shape (n_facets, 2).

    A bonded interface is listed once. A contact is listed twice, once from each side, with that side's own points."""
    face_names: tuple[str, ...]
    """Names of the faces; empty strings where the file names none."""
    contact_facets: npt.NDArray[np.int32]
    """Matching facets of declared contacts, one triangle on both sides, point by point, shape (n_contact, 2, 3)."""
    contact_parts: npt.NDArray[np.int32]
    """Parts on the two sides of each contact facet, shape (n_contact, 2)."""
    part_paths: tuple[str, ...] = ()
    """Place of each part in its assembly, names joined by ``/``; empty where the file has no tree."""
    part_colours: tuple[str, ...] = ()
    """Colour of each part like ``#ff8800``, empty text without one; empty where the file knows no colours."""

    face_colours: tuple[str, ...] = ()
    """Colour of each face like ``#ff8800``, empty text without one; empty where the file knows no colours."""
    gap_corners: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, 2, 3), dtype=np.int32))
    """Corners of the facets on both sides of contacts across a gap, a pair of opposite points each, shape
    (n_gap, 2, 3)."""
    gap_weights: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2, 3)))
    """Barycentric coordinates of the points on these facets, shape (n_gap, 2, 3)."""
    gap_areas: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """Area that each pair of points stands for [m²], shape (n_gap,)."""
    gap_parts: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int32))
    """Parts on the two sides, shape (n_gap, 2)."""
    curved_edges: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int32))
    """End points of edges that follow curved faces, each edge once, shape (n_curved, 2); all others are straight."""
    curved_points: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))
    """Their mid-edge points [m], shape (n_curved, 3)."""

    def __post_init__(self) -> None:
        _check_indices("cells", self.cells, len(self.points))
        _check_indices("gap_corners", self.gap_corners, len(self.points))
        _check_indices("curved_edges", self.curved_edges, len(self.points))
        _check_indices("facets", self.facets, len(self.points))
        _check_indices("contact_facets", self.contact_facets, len(self.points))
        if not np.isfinite(self.points).all():
            raise MeshError("a mesh point is not finite; the file is damaged")
        volumes = self.cell_volumes()
        inverted = np.flatnonzero(volumes <= 0.0)
        if inverted.size:
            first = inverted[0]
            raise MeshError(
                f"{inverted.size} inverted or flat cells, first is {first} with {volumes[first]:g} m³; swap two "
                "corners of an inverted cell, leave a flat one out, or mesh the file anew with another cell_size"
            )

    @property
    def n_points(self) -> int:
        """Number of points."""
        return len(self.points)

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self.cells)

    def cell_volumes(self) -> npt.NDArray[np.float64]:
        """Signed volumes of the cells [m³], shape (n_cells,)."""
        corner = self.points[self.cells]
        edges = corner[:, 1:] - corner[:, :1]
        return np.asarray(np.einsum("ei,ei->e", np.cross(edges[:, 0], edges[:, 1]), edges[:, 2]) / 6.0)

    def facet_area_vectors(self) -> npt.NDArray[np.float64]:
        """Area times outward normal of the facets [m²], shape (n_facets, 3)."""
        corner = self.points[self.facets]
        return 0.5 * np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])


def _check_indices(name: str, indices: npt.NDArray[np.int32], n_points: int) -> None:
    if indices.size and (indices.min() < 0 or indices.max() >= n_points):
        raise MeshError(f"{name} refer to point {indices.max()}, but there are {n_points} points")
