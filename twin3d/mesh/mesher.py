"""The mesher's process: a request in, tetrahedra out, so that a crash of the kernel cannot take the program along.

Run as ``python -m twin3d.mesh.mesher REQUEST.json``; progress goes to standard output as JSON lines, the result into
the .npz file that the request names.
"""

import fnmatch
import importlib
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError, MeshError, Twin3dError
from twin3d.geometry.formats import is_cad, metres_per_unit
from twin3d.geometry.surface import nearest_triangles, read_surface
from twin3d.mesh.topology import find_facets, patches_by_angle
from twin3d.records import Surface

GRADING = 0.3
"""How fast cells grow away from small features, netgen's scale from 0 (slowly) to 1."""

ENVELOPE = 1e-3
"""How far fTetWild may leave the surface, relative to the diagonal of the bounding box."""


@dataclass(frozen=True, eq=False, slots=True)
class RawMesh:
    """What a mesher gives: lengths in the file's unit, corners in any orientation."""

    points: npt.NDArray[np.float64]
    """Shape (n_points, 3)."""
    cells: npt.NDArray[np.int32]
    """Shape (n_cells, 4)."""
    cell_region: npt.NDArray[np.int32]
    """Part of each cell, shape (n_cells,)."""
    triangles: npt.NDArray[np.int32]
    """Triangles on faces, shape (n_triangles, 3)."""
    triangle_face: npt.NDArray[np.int32]
    """CAD face or smooth patch of each triangle, shape (n_triangles,)."""
    part_names: tuple[str, ...]
    face_names: tuple[str, ...]
    part_volumes: tuple[float, ...]
    """Volumes of the parts by the geometry itself, in the file's unit cubed."""
    messages: tuple[str, ...]


def main(request_path: str) -> int:
    """Serve one request."""
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    try:
        path = Path(request["file"])
        scale = metres_per_unit(path, request["unit"])
        raw = mesh_cad(path, request, scale) if is_cad(path) else mesh_surface(path, request, scale)
        _save(Path(request["out"]), raw, scale)
    except Twin3dError as error:
        _say(error=type(error).__name__, message=str(error))
        return 1
    return 0


def mesh_cad(path: Path, request: Mapping[str, Any], scale: float) -> RawMesh:
    """Glue the solids of a CAD file and mesh them conformingly."""
    _say(fraction=0.05, text="reading the CAD file")
    occ = _netgen("occ")
    body = importlib.import_module("twin3d.geometry.cad").read_cad(path)
    for name, solid in zip(body.names, body.solids, strict=True):
        solid.name = name
        sizes = [item["cell_size"] for item in request["local_sizes"] if fnmatch.fnmatchcase(name, item["part"])]
        if sizes:
            solid.maxh = min(sizes) / scale
    _refuse_idle_sizes(request["local_sizes"], body.names)
    shape = body.solids[0] if len(body.solids) == 1 else occ.Glue(list(body.solids))
    volumes = {solid.name: float(solid.mass) for solid in shape.solids}
    mesh = _generated(occ.OCCGeometry(shape), request, scale, path)
    materials = [mesh.GetMaterial(index + 1) for index in range(len(shape.solids))]
    return _raw(mesh, materials, [volumes[name] for name in materials], body.messages)


def mesh_surface(path: Path, request: Mapping[str, Any], scale: float) -> RawMesh:
    """Mesh what a closed surface encloses: netgen first, fTetWild where it gives up."""
    _say(fraction=0.05, text="reading the surface")
    surface = read_surface(path, 1.0)
    _refuse_idle_sizes(request["local_sizes"], (path.stem,))
    sizes = [request["cell_size"], *(item["cell_size"] for item in request["local_sizes"])]
    request = {**request, "cell_size": min(sizes)}
    volume = float(_enclosed_volume(surface))
    try:
        stl = _netgen("stl")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "surface.stl"
            _write_stl(file, surface)
            mesh = _generated(stl.STLGeometry(str(file)), request, scale, path)
        return _with_patches(_raw(mesh, [path.stem], [volume], ()), surface, request["cell_size"] / scale)
    except MeshError as error:
        return _mesh_wildly(surface, request, scale, path, volume, reason=str(error))


def _generated(geometry: Any, request: Mapping[str, Any], scale: float, path: Path) -> Any:
    _say(fraction=0.15, text=f"meshing {path.name}")
    meshing = _netgen("meshing")
    meshing.SetMessageImportance(0)
    size = request["cell_size"] / scale
    try:
        mesh = geometry.GenerateMesh(maxh=size, grading=GRADING)
    except Exception as error:
        raise MeshError(f"netgen cannot mesh {path.name} with cells of {request['cell_size']:g} m: {error}") from error
    for number in range(request["refine"]):
        _say(fraction=0.7, text=f"refining the mesh, {number + 1} of {request['refine']}")
        mesh.Refine()
    if not len(mesh.Elements3D()):
        raise MeshError(f"netgen found no volume in {path.name}")
    return mesh


