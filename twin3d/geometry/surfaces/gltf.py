"""glTF 2.0: every node with a mesh is a piece, its materials are faces; lengths are metres by the specification."""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError
from twin3d.geometry.names import hex_colour, printable
from twin3d.geometry.surfaces.gltf_safety import TYPE_NUMBERS, gltf_document, refuse_foreign_uri
from twin3d.geometry.surfaces.pieces import Contents, Floats, Ints, Piece, piece, placed
from twin3d.records import PartSource

DTYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
TRIANGLES, STRIP, FAN = 4, 5, 6
"""Modes of a primitive that are triangles."""


class _File:
    """A glTF document with its buffers; each is read once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.document, self._binary = gltf_document(path)
        self._buffers: dict[int, bytes] = {}

    def entry(self, kind: str, index: int) -> Mapping[str, Any]:
        """An entry of one of the document's lists."""
        entries = self.document.get(kind, [])
        if not isinstance(index, int) or not 0 <= index < len(entries):
            raise GeometryError(f"{self.path.name} refers to entry {index} of {kind!r}, but has {len(entries)}")
        found: Mapping[str, Any] = entries[index]
        return found

    def array(self, index: int) -> npt.NDArray[Any]:
        """The numbers of an accessor, shape (count,) or (count, n)."""
        accessor = self.entry("accessors", index)
        if "sparse" in accessor or "bufferView" not in accessor:
            raise GeometryError(f"{self.path.name} stores points sparsely or compressed; export it without")
        view = self.entry("bufferViews", accessor["bufferView"])
        dtype, width = np.dtype(DTYPES[accessor["componentType"]]), TYPE_NUMBERS[accessor["type"]]
        count, stride = int(accessor["count"]), int(view.get("byteStride", 0)) or dtype.itemsize * width
        start = int(view.get("byteOffset", 0)) + int(accessor.get("byteOffset", 0))
        data = self._buffer(int(view["buffer"]))
        if start < 0 or count < 1 or start + (count - 1) * stride + dtype.itemsize * width > len(data):
            raise GeometryError(f"{self.path.name} refers to data beyond its {len(data):,} bytes; it was cut short")
        strides = (stride, dtype.itemsize)
        numbers = np.ndarray((count, width), dtype=dtype, buffer=data, offset=start, strides=strides)
        if accessor.get("normalized") and dtype.kind in "iu":
            numbers = np.maximum(numbers / float(np.iinfo(dtype).max), -1.0)
        return numbers[:, 0] if width == 1 else numbers

    def _buffer(self, index: int) -> bytes:
        if index not in self._buffers:
            uri = self.entry("buffers", index).get("uri")
            self._buffers[index] = self._binary if uri is None else self._fetched(uri)
        return self._buffers[index]

    def _fetched(self, uri: str) -> bytes:
        refuse_foreign_uri(self.path.name, uri)
        try:
            if uri.startswith("data:"):
                return base64.b64decode(uri.partition(",")[2], validate=True)
            return (self.path.parent / unquote(uri)).read_bytes()
        except (OSError, binascii.Error) as error:
            raise GeometryError(f"{self.path.name} needs {uri[:80]!r}, which cannot be read: {error}") from error


def read_gltf(path: Path) -> Contents:
    """Read a .gltf or .glb file.

    Raises:
        GeometryError: It is damaged, or shows no triangles.
    """
    file = _File(path)
    pieces, n_other = [], 0
    for index, names, matrix in _nodes(file):
        node = file.entry("nodes", index)
        if "mesh" in node:
            found, skipped = _piece(file, file.entry("meshes", node["mesh"]), names, matrix)
            pieces += found
            n_other += skipped
    if not pieces:
        raise GeometryError(f"{path.name} shows no triangles; export it again")
    messages = (f"{n_other} sets of points or lines were left out",) if n_other else ()
    return Contents(tuple(pieces), 1.0, messages)


