"""Surfaces to tetrahedra: clean single parts by netgen, all else by fTetWild's envelope."""

import fnmatch
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from twin3d.errors import MeshError
from twin3d.geometry.health import SurfaceHealth, diagnose, refuse_open
from twin3d.mesh.envelope import mesh_envelope
from twin3d.mesh.isolation import Limits, run_worker
from twin3d.mesh.raw import RawMesh, Sizing, Tell, around
from twin3d.mesh.surface_faces import named_faces
from twin3d.records import Surface

TOUCHING = 1e-3
"""Boxes of parts closer than this, relative to the diagonal, are meshed together."""
NETGEN_PATIENCE_S = 60
"""Netgen may take this long [s], and more for many cells: it hangs on some surfaces."""
NETGEN_CELLS_PER_S = 2000


def mesh_surface(surface: Surface, sizing: Sizing, name: str, *, tell: Tell) -> RawMesh:
    """Mesh what surfaces enclose.

    Parts away from all others are meshed by netgen if their surface is clean; parts that touch, overlap or lie within
    each other together, by envelope, so that they share their points.

    Args:
        surface: Of one or several parts.
        sizing: How finely to mesh.
        name: Of the file, for messages.
        tell: Is told how far the work is.

    Raises:
        GeometryError: No part is closed, but for small openings, or a local size matches no part.
        MeshError: No mesher succeeds.
    """
    sizing.refuse_idle([part.name for part in surface.parts])
    sizing.refuse_cad_only(name)
    tell(0.1, f"checking the surface of {name}")
    healths = diagnose(surface)
    surface, healths = _closable(surface, healths, name)
    groups = groups_of_parts(surface)
    meshes = [
        _mesh_group(part_of(surface, group), [healths[index] for index in group], sizing, name, tell=tell)
        for group in groups
    ]
    raw = meshes[0] if len(meshes) == 1 else _joined(surface, groups, meshes)
    return replace(raw, messages=(*surface.messages, *raw.messages))


def groups_of_parts(surface: Surface) -> list[npt.NDArray[np.int64]]:
    """Which parts are close enough to touch, in the order of the file."""
    n_parts = len(surface.parts)
    low, high = np.full((n_parts, 3), np.inf), np.full((n_parts, 3), -np.inf)
    corners = surface.points[surface.triangles]
    np.minimum.at(low, surface.triangle_part, corners.min(axis=1))
    np.maximum.at(high, surface.triangle_part, corners.max(axis=1))
    margin = TOUCHING * float(np.linalg.norm(np.ptp(surface.points, axis=0)))
    near = np.asarray(((low[:, None] <= high[None] + margin) & (low[None] <= high[:, None] + margin)).all(axis=2))
    label = csgraph.connected_components(sparse.coo_array(near.astype(np.int8)), directed=False)[1]
    return [np.flatnonzero(label == group) for group in dict.fromkeys(label.tolist())]


def part_of(surface: Surface, parts: npt.NDArray[np.int64]) -> Surface:
    """Some parts of a surface alone, without its messages."""
    chosen = np.isin(surface.triangle_part, parts)
    used, corners = np.unique(surface.triangles[chosen], return_inverse=True)
    return replace(
        surface,
        points=surface.points[used],
        triangles=corners.reshape(-1, 3).astype(np.int32),
        triangle_part=np.searchsorted(parts, surface.triangle_part[chosen]).astype(np.int32),
        triangle_region=surface.triangle_region[chosen],
        parts=tuple(surface.parts[index] for index in parts),
        messages=(),
    )


def _closable(
    surface: Surface, healths: tuple[SurfaceHealth, ...], name: str
) -> tuple[Surface, tuple[SurfaceHealth, ...]]:
    """The parts that enclose a volume; the others are left out with a word, unless they are all there is."""
    good = np.array([index for index, health in enumerate(healths) if health.is_closable], dtype=np.int64)
    if len(good) == len(healths):
        return surface, healths
    if not len(good):
        refuse_open(name, healths)
    left_out = [health.part for health in healths if not health.is_closable]
    shown = f"{', '.join(left_out[:5])}{', …' if len(left_out) > 5 else ''}"
    note = f"left out as open surfaces, which enclose no volume: {shown}"
    kept = replace(part_of(surface, good), messages=(*surface.messages, note))
    return kept, tuple(healths[index] for index in good)


