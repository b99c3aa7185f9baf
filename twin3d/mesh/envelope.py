"""Tetrahedra within an envelope of surfaces, by fTetWild: for several parts, and for what other meshers give up on.

Hu, Schneider, Wang, Zorin, Panozzo: Fast tetrahedral meshing in the wild, ACM Trans. Graph. 39 (2020) 117.
"""

import contextlib
import importlib
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from types import ModuleType

import numpy as np
import numpy.typing as npt

from twin3d.errors import MeshError
from twin3d.geometry.surfaces.edges import edges_of
from twin3d.geometry.surfaces.thickness import thinnest
from twin3d.mesh.quality import scaled_jacobians
from twin3d.mesh.raw import RawMesh, Sizing, Tell
from twin3d.mesh.sizing_field import sizing_field
from twin3d.mesh.surface_faces import named_faces
from twin3d.mesh.tagging import Tags, tagged
from twin3d.mesh.topology import right_handed
from twin3d.records import Surface

WIDEST, FIRST_NARROWEST, NARROWEST = 1e-3, 5e-4, 2e-5
"""How far fTetWild may leave the surface, relative to the diagonal of the bounding box: at most, at least at the first
try, at least at all; time grows quickly below."""
PATIENCE_S = 60.0
"""No narrower envelope is tried after one that took longer than this."""
VOLUME_TOLERANCE = 0.01
"""A part may lose or gain this much of its volume before the envelope is narrowed."""
MAX_TRIES = 3
POOR = 0.05
"""Scaled Jacobian below which a cell is mentioned."""


@dataclass(frozen=True, eq=False, slots=True)
class _Try:
    """Cells within the parts, and how well they fill them."""

    points: npt.NDArray[np.float64]
    cells: npt.NDArray[np.int32]
    tags: Tags
    envelope: float
    """In the file's unit."""
    errors: npt.NDArray[np.float64]
    """Relative error of each closed part's volume, 0 for open ones, shape (n_parts,)."""

    @property
    def worst(self) -> float:
        return float(np.abs(self.errors).max())


def mesh_envelope(surface: Surface, sizing: Sizing, *, reason: str, tell: Tell) -> RawMesh:
    """Mesh what surfaces enclose, leaving them by up to the envelope; parts that touch share their points.

    The envelope follows the thinnest wall or gap, and is narrowed where a part's volume comes out wrong. Where parts
    overlap, the one within the other keeps its place, then the one that is listed first.

    Args:
        surface: Of one or several parts, closed or nearly so.
        sizing: How finely to mesh, in all and by part.
        reason: Why the envelope is used, for the report.
        tell: Is told how far the work is.

    Raises:
        GeometryError: A local size matches no part.
        MeshError: fTetWild gives up, or a part is lost.
    """
    sizing.refuse_idle([part.name for part in surface.parts])
    surface = _with_area(surface)
    diagonal = float(np.linalg.norm(np.ptp(surface.points, axis=0)))
    envelope = float(
        np.clip(thinnest(surface.points, surface.triangles) / 3.0, FIRST_NARROWEST * diagonal, WIDEST * diagonal)
    )
    best: _Try | None = None
    for number in range(MAX_TRIES):
        tell(0.3 + 0.15 * number, f"meshing by envelope (fTetWild), walls may move by {sizing.in_mm(envelope)}")
        start_s = time.monotonic()
        attempt = _attempt(surface, sizing, envelope, reason)
        best = attempt if best is None or attempt.worst < best.worst else best
        is_slow = time.monotonic() - start_s > PATIENCE_S
        if best.worst <= VOLUME_TOLERANCE or envelope <= NARROWEST * diagonal or is_slow:
            break
        envelope = max(envelope / 3.0, NARROWEST * diagonal)
    if best is None:
        raise MeshError(f"{reason}; the envelope mesher was not tried")
    _refuse_lost(surface, best, sizing, reason)
    tell(0.8, "naming the faces")
    return _raw(surface, best, sizing, reason)


def _with_area(surface: Surface) -> Surface:
    """The surface without triangles that have no area, which tessellations of CAD faces may hold."""
    corner = surface.points[surface.triangles]
    doubled = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    solid = doubled > 0.0
    if solid.all():
        return surface
    return replace(
        surface,
        triangles=surface.triangles[solid],
        triangle_part=surface.triangle_part[solid],
        triangle_region=surface.triangle_region[solid],
    )


