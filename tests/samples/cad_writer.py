"""Writes small CAD files, in a process of its own: ``python cad_writer.py SHAPE PATH``; lengths in millimetres."""

import importlib
import subprocess
import sys


def write_cad(shape, path):
    """Write one of the shapes below to a file; the kernel stays out of the process that runs the tests."""
    subprocess.run([sys.executable, __file__, shape, str(path)], check=True, capture_output=True)
    return path


def shapes(occ):
    def box(low, high, name):
        solid = occ.Box(occ.Pnt(*low), occ.Pnt(*high))
        solid.name = name
        return solid

    def cylinder(radius, height, name, bottom=0.0):
        solid = occ.Cylinder(occ.Pnt(0, 0, bottom), occ.Z, r=radius, h=height)
        solid.name = name
        return solid

    def cut(solid, tool, name):
        result = (solid - tool).solids[0]
        result.name = name
        return result

    def coloured(solid, colour):
        for face in solid.faces:
            face.col = colour
        return solid

    cube = box((0, 0, 0), (10, 10, 10), "cube")
    shell = occ.Sew(list(cube.faces))
    sheet = occ.Compound(list(cube.faces)[:5])
    return {
        "cube": [cube],
        "pair": [box((0, 0, 0), (10, 10, 10), "left"), box((10, 0, 0), (20, 10, 10), "right")],
        "gap": [box((0, 0, 0), (10, 10, 10), "left"), box((10.05, 0, 0), (20.05, 10, 10), "right")],
        "twins": [box((0, 0, 0), (10, 10, 10), "block"), box((10, 0, 0), (20, 10, 10), "block")],
        "overlap": [box((0, 0, 0), (10, 10, 10), "big"), box((8, 2, 2), (14, 8, 8), "small")],
        "nested": [box((0, 0, 0), (10, 10, 10), "air"), box((3, 3, 3), (7, 7, 7), "cargo")],
        "same": [box((0, 0, 0), (10, 10, 10), "first"), box((0, 0, 0), (10, 10, 10), "second")],
        "cylinder": [cylinder(5, 20, "rod")],
        "rod_in_tube": [cylinder(5, 20, "rod"), cut(cylinder(9, 20, ""), cylinder(5, 20, ""), "tube")],
        "skin": [box((0, 0, 0), (100, 100, 50), "core"), box((0, 0, 50), (100, 100, 50.05), "skin")],
        "wall": [cut(box((0, 0, 0), (40, 40, 20), ""), box((1, 1, 1), (39, 39, 21), ""), "pot")],
        "coloured": [coloured(box((0, 0, 0), (10, 10, 10), "red"), (1, 0, 0)), box((10, 0, 0), (20, 10, 10), "plain")],
        "loose": [
            box((0, 0, 0), (40, 30, 10), "box"),
            box((5, 5, 10.05), (35, 25, 12), "lid"),
            box((34, 10, 8), (46, 20, 10), "plug"),
            box((60, 0, 0), (70, 10, 10), "screw"),
        ],
        "shell": [shell],
        "sheet": [sheet],
        "faces": list(cube.faces),
        "curve": [occ.Segment(occ.Pnt(0, 0, 0), occ.Pnt(1, 0, 0))],
    }


def main(name, path):
    occ = importlib.import_module("netgen.occ")
    solids = shapes(occ)[name]
    shape = solids[0] if len(solids) == 1 else occ.Compound(solids)
    if path.endswith((".brep", ".brp")):
        shape.WriteBrep(path)
    else:
        shape.WriteStep(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
