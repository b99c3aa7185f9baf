"""What faces are: shapes fitted to facets, coarse ones too, and holes that close all the way round."""

import numpy as np
import pytest
import trimesh

from twin3d.mesh import build_mesh
from twin3d.mesh.faces import face_numbers, face_table
from twin3d.mesh.shapes import fit_shape
from twin3d.scene import Geometry


def fitted(points, triangles):
    corners = points[triangles]
    vectors = 0.5 * np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas = np.linalg.norm(vectors, axis=1)
    used = points[np.unique(triangles)]
    return fit_shape(used, corners.mean(axis=1), vectors / areas[:, None], areas / areas.sum())


def strip(profile, heights, turn_deg=0.0):
    """A surface of revolution, or part of one: radii and heights along the profile, columns at some angles."""
    radius, height = np.array(profile).T
    angle = np.radians(heights)[:, None]
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle), height + 0.0 * angle], axis=-1)
    rows, columns = points.shape[:2]
    corner = np.arange((rows - 1) * columns).reshape(rows - 1, columns)[:, :-1].ravel()
    quads = np.stack([corner, corner + columns, corner + columns + 1, corner + 1], axis=1)
    tilt = trimesh.transformations.rotation_matrix(np.radians(turn_deg), [1.0, 2.0, 0.5])[:3, :3]
    return points.reshape(-1, 3) @ tilt.T + [0.3, -0.2, 0.1], np.concatenate([quads[:, :3], quads[:, [0, 2, 3]]])


@pytest.mark.parametrize("turn_deg", [0.0, 37.0])
@pytest.mark.parametrize(("span_deg", "n"), [(360, 8), (360, 40), (180, 6), (90, 4), (40, 9)])
def test_a_cylinder_of_any_span_has_its_exact_radius(span_deg, n, turn_deg):
    shape = fitted(*strip([(0.02, 0.0), (0.02, 0.03)], np.linspace(0, span_deg, n + 1), turn_deg))

    assert shape.kind == "cylinder"
    assert shape.radius == pytest.approx(0.02, rel=1e-6)
    assert not shape.is_concave


@pytest.mark.parametrize(("rise", "span_deg"), [(0.004, 360), (0.02, 360), (0.01, 90)])
def test_a_cone_is_no_cylinder(rise, span_deg):
    shape = fitted(*strip([(0.02, 0.0), (0.02 + rise, 0.01)], np.linspace(0, span_deg, 25), 20.0))

    tilt = trimesh.transformations.rotation_matrix(np.radians(20.0), [1.0, 2.0, 0.5])[:3, :3]
    assert shape.kind == "cone"
    assert abs(shape.direction @ tilt[:, 2]) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("subdivisions", [1, 3])
def test_a_sphere_is_one_however_coarse(subdivisions):
    ball = trimesh.creation.icosphere(subdivisions=subdivisions, radius=0.01)

    shape = fitted(np.array(ball.vertices), np.array(ball.faces))

    assert (shape.kind, shape.is_concave) == ("sphere", False)
    assert shape.radius == pytest.approx(0.01, rel=1e-6)


def test_the_inside_of_a_sphere_is_concave():
    ball = trimesh.creation.icosphere(subdivisions=2, radius=0.01)

    shape = fitted(np.array(ball.vertices), np.array(ball.faces)[:, ::-1])

    assert (shape.kind, shape.is_concave) == ("sphere", True)


@pytest.mark.parametrize("radius", [0.02, 0.1])
def test_a_rounded_edge_of_a_hole_is_neither_cone_nor_cylinder(radius):
    turn = np.linspace(0.0, np.pi / 2, 6)
    edge = np.column_stack([radius + 0.002 * (1.0 - np.cos(turn)), 0.002 * np.sin(turn)])

    assert fitted(*strip(edge, np.linspace(0, 360, 41))).kind == "other"


def test_two_flats_that_a_surface_file_joins_are_no_cylinder():
    angles = np.linspace(0, 25, 3)

    assert fitted(*strip([(0.02, 0.0), (0.02, 0.03)], angles)).kind == "other"


def test_a_gentle_dome_is_no_cylinder():
    height, width = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9))
    points = np.column_stack([height.ravel(), width.ravel(), 0.1 * (1 - height**2).ravel() * (1 - width**2).ravel()])
    corner = (np.arange(8)[:, None] * 9 + np.arange(8)).ravel()
    quads = np.stack([corner, corner + 1, corner + 10, corner + 9], axis=1)

    assert fitted(points, np.concatenate([quads[:, :3], quads[:, [0, 2, 3]]])).kind == "other"


def test_the_faces_of_a_cad_part_are_what_was_drawn(block):
    faces = face_table(block)

    kinds = [face.kind for face in faces]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"plane": 8, "cylinder": 4, "cone": 1, "sphere": 1}
    radii = sorted(face.radius for face in faces if face.kind in {"cylinder", "sphere"})
    np.testing.assert_allclose(radii, [3e-3, 4e-3, 4e-3, 4e-3, 5e-3], rtol=1e-6)


def test_two_halves_make_a_hole_and_a_fillet_makes_none(block):
    cylinders = [face for face in face_table(block) if face.kind == "cylinder"]

    assert all(face.shape.is_concave for face in cylinders)
    assert sorted((round(face.radius * 1e3), face.is_hole) for face in cylinders) == [
        *((3, True), (4, True), (4, True), (5, False)),
    ]


@pytest.mark.parametrize("n_sides", [14, 16, 48])
def test_a_coarse_surface_file_keeps_its_holes(tmp_path, n_sides):
    ring = trimesh.creation.annulus(r_min=4.0, r_max=12.0, height=6.0, sections=n_sides)
    ring.export(tmp_path / "ring.stl")
    geometry = Geometry(file=tmp_path / "ring.stl", unit="mm", cell_size=0.004)

    faces = face_table(build_mesh(geometry, (), cache_dir=None).mesh)

    (hole,) = [face for face in faces if face.is_hole]
    assert hole.radius == pytest.approx(4e-3, rel=0.01)
    assert [face.kind for face in faces].count("cylinder") == 2


def test_numbers_are_the_rows_of_the_table(block):
    numbers = face_numbers(block)

    for row, face in enumerate(face_table(block)):
        assert face.number == row + 1
        assert set(numbers[face.facets]) == {face.number}
