"""What a glTF file says of itself, read and held against its size before any of its data is."""

import json
import re
import struct
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from twin3d.errors import GeometryError
from twin3d.geometry.surfaces.claims import refuse_many

MAX_JSON_BYTES = 64 * 2**20
GLB_HEADER = 12
CHUNK_HEADER = 8
COMPONENT_BYTES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
"""Bytes of one number, by glTF's code of its type."""
TYPE_NUMBERS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
UNREADABLE = {"KHR_draco_mesh_compression": "Draco", "EXT_meshopt_compression": "meshopt"}
"""Extensions that hide the triangles from us."""


def refuse_hostile_gltf(path: Path) -> None:
    """Refuse a glTF that refers to files that are not its own, loops, or claims more than it holds.

    Raises:
        GeometryError: Says what is wrong.
    """
    document = gltf_document(path)[0]
    for kind in ("buffers", "images"):
        for entry in _entries(document, kind):
            refuse_foreign_uri(path.name, entry.get("uri", ""))
    for name, word in UNREADABLE.items():
        if name in document.get("extensionsRequired", ()):
            raise GeometryError(f"{path.name} is compressed by {word}, which I cannot read; export it without")
    _refuse_claims(path.name, document)
    _refuse_loops(path.name, document)
    refuse_many(path.name, sum(_triangles_of_nodes(document)))


def gltf_document(path: Path) -> tuple[dict[str, Any], bytes]:
    """The JSON part of a .gltf or .glb file, and the binary part of a .glb file.

    Raises:
        GeometryError: The file is cut short, or its JSON cannot be read.
    """
    content = path.read_bytes()
    text, binary = _chunks(path.name, content) if content.startswith(b"glTF") else (content, b"")
    if len(text) > MAX_JSON_BYTES:
        raise GeometryError(f"{path.name} describes itself in {len(text):,} bytes; the limit is {MAX_JSON_BYTES:,}")
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise GeometryError(f"{path.name} nests its JSON too deep; it is damaged: export it again") from error
    except ValueError as error:
        raise GeometryError(f"{path.name} is no glTF: {error}; it was cut short or is damaged") from error
    if not isinstance(document, dict) or not isinstance(document.get("asset"), dict):
        raise GeometryError(f"{path.name} is no glTF: it has no asset; export it again")
    return document, binary


def refuse_foreign_uri(name: str, uri: object) -> None:
    """Refuse a reference to anything but data within the file, or a file in or below its folder.

    Raises:
        GeometryError: Names the reference.
    """
    if not isinstance(uri, str):
        raise GeometryError(f"{name} refers to {uri!r}; it is damaged: export it again")
    if not uri or uri.startswith("data:"):
        return
    plain = unquote(uri).replace("\\", "/")
    outside = urlsplit(uri).scheme or plain.startswith("/") or re.match(r"[A-Za-z]:", plain)
    if outside or ".." in PurePosixPath(plain).parts:
        raise GeometryError(
            f"{name} refers to {uri[:80]!r}, outside its folder; only files beside it are read: export it as one "
            "binary .glb"
        )


def _chunks(name: str, content: bytes) -> tuple[bytes, bytes]:
    """JSON and binary part of a .glb file."""
    claimed = struct.unpack_from("<I", content, 8)[0] if len(content) >= GLB_HEADER + CHUNK_HEADER else GLB_HEADER
    if len(content) < max(claimed, GLB_HEADER + CHUNK_HEADER):
        raise GeometryError(
            f"{name} claims {claimed:,} bytes, but has {len(content):,}; it was cut short: export it again"
        )
    found: dict[bytes, bytes] = {}
    place = GLB_HEADER
    while place + CHUNK_HEADER <= len(content):
        length, kind = struct.unpack_from("<I4s", content, place)
        place += CHUNK_HEADER
        if place + length > len(content):
            raise GeometryError(f"{name} claims a part of {length:,} bytes that it has no room for; export it again")
        found.setdefault(kind, content[place : place + length])
        place += length
    return found.get(b"JSON", b""), found.get(b"BIN\0", b"")


def _entries(document: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    entries = document.get(kind, [])
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _refuse_claims(name: str, document: dict[str, Any]) -> None:
    """Refuse accessors that reach beyond the bytes that they look at; those without bytes are never read."""
    views = _entries(document, "bufferViews")
    for accessor in _entries(document, "accessors"):
        view = _entry(views, accessor.get("bufferView"))
        count = int(accessor.get("count", 0))
        width = COMPONENT_BYTES.get(accessor.get("componentType", 0), 4) * TYPE_NUMBERS.get(accessor.get("type", ""), 1)
        room = int(view.get("byteLength", 0))
        if view and not 0 <= count * width <= room:
            raise GeometryError(
                f"{name} claims {count:,} items of {width} bytes in {room:,} bytes; it is damaged: export it again"
            )


def _refuse_loops(name: str, document: dict[str, Any]) -> None:
    """Refuse nodes with two parents or in a loop: glTF's nodes are trees, and others multiply without bound."""
    parents: dict[int, int] = {}
    for index, node in enumerate(_entries(document, "nodes")):
        for child in node.get("children", ()):
            if child in parents:
                raise GeometryError(f"{name}: node {child} hangs in two places; glTF's nodes must be trees")
            parents[child] = index
    ended: set[int] = set()
    for start in parents:
        way: set[int] = set()
        place = start
        while place in parents and place not in ended:
            if place in way:
                raise GeometryError(f"{name}: node {place} hangs in itself; glTF's nodes must be trees")
            way.add(place)
            place = parents[place]
        ended |= way


def _triangles_of_nodes(document: dict[str, Any]) -> list[int]:
    """Number of triangles that each node shows; several nodes may show one mesh."""
    accessors, meshes = _entries(document, "accessors"), _entries(document, "meshes")
    primitives = [
        primitive
        for node in _entries(document, "nodes")
        for primitive in _entry(meshes, node.get("mesh")).get("primitives", ())
    ]
    corners = [primitive.get("indices", primitive.get("attributes", {}).get("POSITION")) for primitive in primitives]
    return [int(_entry(accessors, index).get("count", 0)) // 3 for index in corners]


def _entry(entries: list[dict[str, Any]], index: Any) -> dict[str, Any]:
    """An entry by its index, an empty one where there is none."""
    return entries[index] if isinstance(index, int) and 0 <= index < len(entries) else {}
