"""Exact answers about single positions: the cell around, the nearest facet, how far the material goes.

`twin3d.mesh.locate` is for thousands of positions and looks among near neighbours; a few sensors deserve all facets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.mesh.locate import INSIDE, barycentric, nearest_on_triangles
from twin3d.records import TetMesh
from twin3d.records.mesh import OUTSIDE

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Spot:
    """The point of some facets that is nearest to a position."""

    point: Array
    """[m], shape (3,)."""
    distance: float
    """From the position [m]."""
    facet: int
    """Index into the mesh's facets."""


class Probe:
    """Asks a mesh about positions; boxes and balls around cells and facets are made once."""

    def __init__(self, mesh: TetMesh) -> None:
        self.mesh = mesh
        self.size = float(np.linalg.norm(np.ptp(mesh.points, axis=0)))
        along = [coordinates[mesh.cells.T] for coordinates in np.ascontiguousarray(mesh.points.T)]
        self._low, self._high = [x.min(axis=0) for x in along], [x.max(axis=0) for x in along]
        self._facets = mesh.points[mesh.facets]
        self._centres = self._facets.mean(axis=1)
        self._radii = np.linalg.norm(self._facets - self._centres[:, None], axis=2).max(axis=1)

    def outer(self, parts: Sequence[int] | None = None) -> Mask:
        """Facets with material on one side only, of some parts or all, shape (n_facets,)."""
        is_outer = self.mesh.facet_parts[:, 1] == OUTSIDE
        return np.asarray(is_outer if parts is None else is_outer & np.isin(self.mesh.facet_parts[:, 0], parts))

    def boundary(self, parts: Sequence[int]) -> Mask:
        """Facets of some parts, interfaces included, shape (n_facets,)."""
        return np.asarray(np.isin(self.mesh.facet_parts, parts).any(axis=1))

    def cell_around(self, position: Array, parts: Sequence[int] | None = None) -> int | None:
        """The cell that a position lies in, of some parts or all; None where there is none."""
        slack = 1e-9 * self.size
        cells = np.arange(self.mesh.n_cells)
        for low, high, x in zip(self._low, self._high, position, strict=True):
            cells = cells[(low[cells] <= x + slack) & (high[cells] >= x - slack)]
        if parts is not None:
            cells = cells[np.isin(self.mesh.cell_region[cells], parts)]
        if not cells.size:
            return None
        inside = barycentric(self.mesh.points[self.mesh.cells[cells]], position[None, :]).min(axis=1)
        best = int(inside.argmax())
        return int(cells[best]) if inside[best] >= INSIDE else None

    def nearest(self, position: Array, among: Mask) -> Spot:
        """The nearest point on some facets, at least one."""
        candidates = np.flatnonzero(among)
        to_centres = np.linalg.norm(self._centres[candidates] - position, axis=1)
        candidates = candidates[to_centres - self._radii[candidates] <= to_centres.min() * (1.0 + 1e-9)]
        points, _ = nearest_on_triangles(self._facets[candidates], np.broadcast_to(position, (len(candidates), 3)))
        distances = np.linalg.norm(points - position, axis=1)
        best = int(distances.argmin())
        return Spot(points[best], float(distances[best]), int(candidates[best]))

    def inward(self, facet: int, part: int) -> Array:
        """The unit normal of a facet that points into one of its parts, shape (3,)."""
        a, b, c = self._facets[facet]
        normal = np.cross(b - a, c - a)
        sign = -1.0 if self.mesh.facet_parts[facet, 0] == part else 1.0
        return np.asarray(sign * normal / np.linalg.norm(normal))

    def thickness(self, start: Array, direction: Array, part: int) -> float:
        """How far a part goes on from a point of its boundary, along a unit vector [m]; infinite if nothing is met.

        Möller and Trumbore, Journal of Graphics Tools 2 (1997) 21–28, for all facets of the part at once.
        """
        corners = self._facets[self.boundary([part])]
        first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        across = np.cross(direction, second)
        volume = np.einsum("ij,ij->i", first, across)
        faces_it = np.abs(volume) > 1e-12 * np.linalg.norm(np.cross(first, second), axis=1)
        scale = np.where(faces_it, volume, 1.0)
        offset = start - corners[:, 0]
        u = np.einsum("ij,ij->i", offset, across) / scale
        turned = np.cross(offset, first)
        v = (turned @ direction) / scale
        length = np.einsum("ij,ij->i", second, turned) / scale
        hit = faces_it & (u >= INSIDE) & (v >= INSIDE) & (u + v <= 1.0 - INSIDE) & (length > 1e-9 * self.size)
        return float(length[hit].min()) if hit.any() else float("inf")

    def edge_length(self, cell: int) -> float:
        """Mean length of the edges of a cell [m]."""
        corners = self.mesh.points[self.mesh.cells[cell]]
        a, b = np.triu_indices(4, k=1)
        return float(np.linalg.norm(corners[a] - corners[b], axis=1).mean())
