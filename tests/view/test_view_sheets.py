"""Pictures with numbered faces and marked faults: every label in its panel, colours apart, what is meant is meant."""

from pathlib import Path

import numpy as np
import pytest
from box_mesh import box_mesh

from twin3d.errors import CapabilityError
from twin3d.mesh.diagnosis import diagnose
from twin3d.mesh.faces import face_table
from twin3d.mesh.quality import report_mesh
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import Geometry
from twin3d.view import raster
from twin3d.view.callouts import Spot, find_spots, place_callouts
from twin3d.view.face_sheet import PANEL, draw_faces
from twin3d.view.fault_sheet import COLOURS, draw_faults
from twin3d.view.gl import GlProbe
from twin3d.view.raster import NOTHING, fit_camera, visible_triangles
from twin3d.view.shading import PALETTE, side_by_side, spread_colours
from twin3d.view.sheet import label_size

SIZE = (300, 200)


@pytest.fixture(scope="module")
def mesh():
    return box_mesh((6, 3, 3), size=(0.12, 0.06, 0.04), n_parts=3)


@pytest.fixture(scope="module")
def sheet(gl, mesh):
    return draw_faces(mesh, face_table(mesh), "a box")


def overlap(first, second):
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]


@pytest.mark.gl
def test_the_triangle_that_is_seen_is_the_one_in_front(gl):
    points = np.array([[0, 0, 0], [4, 0, 0], [0, 4, 0], [0, 0, 1], [4, 0, 1], [0, 4, 1.0]])
    camera = fit_camera(points, (0.0, 0.0, 1.0), SIZE)

    seen = visible_triangles(points, np.array([[0, 1, 2], [3, 4, 5]], np.int32), camera)

    column, row = camera.project(np.array([1.0, 1.0, 0.0])).astype(int)
    assert seen[row, column] == 1
    assert set(np.unique(seen)) == {NOTHING, 1}


@pytest.mark.gl
def test_places_are_where_the_camera_draws_them(gl):
    points = np.random.default_rng(3).uniform(-1, 1, (30, 3))
    triangles = np.arange(30, dtype=np.int32).reshape(10, 3)
    camera = fit_camera(points, (1.0, -1.3, 0.9), SIZE)

    seen = visible_triangles(points, triangles, camera)

    middles = camera.project(points[triangles].mean(axis=1)).astype(int)
    hits = seen[middles[:, 1], middles[:, 0]]
    assert (hits != NOTHING).all()
    assert (hits == np.arange(10)).sum() >= 3


@pytest.mark.gl
def test_more_triangles_than_a_byte_counts_are_told_apart(gl, mesh):
    seen = visible_triangles(mesh.points, np.tile(mesh.facets, (300, 1)), fit_camera(mesh.points, (1, 1, 1), SIZE))

    assert seen.max() < 300 * len(mesh.facets)
    assert len(np.unique(seen)) > 60


@pytest.mark.gl
def test_every_outer_face_carries_its_number(sheet, mesh):
    outer = {row + 1 for row, face in enumerate(face_table(mesh)) if face.parts[1] == OUTSIDE}

    assert sheet.labelled == outer
    assert not sheet.unlabelled
    assert not sheet.hidden


@pytest.mark.gl
def test_labels_lie_in_their_panel_and_cover_no_other(sheet):
    for callouts in sheet.callouts:
        for index, callout in enumerate(callouts):
            left, top, right, bottom = callout.box
            assert 0 <= left < right <= PANEL[0]
            assert 0 <= top < bottom <= PANEL[1]
            assert not any(overlap(callout.box, other.box) for other in callouts[index + 1 :])


@pytest.mark.gl
def test_labels_point_at_their_own_face(sheet, mesh):
    faces = face_table(mesh)
    camera = fit_camera(mesh.points, (1.0, -1.3, 0.9), PANEL)
    facets = np.concatenate([face.facets for face in faces])
    numbers = np.repeat(np.arange(1, len(faces) + 1), [len(face.facets) for face in faces])

    seen = visible_triangles(mesh.points, mesh.facets[facets], camera)

    for callout in sheet.callouts[0]:
        column, row = (round(value) for value in callout.anchor)
        assert numbers[seen[row, column]] == callout.key


@pytest.mark.gl
def test_side_by_side_faces_have_different_colours(sheet, mesh):
    faces = face_table(mesh)
    number = np.zeros(len(mesh.facets), np.int32)
    for row, face in enumerate(faces):
        number[face.facets] = row + 1
    is_outer = mesh.facet_parts[:, 1] == OUTSIDE

    for a, b in side_by_side(mesh.facets[is_outer], number[is_outer]):
        assert np.abs(sheet.colours[a] - sheet.colours[b]).max() > 0.1


