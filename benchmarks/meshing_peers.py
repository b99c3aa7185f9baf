"""Peers of the mesher, each in its own process: ``python meshing_peers.py PEER FILE SIZE OUT.npz``, in millimetres.

gmsh is licensed under the GPL and is no dependency: ``uv run --with gmsh python benchmarks/geometry.py``.
"""

import importlib
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np


def with_gmsh(file: Path, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Read, fragment and mesh a STEP file; Delaunay in the volume, then gmsh's own optimiser, as it comes."""
    gmsh = importlib.import_module("gmsh")
    gmsh.initialize()
    gmsh.option.setNumber("General.Verbosity", 1)
    gmsh.option.setNumber("General.NumThreads", 1)
    solids = [entity for entity in gmsh.model.occ.importShapes(str(file)) if entity[0] == 3]
    if len(solids) > 1:
        gmsh.model.occ.fragment(solids[:1], solids[1:])
    gmsh.model.occ.synchronize()
    gmsh.option.setNumber("Mesh.MeshSizeMax", size)
    gmsh.model.mesh.generate(3)
    tags, coordinates, _ = gmsh.model.mesh.getNodes()
    kinds, _, nodes = gmsh.model.mesh.getElements(3)
    cells = nodes[list(kinds).index(4)].reshape(-1, 4)
    number = np.zeros(int(tags.max()) + 1, dtype=np.int64)
    number[tags] = np.arange(len(tags))
    gmsh.finalize()
    return coordinates.reshape(-1, 3), number[cells]


def with_pytetwild(file: Path, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Mesh the kernel's triangles of a STEP file within an envelope."""
    reader, tessellation = (
        importlib.import_module(f"twin3d.geometry.{name}") for name in ("cad_reader", "tessellation")
    )
    sys.modules.setdefault("pyvista", ModuleType("pyvista"))
    surface = tessellation.tessellate(reader.CadReader().read(file))
    diagonal = float(np.linalg.norm(np.ptp(surface.points, axis=0)))
    points, cells = importlib.import_module("pytetwild").tetrahedralize(
        surface.points, surface.triangles, edge_length_fac=size / diagonal, num_threads=1, quiet=True
    )[:2]
    return np.asarray(points), np.asarray(cells)


def main(peer: str, file: str, size: str, out: str) -> None:
    start = time.perf_counter()
    points, cells = {"gmsh": with_gmsh, "pytetwild": with_pytetwild}[peer](Path(file), float(size))
    np.savez(out, points=points, cells=cells, seconds=time.perf_counter() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
