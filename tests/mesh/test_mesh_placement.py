"""Sensors are put where the scene says: snapped, sunk below a face, or refused with the likely reason."""

import numpy as np
import pytest

from twin3d.errors import MeshError
from twin3d.fem.space import function_space
from twin3d.mesh.faces import face_table
from twin3d.mesh.placement import place_sensors, placement_lines
from twin3d.mesh.probe import Probe
from twin3d.pipeline import sensor_rows
from twin3d.scene import Sensor, SensorRole


def sensor(name, *position_mm, **more):
    position = tuple(value * 1e-3 for value in position_mm) or None
    return Sensor(id=name, unit="degC", position=position, noise=0.1, period=0.1, **more)


def placed(mesh, *position_mm, **more):
    (placement,) = place_sensors([sensor("tc", *position_mm, **more)], mesh)
    return placement


def refusal(mesh, *sensors):
    with pytest.raises(MeshError) as caught:
        place_sensors(sensors, mesh)
    return str(caught.value).splitlines()


def test_a_position_inside_stays_and_knows_its_depth(power_module):
    placement = placed(power_module.mesh, 10, 5, 4)

    assert (placement.part_name, placement.moved) == ("heatsink", 0.0)
    np.testing.assert_allclose(placement.placed, [0.010, 0.005, 0.004], atol=1e-15)
    assert placement.depth == pytest.approx(0.004)  # down to the underside between two fins


def test_a_position_outside_is_moved_to_the_nearest_face(power_module):
    mesh = power_module.mesh
    placement = placed(mesh, 2, 12, 12.9)

    assert placement.part_name == "chip_2"
    assert placement.moved == pytest.approx(0.4e-3)
    assert placement.depth == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(placement.placed, [2e-3, 12e-3, 12.5e-3], atol=1e-12)
    top = face_table(mesh)[placement.face - 1]
    assert (mesh.part_names[top.parts[0]], top.area) == ("chip_2", pytest.approx(144e-6))


def test_a_named_part_is_preferred_to_nearer_ones(power_module):
    anywhere = placed(power_module.mesh, 0, 0, 8.2)
    in_part = placed(power_module.mesh, 0, 0, 8.2, part="heatsink")

    assert (anywhere.part_name, anywhere.moved) == ("baseplate", 0.0)
    assert (in_part.part_name, in_part.moved) == ("heatsink", pytest.approx(0.2e-3))


def test_the_row_of_a_sensor_stays_on_its_side_of_a_contact(power_module):
    mesh = power_module.mesh
    region = mesh.part_names.index("heatsink")

    sensors = [sensor("tc", 0, 0, 8.2, part="heatsink"), sensor("drilled", 0, 0, 11, depth=1e-3)]

    rows = sensor_rows(sensors, function_space(mesh))

    assert set(rows[[0]].indices[rows[[0]].data > 1e-12]) <= set(np.unique(mesh.cells[mesh.cell_region == region]))
    np.testing.assert_allclose(rows @ mesh.points, [[0, 0, 8e-3], [0, 0, 10e-3]], atol=1e-9)


@pytest.mark.parametrize(("height_mm", "moved_mm"), [(11.0, 1.5), (11.6, 2.1), (10.2, 0.7)])
def test_a_depth_is_measured_from_the_nearest_outer_face(power_module, height_mm, moved_mm):
    placement = placed(power_module.mesh, 0, 20, height_mm, part="baseplate", depth=1.5e-3)

    np.testing.assert_allclose(placement.placed, [0.0, 0.020, 0.0095], atol=1e-12)
    assert placement.moved == pytest.approx(moved_mm * 1e-3)
    assert placement.depth == pytest.approx(1.5e-3)


def test_a_depth_is_square_to_a_round_face(bracket):
    placement = placed(bracket, 3, 5.9, 42, depth=2e-3)

    radius = np.hypot(placement.placed[1], placement.placed[2] - 0.042)
    assert radius == pytest.approx(8e-3, rel=0.05)  # the facets are chords of the bore
    assert placement.placed[0] == pytest.approx(3e-3, abs=0.3e-3)
    assert placement.depth == pytest.approx(2e-3, rel=0.01)


def test_a_depth_of_nothing_is_on_the_face(bracket):
    placement = placed(bracket, 40, 0, 5, depth=0.0)

    np.testing.assert_allclose(placement.placed, [0.040, 0.0, 0.006], atol=1e-9)
    assert placement.depth == pytest.approx(0.0, abs=1e-12)


def test_a_depth_that_leaves_the_part_is_refused(power_module):
    (line,) = refusal(power_module.mesh, sensor("deep", 0, 20, 11, depth=3.5e-3))

    assert line.startswith("sensor deep: a depth of 3.5 mm below (0, 20, 11) mm leaves the part baseplate")
    assert "which ends after 3 mm there" in line


def test_inwards_is_into_the_part_on_either_side_of_an_interface(power_module):
    mesh, probe = power_module.mesh, Probe(power_module.mesh)
    chip, solder = mesh.part_names.index("chip_1"), mesh.part_names.index("solder_1")
    facet = int(np.flatnonzero((np.sort(mesh.facet_parts, axis=1) == sorted((chip, solder))).all(axis=1))[0])

    np.testing.assert_allclose(probe.inward(facet, chip), [0.0, 0.0, 1.0], atol=1e-9)
    np.testing.assert_allclose(probe.inward(facet, solder), [0.0, 0.0, -1.0], atol=1e-9)


