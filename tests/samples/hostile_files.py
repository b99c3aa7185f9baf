"""Makes files that are broken or hostile, each with what is to be said of it."""

import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import trimesh


class Case(NamedTuple):
    """A file, and a pattern that its message must match."""

    name: str
    write: Callable[[Path], None]
    message: str


CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
STEP_HEAD = (
    "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\nFILE_NAME('','',(''),(''),'','','');\n"
    "FILE_SCHEMA(('AUTOMOTIVE_DESIGN'));\nENDSEC;\nDATA;\n"
)
STEP_TAIL = ";\nENDSEC;\nEND-ISO-10303-21;\n"


def cube(edge=10.0, at=(0.0, 0.0, 0.0)):
    body = trimesh.creation.box(extents=(edge,) * 3)
    body.apply_translation(at)
    return body


def joined(*bodies):
    return trimesh.util.concatenate(bodies)


def soup(corners):
    """A body of loose triangles, from corners of shape (n, 3, 3)."""
    return trimesh.Trimesh(np.reshape(corners, (-1, 3)), np.arange(3 * len(corners)).reshape(-1, 3), process=False)


def text_solid(name, body):
    """A solid of a text STL."""
    text = body.export(file_type="stl_ascii")
    return text.replace(text.splitlines()[0], f"solid {name}", 1) + "\n"


def binary_stl(corners, count=None):
    """A binary STL; `count` is what its header claims."""
    body = b"".join(struct.pack("<12fH", 0, 0, 0, *np.ravel(corner), 0) for corner in corners)
    return b"\0" * 80 + struct.pack("<I", len(corners) if count is None else count) + body


def three_mf(model, members=()):
    def write(path):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types/>')
            archive.writestr("3D/3dmodel.model", model)
            for name, content in members:
                archive.writestr(name, content)

    return write


def model_of(resources, build, unit="millimeter", before=""):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<model unit="{unit}" xmlns="{CORE}">'
        f"<resources>{resources}</resources><build>{build}</build></model>"
    )


def object_of(body, number=1, name="part", more=""):
    points = "".join(f'<vertex x="{x}" y="{y}" z="{z}"/>' for x, y, z in body.vertices)
    triangles = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in body.faces)
    return (
        f'<object id="{number}" name="{name}" type="model" {more}><mesh><vertices>{points}</vertices>'
        f"<triangles>{triangles}</triangles></mesh></object>"
    )


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("3D/3dmodel.model", "<model/>" + " " * 40_000_000)


def huge_bomb(path):
    """Its directory claims a gigabyte; nothing is there to unpack."""
    bomb(path)
    content = bytearray(path.read_bytes())
    place = content.rindex(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<I", 2**30)
    path.write_bytes(content)


def gltf(**changes):
    """A glTF of one triangle, its data within."""
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "buffers": [{"byteLength": 36, "uri": "data:application/octet-stream;base64," + "AAAA" * 12}],
    }
    return json.dumps({**document, **changes})


def glb(document, binary=b""):
    text = document.encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def uri(text):
    return gltf(buffers=[{"byteLength": 36, "uri": text}])


def of_text(text):
    return lambda path: path.write_text(text, encoding="utf-8")


def of_bytes(content):
    return lambda path: path.write_bytes(content)


def cut(body, suffix, share):
    """A good file of a body, cut short."""

    def write(path):
        body.export(path, file_type=suffix)
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])

    return write


