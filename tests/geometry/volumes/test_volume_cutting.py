"""Hexahedra, wedges and pyramids become tetrahedra that fit together; useless cells go."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from volume_samples import VOLUMES, measured, open_area, sample_of

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.composing import compose
from twin3d.geometry.volumes.cutting import as_triangles, cut
from twin3d.geometry.volumes.draft import CellBlock, Draft, Solid

SOLIDS = {
    "tetra": Solid.TETRAHEDRON,
    "hexahedron": Solid.HEXAHEDRON,
    "wedge": Solid.WEDGE,
    "pyramid": Solid.PYRAMID,
}
FILE = Path("box.msh")


def draft_of(sample, **how):
    blocks = tuple(CellBlock(SOLIDS[block.shape], block.cells) for block in sample.blocks)
    region = np.concatenate([np.full(len(block.cells), block.part) for block in sample.blocks])
    return Draft(sample.points, blocks, region, ("housing", "core"), **how)


def renumbered(sample, rng):
    """The same mesh with its points in another order, so that other diagonals are chosen."""
    new = rng.permutation(len(sample.points))
    points = np.zeros_like(sample.points)
    points[new] = sample.points
    return replace(
        sample, points=points, blocks=tuple(replace(block, cells=new[block.cells]) for block in sample.blocks)
    )


@pytest.mark.parametrize("shape", ["hexahedron", "wedge", "mixed"])
def test_any_numbering_fits_together_and_fills_the_volume(shape, rng):
    for _ in range(30):
        mesh = compose(draft_of(renumbered(sample_of(shape), rng)), FILE)

        assert measured(mesh) == pytest.approx(VOLUMES, rel=1e-12)
        assert open_area(mesh) == pytest.approx(18.0, rel=1e-12)


@pytest.mark.parametrize(("solid", "n_tets"), [(Solid.PYRAMID, 2), (Solid.WEDGE, 3), (Solid.HEXAHEDRON, 6)])
def test_each_shape_gives_so_many_tetrahedra(solid, n_tets, rng):
    tets, parent = cut(np.array([rng.permutation(solid.n_corners) for _ in range(50)]), solid)

    assert np.bincount(parent).tolist() == [n_tets] * 50
    assert (np.diff(parent) >= 0).all()
    assert len(tets) == 50 * n_tets


def test_a_quadrilateral_is_cut_through_its_smallest_point():
    triangles, _ = as_triangles(np.array([[5, 1, 7, 3]]))

    assert all(1 in triangle for triangle in triangles.tolist())
    assert sorted(np.bincount(triangles.ravel())[[1, 3, 5, 7]].tolist()) == [1, 1, 2, 2]


def test_a_collapsed_hexahedron_is_a_wedge():
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [0, 1, 1]])
    cells = np.array([[0, 1, 2, 2, 3, 4, 5, 5]])

    mesh = compose(Draft(points, (CellBlock(Solid.HEXAHEDRON, cells),), np.zeros(1, dtype=int), ("a",)), FILE)

    assert measured(mesh) == pytest.approx({"a": 0.5})
    assert len(mesh.cells) == 3


def test_a_few_flat_cells_are_dropped_with_a_word():
    sample = sample_of("tetra", scale=3)
    draft = draft_of(sample)
    flat = np.array([[0, 1, 2, 3]])  # four points of one edge of the grid
    draft = replace(
        draft, blocks=(*draft.blocks, CellBlock(Solid.TETRAHEDRON, flat)), region=np.append(draft.region, 0)
    )

    mesh = compose(draft, FILE)

    assert measured(mesh) == pytest.approx(VOLUMES, rel=1e-12)
    assert "1 tetrahedra without a volume were left out" in mesh.messages


def test_a_cell_that_is_there_twice_counts_once():
    draft = draft_of(sample_of("tetra"))
    again = CellBlock(Solid.TETRAHEDRON, draft.blocks[0].cells[:2, [1, 2, 0, 3]])
    draft = replace(draft, blocks=(*draft.blocks, again), region=np.append(draft.region, [1, 1]))

    mesh = compose(draft, FILE)

    assert measured(mesh) == pytest.approx(VOLUMES, rel=1e-12)
    assert "2 tetrahedra are there twice; the first of each was kept" in mesh.messages


def test_folded_cells_are_refused():
    sample = sample_of("hexahedron")
    first = sample.blocks[0]
    twisted = replace(first, cells=first.cells[:, [0, 1, 2, 3, 5, 4, 6, 7]])

    with pytest.raises(GeometryError, match=r"cells of box\.msh are folded.*check the order"):
        compose(draft_of(replace(sample, blocks=(twisted, *sample.blocks[1:]))), FILE)


def test_mid_points_in_a_wrong_order_are_not_used():
    sample = sample_of("tetra", quadratic=True)
    wrong = tuple(replace(block, cells=block.cells[:, [0, 1, 2, 3, 4, 5, 6, 7, 9, 8]]) for block in sample.blocks)

    mesh = compose(draft_of(replace(sample, blocks=wrong)), FILE)

    assert mesh.cells.shape[1] == 4
    assert any("mid-edge points are not near their edges" in message for message in mesh.messages)
