"""Selectors on the power module, and rows that look a position up."""

import numpy as np
import pytest

from twin3d.errors import MeshError, SelectionError
from twin3d.mesh.faces import face_table
from twin3d.mesh.locate import interpolation, nearest_on_triangles
from twin3d.mesh.selection import select_facets, select_load_facets, select_parts
from twin3d.scene import Convection, HeatSource, Radiation, selectors


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
        (">Z", 3 * 144.0),
        ("<Z", 11 * 2.0 * 120.0),
        ("|X and part chip_1", 2 * 12.0),
        ("part chip_1 and plane", 144.0 + 48.0),
        ("all and part chip_1", 144.0 + 48.0),
        ("area 12 mm^2 and part chip_1", 4 * 12.0),
        ("area 140..150 mm^2", 3 * 144.0),
        ("part chip_1 and largest", 144.0),
        ("part heatsink and smallest and normal +z", 120.0 * 80.0 - 90.0 * 60.0),
        ("between solder_1 chip_1 and largest", 144.0),
        ("between heatsink baseplate and largest", 2 * 5400.0),
        ("near -28,-8,12.5 mm and part chip_*", 144.0),
        ("near -32,-2,12 mm and normal +y", 12.0),
        ("adjacent to (plane max z) and part chip_1", 4 * 12.0),
        ("adjacent to (part chip_1 and plane max z)", 4 * 12.0),
        ("adjacent to (between chip_1 solder_1)", 4 * 12.0 + 4 * 6.0),
        ("adjacent to (part baseplate and normal +x) and part heatsink", 120 * 80 - 90 * 60),
        ("adjacent to (between heatsink baseplate)", 120 * 80 - 90 * 60 + 2 * 150 * 3),
    ],
)
def test_selectors_choose_what_they_say(power_module, text, expected_mm2):
    assert chosen_area(power_module.mesh, text) == pytest.approx(expected_mm2, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("hole r=3 mm", "holes: none"),
        ("normal 1,0,1", r"plane faces look along .*\+x \("),
        (
            "part chip_1 and normal -z",
            r'"part chip_1" matches 5, "normal -z" matches \d+, but no face matches all of them',
        ),
        ("part chip_1 and sphere", "spheres: none"),
        ("area 13..14 mm^2", "the nearest areas are 12 mm², 6 mm², 144 mm²"),
        ("box 100,0,0 to 101,1,1 mm", r"reaches from \(-60, -40, -30\) mm to \(60, 40, 12.5\) mm"),
        ("id 3,900", r"there is no face 900; the faces are numbered from 1 to \d+"),
        ("not all", '"outer" matches all faces'),
        ("adjacent to cone", "cones: none"),
        ("adjacent to all", 'no other outer face shares an edge with "outer"'),
        ("other", "it has a meaning only in the face of a load"),
        ("face hot", r"name it in \[faces\] of the scene"),
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


@pytest.mark.parametrize(
    ("text", "expected_mm2", "rel"),
    [
        ("hole", 2 * np.pi * (3 * 7 + 4 * 10), 0.01),
        ("hole r=4 mm", 2 * np.pi * 4 * 10, 0.01),
        ("hole along z and not hole r=4 mm", 2 * np.pi * 3 * 7, 0.015),
        ("cylinder r=5 mm", np.pi / 2 * 5 * 40, 0.01),
        ("cylinder along y", np.pi / 2 * 5 * 40, 0.01),
        ("%CYLINDER and not hole", np.pi / 2 * 5 * 40, 0.01),
        ("sphere", 2 * np.pi * 4**2, 0.06),
        ("sphere r=4 mm", 2 * np.pi * 4**2, 0.06),
        ("cone", np.pi * (3 + 6) * np.sqrt(18), 0.03),
        ("cone along z", np.pi * (3 + 6) * np.sqrt(18), 0.03),
        ("%PLANE and |Z and >Z", 400.0, 1e-9),
        ("plane max z", 400.0, 1e-9),
        ("largest and normal -x", 1200.0, 1e-9),
        ("adjacent to cylinder r=5 mm and normal +x", 600.0, 1e-9),
        ("adjacent to cone and cylinder", 2 * np.pi * 3 * 7, 0.015),
        (
            "not (normal -z or normal +z or normal +y or normal -y or normal +x or cylinder or cone or sphere)",
            1200.0,
            1e-9,
        ),
    ],
)
def test_round_faces_are_chosen_by_what_they_are(block, text, expected_mm2, rel):
    assert chosen_area(block, text) == pytest.approx(expected_mm2, rel=rel)


def test_a_face_is_chosen_by_its_number(block):
    faces = face_table(block)

    for numbers in ([1], [3, 7]):
        expected = np.sort(np.concatenate([faces[number - 1].facets for number in numbers]))
        text = f"id {','.join(map(str, numbers))}"
        np.testing.assert_array_equal(select_facets(block, selectors.parse(text)), expected)


def test_an_interface_is_chosen_by_its_number(power_module):
    mesh = power_module.mesh
    pair = {part(mesh, "chip_1"), part(mesh, "solder_1")}
    (interface,) = [face for face in face_table(mesh) if set(face.parts) == pair]

    facets = select_facets(mesh, selectors.parse(f"id {interface.number}"))

    np.testing.assert_array_equal(facets, interface.facets)


def part(mesh, name):
    return mesh.part_names.index(name)


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        (
            "hole r=3.4 mm",
            ["holes: r = 4 mm along z (2), r = 3 mm along z (1)", "do not close all the way round: r = 5"],
        ),
        ("cylinder r=9 mm", ["cylinders: r = 4 mm along z (2), r = 5 mm along y (1), r = 3 mm along z (1)"]),
        ("sphere r=1 mm", ["spheres: r = 4 mm (1)"]),
        ("cone along x", ["cones: along z (1)"]),
        ("normal 1,0,1", ["plane faces look along +x (2), +z (2), -y (1), -x (1), -z (1), +y (1)"]),
        ("normal -x and area 5 mm^2", ["the nearest areas are "]),
    ],
)
def test_near_misses_of_round_faces_are_counted(block, text, hints):
    with pytest.raises(SelectionError) as caught:
        select_facets(block, selectors.parse(text))

    for hint in hints:
        assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("text", "alike", "remedy"),
    [
        ("near -34,-2,12 mm", 2, 'and normal -x" or "id '),
        ("near -34,-2,12.5 mm", 3, 'write for example "near -34,-2,12.5 mm and normal '),
        ("part chip_1 and smallest", 4, 'write for example "smallest and normal -'),
        ("part chip_* and largest", 3, 'write for example "largest and part chip_1" or "id '),
    ],
)
def test_where_one_face_is_meant_several_are_an_error(power_module, text, alike, remedy):
    with pytest.raises(SelectionError) as caught:
        select_facets(power_module.mesh, selectors.parse(text))

    message = str(caught.value)
    assert f"means one face, but {alike} match alike: face " in message
    assert message.count("(plane of chip_") == alike
    assert remedy in message


