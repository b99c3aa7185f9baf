"""CAD parts written by netgen in a process of their own, as the mesher does it, so that no test loads the kernel."""

import subprocess
import sys
from pathlib import Path

BLOCK = """
import sys
import netgen.occ as occ

def half_cylinder(sign):
    halves = occ.Box(occ.Pnt(20, 12, -2), occ.Pnt(40, 12 + 8 * sign, 12))
    return occ.Cylinder(occ.Pnt(30, 12, -1), occ.Z, r=4, h=12) * halves

block = occ.Box(occ.Pnt(0, 0, 0), occ.Pnt(60, 40, 10)) + occ.Box(occ.Pnt(0, 0, 0), occ.Pnt(10, 40, 30))
corner = [edge for edge in block.edges if abs(edge.center.x - 10) < 1e-6 and abs(edge.center.z - 10) < 1e-6]
block = block.MakeFillet(corner, 5.0) - half_cylinder(1) - half_cylinder(-1)
profile = occ.WorkPlane(occ.Axes(occ.Pnt(45, 12, 7), n=occ.Dir(0, -1, 0), h=occ.Dir(1, 0, 0)))
sink = profile.MoveTo(0, 0).LineTo(3, 0).LineTo(7, 4).LineTo(0, 4).Close().Face()
block = block - sink.Revolve(occ.Axis(occ.Pnt(45, 12, 7), occ.Z), 360)
block = block - occ.Cylinder(occ.Pnt(45, 12, -1), occ.Z, r=3, h=12) - occ.Sphere(occ.Pnt(45, 30, 10), 4)
block.WriteStep(sys.argv[1])
"""
"""An L block in mm with an inner fillet of 5, a bore of radius 4 in two CAD halves, a bore of radius 3 with a
countersink up to radius 6, and a hemispherical dimple of radius 4."""


def write_block(path: Path) -> Path:
    """Write the L block as STEP."""
    subprocess.run([sys.executable, "-c", BLOCK, str(path)], check=True, capture_output=True)
    return path
