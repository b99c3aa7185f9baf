"""Surfaces of several parts, or with faults, become conforming meshes by envelope."""

import numpy as np
import pytest
from hostile_files import cube, joined, pierced_ball, text_solid
from trimesh import Trimesh

from twin3d.mesh import build_mesh
from twin3d.mesh.envelope import scaled_jacobians
from twin3d.mesh.raw import Sizing
from twin3d.mesh.sizing_field import sizing_field
from twin3d.mesh.surface_mesher import groups_of_parts
from twin3d.mesh.tagging import tagged
from twin3d.records import PartSource, Surface
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import Contact, Geometry, LocalSize

SHEET = Trimesh([[0, 0, 9], [5, 0, 9], [5, 5, 9], [0, 5, 9]], [[0, 1, 2], [0, 2, 3]], process=False)


def write(path, **solids):
    path.write_text("".join(text_solid(name, body) for name, body in solids.items()))
    return path


def surface_of(*bodies):
    offsets = np.cumsum([0, *(len(body.vertices) for body in bodies)])
    return Surface(
        points=np.concatenate([body.vertices for body in bodies]).astype(float),
        triangles=np.concatenate([b.faces + start for b, start in zip(bodies, offsets, strict=False)]).astype(np.int32),
        triangle_part=np.repeat(np.arange(len(bodies), dtype=np.int32), [len(body.faces) for body in bodies]),
        triangle_region=np.zeros(sum(len(body.faces) for body in bodies), dtype=np.int32),
        parts=tuple(PartSource(f"part_{number}") for number in range(len(bodies))),
        region_names=("",),
    )


@pytest.fixture(scope="module")
def assembly(tmp_path_factory):
    """A core within a block, a lid that overlaps the block, a foot that stands on it, one cube away, and a sheet."""
    path = write(
        tmp_path_factory.mktemp("assembly") / "assembly.stl",
        block=cube(),
        core=cube(4.0),
        lid=cube(at=(8.0, 0.0, 0.0)),
        foot=cube(at=(0.0, 0.0, -10.0)),
        apart=cube(at=(0.0, 30.0, 0.0)),
        sheet=SHEET,
    )
    foot = Contact(name="foot", between=("foot", "block"), conductance=1e3)
    sizes = (LocalSize(part="core", cell_size=0.001),)
    return build_mesh(Geometry(file=path, unit="mm", cell_size=0.005, local_sizes=sizes), [foot], cache_dir=None)


def part(mesh, name):
    return mesh.part_names.index(name)


def area_between(mesh, a, b):
    pair = [part(mesh, a), OUTSIDE if b is None else part(mesh, b)]
    chosen = (np.sort(mesh.facet_parts, axis=1) == np.sort(pair)).all(axis=1)
    return np.linalg.norm(mesh.facet_area_vectors()[chosen], axis=1).sum() * 1e6


def test_parts_within_each_other_and_overlapping_keep_their_volumes(assembly):
    expected = {"block": 1000.0 - 64.0, "core": 64.0, "lid": 800.0, "foot": 1000.0, "apart": 1000.0}

    volumes = {name: meshed * 1e9 for name, (meshed, _) in assembly.report.part_volumes.items()}
    stated = {name: stated * 1e9 for name, (_, stated) in assembly.report.part_volumes.items()}

    assert volumes == pytest.approx(expected, rel=5e-3)
    assert stated == pytest.approx(expected, rel=5e-3)


def test_what_was_decided_is_said(assembly):
    said = "\n".join(assembly.report.messages)

    assert "'core' lies within 'block' and was cut out of it" in said
    assert "the parts 'block' and 'lid' overlap by a volume of 200" in said
    assert "left out as open surfaces, which enclose no volume: sheet" in said
    assert "4 parts touch or are close; meshed by envelope (fTetWild), walls may move by" in said


def test_parts_that_touch_share_their_points(assembly):
    mesh = assembly.mesh

    assert area_between(mesh, "block", "core") == pytest.approx(96.0, rel=1e-2)
    assert area_between(mesh, "block", "lid") == pytest.approx(100.0, rel=2e-2)
    assert area_between(mesh, "apart", None) == pytest.approx(600.0, rel=1e-6)
    assert assembly.report.contact_areas == pytest.approx({"block – foot": 100e-6}, rel=1e-2)


