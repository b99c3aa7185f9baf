"""Surfaces are repaired as far as is safe, and what was done is said; what is left is counted and placed."""

import re

import hostile_files
import numpy as np
import pytest
import trimesh
from hostile_files import MENDED, cube, flipped, joined

from twin3d.errors import GeometryError
from twin3d.geometry.health import diagnose, health_of, refuse_open
from twin3d.geometry.repair import repaired, same_points
from twin3d.geometry.surface import SurfaceReader, nearest_triangles
from twin3d.geometry.surfaces.crossing import crossings
from twin3d.geometry.surfaces.thickness import thinnest
from twin3d.geometry.surfaces.winding import winding_numbers


def read(body, folder, name="part.stl"):
    body.export(folder / name)
    return SurfaceReader().read(folder / name)


def open_cube(n_missing):
    body = cube()
    body.update_faces(np.arange(12) >= n_missing)
    return body


@pytest.mark.parametrize("name", MENDED)
def test_a_faulty_body_is_mended(name, tmp_path):
    body, volume, message = MENDED[name]

    surface = read(body, tmp_path)

    (health,) = diagnose(surface)
    assert health.faults == ()
    np.testing.assert_allclose(surface.enclosed_volumes(), volume, rtol=1e-4)
    assert health.volume == pytest.approx(volume, rel=1e-4)
    if message:
        assert any(re.search(message, said) for said in surface.messages), surface.messages
    else:
        assert surface.messages == ()


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("shift", [0.0, 100.0])
def test_repair_does_not_depend_on_the_unit(scale, shift):
    body = MENDED["ends_on_edges"].body
    points = (body.vertices + shift) * scale

    work = repaired(points, body.faces, np.zeros(len(body.faces), dtype=int))

    assert len(work.triangles) == 22
    assert "stitched 12 open edges" in work.messages[0]


def test_a_named_face_survives_its_repair(tmp_path):
    body = cube()
    up = body.face_normals[:, 2] > 0.5
    parts = [trimesh.Trimesh(body.vertices, body.faces[chosen], process=False) for chosen in (up, ~up)]
    text = "".join(map(hostile_files.text_solid, ("inlet", "walls"), parts))
    (tmp_path / "duct.stl").write_text(text)

    surface = SurfaceReader().read(tmp_path / "duct.stl")

    assert [part.name for part in surface.parts] == ["duct"]
    assert surface.region_names == ("inlet", "walls")
    inlet = surface.points[surface.triangles[surface.triangle_region == 0]]
    assert (inlet[:, :, 2] == 5.0).all()
    assert len(inlet) == 2


def test_what_is_open_is_counted_and_placed(tmp_path):
    (health,) = diagnose(read(open_cube(1), tmp_path))

    assert health.faults == ("3 open edges",)
    assert not health.is_closable
    (opening,) = health.openings
    assert opening.area == pytest.approx(50.0)
    np.testing.assert_allclose(health.places["open"].mean(axis=0), opening.centre)
    with pytest.raises(GeometryError, match=r"not closed: 3 open edges, the largest openings 14.14 across at \("):
        refuse_open("part.stl", [health])


def test_what_crosses_itself_is_counted_and_placed(tmp_path):
    (health,) = diagnose(read(hostile_files.pierced_ball(), tmp_path))

    assert health.faults == ("10 triangles that pierce others",)
    assert health.is_closable
    assert health.places["crossed"].shape == (10, 3)


def test_bodies_that_share_an_edge_are_crowded_there(tmp_path):
    (health,) = diagnose(read(joined(cube(), cube(at=(10.0, 10.0, 0.0))), tmp_path))

    assert health.faults == ("1 edges of more than two triangles",)
    np.testing.assert_allclose(health.crowded_edges, [[5.0, 5.0, 0.0]])


def test_a_large_hole_is_not_filled(tmp_path):
    surface = read(open_cube(1), tmp_path)

    assert surface.messages == ()
    assert len(surface.triangles) == 11


