"""Tetrahedra within an envelope of a surface, by fTetWild: for what other meshers give up on.

Hu, Schneider, Wang, Zorin, Panozzo: Fast tetrahedral meshing in the wild, ACM Trans. Graph. 39 (2020) 117.
"""

import importlib
import sys
from types import ModuleType

import numpy as np

from twin3d.errors import MeshError
from twin3d.mesh.raw import RawMesh, Sizing
from twin3d.records import Surface

ENVELOPE = 1e-3
"""How far fTetWild may leave the surface, relative to the diagonal of the bounding box."""


def mesh_wildly(surface: Surface, sizing: Sizing, *, reason: str) -> RawMesh:
    """Mesh what a surface encloses, leaving it by up to the envelope.

    Args:
        surface: Of one part, closed or nearly so.
        sizing: How finely to mesh.
        reason: Why another mesher gave up, for the report.

    Raises:
        MeshError: fTetWild gives up too.
    """
    size = sizing.cell_size / 2**sizing.refine
    diagonal = float(np.linalg.norm(np.ptp(surface.points, axis=0)))
    try:
        points, cells = _pytetwild().tetrahedralize(
            surface.points, surface.triangles, edge_length_fac=size / diagonal, epsilon=ENVELOPE, quiet=True
        )[:2]
    except Exception as error:
        raise MeshError(f"{reason}; fTetWild cannot mesh it either: {error}; repair the surface") from error
    note = (
        f"netgen gave up, so fTetWild made the mesh; it may leave the surface by {ENVELOPE:.1%} of its size: {reason}"
    )
    cells = np.asarray(cells, dtype=np.int32)
    return RawMesh(
        points=np.asarray(points, dtype=np.float64),
        cells=cells,
        cell_region=np.zeros(len(cells), dtype=np.int32),
        triangles=np.zeros((0, 3), dtype=np.int32),
        triangle_face=np.zeros(0, dtype=np.int32),
        parts=surface.parts,
        face_names=(),
        part_volumes=tuple(surface.enclosed_volumes()),
        messages=(*surface.messages, note),
    )


def _pytetwild() -> ModuleType:
    """The binding of fTetWild, without the VTK that it loads for a convenience we do not use."""
    sys.modules.setdefault("pyvista", ModuleType("pyvista"))
    return importlib.import_module("pytetwild")