@pytest.mark.gl
def test_hidden_faces_are_counted(gl):
    shell = box_mesh((1, 1, 1), size=(0.1, 0.1, 0.1))
    inside = box_mesh((1, 1, 1), size=(0.02, 0.02, 0.02))
    both = joined_boxes(shell, inside, shift=0.04)

    drawn = draw_faces(both, face_table(both), "a box in a box")

    assert len(drawn.hidden) == 6
    assert len(drawn.labelled) == 6


def joined_boxes(first, second, *, shift):
    return type(first)(
        points=np.concatenate([first.points, second.points + shift]),
        cells=np.concatenate([first.cells, second.cells + first.n_points]),
        cell_region=np.repeat(np.array([0, 1], np.int32), [first.n_cells, second.n_cells]),
        part_names=("shell", "core"),
        facets=np.concatenate([first.facets, second.facets + first.n_points]),
        facet_region=np.concatenate([first.facet_region, second.facet_region + 7]),
        facet_parts=np.concatenate([first.facet_parts, second.facet_parts + np.array([1, 0])]).astype(np.int32),
        face_names=first.face_names * 2,
        contact_facets=first.contact_facets,
        contact_parts=first.contact_parts,
    )


@pytest.mark.gl
def test_gaps_are_drawn_in_red_and_overlaps_in_magenta(gl):
    lower, upper = (box_mesh((3, 3, 3), size=(0.1, 0.1, 0.02)) for _ in range(2))
    both = joined_boxes(lower, upper, shift=np.array([0.0, 0.0, 0.0201]))
    said = "the parts 'a' and 'b' overlap by 12 mm³ (0.30% of 'b') near (10, 10, 10) mm: this is counted to 'a'"
    report = report_mesh(both, np.full(2, 2e-4), (said,))

    found = diagnose(both, report, Geometry(file=Path("x.step")))
    pixels = draw_faults(both, found, "two plates")

    assert [mark.kind for mark in found.marks()] == ["overlap", "gap"]
    for kind in ("gap", "overlap"):
        assert (np.abs(pixels.astype(int) - COLOURS[kind]).max(axis=2) < 3).sum() > 100
    reddish = (pixels[..., 0].astype(int) - pixels[..., 1]) > 60
    assert reddish.mean() > 0.02


def test_neighbours_get_different_colours_of_the_palette():
    ring = np.array([[k, (k + 1) % 30] for k in range(30)], np.int32)

    colours = spread_colours(np.arange(30, dtype=np.int32), ring)

    assert all((colours[a] != colours[b]).any() for a, b in ring)
    assert len(np.unique(colours, axis=0)) <= len(PALETTE)


def test_a_label_goes_within_where_there_is_room_and_beside_where_not():
    faces = np.zeros((200, 300), np.int32)
    faces[40:160, 40:140] = 1
    faces[40:46, 200:206] = 2
    sizes = {1: label_size("1"), 2: label_size("2")}

    first, second = place_callouts(find_spots(faces, sizes), sizes, faces > 0, n_most=9)

    assert first.is_inside
    assert not second.is_inside
    assert not overlap(second.box, (200, 40, 206, 46))
    assert 40 <= second.anchor[1] <= 46
    assert 200 <= second.anchor[0] <= 206


def test_crowded_labels_never_cover_each_other_and_are_left_out_when_there_is_no_place():
    rng = np.random.default_rng(5)
    spots = [Spot(k, rng.uniform(40, 160, (1, 2)), 20, np.zeros((0, 2))) for k in range(200)]
    sizes = {k: label_size(str(k)) for k in range(200)}

    placed = place_callouts(spots, sizes, np.zeros((200, 200), bool), n_most=200)

    assert 10 < len(placed) < 200
    assert not any(overlap(a.box, b.box) for i, a in enumerate(placed) for b in placed[i + 1 :])


def test_without_opengl_the_error_names_the_line_that_mends_it(monkeypatch, mesh):
    missing = GlProbe(ok=False, kind="none", has_window=False, renderer="", message="install them with: apt-get ...")
    monkeypatch.setattr(raster, "probe", lambda: missing)

    with pytest.raises(CapabilityError, match="apt-get"):
        draw_faces(mesh, face_table(mesh), "a box")


@pytest.mark.gl
@pytest.mark.parametrize("contact", [False, True])
def test_parts_alone_show_the_faces_that_others_hide(gl, contact):
    mesh = box_mesh((3, 1, 1), size=(0.3, 0.1, 0.1), n_parts=3, contact=contact)
    faces = face_table(mesh)

    drawn = draw_faces(mesh, faces, "the middle", parts={1})

    assert len(drawn.labelled) == 6
    assert sum(faces[number - 1].parts[1] != OUTSIDE for number in drawn.labelled) == 2
    assert all(1 in faces[number - 1].parts for number in drawn.labelled)
