"""Every face in words, and the selector that is offered chooses exactly it."""

import numpy as np
import pytest
from box_mesh import box_mesh
from cad_writer import write_cad

from twin3d.mesh import build_mesh
from twin3d.mesh.face_words import describe_faces, direction_text, quoted
from twin3d.mesh.faces import face_table
from twin3d.mesh.selection import select_facets
from twin3d.mesh.sketching import face_text, sketch_faces
from twin3d.scene import Geometry, selectors


def assert_selectors_choose_their_faces(mesh):
    faces = face_table(mesh)
    for word in describe_faces(mesh, faces):
        mirror = [face for face in faces if face.parts == word.face.parts[::-1]]
        expected = np.concatenate([word.face.facets, *(face.facets for face in mirror)])
        chosen = select_facets(mesh, selectors.parse(word.selector))
        np.testing.assert_array_equal(chosen, np.sort(expected), err_msg=word.selector)


def test_every_selector_of_the_power_module_chooses_its_face(power_module):
    assert_selectors_choose_their_faces(power_module.mesh)


def test_the_selector_that_reads_best_is_taken(power_module):
    words = {face_text(word).rsplit(", ", 1)[0]: word.selector for word in describe_faces(power_module.mesh)}

    assert words["heatsink, plane -x"] == "plane min x"
    assert words["chip_1, plane +x"] == "part chip_1 and normal +x"
    assert words["solder_1 | chip_1, plane +z"] == "between solder_1 chip_1"


def test_holes_are_told_by_their_radius(tmp_path):
    file = write_cad("rod_in_tube", tmp_path / "tube.step")
    mesh = build_mesh(Geometry(file=file, cell_size=0.004), (), cache_dir=None).mesh

    words = describe_faces(mesh)

    assert_selectors_choose_their_faces(mesh)
    (mantle,) = [word for word in words if word.kind == "cylinder" and word.is_outer]
    assert mantle.selector == "cylinder r=9 mm"
    assert face_text(mantle).startswith("tube, cylinder r 9 mm")


@pytest.mark.parametrize("names", [("a b", 'say "x"'), ("or", "chip[1]"), ("x*", "x?1")])
def test_awkward_names_are_quoted(names):
    mesh = box_mesh((2, 1, 1), n_parts=2)
    named = type(mesh)(
        **{key: getattr(mesh, key) for key in mesh.__slots__} | {"part_names": names, "face_names": ("",) * 7}
    )

    assert_selectors_choose_their_faces(named)
    assert any(quoted(names[0]) in word.selector for word in describe_faces(named))


def test_largest_is_said_only_of_a_face_that_is_clearly_so():
    near_twins, unlike = (steps(second) for second in (0.98, 0.5))

    assert not any("largest" in word.selector for word in describe_faces(near_twins))
    assert any(word.selector == "normal +z and largest" for word in describe_faces(unlike))


def steps(second):
    """A block whose top is two faces of one normal at two heights."""
    mesh = box_mesh((2, 1, 1), mapping=lambda p: p * np.array([1.0 + second, 1.0, 1.0]))
    points = mesh.points.copy()
    points[np.isclose(points[:, 0], 0.5 * (1.0 + second)), 0] = 1.0
    middle = points[mesh.facets].mean(axis=1)
    is_top = (mesh.facet_region == 5) & (middle[:, 0] > 1.0)
    return type(mesh)(
        **{key: getattr(mesh, key) for key in mesh.__slots__}
        | {
            "points": points,
            "facet_region": np.where(is_top, 6, mesh.facet_region).astype(np.int32),
            "face_names": ("",) * 7,
        }
    )


def test_one_part_alone_is_not_named_in_selectors():
    selectors_of = {word.selector for word in describe_faces(steps(0.5))}

    assert "plane max x" in selectors_of
    assert not any("part" in text for text in selectors_of)


def test_a_name_of_the_file_comes_first():
    assert describe_faces(box_mesh((1, 1, 1)))[0].selector == "name x0"


def test_the_largest_faces_come_first():
    faces = sketch_faces(describe_faces(box_mesh((1, 1, 1), size=(3.0, 2.0, 1.0))))

    assert [face.number for face in faces[:2]] == [5, 6]
    assert faces[0].words.endswith("6,000,000 mm²")


@pytest.mark.parametrize(
    ("direction", "text"), [((0, 0, 1), "+z"), ((-1, 0, 0), "-x"), ((0.6, -0.8, 0), "0.6,-0.8,0"), ((1, 1e-3, 0), "+x")]
)
def test_directions_are_written_as_selectors_take_them(direction, text):
    assert direction_text(np.array(direction, dtype=float)) == text
    assert selectors.parse(f"normal {text}")