def _nodes(file: _File) -> list[tuple[int, tuple[str, ...], Floats]]:
    """All nodes of the scene, parents first: index, names from the root, world_from_node."""
    nodes = file.document.get("nodes", [])
    scenes = file.document.get("scenes", [])
    children = {child for node in nodes for child in node.get("children", ())}
    loose = [index for index in range(len(nodes)) if index not in children]
    roots = file.entry("scenes", file.document.get("scene", 0)).get("nodes", ()) if scenes else loose
    result: list[tuple[int, tuple[str, ...], Floats]] = []
    pending: list[tuple[int, tuple[str, ...], Floats]] = [(root, (), np.eye(4)) for root in reversed(roots)]
    while pending and len(result) <= len(nodes):
        index, above, world_from_parent = pending.pop()
        node = file.entry("nodes", index)
        names = (*above, printable(str(node.get("name", ""))))
        world_from_node = world_from_parent @ _matrix(node)
        result.append((index, names, world_from_node))
        pending += [(child, names, world_from_node) for child in reversed(node.get("children", ()))]
    return result


def _matrix(node: Mapping[str, Any]) -> Floats:
    """parent_from_node, from a matrix or from translation, rotation and scale."""
    if "matrix" in node:
        return np.array(node["matrix"], dtype=np.float64).reshape(4, 4).T
    x, y, z, w = np.array(node.get("rotation", (0.0, 0.0, 0.0, 1.0)), dtype=np.float64)
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = turn * np.array(node.get("scale", (1.0, 1.0, 1.0)), dtype=np.float64)
    matrix[:3, 3] = node.get("translation", (0.0, 0.0, 0.0))
    return matrix


def _piece(file: _File, mesh: Mapping[str, Any], names: tuple[str, ...], matrix: Floats) -> tuple[list[Piece], int]:
    """The piece of a node, none where it has no triangles, and the number of its other primitives."""
    points: list[Floats] = []
    triangles: list[Ints] = []
    materials: list[int] = []
    primitives = mesh.get("primitives", ())
    for primitive in primitives:
        if primitive.get("mode", TRIANGLES) not in {TRIANGLES, STRIP, FAN}:
            continue
        offset = sum(map(len, points))
        points.append(np.asarray(file.array(primitive["attributes"]["POSITION"]), dtype=np.float64))
        indices = file.array(primitive["indices"]) if "indices" in primitive else np.arange(len(points[-1]))
        triangles.append(_triangles(indices.astype(np.int64), primitive.get("mode", TRIANGLES)) + offset)
        materials.append(primitive.get("material", -1))
    skipped = len(primitives) - len(points)
    if not sum(map(len, triangles)):
        return [], skipped
    product = printable(str(mesh.get("name", "")))
    own = names[-1] or product
    path = "/".join(name for name in (*names[:-1], own) if name)
    source = PartSource(own, path, product, _colour(file, materials[0]))
    kinds = list(dict.fromkeys(materials))
    region = np.repeat([kinds.index(material) for material in materials], [len(block) for block in triangles])
    region_names = [_material_name(file, kind) for kind in kinds] if len(kinds) > 1 else [""]
    moved, turned = placed(np.concatenate(points), np.concatenate(triangles).astype(np.int32), matrix)
    return [piece(source, moved, turned, region, region_names)], skipped


def _triangles(indices: Ints, mode: int) -> Ints:
    """Triangles of a list, a strip or a fan of corners, shape (n, 3)."""
    if mode == TRIANGLES:
        return indices[: len(indices) // 3 * 3].reshape(-1, 3)
    if mode == FAN:
        return np.column_stack([np.full(max(len(indices) - 2, 0), indices[0]), indices[1:-1], indices[2:]])
    strip = np.column_stack([indices[:-2], indices[1:-1], indices[2:]])
    strip[1::2] = strip[1::2, [1, 0, 2]]
    return strip


def _material_name(file: _File, index: int) -> str:
    return printable(str(file.entry("materials", index).get("name", ""))) if index >= 0 else ""


def _colour(file: _File, index: int) -> str:
    if index < 0:
        return ""
    factor = file.entry("materials", index).get("pbrMetallicRoughness", {}).get("baseColorFactor")
    return hex_colour(factor) if factor else ""
