"""Volume meshes from other tools, taken as they are or refined uniformly."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from twin3d.errors import MeshError
from twin3d.mesh.curving import NO_CURVES, curved_edges, straightened
from twin3d.mesh.overlaps import find_overlaps
from twin3d.mesh.raw import RawMesh, Sizing
from twin3d.mesh.refinement import refine_uniformly
from twin3d.mesh.topology import Facets, facet_keys, find_facets, patches_by_angle
from twin3d.records import VolumeMesh
from twin3d.records.shapes import N_QUADRATIC

MOST_CELLS = 100_000_000
"""After refinement; more would not fit into memory."""
MAX_OVERLAPS = 10
"""Pairs of parts that overlap are listed up to so many; the others are counted."""

Ints = npt.NDArray[np.int32]


def mesh_imported(shape: VolumeMesh, sizing: Sizing) -> RawMesh:
    """The mesh of another tool; faces are the sets that it names, and the smooth patches of the rest.

    Args:
        shape: What was read; edges of quadratic cells that leave their chords stay curved.
        sizing: Of it the uniform refinements apply.

    Raises:
        MeshError: The scene asks for local sizes, or for more cells than memory can hold.
    """
    if sizing.part_sizes:
        raise MeshError("a volume mesh has its cells already; remove local_sizes from [geometry], or use refine")
    n_refined = len(shape.cells) * 8**sizing.refine
    if n_refined > MOST_CELLS:
        raise MeshError(f"refine = {sizing.refine} would make {n_refined:,} cells; use a smaller number")
    points, volumes = shape.points, _signed_volumes(shape.points, shape.cells[:, :4])
    cells = _right_handed(shape.cells[:, :4], volumes)
    region = shape.cell_region
    facets = find_facets(cells, region, len(points))
    triangles, faces, names = facets.corners, *_faces(shape, facets)
    messages = [*shape.messages, *_overlaps(shape, sizing.metres_per_unit)]
    curves = _curves(shape, cells) if shape.cells.shape[1] == N_QUADRATIC else (*NO_CURVES, 0)
    if curves[2]:
        messages.append(f"{curves[2]} curved edges were straightened: they turned cells inside out")
    if sizing.refine and len(curves[0]):
        messages.append(f"{len(curves[0]):,} curved edges were straightened before the refinement")
        curves = (*NO_CURVES, 0)
    for _ in range(sizing.refine):
        points, cells, triangles = refine_uniformly(points, cells, triangles)
        region, faces = np.repeat(region, 8), np.repeat(faces, 4)
    if sizing.refine:
        messages.append(f"refined from {len(shape.cells):,} to {len(cells):,} cells")
    return RawMesh(
        points=points,
        cells=cells,
        cell_region=region,
        triangles=triangles,
        triangle_face=faces,
        parts=shape.parts,
        face_names=names,
        part_volumes=tuple(np.bincount(shape.cell_region, weights=np.abs(volumes), minlength=len(shape.parts))),
        messages=tuple(messages),
        curved_edges=curves[0],
        curved_points=curves[1],
    )


def _overlaps(shape: VolumeMesh, metres_per_unit: float) -> Iterator[str]:
    """A word on each pair of parts that share volume."""
    names = [part.name for part in shape.parts]
    overlaps = find_overlaps(shape.points, shape.cells[:, :4], shape.cell_region)
    for overlap in overlaps[:MAX_OVERLAPS]:
        yield overlap.describe(names, metres_per_unit)
    if len(overlaps) > MAX_OVERLAPS:
        yield f"{len(overlaps) - MAX_OVERLAPS} more pairs of parts overlap"


def _curves(shape: VolumeMesh, cells: Ints) -> tuple[Ints, npt.NDArray[np.float64], int]:
    """Edges that leave their chords, their mid-edge points, and how many had to be straightened."""
    edges, middles = curved_edges(shape.points, shape.cells)
    return straightened(shape.points, cells, edges, middles)


def _faces(shape: VolumeMesh, facets: Facets) -> tuple[Ints, tuple[str, ...]]:
    """Face of each facet and the names of the faces: those of the file, then patches between two parts each."""
    faces: Ints = np.full(len(facets.corners), -1, dtype=np.int32)
    if len(shape.triangles):
        known = facet_keys(shape.triangles, len(shape.points))
        order = np.argsort(known)
        keys = facet_keys(facets.corners, len(shape.points))
        place = np.minimum(np.searchsorted(known[order], keys), len(order) - 1)
        named = known[order][place] == keys
        faces[named] = shape.triangle_region[order][place[named]]
    names = list(shape.region_names)
    rest = np.flatnonzero(faces < 0)
    pairs, pair = np.unique(facets.parts[rest], axis=0, return_inverse=True)
    order = np.argsort(pair.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(pair.ravel(), minlength=len(pairs)))
    for chosen in np.split(rest[order], ends[:-1]) if len(rest) else ():
        patch = patches_by_angle(shape.points, facets.corners[chosen])
        faces[chosen] = patch + len(names)
        names += [""] * (int(patch.max()) + 1)
    return faces, tuple(names)


def _signed_volumes(points: npt.NDArray[np.float64], cells: Ints) -> npt.NDArray[np.float64]:
    """Volumes by the order of the corners, shape (n_cells,)."""
    edge = [points[cells[:, corner]] - points[cells[:, 0]] for corner in (1, 2, 3)]
    return np.asarray(np.einsum("ei,ei->e", np.cross(edge[0], edge[1]), edge[2]) / 6.0)


def _right_handed(cells: Ints, volumes: npt.NDArray[np.float64]) -> Ints:
    result = np.ascontiguousarray(cells)
    result = np.where((volumes < 0.0)[:, None], result[:, [0, 1, 3, 2]], result)
    return np.asarray(result, dtype=np.int32)
