"""Surface files keep their parts, names, places and units."""

import json
import struct

import hostile_files
import numpy as np
import pytest
import trimesh
from hostile_files import cube, glb, model_of, object_of, text_solid, three_mf

from twin3d.errors import GeometryError
from twin3d.geometry import metres_per_unit
from twin3d.geometry.surface import SurfaceReader


def read(path):
    return SurfaceReader().read(path)


def names(surface):
    return [part.name for part in surface.parts]


def centres(surface):
    return [
        surface.points[surface.triangles[surface.triangle_part == index]].mean(axis=(0, 1)).round(6).tolist()
        for index in range(len(surface.parts))
    ]


@pytest.mark.parametrize("suffix", [".stl", ".obj", ".ply", ".off", ".glb", ".gltf"])
def test_every_format_gives_the_same_body(suffix, tmp_path):
    if suffix == ".gltf":
        trimesh.Scene(cube()).export(tmp_path / "cube.glb")
        write_as_gltf(tmp_path / "cube.glb", tmp_path / "cube.gltf")
    else:
        cube().export(tmp_path / f"cube{suffix}")

    surface = read(tmp_path / f"cube{suffix}")

    np.testing.assert_allclose(surface.enclosed_volumes(), [1000.0])
    np.testing.assert_allclose(np.ptp(surface.points, axis=0), 10.0)
    assert surface.metres_per_unit == (1.0 if suffix in {".glb", ".gltf"} else None)


def write_as_gltf(binary, path):
    content = binary.read_bytes()
    length = struct.unpack_from("<I", content, 12)[0]
    document = json.loads(content[20 : 20 + length])
    (path.parent / "cube.bin").write_bytes(content[20 + length + 8 :])
    document["buffers"] = [{"byteLength": len(content) - 28 - length, "uri": "cube.bin"}]
    path.write_text(json.dumps(document))


def test_closed_solids_of_a_text_stl_are_parts(tmp_path):
    path = tmp_path / "pair.stl"
    path.write_text(text_solid("left", cube()) + text_solid("right", cube(at=(10.0, 0.0, 0.0))))

    surface = read(path)

    assert names(surface) == ["left", "right"]
    assert centres(surface) == [[0.0, 0.0, 0.0], [10.0, 0.0, 0.0]]


def test_parts_of_one_name_get_a_number(tmp_path):
    path = tmp_path / "pair.stl"
    path.write_text(text_solid("bolt", cube()) + text_solid("bolt", cube(at=(10.0, 0.0, 0.0))))

    surface = read(path)

    assert names(surface) == ["bolt", "bolt_2"]
    assert surface.messages == ("a second part is named 'bolt'; it is called 'bolt_2' here",)


def test_open_solids_that_do_not_meet_exactly_are_joined(tmp_path):
    body = cube()
    up = body.face_normals[:, 2] > 0.5
    top = trimesh.Trimesh(body.vertices + 1e-4, body.faces[up], process=False)
    rest = trimesh.Trimesh(body.vertices, body.faces[~up], process=False)
    path = tmp_path / "duct.stl"
    path.write_text(text_solid("inlet", top) + text_solid("walls", rest))

    surface = read(path)

    assert names(surface) == ["duct"]
    assert surface.region_names == ("inlet", "walls")
    np.testing.assert_allclose(surface.enclosed_volumes(), 1000.0, rtol=1e-4)


def test_a_binary_stl_that_begins_like_a_text_is_read(tmp_path):
    path = tmp_path / "part.stl"
    content = cube().export(file_type="stl")
    path.write_bytes(b"solid facet" + content[11:])

    assert len(read(path).triangles) == 12


def test_contents_decide_not_the_ending(tmp_path):
    cube().export(tmp_path / "part.obj", file_type="stl")

    surface = read(tmp_path / "part.obj")

    assert surface.messages == ("the file is called .obj, but holds STL, and was read as that",)


OBJ = """
o housing
v -5 -5 -5
v 5 -5 -5
v 5 5 -5
v -5 5 -5
v -5 -5 5
v 5 -5 5
v 5 5 5
v -5 5 5
usemtl paint
f 4 3 2 1
f 5/1/1 6/1/1 7/1/1 8/1/1
f 1 2 6 5
f 2 3 7 6
f 3 4 8 7
usemtl glass
f 4 1 5 \\
8
"""


