"""Structured tetrahedral meshes with known geometry, and scenes on them, made without the mesher."""

from dataclasses import replace

import numpy as np

from twin3d.mesh.topology import find_facets, split_at_contacts
from twin3d.records import TetMesh
from twin3d.scene import Geometry, Input, Material, PartMaterial, Scene

KUHN = ((0, 1, 3, 7), (0, 5, 1, 7), (0, 4, 5, 7), (0, 2, 6, 7), (0, 3, 2, 7), (0, 6, 4, 7))
"""Six tetrahedra of a cube whose corners are numbered x fastest."""

STEEL = Material(name="steel", conductivity=35.0, density=7200.0, specific_heat=440.5)


def box_mesh(shape, size=(1.0, 1.0, 1.0), *, n_parts=1, contact=False, mapping=None, wobble=0.0, seed=0):
    """A box of n cells each way, cut into parts along x; faces are numbered -x, +x, -y, +y, -z, +z, interface."""
    axes = [np.linspace(0.0, 1.0, n + 1) for n in shape]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    unit = np.column_stack([a.ravel(order="F") for a in (x, y, z)])
    cells = _kuhn_cells(shape)
    points = unit.copy()
    if wobble:
        inner = ((unit > 1e-9) & (unit < 1 - 1e-9)).all(axis=1)
        points[inner] += wobble / max(shape) * np.random.default_rng(seed).uniform(-1, 1, (int(inner.sum()), 3))
    region = np.minimum((unit[cells].mean(axis=1)[:, 0] * n_parts).astype(np.int32), n_parts - 1)
    facets = find_facets(cells, region, len(points))
    face = _face_of(unit, facets)
    is_contact = np.full(len(face), contact) & (facets.parts[:, 1] >= 0)
    split = split_at_contacts(cells, region, facets, is_contact, len(points))
    points = points[split.source] * size if mapping is None else mapping(points[split.source])
    first, second = split.point_of_side[:, 0], split.point_of_side[:, 1]
    return TetMesh(
        points=points,
        cells=_right_handed(points, split.cells),
        cell_region=region,
        part_names=tuple(f"part_{k}" for k in range(n_parts)) if n_parts > 1 else ("block",),
        facets=np.concatenate([first, second[is_contact][:, ::-1]]),
        facet_region=np.concatenate([face, face[is_contact]]),
        facet_parts=np.concatenate([facets.parts, facets.parts[is_contact][:, ::-1]]),
        face_names=("x0", "x1", "y0", "y1", "z0", "z1", "interface"),
        contact_facets=np.stack([first[is_contact], second[is_contact]], axis=1),
        contact_parts=facets.parts[is_contact],
    )


def quarter_pipe(n):
    """A quarter of a pipe of radii 1 and 2 and length 1 whose edges on the round faces follow them."""
    mesh = box_mesh((n, n, n), mapping=_quarter_pipe)
    facets = mesh.facets[np.isin(mesh.facet_region, [0, 1])]
    edges = np.unique(np.sort(facets[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1), axis=0)
    middles = mesh.points[edges].mean(axis=1)
    radius = np.linalg.norm(mesh.points[edges[:, 0], :2], axis=1) / np.linalg.norm(middles[:, :2], axis=1)
    return replace(mesh, curved_edges=edges, curved_points=middles * np.column_stack([radius, radius, radius**0]))


def make_scene(*, loads, inputs, material=STEEL, contacts=(), start=300.0, **other):
    """A scene around loads and inputs, all parts of one material."""
    defaults = {
        "name": "test",
        "geometry": Geometry(file="box.stl", unit="m", cell_size=0.1),
        "initial_temperature": start,
        "parts": (PartMaterial(part="*", material=material),),
        "inputs": tuple(inputs),
        "loads": tuple(loads),
        "contacts": tuple(contacts),
    }
    return Scene(**{**defaults, **other})


def temperature_input(name, value=300.0):
    return Input(name=name, unit="K", value=value)


def _quarter_pipe(unit):
    r, angle = 1.0 + unit[:, 0], 0.5 * np.pi * unit[:, 1]
    return np.column_stack([r * np.cos(angle), r * np.sin(angle), unit[:, 2]])


def _kuhn_cells(shape):
    nx, ny, nz = shape
    i, j, k = np.meshgrid(np.arange(nx), np.arange(ny), np.arange(nz), indexing="ij")
    base = (i + (nx + 1) * (j + (ny + 1) * k)).ravel()
    step = np.array([1, nx + 1, (nx + 1) * (ny + 1)])
    corner = base[:, None] + np.array([[b & 1, b >> 1 & 1, b >> 2] for b in range(8)]) @ step
    return np.concatenate([corner[:, list(tet)] for tet in KUHN]).astype(np.int32)


def _face_of(unit, facets):
    middle = unit[facets.corners].mean(axis=1)
    face = np.full(len(middle), 6, dtype=np.int32)
    for axis in range(3):
        face[middle[:, axis] < 1e-9] = 2 * axis
        face[middle[:, axis] > 1 - 1e-9] = 2 * axis + 1
    return face


def _right_handed(points, cells):
    corner = points[cells]
    edges = corner[:, 1:] - corner[:, :1]
    flipped = np.einsum("ei,ei->e", np.cross(edges[:, 0], edges[:, 1]), edges[:, 2]) < 0
    result = cells.copy()
    result[flipped, 2], result[flipped, 3] = cells[flipped, 3], cells[flipped, 2]
    return result
