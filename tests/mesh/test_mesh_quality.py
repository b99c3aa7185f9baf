"""What a mesh report says of cells and volumes, and when it calls a mesh not usable."""

import numpy as np
import pytest
from box_mesh import box_mesh

from twin3d.mesh.quality import report_mesh, scaled_jacobians, smallest_dihedral_angles
from twin3d.records import TetMesh


def one_cell(points):
    nothing = np.zeros((0, 3), np.int32)
    return TetMesh(
        points=np.array(points, dtype=float),
        cells=np.array([[0, 1, 2, 3]], np.int32),
        cell_region=np.zeros(1, np.int32),
        part_names=("cell",),
        facets=nothing,
        facet_region=np.zeros(0, np.int32),
        facet_parts=nothing[:, :2],
        face_names=(),
        contact_facets=np.zeros((0, 2, 3), np.int32),
        contact_parts=nothing[:, :2],
    )


def test_the_regular_tetrahedron_is_best():
    mesh = one_cell([(1, 1, 1), (-1, 1, -1), (1, -1, -1), (-1, -1, 1)])

    assert smallest_dihedral_angles(mesh) == pytest.approx(np.degrees(np.arccos(1 / 3)))
    assert scaled_jacobians(mesh.points, mesh.cells) == pytest.approx(1.0)


def test_the_cells_of_a_cut_cube_have_their_known_quality():
    report = report_mesh(box_mesh((2, 2, 2)), np.array([1.0]), ())

    assert report.smallest_angle_deg == pytest.approx(45.0)
    assert report.worst_jacobian == pytest.approx(1 / np.sqrt(3))
    assert report.first_percentile_jacobian == pytest.approx(1 / np.sqrt(3))
    assert report.jacobian_counts == (0, 0, 0, 0, 0, 48, 0, 0, 0, 0)
    assert report.is_usable


@pytest.mark.parametrize(("height", "is_usable"), [(1e-2, True), (1e-4, False)])
def test_a_mesh_with_a_cell_as_good_as_flat_is_not_usable(height, is_usable):
    mesh = one_cell([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0.3, 0.3, height)])

    report = report_mesh(mesh, mesh.cell_volumes(), ())

    assert report.is_usable is is_usable
    assert is_usable or "as good as flat" in report.flaws()[0]


@pytest.mark.parametrize(("stated", "is_usable"), [(0.52, True), (0.54, False), (0.46, False)])
def test_a_volume_off_by_more_than_a_twentieth_is_not_usable(stated, is_usable):
    report = report_mesh(box_mesh((2, 2, 2), n_parts=2), np.array([0.5, stated]), ())

    assert report.is_usable is is_usable
    assert is_usable or "'part_1' is off by" in report.flaws()[0]


def test_a_part_without_cells_is_not_usable():
    mesh = box_mesh((2, 2, 2), n_parts=2)
    lonely = TetMesh(**{key: getattr(mesh, key) for key in mesh.__slots__} | {"part_names": ("a", "b", "ghost")})

    report = report_mesh(lonely, np.array([0.5, 0.5, 0.1]), ())

    assert "'ghost' has no cells" in report.flaws()[0]