def test_triangles_without_area_are_dropped_and_the_seam_closed():
    body = cube()
    points = np.concatenate([body.vertices, body.vertices[body.faces[0, :2]].mean(axis=0, keepdims=True)])
    a, b, c = body.faces[0]
    faces = np.concatenate([body.faces[1:], [[a, 8, c], [8, b, c], [a, b, 8]]])

    work = repaired(points, faces, np.zeros(len(faces), dtype=int))

    assert "dropped 1 triangles without area" in work.messages
    assert "stitched 3 open edges" in work.messages[1]
    health = health_of(work.points, work.triangles, "part")
    assert health.faults == ()


def test_points_that_are_equal_are_one_and_others_are_not(rng):
    points = rng.integers(0, 3, size=(200, 3)).astype(float)
    points[points == 0.0] = rng.choice([0.0, -0.0], size=(points == 0.0).sum())

    index, n_points = same_points(points)

    expected, inverse = np.unique(points + 0.0, axis=0, return_inverse=True)
    assert n_points == len(expected)
    assert len(np.unique(np.column_stack([index, inverse.ravel()]), axis=0)) == n_points


def test_the_winding_number_is_one_inside_and_a_fraction_at_a_hole(rng):
    ball = trimesh.creation.icosphere(subdivisions=4)
    places = rng.uniform(-1.5, 1.5, size=(500, 3))
    distance = np.linalg.norm(places, axis=1)
    places, distance = places[np.abs(distance - 1.0) > 0.05], distance[np.abs(distance - 1.0) > 0.05]
    box = cube()
    is_top = box.face_normals[:, 2] > 0.5
    near_hole = np.array([[0.0, 0.0, 4.999], [0.0, 0.0, 5.001], [0.0, 0.0, 0.0]])

    around = winding_numbers(ball.vertices, ball.faces, places)
    at_hole = winding_numbers(box.vertices, box.faces[~is_top], near_hole)

    np.testing.assert_allclose(around, distance < 1.0, atol=0.03)
    np.testing.assert_allclose(at_hole, [0.5, 0.5, 5.0 / 6.0], atol=1e-3)


def test_triangles_that_pierce_each_other_are_found_and_neighbours_are_not(rng):
    apart, overlapping = cube(), joined(cube(), cube(at=(5.0, 2.0, 3.0)))
    ball = trimesh.creation.icosphere(subdivisions=4)
    shift = np.array([0.5, 0.1, 0.2])
    pair = joined(ball, trimesh.Trimesh(ball.vertices + shift, ball.faces))

    assert len(crossings(apart.vertices, apart.faces)) == 0
    assert len(crossings(ball.vertices, ball.faces)) == 0
    found = crossings(pair.vertices, pair.faces)
    assert ((found < len(ball.faces)).sum(axis=1) == 1).all()
    centres = pair.triangles_center[found]
    for middle in (0.0, shift):
        np.testing.assert_allclose(np.linalg.norm(centres - middle, axis=2), 1.0, atol=0.1)
    assert len(crossings(overlapping.vertices, overlapping.faces)) > 0


@pytest.mark.parametrize(
    ("body", "thickness"),
    [
        (trimesh.creation.box(extents=(10.0, 10.0, 0.5)), 0.5),
        (trimesh.creation.annulus(3.0, 3.2, 10.0), 0.2),
        (joined(cube(), cube(at=(10.3, 0.0, 0.0))), 0.3),
        (cube(), 10.0),
    ],
    ids=["plate", "tube", "gap", "cube"],
)
def test_the_thinnest_wall_or_gap_is_found(body, thickness):
    assert thinnest(body.vertices, body.faces) == pytest.approx(thickness, rel=0.02)


def test_a_triangle_of_a_mesh_finds_the_surface_it_lies_on(tmp_path):
    surface = read(flipped(cube(), [0]), tmp_path)
    corners = surface.points[surface.triangles].copy()

    found = nearest_triangles(surface, corners, spacing=2.0)

    np.testing.assert_array_equal(found, np.arange(12))
