"""Surface files to closed parts with names, and for each triangle of a mesh the triangle that it came from."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import trimesh
from scipy.spatial import cKDTree

from twin3d.errors import GeometryError
from twin3d.geometry.surfaces.assembly import assembled
from twin3d.geometry.surfaces.claims import fits_binary_stl, is_text_stl, refuse_many
from twin3d.geometry.surfaces.gltf import read_gltf
from twin3d.geometry.surfaces.obj import read_obj
from twin3d.geometry.surfaces.pieces import Contents, Piece, piece
from twin3d.geometry.surfaces.stl import read_stl
from twin3d.geometry.surfaces.three_mf import read_three_mf
from twin3d.records import PartSource, Surface

N_CANDIDATES = 12
"""Pieces of a surface, by distance, that a triangle is compared with."""

_KINDS = {".stl": "STL", ".obj": "OBJ", ".ply": "PLY", ".off": "OFF", ".3mf": "3MF", ".glb": "glTF", ".gltf": "glTF"}
_NAMELESS = {"STL", "OBJ", "PLY", "OFF"}
"""Formats whose only part is named after the file: the names in them are those of programs."""


class SurfaceReader:
    """STL, OBJ, PLY, OFF, 3MF and glTF: closed parts, repaired as far as is safe."""

    suffixes: ClassVar[tuple[str, ...]] = tuple(_KINDS)

    def recognises(self, head: bytes) -> bool:
        """Whether a file begins like a PLY, an OFF, a text STL, a 3MF or a glTF."""
        return kind_of(head) is not None

    def read(self, path: Path) -> Surface:
        """Read a surface file.

        Raises:
            GeometryError: The file is damaged or empty.
        """
        with path.open("rb") as file:
            kind = kind_of(file.read(4096), path.stat().st_size) or _KINDS[path.suffix.lower()]
        contents = _READERS[kind](path)
        if len(contents.pieces) == 1 and kind in _NAMELESS:
            contents = replace(contents, pieces=(_named(contents.pieces[0], path.stem),))
        stated = _KINDS.get(path.suffix.lower(), kind)
        if stated != kind:
            note = f"the file is called {path.suffix}, but holds {kind}, and was read as that"
            contents = replace(contents, messages=(*contents.messages, note))
        return assembled(contents, path.name, path.stem)


def kind_of(head: bytes, size: int | None = None) -> str | None:
    """The format that a file of these first bytes, and of this size where it is given, can only have."""
    start = head.lstrip()
    if head.startswith((b"ply\n", b"ply\r")):
        return "PLY"
    if re.match(rb"(ST)?(C)?(N)?OFF\b", start):
        return "OFF"
    if head.startswith(b"PK\x03\x04") and (b"3dmodel" in head or b"[Content_Types].xml" in head):
        return "3MF"
    if head.startswith(b"glTF") or (start.startswith(b"{") and b'"asset"' in head):
        return "glTF"
    if size is not None and fits_binary_stl(head, size):
        return "STL"
    return "STL" if is_text_stl(head, len(head)) and b"facet" in head.lower() else None


def nearest_triangles(surface: Surface, corners: npt.NDArray[np.float64], *, spacing: float) -> npt.NDArray[np.int64]:
    """For each of some triangles that lie on a surface, the triangle of the surface that it lies on.

    Args:
        surface: In any unit.
        corners: Of the triangles that are looked for, in the same unit, shape (n, 3, 3).
        spacing: Larger triangles of the surface are cut up to this, so that their centres can be compared.

    Returns:
        Indices into the surface's triangles, shape (n,).
    """
    points, pieces, owner = trimesh.remesh.subdivide_to_size(
        surface.points, surface.triangles, max_edge=spacing, max_iter=20, return_index=True
    )
    tree = cKDTree(points[pieces].mean(axis=1))
    found = tree.query(corners.mean(axis=1), k=range(1, min(N_CANDIDATES, len(pieces)) + 1))
    distances, near = np.asarray(found[0]), np.asarray(found[1])
    agreement = np.abs(np.einsum("nkd,nd->nk", _normals(points[pieces])[near], _normals(corners)))
    best = (distances / spacing + 2.0 * (1.0 - agreement)).argmin(axis=1)
    return np.asarray(owner[near[np.arange(len(near)), best]])


def _normals(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    vectors = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-300))


def _named(single: Piece, name: str) -> Piece:
    return replace(single, source=replace(single.source, name=name))


def _read_by_trimesh(kind: str) -> Callable[[Path], Contents]:
    def read(path: Path) -> Contents:
        with path.open("rb") as file:  # given as a stream, so that no file beside it is opened
            try:
                body = trimesh.load_mesh(file, file_type=kind.lower(), process=False, skip_materials=True)
            except Exception as error:
                raise GeometryError(
                    f"{path.name} cannot be read as {kind}: {error or type(error).__name__}; it was cut short or is "
                    "damaged: export it again"
                ) from error
        faces = getattr(body, "faces", ())
        if not len(faces):
            raise GeometryError(f"{path.name} holds points without triangles; export it as a surface")
        refuse_many(path.name, len(faces))
        return Contents((piece(PartSource(path.stem), body.vertices, faces),))

    return read


_READERS: Mapping[str, Callable[[Path], Contents]] = {
    "STL": read_stl,
    "OBJ": read_obj,
    "3MF": read_three_mf,
    "glTF": read_gltf,
    "PLY": _read_by_trimesh("PLY"),
    "OFF": _read_by_trimesh("OFF"),
}