def test_objects_of_an_obj_are_parts_and_materials_faces(tmp_path):
    second = OBJ.replace("housing", "lid").replace("-5 ", "15 ").replace("4 3 2 1", "-5 -6 -7 -8")
    path = tmp_path / "box.obj"
    path.write_text(OBJ + shifted_second(second))

    surface = read(path)

    assert names(surface) == ["housing", "lid"]
    assert surface.region_names == ("paint", "glass")
    glass = surface.points[surface.triangles[(surface.triangle_region == 1) & (surface.triangle_part == 0)]]
    assert (glass[:, :, 0] == -5.0).all()
    np.testing.assert_allclose(surface.enclosed_volumes(), [1000.0, 1000.0])


def shifted_second(_):
    """The same box 20 further, its faces counted from the end."""
    lines = []
    for line in OBJ.replace("housing", "lid").replace("\\\n", "").splitlines():
        words = line.split()
        if words[:1] == ["v"]:
            lines.append(f"v {float(words[1]) + 20.0} {words[2]} {words[3]}")
        elif words[:1] == ["f"]:
            lines.append("f " + " ".join(str(int(word.partition("/")[0]) - 9) for word in words[1:]))
        else:
            lines.append(line)
    return "\n".join(lines)


def test_groups_of_an_obj_that_close_each_other_are_faces(tmp_path):
    text = OBJ.replace("o housing", "g walls").replace("usemtl paint\n", "").replace("usemtl glass", "g inlet")
    (tmp_path / "duct.obj").write_text(text)

    surface = read(tmp_path / "duct.obj")

    assert names(surface) == ["duct"]
    assert surface.region_names == ("walls", "inlet")


def test_a_polygon_with_a_notch_is_cut_into_ears(tmp_path):
    notch = [(0, 0), (4, 0), (4, 4), (2, 1), (0, 4)]
    points = [(x, y, z) for z in (0, 1) for x, y in notch]
    faces = [[5, 4, 3, 2, 1], [6, 7, 8, 9, 10], *([k + 1, (k + 1) % 5 + 1, (k + 1) % 5 + 6, k + 6] for k in range(5))]
    lines = [f"v {x} {y} {z}" for x, y, z in points] + ["f " + " ".join(map(str, face)) for face in faces]
    (tmp_path / "notch.obj").write_text("\n".join(lines))

    surface = read(tmp_path / "notch.obj")

    assert surface.messages == ()
    np.testing.assert_allclose(surface.enclosed_volumes(), 16.0 - 6.0)


def test_objects_of_a_3mf_are_placed_named_and_measured(tmp_path):
    parts = object_of(cube(), 1, "bolt", 'pid="9" pindex="1"') + object_of(cube(4.0), 2, "nut")
    pair = (
        '<object id="3" name="set" type="model"><components><component objectid="1"/>'
        '<component objectid="2" transform="1 0 0 0 1 0 0 0 1 20 0 0"/></components></object>'
    )
    colours = '<basematerials id="9"><base displaycolor="#FF0000FF"/><base displaycolor="#00FF00FF"/></basematerials>'
    build = '<item objectid="3"/><item objectid="1" transform="0 1 0 -1 0 0 0 0 1 0 30 0"/>'
    three_mf(model_of(colours + parts + pair, build, "inch"))(tmp_path / "set.3mf")

    surface = read(tmp_path / "set.3mf")

    assert surface.metres_per_unit == 0.0254
    assert [(part.name, part.path, part.colour) for part in surface.parts] == [
        ("bolt", "set/bolt", "#00ff00"),
        ("nut", "set/nut", ""),
        ("bolt_2", "bolt_2", "#00ff00"),
    ]
    assert centres(surface) == [[0.0, 0.0, 0.0], [20.0, 0.0, 0.0], [0.0, 30.0, 0.0]]


def test_a_3mf_may_be_spread_over_members(tmp_path):
    use = (
        '<object id="5" name="whole" type="model"><components><component objectid="1" path="/3D/a.model"/></components>'
    )
    root = model_of(use + "</object>", '<item objectid="5"/>')
    three_mf(root, [("3D/a.model", model_of(object_of(cube(), 1, "piece"), ""))])(tmp_path / "spread.3mf")

    surface = read(tmp_path / "spread.3mf")

    assert names(surface) == ["piece"]
    np.testing.assert_allclose(surface.enclosed_volumes(), 1000.0)


