"""Writes samples as Gmsh MSH 2.2 and 4.1, text and binary."""

import struct

import numpy as np
from volume_samples import CORNERS

TYPES = {"tetra": 4, "hexahedron": 5, "wedge": 6, "pyramid": 7}
QUADRATIC = {"tetra": 11, "hexahedron": 17, "wedge": 18, "pyramid": 19}
FACETS = {"triangle": 2, "quad": 3}
TETRA_ORDER = [0, 1, 2, 3, 4, 5, 6, 7, 9, 8]
NAMES = b'$PhysicalNames\n3\n2 7 "inlet"\n3 1 "housing"\n3 2 "core"\n$EndPhysicalNames\n'


def write_msh(path, sample, *, version="4.1", binary=False, order="<", names=NAMES):
    head = f"$MeshFormat\n{version} {int(binary)} 8\n".encode()
    head += (struct.pack(order + "i", 1) + b"\n" if binary else b"") + b"$EndMeshFormat\n" + names
    body = {"2.2": _v22, "4.1": _v41}[version](sample, binary, order)
    path.write_bytes(head + body)


def _groups(sample):
    """Type, node ids and part of each group; the facets have no part."""
    yield FACETS[sample.inlet_shape], sample.inlet + 1, None
    for block in sample.blocks:
        quadratic = block.cells.shape[1] > CORNERS[block.shape]
        cells = block.cells + 1
        if quadratic and block.shape == "tetra":
            cells = cells[:, TETRA_ORDER]
        yield (QUADRATIC if quadratic else TYPES)[block.shape], cells, block.part


def _v22(sample, binary, order):
    n = len(sample.points)
    rows, count = [], 0
    for kind, cells, part in _groups(sample):
        physical, entity = (7, 3) if part is None else (part + 1, part + 5)
        ids = np.arange(count, count + len(cells)) + 1
        count += len(cells)
        tags = np.column_stack([ids, np.full(len(cells), physical), np.full(len(cells), entity), cells])
        if binary:
            rows.append(struct.pack(order + "3i", kind, len(cells), 2) + tags.astype(order + "i4").tobytes())
        else:
            rows += [f"{row[0]} {kind} 2 {' '.join(map(str, row[1:]))}\n".encode() for row in tags]
    if binary:
        nodes = np.zeros(n, dtype=[("id", order + "i4"), ("at", order + "f8", (3,))])
        nodes["id"], nodes["at"] = np.arange(1, n + 1), sample.points
        points = nodes.tobytes() + b"\n"
    else:
        points = b"".join(b"%d %r %r %r\n" % (i + 1, *map(float, p)) for i, p in enumerate(sample.points))
    elements = b"".join(rows) + (b"\n" if binary else b"")
    return b"$Nodes\n%d\n%b$EndNodes\n$Elements\n%d\n%b$EndElements\n" % (n, points, count, elements)


def _v41(sample, binary, order):
    def pack(kind, *values):
        if binary:
            return np.array(values, dtype=order + kind).tobytes()
        return (" ".join(str(int(v)) if kind != "f8" else repr(float(v)) for v in values) + "\n").encode()

    box = (0.0, 0.0, 0.0, 3.0, 1.0, 1.5)
    entities = pack("u8", 1, 0, 1, 2)
    entities += pack("i4", 1) + pack("f8", 0, 0, 0) + pack("u8", 0)
    for tag, physical, bounds in ((3, 7, ()), (5, 1, (3, -4)), (6, 2, (4,))):
        entities += pack("i4", tag) + pack("f8", *box) + pack("u8", 1) + pack("i4", physical)
        entities += pack("u8", len(bounds)) + (pack("i4", *bounds) if bounds else b"")
    n = len(sample.points)
    half = n // 2
    nodes = pack("u8", 2, n, 1, n)
    for first, last in ((0, half), (half, n)):
        nodes += pack("i4", 3, 5, 0) + pack("u8", last - first)
        nodes += pack("u8", *range(first + 1, last + 1)) + pack("f8", *sample.points[first:last].ravel())
    groups = list(_groups(sample))
    total = sum(len(cells) for _, cells, _ in groups)
    elements, count = pack("u8", len(groups), total, 1, total), 0
    for kind, cells, part in groups:
        elements += pack("i4", *((2, 3, kind) if part is None else (3, part + 5, kind))) + pack("u8", len(cells))
        ids = np.arange(count, count + len(cells)) + 1
        count += len(cells)
        elements += pack("u8", *np.column_stack([ids, cells]).ravel())
    end = b"\n" if binary else b""
    sections = {b"Entities": entities, b"Nodes": nodes, b"Elements": elements}
    return b"".join(b"$%b\n%b%b$End%b\n" % (name, body, end, name) for name, body in sections.items())
