"""Meshes of other tools: their parts and faces, and their refinement."""

from dataclasses import replace

import numpy as np
import pytest
from gmsh_volume import write_msh
from volume_samples import INLET_AREA, VOLUMES, facet_areas, measured, open_area, sample_of

from twin3d.errors import MeshError
from twin3d.geometry.volumes.msh import MshReader
from twin3d.mesh import build_mesh
from twin3d.mesh.curving import curved_volume_gain, smallest_jacobians, with_middles
from twin3d.mesh.imported_mesher import mesh_imported
from twin3d.mesh.raw import Sizing
from twin3d.mesh.refinement import refine_uniformly
from twin3d.records import PartSource, VolumeMesh
from twin3d.scene import Geometry


@pytest.fixture
def shape(tmp_path):
    path = tmp_path / "box.msh"
    write_msh(path, sample_of("mixed"))
    return MshReader().read(path)


def as_volume_mesh(raw):
    return VolumeMesh(raw.points, raw.cells, raw.cell_region, raw.parts)


def smallest_angle(points, cells):
    """Smallest angle between an edge and another at a corner [deg], a measure of shape."""
    angles = []
    for a, b, c in ((0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 0, 2), (1, 0, 3), (2, 0, 1), (3, 0, 1), (3, 1, 2)):
        left, right = points[cells[:, b]] - points[cells[:, a]], points[cells[:, c]] - points[cells[:, a]]
        cosine = (left * right).sum(axis=1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)
        angles.append(np.degrees(np.arccos(cosine)).min())
    return min(angles)


def test_parts_and_named_faces_are_kept(shape):
    raw = mesh_imported(shape, Sizing(1.0, 1.0))

    assert [part.name for part in raw.parts] == list(VOLUMES)
    assert raw.part_volumes == pytest.approx(list(VOLUMES.values()), rel=1e-12)
    assert raw.face_names[0] == "inlet"
    on_inlet = raw.points[raw.triangles[raw.triangle_face == 0]]
    np.testing.assert_allclose(on_inlet[..., 0], 0.0, atol=1e-12)


def test_the_rest_of_the_outside_is_cut_into_flat_faces(shape):
    raw = mesh_imported(shape, Sizing(1.0, 1.0))

    # housing: 4 sides and the inlet; core: 4 sides and the end; and one face between the two
    assert len(raw.face_names) == 11
    for face in range(len(raw.face_names)):
        corners = raw.points[raw.triangles[raw.triangle_face == face]].reshape(-1, 3)
        assert np.ptp(corners, axis=0).min() < 1e-12


@pytest.mark.parametrize("times", [1, 2])
def test_refinement_keeps_volumes_faces_and_conformity(shape, times):
    plain, raw = mesh_imported(shape, Sizing(1.0, 1.0)), mesh_imported(shape, Sizing(1.0, 1.0, refine=times))

    assert len(raw.cells) == 8**times * len(plain.cells)
    refined = as_volume_mesh(raw)
    assert measured(refined) == pytest.approx(VOLUMES, rel=1e-12)
    assert open_area(refined) == pytest.approx(18.0, rel=1e-12)
    inlet = VolumeMesh(
        *(raw.points, raw.cells, raw.cell_region, raw.parts),
        triangles=raw.triangles,
        triangle_region=raw.triangle_face,
        region_names=tuple(f"{number}" for number in range(len(raw.face_names))),
    )
    assert facet_areas(inlet)["0"] == pytest.approx(INLET_AREA, rel=1e-12)


def test_refinement_does_not_spoil_the_shape_of_cells(rng):
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0.3, 0.9, 0], [0.4, 0.3, 0.8]]) + rng.uniform(-0.05, 0.05, (4, 3))
    cells = np.array([[0, 1, 2, 3]], dtype=np.int32)
    none = np.zeros((0, 3), dtype=np.int32)
    angles = []
    for _ in range(4):
        points, cells, none = refine_uniformly(points, cells, none)
        angles.append(smallest_angle(points, cells))

    assert angles[-1] == pytest.approx(angles[1], rel=1e-6)