TRIANGLE = [[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]
NOT_FINITE = [[[np.nan, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]
FAR_OFF = [[[1e38, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]
ENTITIES = '<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
PLY_OF_MANY = (
    "ply\nformat binary_little_endian 1.0\nelement vertex 2000000000\nproperty float x\nproperty float y\n"
    "property float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"
)
LOOP = "".join(
    f'<object id="{a}" type="model"><components><component objectid="{b}"/></components></object>'
    for a, b in ((1, 2), (2, 1))
)

REFUSED = (
    Case("claims.stl", of_bytes(binary_stl(TRIANGLE, 0xFFFFFFF0)), r"claims 4,294,967,280 triangles, .* room for 2"),
    Case("cut.stl", cut(cube(), "stl", 0.6), r"claims 12 triangles, but its 410 bytes .* it was cut short"),
    Case("cut_text.stl", of_text(text_solid("a", cube())[:1000]), "ends within a triangle; it was cut short"),
    Case("header.stl", of_bytes(b"\1" * 60), "holds no triangle; it is no STL, or was cut short"),
    Case("empty.stl", of_text("solid x\nendsolid x\n"), "holds no triangle"),
    Case("words.stl", of_text(text_solid("a", cube()).replace("-5.0", "five")), "a coordinate that is no number"),
    Case("nan.stl", of_bytes(binary_stl(NOT_FINITE)), "1 points of the surface 'nan' are not finite"),
    Case("far.stl", of_bytes(binary_stl(FAR_OFF)), r"reaches to 1e\+38 in the file's unit"),
    Case("flat.stl", of_bytes(binary_stl([[[0, 0, 0], [1, 0, 0], [2, 0, 0]]])), "holds no triangle with an area"),
    Case("claims.ply", of_text(PLY_OF_MANY), "claims 2,000,000,000 vertex items"),
    Case("cut.ply", cut(cube(), "ply", 0.7), "cut.ply .* cut short"),
    Case("points.ply", of_text(PLY_OF_MANY.replace("2000000000", "0").replace("face 1", "face 0")), "points.ply"),
    Case("claims.off", of_text("OFF\n2 400000000 0\n0 0 0\n"), "claims 400,000,000 faces"),
    Case("cut.off", cut(cube(), "off", 0.5), "cut.off .* cut short"),
    Case(
        "beyond.obj", of_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 999999999\n"), "refers to point 999,999,999, but has 3"
    ),
    Case("before.obj", of_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf -5 -6 -7\n"), "refers back to points before its first"),
    Case("words.obj", of_text("v 0 0 0\nf a b c\n"), "words.obj, line 2"),
    Case("points.obj", of_text("v 0 0 0\nv 1 0 0\np 1 2\n"), "holds no face"),
    Case("bomb.3mf", bomb, r"grows [\d,]+ times when unpacked; the limit is 200"),
    Case("huge.3mf", huge_bomb, "unpacks to 1,024 MB"),
    Case("laugh.3mf", three_mf(model_of("", "", before=ENTITIES)), r"3dmodel.model declares a document type"),
    Case("wide.3mf", three_mf(model_of("", "", before=ENTITIES).encode("utf-16")), "declares a document type"),
    Case("comment.3mf", three_mf(f"<!--{' ' * 9}<model -->{ENTITIES}<model/>"), "declares a document type"),
    Case(
        "late.3mf", three_mf("<!--" + "x<a>" * 20_000 + f"-->{ENTITIES}<model/>"), "no XML element in its first 64 kB"
    ),
    Case("loop.3mf", three_mf(model_of(LOOP, '<item objectid="1"/>')), "contains itself"),
    Case("missing.3mf", three_mf(model_of("", '<item objectid="7"/>')), "object 7 is missing"),
    Case("unit.3mf", three_mf(model_of(object_of(cube()), '<item objectid="1"/>', "parsec")), "unknown unit 'parsec'"),
    Case("cut.3mf", of_bytes(b"PK\x03\x04" + b"3dmodel" * 9), "is a damaged archive"),
    Case("up.gltf", of_text(uri("../secret.bin")), r"refers to '../secret.bin', outside its folder"),
    Case("coded.gltf", of_text(uri("%2e%2e/secret.bin")), "outside its folder"),
    Case("absolute.gltf", of_text(uri("/etc/hostname")), "outside its folder"),
    Case("drive.gltf", of_text(uri("C:\\secret.bin")), "outside its folder"),
    Case("http.gltf", of_text(uri("http://127.0.0.1:9/x.bin")), "outside its folder"),
    Case("up.glb", of_bytes(glb(uri("../secret.bin"))), "outside its folder"),
    Case("image.gltf", of_text(gltf(images=[{"uri": "file:///etc/hostname"}])), "outside its folder"),
    Case("absent.gltf", of_text(uri("beside.bin")), "needs 'beside.bin', which cannot be read"),
    Case("cycle.gltf", of_text(gltf(nodes=[{"children": [1]}, {"children": [0]}])), "hangs in itself"),
    Case("twice.gltf", of_text(gltf(nodes=[{"children": [1, 1]}, {"mesh": 0}])), "hangs in two places"),
    Case(
        "claims.gltf",
        of_text(gltf(accessors=[{"bufferView": 0, "componentType": 5126, "count": 2**31 - 1, "type": "VEC3"}])),
        "claims 2,147,483,647 items of 12 bytes in 36 bytes",
    ),
    Case(
        "beyond.gltf",
        of_text(gltf(bufferViews=[{"buffer": 0, "byteLength": 36, "byteOffset": 4000}])),
        "refers to data beyond its 36 bytes",
    ),
    Case("deep.gltf", of_text('{"asset": ' + "[" * 100_000), "nests its JSON too deep"),
    Case("draco.gltf", of_text(gltf(extensionsRequired=["KHR_draco_mesh_compression"])), "compressed by Draco"),
    Case("cut.glb", cut(trimesh.Scene(cube()), "glb", 0.8), "it was cut short"),
    Case("cut.gltf", of_text(gltf()[:200]), "is no glTF"),
    Case("deep.step", of_text(f"{STEP_HEAD}#1=X{'(' * 200_000}{')' * 200_000}{STEP_TAIL}"), "nests 200,000 brackets"),
    Case(
        "hidden.step",
        of_text(f"{STEP_HEAD}/* it's */#1=X{'(' * 300}{')' * 300}/* it's */{STEP_TAIL}"),
        "nests 300 brackets",
    ),
    Case("laugh.vtu", of_text(f'<?xml version="1.0"?>{ENTITIES}<VTKFile/>'), "declares a document type"),
    Case("laugh.xdmf", of_text(f"{ENTITIES}<Xdmf/>"), "declares a document type"),
)
"""Files that no reader may open, or that a reader refuses."""


def sphere_with_hole(radius=1.0):
    body = trimesh.creation.icosphere(subdivisions=4, radius=radius)
    body.update_faces(np.arange(len(body.faces)) > 0)
    return body


def flipped(body, chosen):
    faces = body.faces.copy()
    faces[chosen] = faces[chosen][:, ::-1]
    return trimesh.Trimesh(body.vertices, faces, process=False)


def cracked_cube():
    corners = cube().triangles.copy()
    corners[0] += 1e-4
    return soup(corners)


def cube_with_ends_on_edges():
    """The top is divided more finely than the sides, whose edges it meets in their middle."""
    fine, coarse = cube().subdivide().triangles, cube().triangles
    is_top = [(corners[:, :, 2] == 5.0).all(axis=1) for corners in (fine, coarse)]
    return soup(np.concatenate([fine[is_top[0]], coarse[~is_top[1]]]))


def pierced_ball():
    """One point of a sphere pulled out on the other side."""
    body = trimesh.creation.icosphere(subdivisions=2, radius=5.0)
    body.vertices[10] *= -1.5
    return body


class Mended(NamedTuple):
    """A body, its volume when repaired, and a pattern of what is said, empty for nothing."""

    body: trimesh.Trimesh
    volume: float
    message: str


MENDED: Mapping[str, Mended] = {
    "good": Mended(cube(), 1000.0, ""),
    "inside_out": Mended(flipped(cube(), slice(None)), 1000.0, "turned 12 of 12 triangles round"),
    "one_turned": Mended(flipped(cube(), [3]), 1000.0, "turned 1 of 12 triangles round"),
    "listed_twice": Mended(joined(cube(), cube()), 1000.0, "dropped 12 triangles that were listed more than once"),
    "double_sided": Mended(joined(cube(), flipped(cube(), slice(None))), 1000.0, "dropped 12 triangles that were"),
    "cavity": Mended(joined(cube(), flipped(cube(4.0), slice(None))), 936.0, r"kept as cavities: 1$"),
    "cavity_outward": Mended(joined(cube(), cube(4.0)), 936.0, "1 had normals outward: take out what is solid"),
    "core_in_cavity": Mended(joined(cube(), cube(4.0), cube(2.0)), 944.0, r"kept as cavities: 1"),
    "overlap": Mended(joined(cube(), cube(at=(5.0, 2.0, 3.0))), 1720.0, "united 2 bodies .* shared a volume of 280"),
    "small_hole": Mended(sphere_with_hole(), 4.17974, r"filled 1 small hole: 0.101 across at \(-0.534695"),
    "cracked": Mended(cracked_cube(), 1000.0, "stitched 6 open edges of cracks"),
    "ends_on_edges": Mended(cube_with_ends_on_edges(), 1000.0, "stitched 12 open edges of cracks"),
}
"""Bodies that are closed and clean after repair."""
