"""Meshes of CAD assemblies and surfaces: volumes, interfaces, contacts, units, the cache, and clear errors."""

import numpy as np
import pytest
import trimesh

from twin3d.assets import asset_path
from twin3d.errors import GeometryError, MeshError
from twin3d.mesh import build_mesh
from twin3d.mesh.cache import default_cache_dir, mesh_key
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import Contact, Geometry, LocalSize

FIN_SIDES = 11 * 2 * 30.0 * 120.0 + 11 * 2 * 2.0 * 30.0
UNDERSIDE_AND_TIPS = 120.0 * 80.0


def part(mesh, name):
    return mesh.part_names.index(name)


def area(mesh, facets):
    return np.linalg.norm(mesh.facet_area_vectors()[facets], axis=1).sum() * 1e6


def test_parts_keep_their_names_and_volumes(power_module):
    expected = {"heatsink": 156_000.0, "baseplate": 16_200.0}
    expected |= {f"chip_{k}": 144.0 for k in (1, 2, 3)} | {f"solder_{k}": 72.0 for k in (1, 2, 3)}

    volumes = {name: meshed * 1e9 for name, (meshed, _) in power_module.report.part_volumes.items()}

    assert volumes == pytest.approx(expected, rel=1e-9)
    assert power_module.report.n_slivers == 0


def test_the_outside_has_the_area_of_the_drawing(power_module):
    mesh = power_module.mesh
    outside = (mesh.facet_parts[:, 1] == OUTSIDE) & (mesh.facet_parts[:, 0] == part(mesh, "heatsink"))

    base_sides = 2.0 * (120.0 + 80.0) * 8.0
    top = 120.0 * 80.0 - 90.0 * 60.0
    expected = base_sides + top + UNDERSIDE_AND_TIPS + FIN_SIDES
    assert area(mesh, outside) == pytest.approx(expected, rel=1e-9)


def test_the_surface_of_every_part_is_closed(power_module):
    mesh = power_module.mesh
    vectors = mesh.facet_area_vectors()
    for index in range(len(mesh.part_names)):
        out = vectors[mesh.facet_parts[:, 0] == index].sum(axis=0)
        shared = vectors[mesh.facet_parts[:, 1] == index].sum(axis=0)
        is_contact = (mesh.facet_parts[:, 0] == index) & np.isin(mesh.facet_parts[:, 1], mesh.contact_parts)
        if not is_contact.any():
            np.testing.assert_allclose(out - shared, 0.0, atol=1e-12)


def test_bonded_parts_share_points_and_contacts_do_not(power_module):
    mesh = power_module.mesh

    def points_of(name):
        return set(np.unique(mesh.cells[mesh.cell_region == part(mesh, name)]))

    assert points_of("baseplate") & points_of("solder_1")
    assert not points_of("baseplate") & points_of("heatsink")
    sides = mesh.points[mesh.contact_facets]
    np.testing.assert_array_equal(sides[:, 0], sides[:, 1])
    assert power_module.report.contact_areas == pytest.approx({"heatsink – baseplate": 90.0 * 60.0 * 1e-6})


def test_a_contact_is_listed_from_both_sides(power_module):
    mesh = power_module.mesh
    pair = {part(mesh, "heatsink"), part(mesh, "baseplate")}
    listed = [index for index, parts in enumerate(mesh.facet_parts) if set(parts) == pair]

    assert len(listed) == 2 * len(mesh.contact_facets)
    np.testing.assert_allclose(mesh.facet_area_vectors()[listed].sum(axis=0), 0.0, atol=1e-12)


def test_refinement_halves_the_edges(tmp_path):
    geometry = Geometry(file=cube(tmp_path / "cube.stl"), unit="mm", cell_size=0.005)
    coarse = build_mesh(geometry, (), cache_dir=None).mesh

    fine = build_mesh(geometry.model_copy(update={"refine": 1}), (), cache_dir=None).mesh

    assert fine.n_cells == 8 * coarse.n_cells
    np.testing.assert_allclose(fine.cell_volumes().sum(), coarse.cell_volumes().sum(), rtol=1e-12)


def test_local_sizes_refine_their_parts(power_module, grease):
    geometry = Geometry(
        file=asset_path("meshes", "power_module.step"),
        cell_size=0.012,
        local_sizes=(LocalSize(part="chip_*", cell_size=0.001),),
    )

    finer = build_mesh(geometry, [grease], cache_dir=None)

    assert finer.report.part_cells["chip_1"] > 4 * power_module.report.part_cells["chip_1"]


def cube(path, edge=10.0, **options):
    trimesh.creation.box(extents=(edge,) * 3).export(path, **options)
    return path


@pytest.mark.parametrize("suffix", [".stl", ".obj", ".ply", ".off"])
def test_a_closed_surface_is_filled(suffix, tmp_path):
    file = cube(tmp_path / f"cube{suffix}")

    result = build_mesh(Geometry(file=file, unit="mm", cell_size=0.004), (), cache_dir=None)

    assert result.mesh.part_names == ("cube",)
    np.testing.assert_allclose(result.mesh.cell_volumes().sum(), 1e-6, rtol=1e-6)
    assert len(set(result.mesh.facet_region)) == 6


