"""Sets of a file become parts and named facets: overlaps, rests, names."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from volume_samples import VOLUMES, facet_areas, measured, sample_of

from twin3d.geometry.names import decoded, unique_names
from twin3d.geometry.volumes.composing import compose
from twin3d.geometry.volumes.draft import NOWHERE, CellBlock, Draft, NamedFacets, Solid
from twin3d.geometry.volumes.regions import best_cover, by_label, partition

FILE = Path("gear.msh")


@pytest.fixture
def draft():
    sample = sample_of("tetra")
    blocks = tuple(CellBlock(Solid.TETRAHEDRON, block.cells) for block in sample.blocks)
    region = np.concatenate([np.full(len(block.cells), block.part) for block in sample.blocks])
    return Draft(sample.points, blocks, region, ("housing", "core"))


def test_the_first_of_overlapping_sets_wins_and_a_set_of_all_comes_last():
    sets = [("all", np.arange(6)), ("a", np.array([0, 1, 2])), ("b", np.array([2, 3]))]

    region, names, messages = partition(sets, 6)

    assert [names[number] for number in region] == ["a", "a", "a", "b", "all", "all"]
    assert messages == ('1 cells of "b" are in "a" too and count to that',)


def test_many_overlaps_are_told_briefly():
    sets = [("a", np.array([0]))] + [(f"b{number}", np.array([0, number])) for number in range(1, 9)]

    messages = partition(sets, 20)[2]

    assert len(messages) == 4
    assert messages[-1] == "5 more sets overlap; the first one wins"


def test_the_list_that_leaves_no_cell_out_gives_the_parts():
    everything, halves = [("all", np.arange(4))], [("a", np.array([0, 1])), ("b", np.array([2, 3]))]
    probe = [("probe", np.array([1]))]

    assert best_cover([probe, halves], 4) == 1
    assert best_cover([[], everything, halves], 4) == 2
    assert best_cover([everything, halves], 4) == 0
    assert best_cover([[], everything, []], 4) == 1


@pytest.mark.parametrize("labels", [[3, 1, 3], [-5, 7, -5], [2**40, 0, 2**40]])
def test_labels_of_any_size_are_numbered(labels):
    region, values = by_label(np.array(labels))

    assert values[region].tolist() == labels
    assert values.tolist() == sorted(set(labels))


def test_cells_in_no_set_become_a_part_named_after_the_file(draft):
    mesh = compose(replace(draft, region=np.where(draft.region == 0, NOWHERE, 1)), FILE)

    assert measured(mesh) == pytest.approx({"core": VOLUMES["core"], "gear": VOLUMES["housing"]})
    assert mesh.messages == ('12 tetrahedra are in no set; their part is named after the file: "gear"',)


def test_a_second_part_of_a_name_gets_a_number(draft):
    mesh = compose(replace(draft, region_names=("rod", "rod")), FILE)

    assert [part.name for part in mesh.parts] == ["rod", "rod_2"]
    assert mesh.messages == ('a second part is named "rod"; it is called "rod_2" here',)


def test_a_set_without_cells_is_no_part(draft):
    mesh = compose(replace(draft, region=draft.region * 2, region_names=("housing", "nothing", "core")), FILE)

    assert [part.name for part in mesh.parts] == ["housing", "core"]


def test_a_point_set_names_the_facets_that_it_holds_whole(draft):
    at_end = np.flatnonzero(draft.points[:, 0] == 3.0)
    between = np.flatnonzero(draft.points[:, 0] == 2.0)
    everything = np.arange(len(draft.points))

    mesh = compose(
        replace(draft, point_sets=(("all", everything), ("end", at_end), ("joint", between), ("one", at_end[:2]))), FILE
    )

    assert facet_areas(mesh) == pytest.approx({"end": 1.5, "joint": 1.5})


def test_facets_keep_the_first_of_two_names(draft):
    inlet = sample_of("tetra").inlet
    facets = (
        NamedFacets("lower", inlet[:1]),
        NamedFacets("whole", inlet),
        NamedFacets("inner", np.array([[0, 5, 10]])),
    )

    mesh = compose(replace(draft, facets=facets), FILE)

    assert facet_areas(mesh) == pytest.approx({"lower": 0.75, "whole": 0.75})
    assert mesh.messages == (
        '1 facets of "whole" are in "lower" too and keep that name',
        '1 facets of "inner" are not on the boundary of a part and were left out',
    )


def test_names_are_printable():
    assert decoded(b"Deckel \xfc\x01\0rest") == "Deckel ü"
    assert decoded("Gehäuse".encode()) == "Gehäuse"
    assert unique_names(["", "a", "a"])[0] == ["part_1", "a", "a_2"]