def _attempt(surface: Surface, sizing: Sizing, envelope: float, reason: str) -> _Try:
    diagonal = float(np.linalg.norm(np.ptp(surface.points, axis=0)))
    finer = 2**sizing.refine
    try:
        # fTetWild leaves a file of its surface in the current folder
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            points, cells = _pytetwild().tetrahedralize(
                surface.points,
                surface.triangles,
                edge_length_fac=min(sizing.cell_size / finer / diagonal, 1.0),
                epsilon=envelope / diagonal,
                quiet=True,
                vtk_ordering=True,
                coarsen=True,  # without, edges are a half to a third of those asked for
                disable_filtering=True,  # keeps what lies between the parts; it is told apart by their winding numbers
                **sizing_field(surface, sizing),
            )[:2]
    except Exception as error:
        raise MeshError(f"{reason}; fTetWild cannot mesh it either: {error}; repair the surface") from error
    points, cells = np.asarray(points, dtype=np.float64), np.asarray(cells, dtype=np.int32)
    if not len(cells):
        raise MeshError(f"{reason}; fTetWild found no volume either; repair the surface")
    tags = tagged(surface, points, cells)
    used, within = np.unique(cells[tags.part >= 0], return_inverse=True)
    kept = within.reshape(-1, 4).astype(np.int32)
    return _Try(points[used], kept, tags, envelope, _volume_errors(surface, tags))


def _volume_errors(surface: Surface, tags: Tags) -> npt.NDArray[np.float64]:
    """Of the cells within each closed part, whichever part they were counted to, shape (n_parts,)."""
    expected = surface.enclosed_volumes()
    closed = [_is_closed(surface, index) for index in range(len(surface.parts))]
    return np.where(closed, tags.inside_volumes / np.maximum(expected, 1e-300) - 1.0, 0.0)


def _is_closed(surface: Surface, part: int) -> bool:
    edges = edges_of(surface.triangles[surface.triangle_part == part])
    return bool((edges.count % 2 == 0).all() and (edges.balance == 0).all())


def _refuse_lost(surface: Surface, found: _Try, sizing: Sizing, reason: str) -> None:
    counts = np.bincount(found.tags.part[found.tags.part >= 0], minlength=len(surface.parts))
    lost = [part.name for part, count in zip(surface.parts, counts, strict=True) if not count]
    if lost:
        raise MeshError(
            f"{reason}; no cells are left of {', '.join(lost[:5])}: thinner than {sizing.in_mm(2.0 * found.envelope)}, "
            "within another part, or enclosing no volume; leave it out or repair it"
        )


def _raw(surface: Surface, found: _Try, sizing: Sizing, reason: str) -> RawMesh:
    region = found.tags.part[found.tags.part >= 0].astype(np.int32)
    triangles, face, face_names = named_faces(surface, found.points, found.cells, region, spacing=sizing.cell_size)
    corner = found.points[found.cells]
    six = np.einsum(
        "ni,ni->n", np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), corner[:, 3] - corner[:, 0]
    )
    meshed = np.bincount(region, weights=np.abs(six) / 6.0, minlength=len(surface.parts))
    return RawMesh(
        points=found.points,
        cells=found.cells,
        cell_region=region,
        triangles=triangles,
        triangle_face=face,
        parts=surface.parts,
        face_names=face_names,
        part_volumes=tuple(float(volume) for volume in meshed / (1.0 + found.errors)),
        messages=(*surface.messages, *_words(surface, found, sizing, reason)),
    )


def _words(surface: Surface, found: _Try, sizing: Sizing, reason: str) -> list[str]:
    notes = [f"{reason}; meshed by envelope (fTetWild), walls may move by {sizing.in_mm(found.envelope)}"]
    notes += found.tags.messages
    off = [
        f"{part.name} by {error:+.1%}"
        for part, error in zip(surface.parts, found.errors, strict=True)
        if abs(error) > VOLUME_TOLERANCE
    ]
    if off:
        notes.append(f"volumes are off after {MAX_TRIES} tries: {', '.join(off)}; mesh finer, or repair the surface")
    worst = float(scaled_jacobians(found.points, right_handed(found.points, found.cells)).min())
    if worst < POOR:
        notes.append(f"the worst cell has a scaled Jacobian of {worst:.2g}")
    return notes


def _pytetwild() -> ModuleType:
    """The binding of fTetWild, without the VTK that it loads for a convenience we do not use."""
    sys.modules.setdefault("pyvista", ModuleType("pyvista"))
    return importlib.import_module("pytetwild")
