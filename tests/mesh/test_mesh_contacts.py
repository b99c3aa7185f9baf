"""Contacts across a gap: paired points, areas, and heat that crosses it as the conductance says."""

import numpy as np
import pytest
from box_mesh import STEEL, make_scene, temperature_input
from cad_writer import write_cad
from scipy import sparse
from scipy.sparse.linalg import spsolve

from twin3d.backend import get_backend
from twin3d.errors import MeshError
from twin3d.fem.bubbles import assemble_bubbles
from twin3d.fem.heat import assemble_heat
from twin3d.fem.solve import steady
from twin3d.fem.space import function_space
from twin3d.fem.system import system_at
from twin3d.mesh import build_mesh
from twin3d.mesh.pairing import pair_across
from twin3d.mesh.selection import select_facets
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import (
    Contact,
    Convection,
    FixedTemperature,
    Geometry,
    HeatFlux,
    HeatSource,
    Input,
    LocalSize,
    selectors,
)


@pytest.fixture(scope="module")
def apart(tmp_path_factory):
    return write_cad("gap", tmp_path_factory.mktemp("gap") / "gap.step")


def meshed(path, **contact):
    size = LocalSize(part="right", cell_size=0.0017)
    geometry = Geometry(file=path, cell_size=0.004, local_sizes=(size,))
    contacts = [Contact(name="joint", between=("left", "right"), conductance=2e3, **contact)]
    return build_mesh(geometry, contacts, cache_dir=None).mesh


@pytest.fixture(scope="module")
def mesh(apart):
    return meshed(apart, gap=1e-4)


def test_the_pairs_cover_the_gap(mesh):
    assert mesh.gap_areas.sum() == pytest.approx(1e-4, rel=1e-9)
    sides = np.einsum("nsk,nskd->nsd", mesh.gap_weights, mesh.points[mesh.gap_corners])
    np.testing.assert_allclose(np.ptp(sides, axis=1), [[5e-5, 0.0, 0.0]] * len(sides), atol=1e-12)


def test_faces_across_a_gap_are_not_outer_ones(mesh):
    outer = select_facets(mesh, selectors.parse("outer"))
    between = select_facets(mesh, selectors.parse("between left right"))

    areas = np.linalg.norm(mesh.facet_area_vectors(), axis=1)
    assert areas[outer].sum() == pytest.approx(10 * 1e-4, rel=1e-9)
    assert areas[between].sum() == pytest.approx(2 * 1e-4, rel=1e-9)
    assert (mesh.facet_parts[outer, 1] == OUTSIDE).all()


@pytest.fixture(scope="module")
def scene():
    return make_scene(
        loads=[
            HeatFlux(name="in", face=selectors.parse("plane min x"), input="q"),
            FixedTemperature(name="cold", face=selectors.parse("plane max x"), input="cold"),
        ],
        inputs=[Input(name="q", unit="W/m^2", value=5e3), temperature_input("cold", 300.0)],
        contacts=[Contact(name="joint", between=("left", "right"), conductance=2e3, gap=1e-4)],
    )


def test_heat_crosses_a_gap_by_its_conductance(mesh, scene):
    backend = get_backend("numpy")

    T = steady(assemble_heat(scene, function_space(mesh), backend=backend), np.array([5e3, 300.0]), backend=backend)

    x = mesh.points[:, 0]
    k = STEEL.conductivity
    right = 300.0 + 5e3 * (20.05e-3 - x) / k
    left = 300.0 + 5e3 * 10e-3 / k + 5e3 / 2e3 + 5e3 * (10e-3 - x) / k
    np.testing.assert_allclose(T, np.where(x < 10.02e-3, left, right), rtol=0, atol=4e-4 * 2.5)


def test_points_and_bubbles_hold_a_quadratic_field_across_a_gap(mesh):
    source, h, joint, size = 5e6, 400.0, 2e3, 10e-3
    scene = make_scene(
        loads=[
            HeatSource(name="heat", part="*", input="p"),
            Convection(name="film", face=selectors.parse("plane max x"), film_coefficient=h, input="air"),
        ],
        inputs=[Input(name="p", unit="W/m^3", value=source), temperature_input("air", 300.0)],
        contacts=[Contact(name="joint", between=("left", "right"), conductance=joint, gap=1e-4)],
    )
    operators = assemble_heat(scene, function_space(mesh), backend=get_backend("numpy"))
    system, bubbles = (
        system_at(operators),
        assemble_bubbles(scene, mesh, np.ones(len(operators.parameters)), backend=get_backend("numpy")),
    )
    u = np.array([source, 300.0])

    whole = sparse.block_array([[system.stiffness, bubbles.coupling.T], [bubbles.coupling, bubbles.stiffness]])
    T = spsolve(whole.tocsc(), np.concatenate([system.load @ u, bubbles.load @ u]))[: mesh.n_points]

    x = mesh.points[:, 0]
    in_left = x < 10.02e-3
    along = np.where(in_left, x, x - 0.05e-3)
    exact = 300.0 + 2 * source * size / h + source * (4 * size**2 - along**2) / (2.0 * STEEL.conductivity)
    exact += in_left * source * size / joint
    np.testing.assert_allclose(T, exact, rtol=0, atol=1e-3 * source * size / joint)


def test_without_a_gap_the_contact_is_refused_with_its_width(apart):
    with pytest.raises(MeshError, match=r"joint: .* do not touch, their nearest facing faces are 0\.05 mm"):
        meshed(apart)


def test_a_gap_wider_than_allowed_is_refused(apart):
    with pytest.raises(MeshError, match="do not touch"):
        meshed(apart, gap=2e-5)


def test_faces_that_look_away_are_not_paired():
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0.1], [1, 0, 0.1], [0, 1, 0.1]])
    up, down = np.array([[0, 1, 2]], dtype=np.int32), np.array([[3, 5, 4]], dtype=np.int32)

    facing = pair_across(points, up, down, reach=0.2)
    away = pair_across(points, up[:, ::-1], down[:, ::-1], reach=0.2)

    assert facing.areas.sum() == pytest.approx(0.5)
    assert len(away.areas) == 0
