"""Poor cells get better by moving points inside parts; nothing else changes."""

import numpy as np
import pytest
from box_mesh import box_mesh

from twin3d.mesh.quality import scaled_jacobians
from twin3d.mesh.smoothing import POOR, smoothed
from twin3d.records.mesh import OUTSIDE


def on_facets(mesh):
    fixed = np.zeros(mesh.n_points, dtype=bool)
    fixed[mesh.facets] = True
    return fixed


def part_volumes(mesh, points):
    corner = points[mesh.cells]
    volumes = np.linalg.det(corner[:, 1:] - corner[:, :1]) / 6.0
    assert volumes.min() > 0.0
    return np.bincount(mesh.cell_region, weights=volumes)


@pytest.fixture(params=range(5))
def wobbly(request):
    """Two parts of badly shaped cells, none inside out."""
    return box_mesh((8, 4, 4), n_parts=2, size=(2.0, 1.0, 1.0), wobble=0.4, seed=request.param)


def test_a_bad_cell_gets_as_good_as_the_others():
    mesh = box_mesh((4, 4, 4))
    points = mesh.points.copy()
    points[np.argmin(np.linalg.norm(points - 0.5, axis=1))] += (0.0, 0.0, 0.23)

    better = smoothed(points, mesh.cells, on_facets(mesh))

    assert scaled_jacobians(points, mesh.cells).min() < 0.06
    assert scaled_jacobians(better, mesh.cells).min() >= POOR
    assert np.count_nonzero((better != points).any(axis=1)) <= 4


def test_cells_get_better_and_never_worse(wobbly):
    before = scaled_jacobians(wobbly.points, wobbly.cells)

    after = scaled_jacobians(smoothed(wobbly.points, wobbly.cells, on_facets(wobbly)), wobbly.cells)

    assert after.min() > before.min() + 0.02
    assert np.count_nonzero(after < POOR) < 0.7 * np.count_nonzero(before < POOR)


def test_boundaries_interfaces_and_volumes_are_kept(wobbly):
    fixed = on_facets(wobbly)
    interface = np.unique(wobbly.facets[wobbly.facet_parts[:, 1] != OUTSIDE])

    points = smoothed(wobbly.points, wobbly.cells, fixed)

    assert fixed[interface].all()
    np.testing.assert_array_equal(points[fixed], wobbly.points[fixed])
    np.testing.assert_allclose(part_volumes(wobbly, points), part_volumes(wobbly, wobbly.points), rtol=1e-12)


def test_good_cells_stay_as_they_are():
    mesh = box_mesh((4, 4, 4), wobble=0.1)

    points = smoothed(mesh.points, mesh.cells, on_facets(mesh))

    np.testing.assert_array_equal(points, mesh.points)