def test_the_faces_between_parts_are_whole(assembly):
    mesh = assembly.mesh
    between = (np.sort(mesh.facet_parts, axis=1) == np.sort([part(mesh, "block"), part(mesh, "core")])).all(axis=1)

    assert len(set(mesh.facet_region[between])) == 6


def test_a_part_has_its_own_size(assembly):
    mesh = assembly.mesh
    cells = {name: np.median(mesh.cell_volumes()[mesh.cell_region == part(mesh, name)]) for name in ("core", "foot")}

    assert cells["foot"] > 10.0 * cells["core"]


def test_a_body_that_crosses_itself_is_meshed_by_envelope(tmp_path, monkeypatch):
    pierced_ball().export(tmp_path / "ball.stl")
    monkeypatch.chdir(tmp_path)

    result = build_mesh(Geometry(file=tmp_path / "ball.stl", unit="mm", cell_size=0.004), (), cache_dir=None)

    assert result.report.messages[-1].startswith("ball has 10 triangles that pierce others; meshed by envelope")
    np.testing.assert_allclose(result.mesh.cell_volumes().sum(), pierced_ball().volume * 1e-9, rtol=2e-2)
    assert scaled_jacobians(result.mesh.points, result.mesh.cells).min() > 0.02
    assert [path.name for path in tmp_path.iterdir()] == ["ball.stl"]


def test_cells_belong_to_the_innermost_part_then_to_the_first():
    surface = surface_of(cube(), cube(4.0), cube(at=(8.0, 0.0, 0.0)))
    places = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 4.0], [4.0, 0.0, 0.0], [9.0, 0.0, 0.0], [0.0, 9.0, 0.0]])
    corners = 0.4 * np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, -1.0, -1.0]])
    points = (places[:, None] + corners).reshape(-1, 3)

    tags = tagged(surface, np.concatenate([points, points[:4]]), np.arange(20, dtype=np.int32).reshape(-1, 4))

    np.testing.assert_array_equal(tags.part, [1, 0, 0, 2, -1])


def test_parts_far_from_each_other_are_meshed_alone():
    surface = surface_of(cube(), cube(at=(30.0, 0.0, 0.0)), cube(at=(10.0, 0.0, 0.0)))

    assert [group.tolist() for group in groups_of_parts(surface)] == [[0, 2], [1]]


def test_sizes_by_part_are_a_field_around_the_parts():
    surface = surface_of(cube(), cube(at=(10.0, 0.0, 0.0)))
    sizing = Sizing(cell_size=4.0, metres_per_unit=1e-3, part_sizes=(("part_1", 1.0),), refine=1)

    field = sizing_field(surface, sizing)

    points, values = field["bg_vertices"], field["bg_values"]
    assert set(values) == {0.5, 2.0}
    np.testing.assert_array_equal(points[values == 0.5].min(axis=0), [5.0, -5.0, -5.0])
    edges = points[field["bg_tets"][:, 1:]] - points[field["bg_tets"][:, :1]]
    assert (np.linalg.det(edges) > 0.0).all()
    assert sizing_field(surface, Sizing(cell_size=4.0, metres_per_unit=1e-3)) == {}


def test_a_regular_cell_has_a_scaled_jacobian_of_one():
    points = np.array([[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0], [0.0, 0.0, 0.0]])

    quality = scaled_jacobians(points, np.array([[0, 2, 1, 3], [0, 2, 1, 4]], dtype=np.int32))

    assert quality[0] == pytest.approx(1.0)
    assert quality[1] == pytest.approx(np.sqrt(2.0) * 4.0 / (np.sqrt(8.0) ** 2 * np.sqrt(3.0)))


def test_bodies_that_touch_within_a_part_become_one(tmp_path):
    joined(cube(), cube(at=(10.0, 0.0, 0.0))).export(tmp_path / "bar.stl")

    result = build_mesh(Geometry(file=tmp_path / "bar.stl", unit="mm", cell_size=0.005), (), cache_dir=None)

    assert result.mesh.part_names == ("bar",)
    np.testing.assert_allclose(result.mesh.cell_volumes().sum(), 2000e-9, rtol=1e-3)
    assert area_between(result.mesh, "bar", None) == pytest.approx(1000.0, rel=1e-2)
