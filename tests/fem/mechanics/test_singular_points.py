"""Edges without a finite stress are found, and only they."""

from dataclasses import replace

import numpy as np
import pytest
from box_mesh import box_mesh
from elastic_bodies import NUMPY, mapped_mesh
from strained_parts import SIZE, STIFF, face, strained_scene

from twin3d.fem.elements import Element
from twin3d.fem.mechanics.problem import prepare_stress
from twin3d.fem.mechanics.singular import singular_points
from twin3d.fem.space import function_space
from twin3d.mesh.topology import find_facets
from twin3d.scene import Fixed, PartMaterial, Symmetry

FIXED = (Fixed(name="wall", face=face("x0")),)
GUIDES = tuple(Symmetry(name=f"guide_{name}", face=face(name)) for name in ("x0", "y0", "z0"))


def flags_of(mesh, mechanical):
    scene = strained_scene(contact=bool(len(mesh.contact_facets)), mechanical=mechanical)
    if len(mesh.part_names) == 1:
        scene = scene.model_copy(update={"parts": (PartMaterial(part="*", material=STIFF),)})
    return singular_points(prepare_stress(scene, function_space(mesh, Element.TET4), backend=NUMPY))


def stair():
    """A box without its upper far quarter, its faces numbered by their planes."""
    box = box_mesh((8, 2, 8))
    middles = box.points[box.cells].mean(axis=1)
    cells = box.cells[(middles[:, 0] < 0.5) | (middles[:, 2] < 0.5)]
    used, cells = np.unique(cells, return_inverse=True)
    points, cells = box.points[used], cells.reshape(-1, 4).astype(np.int32)
    facets = find_facets(cells, np.zeros(len(cells), dtype=np.int32), len(points))
    middle = points[facets.corners].mean(axis=1)
    planes = [(0, 0.0), (0, 1.0), (1, 0.0), (1, 1.0), (2, 0.0), (2, 1.0), (0, 0.5), (2, 0.5)]
    region = np.argmax([np.isclose(middle[:, axis], value) for axis, value in planes], axis=0)
    return replace(
        box,
        points=points,
        cells=cells,
        cell_region=np.zeros(len(cells), dtype=np.int32),
        facets=facets.corners,
        facet_region=region.astype(np.int32),
        facet_parts=facets.parts,
        face_names=("x0", "x1", "y0", "y1", "z0", "z1", "step", "tread"),
    )


def test_a_guided_box_has_no_singular_point():
    assert not flags_of(box_mesh((4, 3, 3)), GUIDES).any()


def test_an_inner_corner_is_singular_and_nothing_a_cell_away_is():
    mesh = stair()

    flags = flags_of(mesh, GUIDES)

    away = np.hypot(mesh.points[:, 0] - 0.5, mesh.points[:, 2] - 0.5)
    assert flags[away < 1e-9].all()
    assert not flags[away > 0.125 * np.sqrt(2.0) + 1e-9].any()


def test_the_rim_of_a_fixed_face_is_singular():
    mesh = box_mesh((8, 6, 6))

    flags = flags_of(mesh, FIXED)

    from_axis = np.abs(mesh.points[:, 1:] - 0.5).max(axis=1)
    is_rim = (mesh.points[:, 0] == 0.0) & (from_axis == 0.5)
    assert flags[is_rim].all()
    assert not flags[mesh.points[:, 0] > 0.2].any()
    assert not flags[from_axis < 0.3].any()


def test_a_guide_that_ends_within_a_flat_face_is_singular_there():
    mesh = box_mesh((8, 2, 2))
    first = mesh.points[mesh.facets].mean(axis=1)[:, 0] < 0.5
    halves = np.where((mesh.facet_region == 4) & first, 6, mesh.facet_region).astype(np.int32)
    guides = (*GUIDES[:2], Symmetry(name="half", face=face("interface")))

    flags = flags_of(replace(mesh, facet_region=halves), guides)

    assert flags[(mesh.points[:, 0] == 0.5) & (mesh.points[:, 2] == 0.0)].all()
    assert not flags[np.abs(mesh.points[:, 0] - 0.5) > 0.2].any()


@pytest.mark.parametrize("contact", [True, False])
def test_the_rim_of_an_interface_is_singular_on_both_sides(contact):
    mesh = box_mesh((8, 4, 4), SIZE, n_parts=2, contact=contact)

    flags = flags_of(mesh, GUIDES)

    on_interface = np.isclose(mesh.points[:, 0], 0.05)
    on_side = np.isclose(np.abs(mesh.points[:, 1] - 0.02), 0.02) | np.isclose(np.abs(mesh.points[:, 2] - 0.01), 0.01)
    middle = np.isclose(mesh.points[:, 1], 0.02) & np.isclose(mesh.points[:, 2], 0.01)
    assert flags[on_interface & on_side].all()
    assert not flags[np.abs(mesh.points[:, 0] - 0.05) > 0.013].any()
    assert not flags[on_interface & middle].any()


def test_a_smooth_round_face_is_not_taken_for_an_inner_corner():
    def groove(unit):
        x, y, z = unit.T
        return np.column_stack([x, y, z * (1.0 - 0.4 * np.exp(-((x - 0.5) ** 2) / 0.02))])

    assert not flags_of(mapped_mesh((10, 2, 3), groove), GUIDES).any()
