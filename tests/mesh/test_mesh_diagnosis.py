"""What is found in meshes of known faults: gaps, loose parts, tiny edges, wrong units, open surfaces."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from box_mesh import box_mesh

from twin3d.mesh.diagnosis import connected_groups, diagnose, find_gaps, tiny_edges, worst_cells
from twin3d.mesh.findings import list_findings
from twin3d.mesh.quality import report_mesh
from twin3d.mesh.size_doubts import likely_unit, size_doubts, wall_thickness
from twin3d.mesh.wording import length_text
from twin3d.records import TetMesh
from twin3d.scene import Geometry


def joined(*meshes, names):
    """One mesh of several that share nothing, each of one part."""
    offsets = np.cumsum([0, *(mesh.n_points for mesh in meshes)])

    def stacked(key, shift):
        return np.concatenate(
            [getattr(mesh, key) + (shift[k] if shift is not None else 0) for k, mesh in enumerate(meshes)]
        )

    numbers = range(len(meshes))
    return TetMesh(
        points=stacked("points", None),
        cells=stacked("cells", offsets).astype(np.int32),
        cell_region=np.repeat(np.array(numbers, np.int32), [mesh.n_cells for mesh in meshes]),
        part_names=tuple(names),
        facets=stacked("facets", offsets).astype(np.int32),
        facet_region=stacked("facet_region", [7 * k for k in numbers]).astype(np.int32),
        facet_parts=np.concatenate(
            [
                np.column_stack([np.full(len(mesh.facets), k), np.full(len(mesh.facets), -1)])
                for k, mesh in enumerate(meshes)
            ]
        ).astype(np.int32),
        face_names=("",) * 7 * len(meshes),
        contact_facets=np.zeros((0, 2, 3), np.int32),
        contact_parts=np.zeros((0, 2), np.int32),
    )


def box(shape, size, corner=(0.0, 0.0, 0.0)):
    mesh = box_mesh(shape, size=size)
    return replace(mesh, points=mesh.points + np.array(corner))


def plate_over_block(width, *, turn=0.0):
    """A plate of 20 × 10 mm over one of 30 × 30 mm, its lower face a width above, or tilted."""
    plate = box((4, 2, 1), (0.02, 0.01, 0.002), (0.005, 0.01, 0.0))
    points = plate.points.copy()
    points[:, 2] += 0.01 + width + turn * (points[:, 0] - 0.005)
    return joined(box((5, 5, 2), (0.03, 0.03, 0.01)), replace(plate, points=points), names=("block", "plate"))


def test_a_gap_has_its_width_and_area():
    (gap,) = find_gaps(plate_over_block(5e-5), 5e-4)

    assert gap.names == ("block", "plate")
    assert gap.smallest == pytest.approx(5e-5, rel=1e-6)
    assert gap.median == pytest.approx(5e-5, rel=1e-6)
    assert gap.area == pytest.approx(200e-6, rel=1e-6)
    assert gap.place == pytest.approx((0.015, 0.015, 0.01), abs=0.003)


def test_the_facets_of_a_gap_are_those_that_face_each_other():
    mesh = plate_over_block(5e-5)
    (gap,) = find_gaps(mesh, 5e-4)

    heights = mesh.points[mesh.facets[gap.facets], 2]
    assert np.allclose(heights, 0.01, atol=6e-5)


def test_a_wedge_has_a_smallest_and_a_median_width():
    (gap,) = find_gaps(plate_over_block(1e-5, turn=0.01), 1e-3)

    assert gap.median == pytest.approx(1.1e-4, rel=0.1)
    assert gap.smallest == pytest.approx(1e-5 + 0.01 * 0.02 / 24, rel=0.1)


@pytest.mark.parametrize("width", [6e-4, -1e-3])
def test_what_is_further_apart_than_the_reach_or_overlaps_is_no_gap(width):
    assert find_gaps(plate_over_block(width), 5e-4) == ()


def test_parts_that_coincide_without_sharing_points_are_a_gap_of_no_width():
    (gap,) = find_gaps(plate_over_block(0.0), 5e-4)

    assert gap.median == pytest.approx(0.0, abs=1e-12)
    assert gap.area == pytest.approx(200e-6, rel=1e-6)


@pytest.mark.parametrize("contact", [False, True])
def test_bonded_parts_and_contacts_have_no_gap(contact):
    assert find_gaps(box_mesh((4, 2, 2), n_parts=2, contact=contact), 0.3) == ()


def test_walls_of_one_part_are_no_gap_of_it():
    assert find_gaps(joined(box((2, 2, 2), (1, 1, 1)), box((2, 2, 2), (1, 1, 1), (9, 0, 0)), names="ab"), 0.5) == ()


@pytest.mark.parametrize("contact", [False, True])
def test_parts_hang_together_through_interfaces_and_contacts(contact):
    assert connected_groups(box_mesh((3, 1, 1), n_parts=3, contact=contact)) == (("part_0", "part_1", "part_2"),)


def test_parts_that_touch_nothing_are_named():
    mesh = joined(*(box((1, 1, 1), (1, 1, 1), (2.0 * k, 0, 0)) for k in range(3)), names=("a", "screw_3", "label"))

    found = diagnose(mesh, report_mesh(mesh, np.ones(3), ()), Geometry(file=Path("x.stl"), unit="m"))

    assert found.loose_parts() == ("a", "screw_3", "label")


def test_one_part_alone_is_not_loose():
    found = diagnosis_of(box_mesh((2, 2, 2), size=(0.1, 0.1, 0.1)))

    assert found.loose_parts() == ()
    assert found.marks() == ()


def diagnosis_of(mesh, **geometry):
    stated = np.bincount(mesh.cell_region, weights=mesh.cell_volumes(), minlength=len(mesh.part_names))
    return diagnose(mesh, report_mesh(mesh, stated, ()), Geometry(**{"file": Path("x.step"), **geometry}))


def test_tiny_edges_are_counted_and_placed():
    mesh = box_mesh((3, 3, 3))
    points = mesh.points.copy()
    end = np.flatnonzero((points == 0.0).all(axis=1))[0]
    other = np.flatnonzero(np.isclose(points, [1 / 3, 0, 0]).all(axis=1))[0]
    points[end] = points[other] - [1e-4, 0.0, 0.0]

    found = tiny_edges(replace(mesh, points=points))

    assert found.n_edges == 1
    assert found.shortest[0][0] == pytest.approx(1e-4)
    assert found.shortest[0][1] == pytest.approx((1 / 3, 0.0, 0.0), abs=1e-3)
    assert tiny_edges(mesh).n_edges == 0


def test_the_worst_cells_are_placed_in_their_parts():
    mesh = box_mesh((4, 2, 2), n_parts=2)
    points = mesh.points.copy()
    points[(points == 1.0).all(axis=1)] = [0.77, 0.98, 0.98]

    worst = worst_cells(replace(mesh, points=points))

    assert worst[0].jacobian < 0.1
    assert worst[0].part == "part_1"
    assert worst[0].place[0] > 0.75
    assert [cell.jacobian for cell in worst] == sorted(cell.jacobian for cell in worst)


def test_a_part_in_two_pieces_is_counted():
    two = joined(box((1, 1, 1), (1, 1, 1)), box((1, 1, 1), (1, 1, 1), (3, 0, 0)), names=("a", "b"))
    one = replace(
        two, cell_region=np.zeros_like(two.cell_region), facet_parts=np.minimum(two.facet_parts, 0), part_names=("a",)
    )

    (part,) = diagnosis_of(one).parts

    assert part.n_pieces == 2
    assert part.n_open_edges == 0


def test_a_surface_with_a_facet_missing_is_open():
    mesh = box_mesh((2, 2, 2))
    torn = replace(mesh, facets=mesh.facets[1:], facet_region=mesh.facet_region[1:], facet_parts=mesh.facet_parts[1:])

    assert diagnosis_of(mesh).parts[0].n_open_edges == 0
    assert diagnosis_of(torn).parts[0].n_open_edges == 3


@pytest.mark.parametrize("contact", [False, True])
def test_walls_are_measured_between_interfaces_too(contact):
    mesh = box_mesh((4, 2, 2), size=(2.0, 1.0, 1.0), n_parts=2, contact=contact)

    walls = [part.wall for part in diagnosis_of(mesh).parts]

    assert walls == pytest.approx([1 / 3, 1 / 3])


def test_boxes_that_touch_along_one_edge_are_pinched():
    left, right = box((1, 1, 1), (1, 1, 1)), box((1, 1, 1), (1, 1, 1), (1, 1, 0))
    mesh = joined(left, right, names=("a", "b"))
    points, same = np.unique(mesh.points, axis=0, return_inverse=True)
    one = TetMesh(
        points=points,
        cells=same[mesh.cells].astype(np.int32),
        cell_region=np.zeros(mesh.n_cells, np.int32),
        part_names=("a",),
        facets=same[mesh.facets].astype(np.int32),
        facet_region=mesh.facet_region,
        facet_parts=np.minimum(mesh.facet_parts, 0),
        face_names=mesh.face_names,
        contact_facets=mesh.contact_facets,
        contact_parts=mesh.contact_parts,
    )

    (part,) = diagnosis_of(one).parts

    assert (part.n_pieces, part.n_open_edges, part.n_pinched_edges) == (1, 0, 1)


@pytest.mark.parametrize(
    ("extent", "unit", "suffix", "likely"),
    [
        (5600.0, "m", ".stl", "mm"),
        (1e-4, None, ".iges", "m"),
        (1e-4, "mm", ".stl", "m"),
        (5600.0, None, ".step", "um"),
        (3000.0, "m", ".vtu", "mm"),
        (2e-4, "um", ".stl", "mm"),
    ],
)
def test_a_size_that_nobody_builds_names_the_likely_unit(extent, unit, suffix, likely):
    (doubt,) = size_doubts(extent, {}, Path(f"part{suffix}"), unit)

    assert length_text(extent) in doubt
    assert f'unit = "{likely}"' in doubt


def test_an_unknown_unit_is_not_guessed():
    (doubt,) = size_doubts(5600.0, {}, Path("part.vtu"), None)

    assert "check the unit" in doubt


def test_usual_sizes_are_not_doubted():
    assert size_doubts(0.1, {"a": 1e-3}, Path("part.step"), None) == ()
    assert likely_unit(0.1, "mm") is None or likely_unit(0.1, "mm") != "mm"


@pytest.mark.parametrize("wall", [12.0, 5e-7])
def test_walls_that_nobody_builds_are_doubted(wall):
    (doubt,) = size_doubts(50.0, {"hull": wall, "deck": 0.01}, Path("ship.step"), None)

    assert "'hull'" in doubt


def test_the_wall_of_a_thin_sheet_is_its_thickness():
    assert wall_thickness(1.0 * 1.0 * 1e-3, 2.0) == pytest.approx(1e-3)


@pytest.mark.parametrize(
    ("length", "text"),
    [(5600.0, "5,600 m"), (0.1203, "120 mm"), (5e-5, "0.05 mm"), (2e-6, "2 µm"), (1.0, "1 m"), (0.0, "0 µm")],
)
def test_lengths_are_told_in_their_unit(length, text):
    assert length_text(length) == text


def test_overlaps_that_the_mesher_reports_are_marked():
    mesh = box_mesh((2, 2, 2), size=(0.1, 0.1, 0.1))
    said = "the parts 'lid' and 'box' overlap by 12 mm³ (0.30% of 'box') near (10, -2.5, 1e+01) mm: this is counted"

    found = diagnose(mesh, report_mesh(mesh, np.array([1e-3]), (said,)), Geometry(file=Path("x.step")))

    (mark,) = found.marks()
    assert mark.kind == "overlap"
    assert mark.place == pytest.approx((0.01, -0.0025, 0.01))
    assert mark.text == "'lid' and 'box' overlap by 12 mm³ (0.30% of 'box')"


def texts_of(mesh, level, **stated):
    volumes = np.bincount(mesh.cell_region, weights=mesh.cell_volumes(), minlength=len(mesh.part_names))
    report = report_mesh(mesh, stated.get("volumes", volumes), stated.get("messages", ()))
    found = diagnose(mesh, report, Geometry(file=Path("x.step")), reach=stated.get("reach"))
    return [finding.text for finding in list_findings(found, report) if finding.level == level]


def test_a_gap_is_told_with_both_names_its_width_area_place_and_remedy():
    (loose, gap) = texts_of(plate_over_block(5e-5), "warning")

    assert loose == "2 parts touch nothing: block, plate; no heat passes between them and the others"
    assert gap.startswith("'block' and 'plate' do not touch: 0.05 mm apart over 200 mm² near (")
    assert "close the gap in the CAD, or state a [[contact]]" in gap


def test_coinciding_parts_are_told_to_share_no_points():
    assert any("coincide over 200 mm²" in text for text in texts_of(plate_over_block(0.0), "warning"))


def test_a_good_mesh_has_no_finding():
    mesh = box_mesh((4, 2, 2), size=(0.1, 0.05, 0.05), n_parts=2)

    assert [texts_of(mesh, level) for level in ("error", "warning", "note")] == [[], [], []]


def test_flaws_are_errors_and_overlaps_are_warnings():
    mesh = box_mesh((2, 2, 2), size=(0.1, 0.1, 0.1))
    messages = ("the parts 'a' and 'b' overlap by 1 mm³", "the file is in inch")

    assert "off by" in texts_of(mesh, "error", volumes=np.array([0.9e-3]))[0]
    assert texts_of(mesh, "warning", messages=messages) == [messages[0]]
    assert texts_of(mesh, "note", messages=messages) == [messages[1]]


def test_two_groups_of_parts_are_told():
    pairs = [box_mesh((2, 1, 1), n_parts=2, mapping=lambda p, k=k: p + np.array([3.0 * k, 0, 0])) for k in range(2)]
    mesh = joined(*pairs, names=("a", "b"))
    parts = np.concatenate(
        [np.where(pair.facet_parts >= 0, pair.facet_parts + 2 * k, -1) for k, pair in enumerate(pairs)]
    )
    four = replace(
        mesh,
        part_names=("a", "b", "c", "d"),
        facet_parts=parts.astype(np.int32),
        cell_region=np.concatenate([pair.cell_region + 2 * k for k, pair in enumerate(pairs)]).astype(np.int32),
    )

    assert connected_groups(four) == (("a", "b"), ("c", "d"))
    assert any("2 groups that do not touch each other: (a, b); (c, d)" in text for text in texts_of(four, "warning"))
