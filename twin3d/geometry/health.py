"""What is wrong with a surface, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin3d.errors import GeometryError
from twin3d.geometry.surfaces.crossing import crossings
from twin3d.geometry.surfaces.edges import Floats, Ints, edges_of, same_rows, shells_of
from twin3d.geometry.surfaces.holes import MAX_SHOWN, Opening, openings_of, place
from twin3d.records import Surface

LARGE = 0.05
"""Openings larger than this, in sum and against the part's area, are not closed by guessing."""


@dataclass(frozen=True, eq=False, slots=True)
class SurfaceHealth:
    """Faults of one part's surface, lengths in the file's unit."""

    part: str
    n_triangles: int
    n_shells: int
    diagonal: float
    """Of the bounding box."""
    area: float
    volume: float
    """Enclosed by the divergence theorem; without meaning where the surface is open."""
    openings: tuple[Opening, ...]
    """The largest first."""
    open_edges: Floats
    """Midpoints of edges of one triangle, shape (n, 3)."""
    crowded_edges: Floats
    """Midpoints of edges of more than two triangles, shape (n, 3)."""
    flipped_edges: Floats
    """Midpoints of edges between triangles of opposite orientation, shape (n, 3)."""
    repeated: Floats
    """Centres of triangles that lie on the points of another one, shape (n, 3)."""
    crossed: Floats | None
    """Centres of triangles that others pierce, shape (n, 3); None where the surface was too large to look."""

    @property
    def is_clean(self) -> bool:
        """Whether the surface is closed, runs one way, and is not known to cross itself."""
        return not self.faults

    @property
    def faults(self) -> tuple[str, ...]:
        """Each kind of fault in words, with its number."""
        found = (
            (len(self.open_edges), "open edges"),
            (len(self.crowded_edges), "edges of more than two triangles"),
            (len(self.flipped_edges), "edges between triangles of opposite orientation"),
            (len(self.repeated), "triangles listed twice"),
            (0 if self.crossed is None else len(self.crossed), "triangles that pierce others"),
        )
        return tuple(f"{number:,} {words}" for number, words in found if number)

    @property
    def is_closable(self) -> bool:
        """Whether the openings are small enough to be closed by an envelope, and a volume is left."""
        return sum(opening.area for opening in self.openings) <= LARGE * self.area and self.volume > 0.0

    @property
    def places(self) -> Mapping[str, Floats]:
        """Where the faults are, by kind, for drawing; shape (n, 3) each."""
        crossed = np.zeros((0, 3)) if self.crossed is None else self.crossed
        return {
            "open": self.open_edges,
            "crowded": self.crowded_edges,
            "flipped": self.flipped_edges,
            "repeated": self.repeated,
            "crossed": crossed,
        }


def diagnose(surface: Surface) -> tuple[SurfaceHealth, ...]:
    """The health of each part of a surface."""
    return tuple(
        health_of(surface.points, surface.triangles[surface.triangle_part == index], part.name)
        for index, part in enumerate(surface.parts)
    )


def health_of(points: Floats, triangles: Ints, name: str) -> SurfaceHealth:
    """The health of some triangles.

    Args:
        points: Shape (n_points, 3).
        triangles: Shape (n_triangles, 3).
        name: Of the part that they bound.
    """
    used, corners = np.unique(triangles, return_inverse=True)
    points, triangles = points[used], corners.reshape(-1, 3)
    edges = edges_of(triangles)
    middle = points[edges.ends].mean(axis=1) if len(edges.ends) else np.zeros((0, 3))
    corner = points[triangles]
    vectors = 0.5 * np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    local = corner - corner.mean(axis=(0, 1)) if len(corner) else corner
    pierced = crossings(points, triangles) if len(triangles) else None
    index, _ = same_rows(np.sort(triangles, axis=1))
    return SurfaceHealth(
        part=name,
        n_triangles=len(triangles),
        n_shells=int(shells_of(edges).max(initial=-1)) + 1,
        diagonal=float(np.linalg.norm(np.ptp(points, axis=0))) if len(points) else 0.0,
        area=float(np.linalg.norm(vectors, axis=1).sum()),
        volume=abs(float(np.einsum("ni,ni->", local[:, 0], vectors))) / 3.0,
        openings=openings_of(points, triangles),
        open_edges=middle[edges.is_open],
        crowded_edges=middle[edges.is_crowded],
        flipped_edges=middle[edges.is_flipped],
        repeated=corner[np.bincount(index)[index] > 1].mean(axis=1),
        crossed=None if pierced is None else corner[np.unique(pierced)].mean(axis=1),
    )


def refuse_open(name: str, healths: Sequence[SurfaceHealth]) -> None:
    """Refuse surfaces whose openings are too large to be closed by guessing.

    Args:
        name: Of the file.
        healths: Of the parts that cannot be closed.

    Raises:
        GeometryError: Says how many edges are open, and where.
    """
    if not healths:
        return
    n_edges = sum(len(health.open_edges) for health in healths)
    openings = sorted((opening for health in healths for opening in health.openings), key=lambda o: -o.area)
    where = "; ".join(f"{opening.diameter:.4g} across at {place(opening.centre)}" for opening in openings[:MAX_SHOWN])
    if not openings:
        raise GeometryError(f"the surface of {name} encloses no volume; export a closed body")
    raise GeometryError(
        f"the surface of {name} is not closed: {n_edges:,} open edges, the largest openings {where} in the file's "
        "unit; close them in the CAD or mesh tool and export again"
    )
