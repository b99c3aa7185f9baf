"""Surface files to one closed triangulation, and a clear word on what is open or crossed."""

from pathlib import Path

import numpy as np
import trimesh

from twin3d.errors import GeometryError
from twin3d.records import Surface

MAX_SHOWN = 3
"""Open edges shown by position in an error."""


def read_surface(path: Path, scale: float) -> Surface:
    """Read a surface file as one closed body.

    Args:
        path: STL, OBJ, PLY, OFF, 3MF or glTF.
        scale: Length of one unit of the file [m].

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
        points=np.asarray(body.vertices, dtype=np.float64) * scale,
        triangles=np.asarray(body.faces, dtype=np.int32),
        triangle_region=np.zeros(len(body.faces), dtype=np.int32),
        region_names=(path.stem,),
    )


def _loaded(path: Path) -> trimesh.Trimesh:
    try:
        return trimesh.load_mesh(path, process=False)
    except Exception as error:
        raise GeometryError(f"{path.name} cannot be read as a surface: {error}; export it again") from error


def _open_edges(body: trimesh.Trimesh) -> np.ndarray:
    """Midpoints of edges that do not have exactly two triangles, shape (n_edges, 3)."""
    edges, counts = np.unique(body.edges_sorted, axis=0, return_counts=True)
    return np.asarray(body.vertices[edges[counts != 2]].mean(axis=1))
