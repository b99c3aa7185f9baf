"""Writes meshes/bracket.stl: an L bracket of 6 mm sheet with two bolt holes and a bore, in mm."""

import tempfile
from pathlib import Path

import netgen.occ as occ
import numpy as np
import trimesh
from netgen.meshing import MeshingStep

LENGTH, HEIGHT, WIDTH, SHEET = 80.0, 60.0, 50.0, 6.0
BOLT_RADIUS, BORE_RADIUS = 3.3, 6.0


def bracket() -> occ.TopoDS_Shape:
    """The base lies on z = 0, the wall stands at x = 0."""
    base = occ.Box(occ.Pnt(0, -WIDTH / 2, 0), occ.Pnt(LENGTH, WIDTH / 2, SHEET))
    wall = occ.Box(occ.Pnt(0, -WIDTH / 2, 0), occ.Pnt(SHEET, WIDTH / 2, HEIGHT))
    shape = base + wall
    for y in (-15.0, 15.0):
        shape -= occ.Cylinder(occ.Pnt(55.0, y, -1.0), occ.Z, r=BOLT_RADIUS, h=SHEET + 2.0)
    return shape - occ.Cylinder(occ.Pnt(-1.0, 0.0, 42.0), occ.X, r=BORE_RADIUS, h=SHEET + 2.0)


def write_stl(path: Path) -> None:
    """Triangulate finely round the holes and write a binary STL."""
    mesh = occ.OCCGeometry(bracket()).GenerateMesh(maxh=12.0, curvaturesafety=6.0, perfstepsend=MeshingStep.MESHSURFACE)
    triangles = mesh.Elements2D().NumPy()["nodes"][:, :3].astype(int) - 1
    body = trimesh.Trimesh(np.array(mesh.Coordinates()), triangles, process=True)
    body.fix_normals()
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / path.name
        body.export(whole)
        path.write_bytes(whole.read_bytes())


if __name__ == "__main__":
    target = Path(__file__).resolve().parents[1] / "bracket.stl"
    write_stl(target)
    print(f"{target.name}: {target.stat().st_size / 1e3:.0f} kB")
