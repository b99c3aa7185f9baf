"""Surface files to one closed triangulation, and a clear word on what is open or crossed."""

from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import trimesh
from scipy.spatial import cKDTree

from twin3d.errors import GeometryError
from twin3d.records import PartSource, Surface

MAX_SHOWN = 3
"""Open edges shown by position in an error."""
N_CANDIDATES = 12
"""Pieces of a surface, by distance, that a triangle is compared with."""


class SurfaceReader:
    """STL, OBJ, PLY, OFF, 3MF and glTF, as one closed body."""

    suffixes: ClassVar[tuple[str, ...]] = (".stl", ".obj", ".ply", ".off", ".3mf", ".glb", ".gltf")

    def recognises(self, head: bytes) -> bool:
        """Whether a file begins like a PLY or a binary glTF."""
        return head.startswith((b"ply\n", b"ply\r\n", b"glTF"))

    def read(self, path: Path) -> Surface:
        """Read a surface file as one closed body.

        Raises:
            GeometryError: The file is damaged or empty, or its surface is not closed; says where.
        """
        body = _loaded(path)
        body.merge_vertices(digits_vertex=8)
        body.update_faces(body.nondegenerate_faces() & body.unique_faces())
        body.remove_unreferenced_vertices()
        if not len(body.faces):
            raise GeometryError(f"{path.name} holds no triangle with an area")
        open_at = _open_edges(body)
        if len(open_at):
            where = "; ".join(f"({x:.6g}, {y:.6g}, {z:.6g})" for x, y, z in open_at[:MAX_SHOWN])
            raise GeometryError(
                f"the surface of {path.name} is not closed: {len(open_at)} open edges, for example at {where} in the "
                "file's unit; close the holes in the CAD or mesh tool and export again"
            )
        trimesh.repair.fix_normals(body, multibody=True)
        return Surface(
            points=np.asarray(body.vertices, dtype=np.float64),
            triangles=np.asarray(body.faces, dtype=np.int32),
            triangle_part=np.zeros(len(body.faces), dtype=np.int32),
            triangle_region=np.zeros(len(body.faces), dtype=np.int32),
            parts=(PartSource(path.stem),),
            region_names=("",),
        )


def nearest_triangles(surface: Surface, corners: npt.NDArray[np.float64], *, spacing: float) -> npt.NDArray[np.int64]:
    """For each of some triangles that lie on a surface, the triangle of the surface that it lies on.

    Args:
        surface: In any unit.
        corners: Of the triangles that are looked for, in the same unit, shape (n, 3, 3).
        spacing: Larger triangles of the surface are cut up to this, so that their centres can be compared.

    Returns:
        Indices into the surface's triangles, shape (n,).
    """
    points, pieces, owner = trimesh.remesh.subdivide_to_size(
        surface.points, surface.triangles, max_edge=spacing, max_iter=20, return_index=True
    )
    tree = cKDTree(points[pieces].mean(axis=1))
    found = tree.query(corners.mean(axis=1), k=range(1, min(N_CANDIDATES, len(pieces)) + 1))
    distances, near = np.asarray(found[0]), np.asarray(found[1])
    agreement = np.abs(np.einsum("nkd,nd->nk", _normals(points[pieces])[near], _normals(corners)))
    best = (distances / spacing + 2.0 * (1.0 - agreement)).argmin(axis=1)
    return np.asarray(owner[near[np.arange(len(near)), best]])


def _normals(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    vectors = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-300))


def _loaded(path: Path) -> trimesh.Trimesh:
    try:
        return trimesh.load_mesh(path, process=False)
    except Exception as error:
        raise GeometryError(f"{path.name} cannot be read as a surface: {error}; export it again") from error


def _open_edges(body: trimesh.Trimesh) -> np.ndarray:
    """Midpoints of edges that do not have exactly two triangles, shape (n_edges, 3)."""
    edges, counts = np.unique(body.edges_sorted, axis=0, return_counts=True)
    return np.asarray(body.vertices[edges[counts != 2]].mean(axis=1))