def _mesh_group(surface: Surface, healths: list[SurfaceHealth], sizing: Sizing, name: str, *, tell: Tell) -> RawMesh:
    names = [part.name for part in surface.parts]
    here = tuple((glob, size) for glob, size in sizing.part_sizes if fnmatch.filter(names, glob))
    own = replace(sizing, part_sizes=here)
    if len(healths) > 1:
        return mesh_envelope(surface, own, reason=f"{len(healths)} parts touch or are close", tell=tell)
    faults = healths[0].faults
    if faults:
        return mesh_envelope(surface, own, reason=f"{surface.parts[0].name} has {' and '.join(faults)}", tell=tell)
    try:
        return _mesh_with_netgen(surface, own, healths[0], name, tell=tell)
    except MeshError as error:
        return mesh_envelope(surface, own, reason=f"netgen gave up: {error}", tell=tell)


def _mesh_with_netgen(surface: Surface, sizing: Sizing, health: SurfaceHealth, name: str, *, tell: Tell) -> RawMesh:
    """Netgen's mesh of one clean part, in a process of its own, since it crashes or hangs on some."""
    size = min([sizing.cell_size, *(own for _, own in sizing.part_sizes)])
    n_cells = 8.0 * health.volume / size**3 * 8**sizing.refine
    patience_s = NETGEN_PATIENCE_S + int(n_cells / NETGEN_CELLS_PER_S)
    tell(0.15, f"meshing {name}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "surface.npz"
        np.savez(file, points=surface.points, triangles=surface.triangles)
        request = {
            "file": name,
            "surface": str(file),
            "cell_size": size,
            "metres_per_unit": sizing.metres_per_unit,
            "refine": sizing.refine,
            "curvature": sizing.curvature,
            "point_sizes": [near for point in sizing.point_sizes for near in around(point)],
        }
        limits = Limits(cpu_s=patience_s, silence_s=patience_s)
        arrays = run_worker("twin3d.mesh.netgen_surface", request, name, progress=tell, limits=limits)
    points, cells = arrays["points"], arrays["cells"]
    region = np.zeros(len(cells), dtype=np.int32)
    triangles, face, face_names = named_faces(surface, points, cells, region, spacing=size)
    return RawMesh(
        points=points,
        cells=cells,
        cell_region=region,
        triangles=triangles,
        triangle_face=face,
        parts=surface.parts,
        face_names=face_names,
        part_volumes=tuple(map(float, surface.enclosed_volumes())),
        messages=surface.messages,
    )


def _joined(surface: Surface, groups: list[npt.NDArray[np.int64]], meshes: list[RawMesh]) -> RawMesh:
    """Meshes of parts that do not touch as one, the parts in the order of the file."""
    points = np.cumsum([0, *(len(mesh.points) for mesh in meshes)])
    faces = np.cumsum([0, *(len(mesh.face_names) for mesh in meshes)])
    volumes = np.zeros(len(surface.parts))
    for group, mesh in zip(groups, meshes, strict=True):
        volumes[group] = mesh.part_volumes
    numbered = list(zip(groups, meshes, points[:-1], faces[:-1], strict=True))
    return RawMesh(
        points=np.concatenate([mesh.points for mesh in meshes]),
        cells=np.concatenate([mesh.cells + start for _, mesh, start, _ in numbered]).astype(np.int32),
        cell_region=np.concatenate([group[mesh.cell_region] for group, mesh, _, _ in numbered]).astype(np.int32),
        triangles=np.concatenate([mesh.triangles + start for _, mesh, start, _ in numbered]).astype(np.int32),
        triangle_face=np.concatenate([mesh.triangle_face + first for _, mesh, _, first in numbered]).astype(np.int32),
        parts=surface.parts,
        face_names=tuple(name for mesh in meshes for name in mesh.face_names),
        part_volumes=tuple(map(float, volumes)),
        messages=tuple(message for mesh in meshes for message in mesh.messages),
    )
