"""The gallery's parts: names, volumes, conformity and quality, each in one run of the mesher."""

import fnmatch

import numpy as np
import pytest
from gallery_parts import GALLERY

from twin3d.assets import asset_path
from twin3d.mesh import build_mesh
from twin3d.mesh.topology import OUTWARD_FACETS, facet_keys
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import Geometry, LocalSize

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=GALLERY, ids=lambda entry: entry.file.removesuffix(".step"))
def meshed(request):
    entry = request.param
    sizes = tuple(LocalSize(part=part, cell_size=size) for part, size in entry.local_sizes.items())
    geometry = Geometry(file=asset_path("meshes", entry.file), cell_size=entry.cell_size, local_sizes=sizes)
    result = build_mesh(geometry, (), cache_dir=None)
    report = result.report
    worst = max(abs(volume / entry.volumes[name] - 1.0) for name, volume in volumes(result).items())
    print(
        f"\n{entry.file}: {entry.n_parts} parts, {report.n_cells:,} cells, worst scaled Jacobian "
        f"{report.worst_jacobian:.3f}, first percentile {report.first_percentile_jacobian:.3f}, volumes {worst:.2%}"
    )
    return entry, result


def volumes(result):
    return {name: meshed for name, (meshed, _) in result.report.part_volumes.items()}


def test_parts_have_their_names_and_volumes(meshed):
    entry, result = meshed

    assert volumes(result) == pytest.approx(dict(entry.volumes), rel=5e-3)


def test_the_mesh_is_conforming(meshed):
    _, result = meshed
    mesh = result.mesh
    keys = facet_keys(mesh.cells[:, OUTWARD_FACETS].reshape(-1, 3), mesh.n_points)

    counts = np.unique(keys, return_counts=True)[1]
    interface = mesh.facets[mesh.facet_parts[:, 1] != OUTSIDE]

    assert counts.max() == 2
    assert (counts == 1).sum() == (mesh.facet_parts[:, 1] == OUTSIDE).sum()
    assert np.isin(facet_keys(interface, mesh.n_points), np.unique(keys)).all()
    size = np.ptp(mesh.points, axis=0).max()
    assert len(np.unique(np.rint(mesh.points / (1e-9 * size)), axis=0)) == mesh.n_points


def test_parts_touch_where_they_should(meshed):
    entry, result = meshed
    mesh = result.mesh
    pairs = {tuple(sorted(pair)) for pair in mesh.facet_parts if pair[1] != OUTSIDE}
    touching = {frozenset((mesh.part_names[a], mesh.part_names[b])) for a, b in pairs}

    for glob, other in entry.touching:
        for name in fnmatch.filter(mesh.part_names, glob):
            partners = [second for pair in touching if name in pair for second in pair - {name}]
            assert fnmatch.filter(partners, other), (name, other)


def test_the_cells_are_of_good_quality(meshed):
    _, result = meshed

    assert result.report.is_usable
    assert result.report.worst_jacobian >= 0.05
    assert result.report.first_percentile_jacobian >= 0.2


def test_a_fine_mesh_meets_the_same_goals():
    geometry = Geometry(file=asset_path("meshes", "pipe_tee.step"), cell_size=0.06, refine=1)

    report = build_mesh(geometry, (), cache_dir=None).report

    assert report.n_cells > 150_000
    assert report.worst_jacobian >= 0.05
    assert report.first_percentile_jacobian >= 0.2