def test_refined_cells_keep_their_orientation(rng):
    points = rng.uniform(size=(80, 3))
    cells = np.arange(80, dtype=np.int32).reshape(20, 4)
    parents = np.sign(signed_volumes(points, cells))

    points, cells, _ = refine_uniformly(points, cells, np.zeros((0, 3), dtype=np.int32))

    np.testing.assert_array_equal(np.sign(signed_volumes(points, cells)), np.repeat(parents, 8))


def signed_volumes(points, cells):
    corner = points[cells]
    return np.linalg.det(corner[:, 1:] - corner[:, :1]) / 6.0


def test_local_sizes_and_too_many_refinements_are_refused(shape):
    with pytest.raises(MeshError, match="remove local_sizes"):
        mesh_imported(shape, Sizing(1.0, 1.0, part_sizes=(("core", 0.1),)))
    with pytest.raises(MeshError, match=r"refine = 8 would make 402,653,184 cells"):
        mesh_imported(shape, Sizing(1.0, 1.0, refine=8))


def test_a_mesh_without_named_faces_goes_through_the_mesher(tmp_path):
    path = tmp_path / "box.msh"
    sample = sample_of("tetra")
    write_msh(path, replace(sample, inlet=sample.inlet[:0]), names=b"")

    result = build_mesh(Geometry(file=path, unit="mm", cell_size=1.0, refine=1), [], cache_dir=None)

    assert result.mesh.part_names == ("physical_volume_1", "physical_volume_2")
    assert result.mesh.n_cells == 18 * 8
    assert set(result.mesh.face_names) == {""}
    assert len(result.mesh.face_names) == 11
    assert result.mesh.cell_volumes().sum() == pytest.approx(4.5e-9, rel=1e-12)


def test_parts_without_a_shared_point_are_still_parts():
    points = np.vstack([np.eye(4, 3), np.eye(4, 3) + 2.0])
    cells = np.array([[0, 1, 2, 3], [4, 5, 6, 7]], dtype=np.int32)
    shape = VolumeMesh(points, cells, np.array([0, 1], dtype=np.int32), (PartSource("a"), PartSource("b")))

    raw = mesh_imported(shape, Sizing(1.0, 1.0))

    assert len(raw.triangles) == 8
    assert len(set(raw.triangle_face[:4]) | set(raw.triangle_face[4:])) == 8


def quadratic_cell(bulge):
    """One quadratic cell whose first edge bulges outward by a length."""
    corners = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    middles = corners[[[0, 1], [1, 2], [2, 0], [0, 3], [1, 3], [2, 3]]].mean(axis=1)
    middles[0] += [0.0, -bulge, 0.0]
    cells = np.arange(10, dtype=np.int32)[None]
    return VolumeMesh(np.concatenate([corners, middles]), cells, np.zeros(1, dtype=np.int32), (PartSource("block"),))


def test_edges_of_quadratic_cells_stay_curved():
    raw = mesh_imported(quadratic_cell(0.1), Sizing(1.0, 1.0))

    np.testing.assert_array_equal(raw.curved_edges, [[0, 1]])
    np.testing.assert_allclose(raw.curved_points, [[0.5, -0.1, 0.0]])


def test_a_curve_that_turns_a_cell_inside_out_is_straightened_and_said():
    raw = mesh_imported(quadratic_cell(-0.6), Sizing(1.0, 1.0))

    assert len(raw.curved_edges) == 0
    assert "1 curved edges were straightened: they turned cells inside out" in raw.messages


def test_curved_cells_have_the_volume_of_their_shape():
    raw = mesh_imported(quadratic_cell(0.1), Sizing(1.0, 1.0))
    _, ten, _ = with_middles(raw.points, raw.cells, raw.curved_edges, raw.curved_points)

    # x = ξ, z = ζ, y = η - 0.4 ξ λ₀ with λ₀ = 1 - ξ - η - ζ: the determinant is 1 + 0.4 ξ, of mean 1.1
    assert curved_volume_gain(ten)[0] == pytest.approx((1.1 - 1.0) / 6.0, rel=1e-12)
    assert smallest_jacobians(ten)[0] == pytest.approx(1.0, abs=1e-12)
