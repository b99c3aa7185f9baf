"""Products of an assembly and how often each is used."""

import pytest

from twin3d.mesh.products import count_products, product_words

PANES = ("pane_1", "pane_2", "frame_a", "frame_b", "glue")


def counted(names=PANES, **changes):
    columns = {
        "products": ("pane", "pane", "window", "window", ""),
        "instances": (0, 1, 2, 2, -1),
        "volumes": (2e-9, 2e-9, 5e-9, 6e-9, 1e-9),
    }
    return count_products(names, **columns | changes)


def test_bodies_of_one_instance_are_counted_once():
    pane, window = counted()

    assert (pane.name, pane.n_instances, pane.parts) == ("pane", 2, ("pane_1", "pane_2"))
    assert (window.name, window.n_instances, window.parts) == ("window", 1, ("frame_a", "frame_b"))
    assert window.largest_volume == pytest.approx(11e-9)


def test_parts_that_are_instances_by_themselves_count_each():
    (bolt,) = count_products(["a", "b", "c"], products=["bolt"] * 3, instances=[-1] * 3, volumes=[1.0] * 3)

    assert bolt.n_instances == 3


def test_the_words_count_products_and_name_a_glob():
    assert list(product_words(counted(), PANES)) == [
        "2 products in 3 instances",
        "  2 instances of pane (pane_*), 2 mm³ each",
    ]


def test_a_glob_that_matches_other_parts_is_not_named():
    names = ("pane_1", "pane_2", "pane_frame_a", "pane_frame_b", "glue")

    assert "  2 instances of pane, 2 mm³ each" in product_words(counted(names), names)


def test_instances_that_lost_volume_to_neighbours_are_told_with_their_range():
    cut = counted(volumes=(2e-9, 1.5e-9, 5e-9, 6e-9, 1e-9))

    assert "  2 instances of pane (pane_*), 1.5 to 2 mm³ each" in product_words(cut, PANES)


def test_one_part_is_no_assembly():
    single = count_products(["block"], products=["block"], instances=[0], volumes=[1.0])

    assert list(product_words(single, ["block"])) == []
