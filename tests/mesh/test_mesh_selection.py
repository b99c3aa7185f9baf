"""Selectors on the power module, and rows that look a position up."""

import numpy as np
import pytest

from twin3d.assets import asset_path
from twin3d.errors import MeshError, SelectionError
from twin3d.mesh import build_mesh
from twin3d.mesh.faces import face_table
from twin3d.mesh.locate import facet_mean, interpolation, nearest_on_triangles
from twin3d.mesh.selection import select_facets, select_parts
from twin3d.scene import Geometry, selectors


def chosen_area(mesh, text):
    facets = select_facets(mesh, selectors.parse(text))
    return np.linalg.norm(mesh.facet_area_vectors()[facets], axis=1).sum() * 1e6


@pytest.mark.parametrize(
    ("text", "expected_mm2"),
    [
        ("plane max z", 3 * 144.0),
        ("plane min z", 11 * 2.0 * 120.0),
        ("normal +x and part chip_1", 12.0),
        ("part chip_* and normal +z", 3 * 144.0),
        ("between solder_1 chip_1", 144.0),
        ("between heatsink baseplate", 2 * 5400.0),
        ("near 0, 0, 11 mm", 90.0 * 60.0 - 3 * 144.0),
        ("box -100,-100,12.4 to 100,100,13 mm", 3 * 144.0),
        ("part baseplate and largest", 90.0 * 60.0 - 3 * 144.0),
        ("outer and not part heatsink", 90 * 60 - 3 * 144 + 2 * 150 * 3 + 3 * (144 + 48 * 1.5)),
        ("normal +z and part chip_1 or normal +z and part chip_2", 2 * 144.0),
    ],
)
def test_selectors_choose_what_they_say(power_module, text, expected_mm2):
    assert chosen_area(power_module.mesh, text) == pytest.approx(expected_mm2, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("hole r=3 mm", "cylinders have the radii none"),
        ("between chip_1 heatsink", "parts that touch: heatsink–baseplate"),
        ("part chip_9", "chip_1"),
        ("name inlet", "no names"),
    ],
)
def test_a_selector_that_matches_nothing_says_what_comes_near(power_module, text, hint):
    with pytest.raises(SelectionError, match=hint):
        select_facets(power_module.mesh, selectors.parse(text))


def test_parts_by_glob(power_module):
    names = [power_module.mesh.part_names[index] for index in select_parts(power_module.mesh, "solder_*")]

    assert names == ["solder_1", "solder_2", "solder_3"]


@pytest.fixture(scope="module")
def bracket():
    return build_mesh(
        Geometry(file=asset_path("meshes", "bracket.stl"), unit="mm", cell_size=0.005), (), cache_dir=None
    ).mesh


def test_holes_of_a_surface_file_are_found_by_their_radius(bracket):
    holes = [face for face in face_table(bracket) if face.is_hole]

    assert sorted(round(face.radius * 1e3, 1) for face in holes) == [3.3, 3.3, 6.0]
    assert chosen_area(bracket, "hole r=6 mm") == pytest.approx(2 * np.pi * 6.0 * 6.0, rel=0.05)
    assert chosen_area(bracket, "hole r=3..4 mm along z") == pytest.approx(2 * 2 * np.pi * 3.3 * 6.0, rel=0.05)


def test_interpolation_is_exact_for_linear_fields(power_module, rng):
    mesh = power_module.mesh
    weights = rng.dirichlet(np.ones(4), size=500)
    inside = np.einsum("nk,nkd->nd", weights, mesh.points[mesh.cells[rng.integers(0, mesh.n_cells, 500)]])

    rows = interpolation(mesh, inside)

    np.testing.assert_allclose(rows @ mesh.points, inside, atol=1e-12)
    np.testing.assert_allclose(rows.sum(axis=1), 1.0, atol=1e-12)


def test_a_position_just_outside_takes_the_surface(power_module):
    rows = interpolation(power_module.mesh, np.array([[2e-3, 12e-3, 12.9e-3]]))

    np.testing.assert_allclose(rows @ power_module.mesh.points, [[2e-3, 12e-3, 12.5e-3]], atol=1e-12)


def test_a_position_far_outside_is_named(power_module):
    with pytest.raises(MeshError, match=r"\(1000, 0, 0\) mm is 940 mm outside"):
        interpolation(power_module.mesh, np.array([[1.0, 0.0, 0.0]]))


def test_looking_in_one_part_ignores_the_other_side_of_a_contact(power_module):
    mesh = power_module.mesh
    spot = np.array([[0.0, 0.0, 8e-3]])
    for name in ("heatsink", "baseplate"):
        index = mesh.part_names.index(name)

        rows = interpolation(mesh, spot, parts=[index])

        assert set(rows.indices[rows.data > 1e-12]) <= set(np.unique(mesh.cells[mesh.cell_region == index]))


def test_the_mean_over_facets_is_weighted_by_area(power_module):
    mesh = power_module.mesh
    facets = select_facets(mesh, selectors.parse("near 0, 0, 11 mm"))

    mean = facet_mean(mesh, facets) @ mesh.points

    assert mean[0, 2] == pytest.approx(11e-3)


def test_nearest_points_on_triangles_lie_where_geometry_says():
    corners = np.broadcast_to(np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]), (4, 3, 3))
    positions = np.array([[0.2, 0.2, 5.0], [-1.0, -1.0, 0.0], [1.0, 1.0, 1.0], [0.5, -2.0, 0.0]])

    nearest, weights = nearest_on_triangles(corners, positions)

    np.testing.assert_allclose(nearest, [[0.2, 0.2, 0], [0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