def test_supports_of_a_3mf_are_left_out(tmp_path):
    support = object_of(cube(4.0), 2, "prop").replace('type="model"', 'type="support"')
    build = '<item objectid="1"/><item objectid="2"/>'
    three_mf(model_of(object_of(cube()) + support, build))(tmp_path / "part.3mf")

    surface = read(tmp_path / "part.3mf")

    assert names(surface) == ["part"]
    assert surface.messages == ("1 supports for printing were left out",)


def test_nodes_of_a_gltf_are_placed_instances(tmp_path):
    body = cube(2.0)
    points = body.vertices.astype("<f4").tobytes()
    corners = body.faces.astype("<u2").tobytes()
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [
            {"name": "rig", "children": [1, 2], "translation": [0, 0, 5]},
            {"name": "left", "mesh": 0},
            {
                "name": "right",
                "mesh": 0,
                "rotation": [0, 0, 0.5**0.5, 0.5**0.5],
                "translation": [9, 0, 0],
                "scale": [-1, 2, 1],
            },
        ],
        "meshes": [{"name": "block", "primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
        "materials": [{"name": "steel", "pbrMetallicRoughness": {"baseColorFactor": [1.0, 0.0, 0.0, 1.0]}}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 8, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": 36, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteLength": len(points)},
            {"buffer": 0, "byteOffset": len(points), "byteLength": len(corners)},
        ],
        "buffers": [{"byteLength": len(points) + len(corners)}],
    }
    (tmp_path / "rig.glb").write_bytes(glb(json.dumps(document), points + corners))

    surface = read(tmp_path / "rig.glb")

    assert [(part.name, part.path, part.product, part.colour) for part in surface.parts] == [
        ("left", "rig/left", "block", "#ff0000"),
        ("right", "rig/right", "block", "#ff0000"),
    ]
    assert centres(surface) == [[0.0, 0.0, 5.0], [9.0, 0.0, 5.0]]
    right = surface.points[surface.triangles[surface.triangle_part == 1]].reshape(-1, 3)
    np.testing.assert_allclose(np.ptp(right, axis=0), [4.0, 2.0, 2.0], atol=1e-6)
    np.testing.assert_allclose(surface.enclosed_volumes(), [8.0, 16.0], rtol=1e-6)
    assert surface.messages == ()


def test_primitives_of_a_gltf_are_faces_named_by_material(tmp_path):
    body = cube()
    up = body.face_normals[:, 2] > 0.5
    blocks = [body.vertices.astype("<f4").tobytes(), *(body.faces[k].astype("<u4").tobytes() for k in (up, ~up))]
    starts = np.cumsum([0, *map(len, blocks)]).tolist()
    document = json.loads(hostile_files.gltf())
    document["meshes"] = [
        {"primitives": [{"attributes": {"POSITION": 0}, "indices": k + 1, "material": k} for k in (0, 1)]}
    ]
    document["materials"] = [{"name": "hot"}, {"name": "cold"}]
    document["accessors"] = [{"bufferView": 0, "componentType": 5126, "count": 8, "type": "VEC3"}] + [
        {"bufferView": k, "componentType": 5125, "count": len(blocks[k]) // 4, "type": "SCALAR"} for k in (1, 2)
    ]
    document["bufferViews"] = [
        {"buffer": 0, "byteOffset": start, "byteLength": len(block)}
        for start, block in zip(starts, blocks, strict=False)
    ]
    document["buffers"] = [{"byteLength": starts[-1]}]
    (tmp_path / "part.glb").write_bytes(glb(json.dumps(document), b"".join(blocks)))

    surface = read(tmp_path / "part.glb")

    assert surface.region_names == ("hot", "cold")
    assert (surface.points[surface.triangles[surface.triangle_region == 0]][:, :, 2] == 5.0).all()


def test_a_missing_unit_is_asked_for_with_the_lengths_to_choose_from():
    with pytest.raises(GeometryError, match=r"it is 120 mm long in mm, 3.05 m in inches, 120 m in m\)"):
        metres_per_unit("part.stl", None, None, extent=120.0)
