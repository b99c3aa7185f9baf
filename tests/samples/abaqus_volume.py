"""Writes samples as Abaqus and CalculiX input files."""

from dataclasses import replace

import numpy as np
from volume_samples import CORNERS, PARTS

TYPES = {
    ("tetra", False): "C3D4",
    ("tetra", True): "C3D10",
    ("hexahedron", False): "C3D8R",
    ("hexahedron", True): "C3D20",
    ("wedge", False): "C3D6",
    ("wedge", True): "C3D15",
    ("pyramid", False): "C3D5",
    ("pyramid", True): "C3D13",
}


def write_inp(path, sample, *, style="sections"):
    """As ``sections``, ``calculix`` (element sets on the element lines, node set) or ``assembly`` (Abaqus/CAE)."""
    path.write_text({"sections": _flat, "calculix": _calculix, "assembly": _assembly}[style](sample))


def _nodes(sample):
    return "".join(f"{i + 1}, {float(x)!r}, {float(y)!r}, {float(z)!r}\n" for i, (x, y, z) in enumerate(sample.points))


def _elements(sample, *, sets=False):
    text, ids, count = "", {name: [] for name in PARTS}, 0
    for block in sample.blocks:
        quadratic = block.cells.shape[1] > CORNERS[block.shape]
        elset = f", ELSET={PARTS[block.part]}" if sets else ""
        text += f"*ELEMENT, TYPE={TYPES[block.shape, quadratic]}{elset}\n"
        for cell in block.cells + 1:
            count += 1
            ids[PARTS[block.part]].append(count)
            numbers = [count, *cell]
            lines = [numbers[k : k + 16] for k in range(0, len(numbers), 16)]
            text += ",\n".join(", ".join(map(str, line)) for line in lines) + "\n"
    return text, ids


def _inlet_faces(sample):
    """Element and face number of each facet at x = 0."""
    faces = {
        "tetra": ((0, 1, 2), (0, 3, 1), (1, 3, 2), (2, 3, 0)),
        "hexahedron": ((0, 1, 2, 3), (4, 7, 6, 5), (0, 4, 5, 1), (1, 5, 6, 2), (2, 6, 7, 3), (3, 7, 4, 0)),
        "wedge": ((0, 1, 2), (3, 5, 4), (0, 3, 4, 1), (1, 4, 5, 2), (2, 5, 3, 0)),
        "pyramid": ((0, 1, 2, 3), (0, 4, 1), (1, 4, 2), (2, 4, 3), (3, 4, 0)),
    }
    element = 0
    for block in sample.blocks:
        for cell in block.cells:
            element += 1
            for number, corners in enumerate(faces[block.shape]):
                if np.isin(cell[list(corners)], sample.inlet_points).all():
                    yield element, f"S{number + 1}"


def _flat(sample):
    elements, ids = _elements(sample)
    sets = "".join(f"*Elset, elset={name}\n" + ",\n".join(map(str, own)) + "\n" for name, own in ids.items())
    surface = "".join(f"{element}, {face}\n" for element, face in _inlet_faces(sample))
    return (
        "** written by hand\n*HEADING\ntwo boxes\n*Node\n** id, x, y, z\n"
        + _nodes(sample)
        + elements
        + sets
        + "*Elset, elset=probe\n1\n*SURFACE, NAME=inlet, TYPE=ELEMENT\n"
        + surface
        + "*SOLID SECTION, ELSET=housing, MATERIAL=steel\n1.0,\n*SOLID SECTION, ELSET=core, MATERIAL=steel\n"
    )


def _calculix(sample):
    inlet = ",\n".join(str(point + 1) for point in sample.inlet_points)
    elements, _ = _elements(sample, sets=True)
    return (
        "*NODE, NSET=Nall\n"
        + _nodes(sample)
        + elements
        + f"*ELSET, ELSET=Eall\nhousing,core\n*NSET, NSET=inlet\n{inlet}\n"
    )


def _assembly(sample):
    """One part for each box, moved by its instance."""
    text = ""
    for number in range(len(PARTS)):
        own = [block for block in sample.blocks if block.part == number]
        shifted = sample.points - [1.0 + number, 0.0, 0.0]
        moved = replace(sample, points=shifted, blocks=tuple(own))
        elements, _ = _elements(moved)
        text += f"*Part, name=box_{number}\n*Node\n{_nodes(moved)}{elements}*End Part\n"
    text += "*Assembly, name=Assembly\n"
    for number, name in enumerate(PARTS):
        text += f"*Instance, name={name}, part=box_{number}\n {1.0 + number}, 0., 0.\n*End Instance\n"
    by_face = {}
    for element, face in _inlet_faces(sample):
        by_face.setdefault(face, []).append(element)
    for face, elements in by_face.items():
        text += f"*Elset, elset=_inlet_{face}, internal, instance=housing\n" + ",\n".join(map(str, elements)) + "\n"
    text += "*Surface, type=ELEMENT, name=inlet\n" + "".join(f"_inlet_{face}, {face}\n" for face in by_face)
    return text + "*End Assembly\n"
