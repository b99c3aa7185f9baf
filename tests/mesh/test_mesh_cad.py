"""CAD solids to meshes: names, overlaps, shells, sizes, curved edges, and what is said of odd files."""

import numpy as np
import pytest
from cad_writer import write_cad

from twin3d.assets import asset_path
from twin3d.errors import GeometryError, SelectionError
from twin3d.mesh import build_mesh
from twin3d.mesh.quality import scaled_jacobians
from twin3d.mesh.selection import select_facets
from twin3d.mesh.topology import OUTWARD_FACETS, facet_keys
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import Contact, Geometry, LocalSize, Sensor, selectors


@pytest.fixture(scope="module")
def cad(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cad")

    def path_of(shape, suffix=".step"):
        path = folder / f"{shape}{suffix}"
        return path if path.exists() else write_cad(shape, path)

    return path_of


def built(path, **options):
    sensors = options.pop("sensors", ())
    return build_mesh(Geometry(file=path, **options), (), sensors=sensors, cache_dir=None)


def volumes_mm3(result):
    return {name: meshed * 1e9 for name, (meshed, _) in result.report.part_volumes.items()}


def edge_lengths_mm(mesh, chosen):
    corner = mesh.points[mesh.cells[chosen]]
    pairs = [(0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3)]
    return np.concatenate([np.linalg.norm(corner[:, a] - corner[:, b], axis=1) for a, b in pairs]) * 1e3


def test_without_a_size_a_useful_mesh_is_made(cad):
    result = built(cad("cube"))

    assert 5_000 < result.mesh.n_cells < 60_000


def test_a_fine_mesh_is_a_coarse_one_refined(cad):
    result = built(cad("cylinder"), cell_size=0.0003)

    mesh = result.mesh
    assert mesh.n_cells > 100_000
    assert mesh.n_cells % 8 == 0
    assert edge_lengths_mm(mesh, np.arange(mesh.n_cells)).mean() < 0.45
    assert volumes_mm3(result)["rod"] == pytest.approx(np.pi * 25 * 20, rel=2e-3)
    assert scaled_jacobians(mesh.points, mesh.cells).min() > 0.05


def test_refinement_hardly_spoils_the_worst_cells(power_module):
    geometry = Geometry(file=asset_path("meshes", "power_module.step"), cell_size=0.012, refine=1)

    fine = build_mesh(geometry, (), cache_dir=None)

    assert fine.mesh.n_cells == 8 * power_module.mesh.n_cells
    assert fine.report.worst_jacobian > max(0.05, 0.8 * power_module.report.worst_jacobian)
    assert fine.report.first_percentile_jacobian > 0.9 * power_module.report.first_percentile_jacobian
    assert volumes_mm3(fine) == pytest.approx(volumes_mm3(power_module), rel=1e-12)


def test_a_refined_mesh_is_conforming(cad):
    mesh = built(cad("rod_in_tube"), cell_size=0.004, refine=1).mesh

    keys = facet_keys(mesh.cells[:, OUTWARD_FACETS].reshape(-1, 3), mesh.n_points)
    counts = np.unique(keys, return_counts=True)[1]

    assert counts.max() == 2
    assert (counts == 1).sum() == (mesh.facet_parts[:, 1] == OUTSIDE).sum()


def test_two_parts_of_one_name_get_a_number(cad):
    result = built(cad("twins"), cell_size=0.005)

    assert result.mesh.part_names == ("block", "block_2")
    assert "a second part is named 'block'; it is called 'block_2' here" in result.report.messages


def test_touching_solids_share_their_facets(cad):
    mesh = built(cad("pair"), cell_size=0.004).mesh

    shared = mesh.facet_parts[:, 1] != OUTSIDE
    assert np.linalg.norm(mesh.facet_area_vectors()[shared], axis=1).sum() * 1e6 == pytest.approx(100.0)


def test_an_overlap_is_said_and_counted_to_the_smaller_part(cad):
    result = built(cad("overlap"), cell_size=0.004)

    assert volumes_mm3(result) == pytest.approx({"big": 1000.0 - 72.0, "small": 216.0})
    (said,) = [message for message in result.report.messages if "overlap" in message]
    assert said.startswith("the parts 'small' and 'big' overlap by 72 mm³ (7.20% of 'big') near (9, 5, 5) mm")


def test_a_part_inside_another_is_cut_out_of_it(cad):
    result = built(cad("nested"), cell_size=0.004)

    assert volumes_mm3(result) == pytest.approx({"air": 1000.0 - 64.0, "cargo": 64.0})


def test_a_part_twice_in_one_place_is_refused(cad):
    with pytest.raises(GeometryError, match="the part 'second' lies wholly within others"):
        built(cad("same"), cell_size=0.004)


def test_a_closed_shell_counts_as_a_solid_and_that_is_said(cad):
    result = built(cad("shell"), cell_size=0.004)

    assert sum(volumes_mm3(result).values()) == pytest.approx(1000.0)
    assert any("1 closed shells of shell.step without a solid" in message for message in result.report.messages)


def test_a_file_of_curves_alone_is_refused_with_a_remedy(cad):
    with pytest.raises(GeometryError, match=r"curve.step holds neither solids nor faces, only curves"):
        built(cad("curve"))


def test_an_open_box_is_refused_with_a_place(cad):
    with pytest.raises(GeometryError, match=r"sheet.*not closed"):
        built(cad("sheet"))


def test_loose_faces_that_fit_are_joined_to_a_part(cad):
    result = built(cad("faces"), cell_size=0.004)

    assert sum(volumes_mm3(result).values()) == pytest.approx(1000.0, rel=1e-6)


def test_a_wrong_ending_does_not_matter(cad, tmp_path):
    for name in ("cube.STEP", "cube.Stp", "cube.stl", "cube"):
        path = tmp_path / name
        path.write_bytes(cad("cube").read_bytes())

        assert sum(volumes_mm3(built(path, cell_size=0.005)).values()) == pytest.approx(1000.0)


def test_brep_needs_a_unit(cad):
    with pytest.raises(GeometryError, match="does not say its unit"):
        built(cad("cube", ".brep"), cell_size=0.005)

    assert sum(volumes_mm3(built(cad("cube", ".brep"), unit="mm")).values()) == pytest.approx(1000.0)


def test_colours_come_along_and_can_be_selected(cad):
    mesh = built(cad("coloured"), cell_size=0.005).mesh

    red = select_facets(mesh, selectors.parse("colour #ff0000"))

    assert mesh.part_colours == ("#ff0000", "")
    assert np.linalg.norm(mesh.facet_area_vectors()[red], axis=1).sum() * 1e6 == pytest.approx(500.0)
    with pytest.raises(SelectionError, match=r"colours: #ff0000 \(5\), none \(5\)"):
        select_facets(mesh, selectors.parse("colour #00ff00"))


def test_a_part_far_thinner_than_its_cells_is_named(cad):
    result = built(cad("skin"), cell_size=0.025)

    (said,) = [message for message in result.report.messages if "thick" in message]
    assert said.startswith("the part 'skin' is 0.04995 mm thick, far less than its cells of up to 25 mm")


def test_a_face_can_be_meshed_finer(cad):
    size = LocalSize(face=selectors.parse("plane max x"), cell_size=0.0005)

    mesh = built(cad("pair"), cell_size=0.005, local_sizes=(size,)).mesh

    centres = mesh.points[mesh.cells].mean(axis=1) * 1e3
    assert edge_lengths_mm(mesh, centres[:, 0] > 19.7).mean() < 0.6
    assert edge_lengths_mm(mesh, centres[:, 0] < 8.0).mean() > 2.0


def test_sensors_can_be_meshed_finer(cad):
    sensor = Sensor(id="tc", unit="degC", position=(5e-3, 5e-3, 10e-3), noise=0.1, period=1.0)

    mesh = built(cad("cube"), cell_size=0.005, sensor_cell_size=0.0004, sensors=[sensor]).mesh

    distance = np.linalg.norm(mesh.points[mesh.cells].mean(axis=1) - sensor.position, axis=1) * 1e3
    assert edge_lengths_mm(mesh, distance < 0.4).max() < 0.8
    assert edge_lengths_mm(mesh, distance > 7.0).mean() > 1.0


def test_thin_walls_get_cells_across(cad):
    plain = built(cad("wall"), cell_size=0.006).mesh

    mesh = built(cad("wall"), cell_size=0.006, wall_cells=3).mesh

    def across(mesh):
        inner = (mesh.points[:, 2] > 1e-4) & (mesh.points[:, 2] < 0.9e-3) & (abs(mesh.points[:, 0] - 0.02) < 0.01)
        return int(inner.sum())

    assert across(plain) == 0
    assert across(mesh) > 200


def test_curvature_makes_cells_smaller_where_the_surface_bends(cad):
    few = built(cad("cylinder"), cell_size=0.01)

    many = built(cad("cylinder"), cell_size=0.01, curvature_cells=5)

    error = [abs(volumes_mm3(result)["rod"] / (np.pi * 500) - 1.0) for result in (few, many)]
    assert error[1] < 0.4 * error[0]


@pytest.mark.parametrize("refine", [0, 1])
def test_curved_edges_follow_the_surface(cad, refine):
    result = built(cad("rod_in_tube"), cell_size=0.004, curved=True, refine=refine)

    mesh = result.mesh
    radius = np.hypot(*mesh.curved_points[:, :2].T) * 1e3
    assert np.minimum(abs(radius - 5.0), abs(radius - 9.0)).max() < 1e-6
    np.testing.assert_allclose(relative_errors(result), 0.0, atol=2e-4)


def test_both_sides_of_a_contact_are_curved(cad):
    contact = Contact(name="fit", between=("rod", "tube"), conductance=1e4)
    geometry = Geometry(file=cad("rod_in_tube"), cell_size=0.004, curved=True)

    mesh = build_mesh(geometry, [contact], cache_dir=None).mesh

    at_joint = np.isclose(np.hypot(*mesh.curved_points[:, :2].T), 5e-3, atol=1e-9)
    sides = [np.isin(mesh.curved_edges, mesh.cells[mesh.cell_region == part]).all(axis=1) for part in (0, 1)]
    counts = [int((at_joint & side).sum()) for side in sides]
    assert counts[0] == counts[1] > 20
    assert not (at_joint & sides[0] & sides[1]).any()


def relative_errors(result):
    return [meshed / stated - 1.0 for meshed, stated in result.report.part_volumes.values()]
