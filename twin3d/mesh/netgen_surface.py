"""Netgen's process for one closed surface: triangles in, tetrahedra out, see `twin3d.mesh.isolation`."""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import netgen.stl as stl
import numpy as np

from twin3d.mesh.isolation import tell, worker_main
from twin3d.mesh.netgen_mesh import DEFAULT_CURVATURE, Recipe, generate


def serve(request: Mapping[str, Any]) -> None:
    """Mesh the triangles of a request."""
    with np.load(request["surface"]) as data:
        corners = data["points"][data["triangles"]]
    recipe = Recipe(
        request["cell_size"],
        request["metres_per_unit"],
        curvature=request["curvature"] or DEFAULT_CURVATURE,
        point_sizes=tuple(map(tuple, request["point_sizes"])),
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "surface.stl"
        _write_text_stl(file, corners)
        mesh = generate(stl.STLGeometry(str(file)), recipe)
    for number in range(request["refine"]):
        tell(0.7, f"refining the mesh, {number + 1} of {request['refine']}")
        mesh.Refine()
    np.savez(
        request["out"],
        points=np.array(mesh.Coordinates(), dtype=np.float64),
        cells=np.array(mesh.Elements3D().NumPy()["nodes"][:, :4], dtype=np.int32) - 1,
    )


def _write_text_stl(file: Path, corners: np.ndarray) -> None:
    """As text, which keeps all digits: a binary STL would round points that differ into one."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    rows = np.concatenate([normals, corners.reshape(-1, 9)], axis=1)
    shape = (
        "facet normal %.17g %.17g %.17g\nouter loop\nvertex %.17g %.17g %.17g\nvertex %.17g %.17g %.17g\n"
        "vertex %.17g %.17g %.17g\nendloop\nendfacet"
    )
    np.savetxt(file, rows, fmt=shape, header="solid surface", footer="endsolid surface", comments="")


if __name__ == "__main__":
    sys.exit(worker_main(serve, sys.argv[1]))