def _raw(mesh: Any, parts: Sequence[str], volumes: Sequence[float], messages: Sequence[str]) -> RawMesh:
    cells, triangles = mesh.Elements3D().NumPy(), mesh.Elements2D().NumPy()
    faces = list(mesh.FaceDescriptors())
    return RawMesh(
        points=np.array(mesh.Coordinates(), dtype=np.float64),
        cells=np.array(cells["nodes"][:, :4], dtype=np.int32) - 1,
        cell_region=np.array(cells["index"], dtype=np.int32) - 1,
        triangles=np.array(triangles["nodes"][:, :3], dtype=np.int32) - 1,
        triangle_face=np.array(triangles["index"], dtype=np.int32) - 1,
        part_names=tuple(parts),
        face_names=tuple("" if face.bcname == "default" else str(face.bcname) for face in faces),
        part_volumes=tuple(volumes),
        messages=tuple(messages),
    )


def _with_patches(raw: RawMesh, surface: Surface, cell_size: float) -> RawMesh:
    """Name the faces after the smooth patches of the surface that was read, which is finer than the mesh's own."""
    cells = raw.cells
    region = np.zeros(len(cells), dtype=np.int32)
    corners = find_facets(cells, region, len(raw.points)).corners
    patch = patches_by_angle(surface.points, surface.triangles)
    nearest = nearest_triangles(surface, raw.points[corners], spacing=cell_size)
    return replace(
        raw,
        cell_region=region,
        triangles=corners,
        triangle_face=patch[nearest],
        face_names=("",) * (int(patch.max()) + 1),
    )


def _mesh_wildly(
    surface: Surface, request: Mapping[str, Any], scale: float, path: Path, volume: float, *, reason: str
) -> RawMesh:
    _say(fraction=0.4, text="meshing again, with fTetWild")
    pytetwild = _pytetwild()
    size = request["cell_size"] / scale / 2 ** request["refine"]
    diagonal = float(np.linalg.norm(np.ptp(surface.points, axis=0)))
    try:
        points, cells = pytetwild.tetrahedralize(
            surface.points, surface.triangles, edge_length_fac=size / diagonal, epsilon=ENVELOPE, quiet=True
        )[:2]
    except Exception as error:
        raise MeshError(f"{reason}; fTetWild cannot mesh it either: {error}; repair the surface") from error
    note = (
        f"netgen gave up, so fTetWild made the mesh; it may leave the surface by {ENVELOPE:.1%} of its size: {reason}"
    )
    cells = np.asarray(cells, dtype=np.int32)
    raw = RawMesh(
        points=np.asarray(points, dtype=np.float64),
        cells=cells,
        cell_region=np.zeros(len(cells), dtype=np.int32),
        triangles=np.zeros((0, 3), dtype=np.int32),
        triangle_face=np.zeros(0, dtype=np.int32),
        part_names=(path.stem,),
        face_names=(),
        part_volumes=(volume,),
        messages=(note,),
    )
    return _with_patches(raw, surface, size)


def _refuse_idle_sizes(local_sizes: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    for item in local_sizes:
        if not any(fnmatch.fnmatchcase(name, item["part"]) for name in names):
            raise GeometryError(f"local size: no part matches {item['part']!r}; the parts are {', '.join(names)}")


def _enclosed_volume(surface: Surface) -> float:
    a, b, c = (surface.points[surface.triangles[:, corner]] for corner in range(3))
    return abs(float(np.einsum("ij,ij->", a, np.cross(b, c)))) / 6.0


def _write_stl(path: Path, surface: Surface) -> None:
    trimesh = importlib.import_module("trimesh")
    trimesh.Trimesh(surface.points, surface.triangles, process=False).export(path)


def _netgen(name: str) -> ModuleType:
    return importlib.import_module(f"netgen.{name}")


def _pytetwild() -> ModuleType:
    """The binding of fTetWild, without the VTK that it loads for a convenience we do not use."""
    sys.modules.setdefault("pyvista", ModuleType("pyvista"))
    return importlib.import_module("pytetwild")


def _save(path: Path, raw: RawMesh, scale: float) -> None:
    _say(fraction=0.9, text="writing the mesh")
    np.savez(
        path,
        points=raw.points * scale,
        cells=raw.cells,
        cell_region=raw.cell_region,
        triangles=raw.triangles,
        triangle_face=raw.triangle_face,
        part_names=np.array(raw.part_names, dtype=str),
        face_names=np.array(raw.face_names, dtype=str),
        part_volumes=np.array(raw.part_volumes) * scale**3,
        messages=np.array(raw.messages, dtype=str),
    )


def _say(**content: Any) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
