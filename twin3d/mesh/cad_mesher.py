"""CAD solids to conforming tetrahedra; loads netgen, so it runs in the mesher's process alone."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import netgen.meshing as meshing
import netgen.occ as occ
import numpy as np

from twin3d.errors import MeshError
from twin3d.geometry.names import hex_colour
from twin3d.geometry.overlaps import glue
from twin3d.geometry.tessellation import tessellate
from twin3d.mesh.envelope import mesh_envelope
from twin3d.mesh.netgen_mesh import DEFAULT_CURVATURE, Recipe, generate, raw_mesh, refine, smooth, worst_quality
from twin3d.mesh.raw import CELLS_PER_CUBE, RawMesh, Sizing, Tell, around
from twin3d.mesh.selection import select_facets
from twin3d.mesh.walls import thin_walls
from twin3d.records import CadBody, TetMesh
from twin3d.scene import selectors

SLOW_CELLS = 150_000
"""Beyond so many cells a coarser mesh is made and refined: about five times faster, and cells keep their shape."""
PATIENCE_S, CELLS_PER_S = 180.0, 300.0
"""A recipe may take this long [s], and more for many cells, at a rate far below any that was seen: netgen hangs on some
files."""
ACCEPTABLE = 0.01
"""Smallest scaled Jacobian with which a mesh is taken without trying the next recipe."""
THIN = 0.02
"""A part is named thin when its thickness, twice its volume over its surface, is below this share of its cells."""
MAX_POINT_SIZES = 20_000
"""Sizes at points that the mesher is given at most."""


def mesh_cad(body: CadBody, sizing: Sizing, name: str, *, tell: Tell) -> RawMesh:
    """Glue the solids of a CAD file, so that touching ones share their faces, and mesh them.

    Args:
        body: The solids.
        sizing: How finely to mesh.
        name: Of the file, for messages.
        tell: Is told how far the work is.

    Raises:
        GeometryError: A local size matches no part, or a part lies within others.
        SelectionError: A local size matches no face.
        MeshError: No mesher succeeds.
    """
    names = [part.name for part in body.parts]
    sizing.refuse_idle(names)
    if sizing.crash:
        return _mesh_triangles(body, sizing, name, reason=sizing.crash, tell=tell)
    tell(0.1, f"joining {len(names)} solids")
    shape, overlaps = glue(names, body.solids)
    volumes = {part: sum(float(s.mass) for s in shape.solids if s.name == part) for part in names}
    coarse, n_refine = _planned(sizing, sum(volumes.values()))
    messages = [
        *body.messages,
        *(overlap.describe(sizing.metres_per_unit) for overlap in overlaps),
        *_thin_parts(body, coarse),
    ]
    _size_parts(shape, coarse)
    if coarse.face_sizes:
        _size_faces(shape, coarse, body)
    points = (*(near for point in coarse.point_sizes for near in around(point)), *_wall_sizes(body, coarse))
    patience_s = PATIENCE_S + CELLS_PER_CUBE * sum(volumes.values()) / coarse.cell_size**3 / CELLS_PER_S
    mesh, notes = _best_mesh(occ.OCCGeometry(shape), _recipes(coarse, points), name, patience_s=patience_s, tell=tell)
    if mesh is None:
        return _mesh_triangles(body, sizing, name, reason="; ".join(notes), tell=tell)
    _refine(mesh, n_refine, tell)
    smooth(mesh)
    raw = raw_mesh(mesh, body.parts, volumes, [*messages, *notes], is_curved=sizing.is_curved)
    return replace(raw, face_colours=_face_colours(shape))


def _mesh_triangles(body: CadBody, sizing: Sizing, name: str, *, reason: str, tell: Tell) -> RawMesh:
    tell(0.2, f"meshing {name} again, by envelope")
    return mesh_envelope(tessellate(body), sizing, reason=reason, tell=tell)


def _planned(sizing: Sizing, volume: float) -> tuple[Sizing, int]:
    """Sizes for the mesher, and how often its mesh is to be refined to reach those that are wanted."""
    n_cells = CELLS_PER_CUBE * volume / sizing.cell_size**3 * 8**sizing.refine
    n_refine = sizing.refine
    if not n_refine and n_cells > SLOW_CELLS:
        n_refine = int(np.ceil(np.log2(n_cells / SLOW_CELLS) / 3.0))
    factor = 2.0 ** (n_refine - sizing.refine)
    return (
        replace(
            sizing,
            cell_size=sizing.cell_size * factor,
            part_sizes=tuple((glob, size * factor) for glob, size in sizing.part_sizes),
            face_sizes=tuple((face, size * factor) for face, size in sizing.face_sizes),
            point_sizes=tuple((x, y, z, size * factor) for x, y, z, size in sizing.point_sizes),
            wall_cells=int(np.ceil(sizing.wall_cells / factor)),
        ),
        n_refine,
    )


def _thin_parts(body: CadBody, sizing: Sizing) -> Iterator[str]:
    """A word on parts that are far thinner than the cells that are asked for."""
    for part, solid in zip(body.parts, body.solids, strict=True):
        area = sum(face.mass for face in solid.faces)
        thickness = 2.0 * solid.mass / area if area else 0.0
        size = sizing.size_of_part(part.name) or sizing.cell_size
        if thickness < THIN * size:
            yield (
                f"the part {part.name!r} is {sizing.in_mm(thickness)} thick, far less than its cells of up to "
                f"{sizing.in_mm(size)}; leave it out of the CAD and state a [[contact]] between its neighbours with "
                "the conductance k / thickness, or give it a smaller cell_size in local_sizes"
            )


def _size_parts(shape: Any, sizing: Sizing) -> None:
    for solid in shape.solids:
        size = sizing.size_of_part(solid.name)
        if size is not None:
            solid.maxh = size


def _size_faces(shape: Any, sizing: Sizing, body: CadBody) -> None:
    """Resolve selectors on a coarse surface mesh, whose faces are numbered like those of the shape."""
    mesh = surface_mesh(shape, body, sizing.metres_per_unit)
    faces = unique_faces(shape)
    for text, size in sizing.face_sizes:
        for number in np.unique(mesh.facet_region[select_facets(mesh, selectors.parse(text))]):
            faces[number].maxh = size


def unique_faces(shape: Any) -> list[Any]:
    """Faces in the order in which netgen numbers them; the kernel lists one that two solids share twice."""
    return list(dict.fromkeys(shape.faces))


def _face_colours(shape: Any) -> tuple[str, ...]:
    colours = tuple("" if face.col is None else hex_colour(face.col) for face in unique_faces(shape))
    return colours if any(colours) else ()


def surface_mesh(shape: Any, body: CadBody, metres_per_unit: float) -> TetMesh:
    """A coarse mesh of the faces of a glued shape, without cells; lengths in metres, as selectors mean them."""
    mesh = occ.OCCGeometry(shape).GenerateMesh(maxh=1e10, perfstepsend=meshing.MeshingStep.MESHSURFACE)
    triangles = mesh.Elements2D().NumPy()
    sides = np.array([(face.domin - 1, face.domout - 1) for face in mesh.FaceDescriptors()], dtype=np.int32)
    index = {part.name: number for number, part in enumerate(body.parts)}
    part_of_domain = np.array([*(index[solid.name] for solid in shape.solids), -1], dtype=np.int32)
    region = np.array(triangles["index"], dtype=np.int32) - 1
    return TetMesh(
        points=np.array(mesh.Coordinates(), dtype=np.float64) * metres_per_unit,
        cells=np.zeros((0, 4), dtype=np.int32),
        cell_region=np.zeros(0, dtype=np.int32),
        part_names=tuple(index),
        facets=np.array(triangles["nodes"][:, :3], dtype=np.int32) - 1,
        facet_region=region,
        facet_parts=part_of_domain[sides[region]],
        face_names=tuple(str(face.name or "") for face in unique_faces(shape)),
        face_colours=_face_colours(shape),
        part_colours=tuple(part.colour for part in body.parts),
        contact_facets=np.zeros((0, 2, 3), dtype=np.int32),
        contact_parts=np.zeros((0, 2), dtype=np.int32),
    )


def _wall_sizes(body: CadBody, sizing: Sizing) -> list[tuple[float, float, float, float]]:
    """Sizes that put enough cells across thin walls."""
    if not sizing.wall_cells:
        return []
    walls = thin_walls(tessellate(body), reach=sizing.cell_size * sizing.wall_cells)
    step = max(1, len(walls.thickness) // MAX_POINT_SIZES)
    sizes = walls.thickness / sizing.wall_cells
    rows = np.column_stack([walls.positions, sizes])[::step]
    return [(float(x), float(y), float(z), float(size)) for x, y, z, size in rows]


def _recipes(sizing: Sizing, points: Sequence[tuple[float, float, float, float]]) -> Iterator[Recipe]:
    """What is tried in turn; each of the later ones meshed real files that the first could not."""
    curvature = sizing.curvature or DEFAULT_CURVATURE
    first = Recipe(sizing.cell_size, sizing.metres_per_unit, curvature=curvature, point_sizes=tuple(points))
    yield first
    yield replace(first, cell_size=0.5 * first.cell_size, grading=0.2)
    yield replace(first, curvature=2.0 * first.curvature, grading=0.2)


def _best_mesh(
    geometry: Any, recipes: Iterator[Recipe], name: str, *, patience_s: float, tell: Tell
) -> tuple[Any, list[str]]:
    """The first mesh that is good enough, else the best of all; None where every attempt failed."""
    best, best_quality = None, -1.0
    failures: list[str] = []
    for recipe in recipes:
        tell(0.15, f"meshing {name}, {recipe}", patience_s=patience_s)
        try:
            mesh = generate(geometry, recipe)
        except MeshError as error:
            failures.append(str(error))
            continue
        quality = worst_quality(mesh)
        if quality > best_quality:
            best, best_quality = mesh, quality
        if quality >= ACCEPTABLE:
            break
        failures.append(f"{recipe} gave a cell with a scaled Jacobian of {quality:.2g}")
    return best, failures


def _refine(mesh: Any, n_refine: int, tell: Tell) -> None:
    for number in range(n_refine):
        tell(0.7, f"refining the mesh, {number + 1} of {n_refine}")
        refine(mesh)