def test_the_thickness_of_a_plate_is_found_everywhere(power_module, rng):
    probe = Probe(power_module.mesh)
    region = power_module.mesh.part_names.index("baseplate")

    for x, y in rng.uniform(-0.02, 0.02, (40, 2)):
        start = np.array([x, y, 0.011])
        assert probe.thickness(start, np.array([0.0, 0.0, -1.0]), region) == pytest.approx(3e-3)


def test_beyond_its_tolerance_a_sensor_is_refused_by_name_and_distance(power_module):
    mesh = power_module.mesh
    lines = refusal(mesh, sensor("tc_1", 0, 0, 13), sensor("ok", 0, 0, 11), sensor("tc_2", 0, 0, -40))

    assert [line.split(":")[0] for line in lines] == ["sensor tc_1", "sensor tc_2"]
    assert "the position (0, 0, 13) mm is 2 mm outside the asset, more than the tolerance of 1 mm" in lines[0]
    assert "the nearest part is baseplate, at (0, 0, 11) mm" in lines[0]
    assert "move it, or check its unit" in lines[0]
    assert placed(mesh, 0, 0, 13, tolerance=2.5e-3).moved == pytest.approx(2e-3)


def test_a_tolerance_of_nothing_wants_the_position_inside(power_module):
    (line,) = refusal(power_module.mesh, sensor("tc", 0, 0, 11.1, tolerance=0.0))

    assert "0.1 mm outside the asset, more than the tolerance of 0 mm" in line


@pytest.mark.parametrize(
    ("factor", "unit"), [(1e3, "in mm instead of m"), (25.4, "in mm instead of inch"), (10.0, "in mm instead of cm")]
)
def test_a_position_written_too_large_is_told_the_likely_unit(bracket, factor, unit):
    (line,) = refusal(bracket, sensor("tc", *(factor * np.array([40.0, 15.0, 3.0]))))

    assert unit in line[line.index("; it would fit if its numbers were ") :]


@pytest.mark.parametrize(("factor", "unit"), [(1e-3, "in m instead of mm"), (1 / 25.4, "in inch instead of mm")])
def test_positions_that_all_lie_near_the_origin_are_noted(bracket, factor, unit):
    first = sensor("first", *(factor * np.array([70.0, -15.0, 3.0])))
    second = sensor("second", *(factor * np.array([3.0, 15.0, 50.0])))

    for placement in place_sensors([first, second], bracket):
        assert placement.notes[-1].startswith("all sensors lie near the origin; their numbers would fit ")
        assert unit in placement.notes[-1]
    (alone, _) = place_sensors([first, sensor("true", 70, -15, 3)], bracket)
    assert not any("origin" in note for note in alone.notes)


def test_no_unit_is_suspected_where_none_would_help(bracket):
    (line,) = refusal(bracket, sensor("tc", 40, 15, 30))

    assert "it would fit" not in line
    assert "is 24 mm outside the asset" in line


def test_swapped_sensors_are_suspected(power_module):
    lines = refusal(
        power_module.mesh,
        sensor("tc_1", -28, -8, 12.4, part="chip_2"),
        sensor("tc_2", 2, 12, 12.4, part="chip_1"),
    )

    assert lines[0].endswith("it lies in the part of tc_2: are the two swapped?")
    assert lines[1].endswith("it lies in the part of tc_1: are the two swapped?")


def test_a_swap_within_the_tolerance_is_noted(power_module):
    first, second = place_sensors(
        [sensor("plate", 0, 0, 7.9, part="baseplate"), sensor("sink", 5, 5, 4, part="heatsink")], power_module.mesh
    )

    assert first.part_name == "baseplate"
    assert first.notes == ("its position lies in the part of sink: swapped?",)
    assert second.notes == ()


def test_sensors_that_see_the_same_are_noted(power_module):
    one, twin, near, far, other_side = place_sensors(
        [
            sensor("one", 0, 20, 10),
            sensor("twin", 0, 20, 10),
            sensor("near", 0.3, 20, 10),
            sensor("far", 40, 20, 10),
            sensor("other_side", 0, 20, 8, part="heatsink"),
        ],
        power_module.mesh,
    )

    assert one.notes[0] == "at the same place as twin"
    assert one.notes[1].startswith("0.3 mm from near, within a cell (")
    assert twin.notes[0] == "at the same place as one"
    assert len(near.notes) == 2
    assert far.notes == other_side.notes == ()


def test_driving_sensors_and_faces_are_not_placed(power_module):
    sensors = [sensor("air", role=SensorRole.DRIVE, drives="ambient"), sensor("tc", 0, 0, 11)]

    assert [placement.sensor for placement in place_sensors(sensors, power_module.mesh)] == ["tc"]
    assert place_sensors(sensors[:1], power_module.mesh) == ()


def test_an_unknown_part_is_refused_with_the_nearest(power_module):
    (line,) = refusal(power_module.mesh, sensor("tc", 0, 0, 11, part="basplate"))

    assert line.startswith("sensor tc: no part matches 'basplate'; there are baseplate")


def test_the_table_has_a_row_for_each_sensor(power_module):
    placements = place_sensors([sensor("tc_long_name", 2, 12, 12.9), sensor("b", 10, 5, 4)], power_module.mesh)

    head, first, second = placement_lines(placements)

    assert head.split() == ["sensor", "part", "moved", "mm", "depth", "mm", "face", "note"]
    assert first.split()[:4] == ["tc_long_name", "chip_2", "0.40", "0.00"]
    assert second.split()[:4] == ["b", "heatsink", "0.00", "4.00"]
    assert placement_lines(()) == []