def test_units_scale_the_surface(tmp_path):
    file = cube(tmp_path / "cube.stl", edge=1.0)

    result = build_mesh(Geometry(file=file, unit="inch", cell_size=0.01), (), cache_dir=None)

    np.testing.assert_allclose(np.ptp(result.mesh.points, axis=0), 0.0254, rtol=1e-6)


def test_a_surface_without_a_unit_is_refused(tmp_path):
    with pytest.raises(
        GeometryError, match=r"does not say its unit.*it is 10 mm long in mm, 254 mm in inches, 10 m in m"
    ):
        build_mesh(Geometry(file=cube(tmp_path / "cube.stl"), cell_size=0.004), (), cache_dir=None)


def test_a_small_hole_is_filled_and_said(tmp_path):
    body = trimesh.creation.box(extents=(10.0, 10.0, 10.0))
    for _ in range(5):
        body = body.subdivide()
    body.update_faces(np.arange(len(body.faces)) > 0)
    body.export(tmp_path / "cube.stl")

    result = build_mesh(Geometry(file=tmp_path / "cube.stl", unit="mm", cell_size=0.005), (), cache_dir=None)

    assert result.report.messages[0].startswith("filled 1 small hole: 0.442 across at (-5, ")
    np.testing.assert_allclose(result.mesh.cell_volumes().sum(), 1e-6, rtol=1e-6)


def test_a_large_opening_is_refused_with_a_place(tmp_path):
    body = trimesh.creation.box(extents=(10.0, 10.0, 10.0))
    body.update_faces(np.arange(len(body.faces)) > 0)
    body.export(tmp_path / "open.stl")

    with pytest.raises(GeometryError, match=r"not closed: 3 open edges, the largest openings 14.14 across at \("):
        build_mesh(Geometry(file=tmp_path / "open.stl", unit="mm", cell_size=0.004), (), cache_dir=None)


@pytest.mark.parametrize("name", ["broken.step", "broken.stl", "broken.iges"])
def test_garbage_is_refused(name, tmp_path):
    (tmp_path / name).write_bytes(b"this is no geometry at all\n" * 20)

    with pytest.raises((GeometryError, MeshError), match="broken"):
        build_mesh(Geometry(file=tmp_path / name, unit="mm", cell_size=0.004), (), cache_dir=None)


def test_an_unknown_ending_is_refused(tmp_path):
    (tmp_path / "part.docx").write_bytes(b"x")

    with pytest.raises(GeometryError, match=r"use one of .*\.step"):
        build_mesh(Geometry(file=tmp_path / "part.docx", unit="mm", cell_size=0.004), (), cache_dir=None)


def test_a_contact_of_parts_that_do_not_touch_is_refused():
    geometry = Geometry(file=asset_path("meshes", "power_module.step"), cell_size=0.03)
    apart = Contact(name="odd", between=("chip_1", "heatsink"), conductance=1.0)

    with pytest.raises(MeshError, match="do not touch"):
        build_mesh(geometry, [apart], cache_dir=None)


def test_the_cache_gives_the_same_mesh_and_survives_damage(tmp_path):
    geometry = Geometry(file=cube(tmp_path / "cube.stl"), unit="mm", cell_size=0.004)
    first = build_mesh(geometry, (), cache_dir=tmp_path / "cache")
    second = build_mesh(geometry, (), cache_dir=tmp_path / "cache")

    (stored,) = (tmp_path / "cache").glob("mesh-*.npz")
    stored.write_bytes(stored.read_bytes()[:1000])
    third = build_mesh(geometry, (), cache_dir=tmp_path / "cache")

    assert [first.from_cache, second.from_cache, third.from_cache] == [False, True, False]
    np.testing.assert_array_equal(second.mesh.points, first.mesh.points)
    assert second.report == first.report
    np.testing.assert_array_equal(third.mesh.cells, first.mesh.cells)


def test_the_cache_knows_another_file_of_the_same_name(tmp_path):
    geometry = Geometry(file=cube(tmp_path / "cube.stl"), unit="mm", cell_size=0.004)
    build_mesh(geometry, (), cache_dir=tmp_path / "cache")
    cube(tmp_path / "cube.stl", edge=12.0)

    result = build_mesh(geometry, (), cache_dir=tmp_path / "cache")

    assert not result.from_cache
    np.testing.assert_allclose(np.ptp(result.mesh.points, axis=0), 0.012, rtol=1e-6)


def test_the_cache_knows_what_a_file_mentions(tmp_path):
    deck, part, other = (tmp_path / name for name in ("deck.inp", "part.inp", "other.inp"))
    deck.write_text("*INCLUDE, INPUT=part.inp\n")
    part.write_text("*NODE\n")
    other.write_text("*NODE\n")
    first = mesh_key(deck, {}, ())

    other.write_text("*NODE\n1, 0, 0, 0\n")
    unmentioned = mesh_key(deck, {}, ())
    part.write_text("*NODE\n1, 0, 0, 0\n")

    assert unmentioned == first
    assert mesh_key(deck, {}, ()) != first


def test_the_cache_folder_can_be_named(monkeypatch, tmp_path):
    monkeypatch.setenv("TWIN3D_CACHE", str(tmp_path))

    assert default_cache_dir() == tmp_path
