"""Parts of volume meshes that share volume."""

import numpy as np
import pytest
from box_mesh import box_mesh

from twin3d.mesh import overlaps
from twin3d.mesh.imported_mesher import mesh_imported
from twin3d.mesh.overlaps import find_overlaps
from twin3d.mesh.raw import Sizing
from twin3d.records import PartSource, VolumeMesh


def together(*boxes):
    """Boxes of (cells each way, lowest corner, size), each with points of its own, one part each."""
    meshes = [box_mesh(shape, size=size) for shape, _, size in boxes]
    starts = np.cumsum([0, *(mesh.n_points for mesh in meshes)])
    points = np.concatenate([mesh.points + low for mesh, (_, low, _) in zip(meshes, boxes, strict=True)])
    cells = np.concatenate([mesh.cells + start for mesh, start in zip(meshes, starts, strict=False)])
    region = np.repeat(np.arange(len(boxes), dtype=np.int32), [mesh.n_cells for mesh in meshes])
    return points, cells, region


BIG = ((6, 6, 6), (0.0, 0.0, 0.0), (6.0, 6.0, 6.0))


def test_the_shared_volume_is_measured():
    (found,) = find_overlaps(*together(BIG, ((8, 8, 8), (4.0, 1.0, 1.0), (4.0, 4.0, 4.0))))

    assert (found.smaller, found.larger) == (1, 0)
    assert found.volume == pytest.approx(32.0, rel=1e-12)
    assert found.share == pytest.approx(0.5, rel=1e-12)
    np.testing.assert_allclose(found.centre, (5.0, 3.0, 3.0), rtol=1e-9)


def test_a_fine_part_within_one_coarse_cell_is_found():
    coarse = ((1, 1, 1), (0.0, 0.0, 0.0), (6.0, 6.0, 6.0))

    (found,) = find_overlaps(*together(coarse, ((3, 3, 3), (3.5, 2.0, 0.5), (0.3, 0.3, 0.3))))

    assert found.share == pytest.approx(1.0, rel=1e-9)


def test_the_same_cells_twice_overlap_wholly():
    (found,) = find_overlaps(*together(BIG, BIG))

    assert found.volume == pytest.approx(216.0, rel=1e-12)


@pytest.mark.parametrize("n_cells", [6, 5])
def test_parts_that_touch_do_not_overlap(n_cells):
    assert find_overlaps(*together(BIG, ((n_cells,) * 3, (6.0, 0.0, 0.0), (6.0, 6.0, 6.0)))) == ()


def test_a_part_in_a_cavity_of_another_does_not_overlap():
    points, cells, _ = together(BIG)
    region = (np.abs(points[cells].mean(axis=1) - 3.0) < 1.0).all(axis=1).astype(np.int32)

    assert find_overlaps(points, cells, region) == ()


def test_many_pairs_are_sampled_and_the_volume_still_holds(monkeypatch):
    monkeypatch.setattr(overlaps, "MOST_PAIRS", 5_000)

    (found,) = find_overlaps(*together(BIG, ((8, 8, 8), (4.0, 1.0, 1.0), (4.0, 4.0, 4.0))))

    assert found.volume == pytest.approx(32.0, rel=0.1)


def test_an_imported_mesh_tells_its_overlaps_in_millimetres():
    points, cells, region = together(BIG, ((8, 8, 8), (4.0, 1.0, 1.0), (4.0, 4.0, 4.0)))
    shape = VolumeMesh(points, cells, region, (PartSource("frame"), PartSource("peg")))

    raw = mesh_imported(shape, Sizing(1.0, 1e-2))

    assert raw.messages == (
        "the parts 'peg' and 'frame' overlap by about 32,000 mm³ (50.00% of 'peg') near (50, 30, 30) mm: this "
        "volume counts twice; cut one out of the other and mesh again",
    )