def test_a_hole_may_be_many_faces(block):
    assert select_facets(block, selectors.parse("hole r=4 mm")).size


def test_a_name_means_what_the_scene_says(block):
    named = selectors.Named("top", selectors.parse("plane max z"))

    np.testing.assert_array_equal(select_facets(block, named), select_facets(block, selectors.parse("plane max z")))
    with pytest.raises(SelectionError, match='face top means "sphere r=1 mm": spheres: r = 4 mm'):
        select_facets(block, selectors.Named("top", selectors.parse("sphere r=1 mm")))


def convection(name, face, kind=Convection, **more):
    more = more or {"film_coefficient": 10.0}
    return kind(name=name, face=selectors.parse(face), input="air", **more)


def radiation(name, face):
    return convection(name, face, kind=Radiation, emissivity=0.8, around=300.0)


def areas_of(mesh, loads):
    lengths = np.linalg.norm(mesh.facet_area_vectors(), axis=1) * 1e6
    return [lengths[facets].sum() for facets in select_load_facets(mesh, loads)]


def test_other_is_what_no_load_selects(power_module):
    mesh = power_module.mesh
    whole = chosen_area(mesh, "outer")
    loads = [
        convection("rest", "other"),
        HeatSource(name="heat", part="chip_1", input="power"),
        convection("sink", "part heatsink"),
        radiation("top", "plane max z"),
        radiation("glow", "other"),
    ]

    rest, heat, sink, top, glow = areas_of(mesh, loads)

    assert (heat, top) == (0.0, pytest.approx(3 * 144.0))
    assert sink == pytest.approx(chosen_area(mesh, "part heatsink"))
    assert rest == glow == pytest.approx(whole - sink - top)


def test_the_rest_may_be_divided(power_module):
    loads = [convection("a", "other and part heatsink"), convection("b", "other and not part heatsink")]

    assert sum(areas_of(power_module.mesh, loads)) == pytest.approx(chosen_area(power_module.mesh, "outer"))


def test_the_rest_cannot_be_taken_twice(power_module):
    loads = [convection("a", "other"), convection("b", "other and part chip_*")]

    with pytest.raises(
        SelectionError, match=r'load b: "other and part chip_\*" means the same \d+ facets as "other" of'
    ):
        select_load_facets(power_module.mesh, loads)


def test_a_rest_of_nothing_is_an_error(power_module):
    loads = [convection("a", "outer"), convection("b", "other")]

    with pytest.raises(SelectionError, match='load b: no face is left for "other": the loads a select all outer faces'):
        select_load_facets(power_module.mesh, loads)


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


def test_nearest_points_on_triangles_lie_where_geometry_says():
    corners = np.broadcast_to(np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]), (4, 3, 3))
    positions = np.array([[0.2, 0.2, 5.0], [-1.0, -1.0, 0.0], [1.0, 1.0, 1.0], [0.5, -2.0, 0.0]])

    nearest, weights = nearest_on_triangles(corners, positions)

    np.testing.assert_allclose(nearest, [[0.2, 0.2, 0], [0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
