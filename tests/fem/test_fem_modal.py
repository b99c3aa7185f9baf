"""Free vibration: rigid motions, exact frequencies, modal mass, and what is refused."""

import numpy as np
import pytest
from box_mesh import box_mesh
from elastic_bodies import NUMPY, STEEL, bent_box, corners_of, facets_of, whole

from twin3d.errors import SolverError
from twin3d.fem.elements import Element
from twin3d.fem.mechanics.elastic import isotropic
from twin3d.fem.mechanics.statics import Body
from twin3d.fem.mechanics.supports import fixed, symmetry
from twin3d.fem.modal import free_vibration
from twin3d.fem.space import function_space

RHO = 7800.0


def vibration(space, supports=(), *, n_modes, material=STEEL):
    density = np.full(space.mesh.n_cells, RHO)
    return free_vibration(Body(space, whole(space, material), supports), density, n_modes=n_modes, backend=NUMPY)


def test_free_body_has_six_rigid_modes():
    space = bent_box(2)

    modes = vibration(space, n_modes=3)

    assert modes.n_rigid == 6
    np.testing.assert_array_equal(modes.frequencies[:6], 0.0)
    assert (modes.frequencies[6:] > 100.0).all()


def test_bar_rings_at_the_frequencies_of_sound():
    space = function_space(box_mesh((12, 1, 1), (1.0, 0.05, 0.05)), Element.TET10)
    rod = isotropic("no Poisson", youngs_modulus=210e9, poissons_ratio=0.0)
    sides = [symmetry(space, facets_of(space, name), name=name) for name in ("y0", "y1", "z0", "z1")]

    modes = vibration(space, sides, n_modes=2, material=rod)

    assert modes.n_rigid == 1
    np.testing.assert_allclose(modes.frequencies[1:], np.sqrt(210e9 / RHO) / 2.0 * np.array([1, 2]), rtol=1e-3)


def test_shapes_have_unit_mass_and_move_the_body():
    space = function_space(box_mesh((8, 2, 2), (0.4, 0.04, 0.02)), Element.TET10)

    modes = vibration(space, [fixed(space, corners_of(space, "x0"), name="wall")], n_modes=8)

    assert modes.n_rigid == 0
    np.testing.assert_allclose(modes.mass, RHO * 0.4 * 0.04 * 0.02, rtol=1e-9)
    assert (modes.effective_masses.sum(axis=0) < modes.mass).all()
    assert modes.effective_masses[:, 2].sum() > 0.8 * modes.mass


def test_cantilever_vibrates_as_a_slender_beam():
    length, height = 1.0, 0.02
    space = function_space(box_mesh((24, 1, 1), (length, 0.05, height)), Element.TET10)
    beam = isotropic("no Poisson", youngs_modulus=210e9, poissons_ratio=0.0)

    modes = vibration(space, [fixed(space, corners_of(space, "x0"), name="wall")], n_modes=1, material=beam)

    euler = 1.8751041**2 / (2 * np.pi * length**2) * np.sqrt(210e9 * height**2 / 12.0 / RHO)
    np.testing.assert_allclose(modes.frequencies[0], euler, rtol=5e-3)


def test_more_modes_than_unknowns_are_refused():
    space = function_space(box_mesh((1, 1, 1)))

    with pytest.raises(SolverError, match="ask for at least 1 and far fewer"):
        vibration(space, n_modes=30)


def test_a_part_without_mass_is_refused():
    space = bent_box(1)

    with pytest.raises(SolverError, match="the smallest density is 0 kg"):
        free_vibration(Body(space, whole(space)), np.zeros(space.mesh.n_cells), n_modes=1, backend=NUMPY)
