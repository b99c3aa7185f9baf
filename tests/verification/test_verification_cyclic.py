"""One sector of a ring against the whole ring: heat, and displacement by the same ties."""

import numpy as np
import pytest
from box_mesh import STEEL, make_scene, temperature_input
from elastic_bodies import corners_of, whole
from scipy.sparse import csr_array
from scipy.sparse.linalg import spsolve
from sectors import cyclic, ring_of, sector_mesh
from warm_parts import C_TABLE, K_TABLE, face, heat_input, nominal

from twin3d.backend import get_backend
from twin3d.fem.cyclic import cyclic_ties
from twin3d.fem.elements import Element
from twin3d.fem.facet_integrals import facet_load_blocks
from twin3d.fem.heat_terms import Instant
from twin3d.fem.integrals import gathered
from twin3d.fem.mechanics.forces import pressure, support_stiffness
from twin3d.fem.mechanics.stiffness import assemble_stiffness
from twin3d.fem.newton import HeatSolver
from twin3d.fem.nonlinear import nonlinear_heat
from twin3d.fem.space import function_space, vector_dofs
from twin3d.fem.steps import fixed_steps
from twin3d.scene import Convection, HeatFlux, Radiation

WARM = STEEL.model_copy(update={"conductivity": K_TABLE, "specific_heat": C_TABLE})


def warm_scene(**changes):
    return make_scene(
        loads=[
            HeatFlux(name="in", face=face("x0"), input="flux"),
            Radiation(name="glow", face=face("z1"), emissivity=0.8, around=350.0, input="air"),
            Convection(name="film", face=face("x1"), film_coefficient=60.0, input="air"),
        ],
        inputs=[heat_input("flux", 2.0e4, "W/m^2"), temperature_input("air", 300.0)],
        material=WARM,
        **changes,
    )


def temperatures(scene, space, backend):
    """Steady, and after some steps."""
    heat, u = nonlinear_heat(scene, space, backend=backend), nominal(scene)
    start = np.full(space.n_dofs, 300.0)
    steady = HeatSolver(heat, backend=backend).steady(start, Instant(0.0, u))
    steps = list(fixed_steps(HeatSolver(heat, backend=backend), start, lambda _: u, dt_s=10.0, n_steps=3))
    return steady, steps[-1].temperature


@pytest.mark.parametrize("element", Element)
@pytest.mark.parametrize("skew", [0.0, 0.3])
def test_sector_has_the_temperatures_of_the_ring(element, skew, backend):
    sector = sector_mesh(skew=skew)
    ring, number = ring_of(sector)

    of_sector = temperatures(warm_scene(cyclic=cyclic()), function_space(sector, element), backend)
    of_ring = temperatures(warm_scene(), function_space(ring, element), backend)

    assert np.ptp(of_ring[0]) > 10.0
    for one, every in zip(of_sector, of_ring, strict=True):
        for copy in number:
            np.testing.assert_allclose(one[: sector.n_points], every[copy], rtol=1e-8)


def test_sector_whose_ends_do_not_match_comes_near_the_ring(backend):
    sector = sector_mesh((8, 6, 6), shift=0.2)

    shifted, _ = temperatures(warm_scene(cyclic=cyclic()), function_space(sector, Element.TET10), backend)
    matching, _ = temperatures(
        warm_scene(cyclic=cyclic()), function_space(sector_mesh((8, 6, 6)), Element.TET10), backend
    )

    assert not cyclic_ties(cyclic(), function_space(sector, Element.TET10)).is_matching
    np.testing.assert_allclose([shifted.max(), shifted.min()], [matching.max(), matching.min()], rtol=0, atol=2e-3)


def pressed_and_twisted(space):
    """Stiffness of a ring or sector on a soft bed, and its load: pressure inside, a swirl outside."""
    K = assemble_stiffness(space, whole(space), backend=get_backend("numpy"))
    K = K + support_stiffness(space, corners_of(space, "z0"), normal=1e12, tangential=1e12)
    outside = corners_of(space, "x1")
    shares = gathered(space.facet_dofs(outside), facet_load_blocks(space, outside, 1e6), space.n_dofs)
    x, y, _ = space.dof_points.T
    swirl = shares[:, None] * np.column_stack([-y, x, 0.0 * x]) / np.hypot(x, y)[:, None]
    return K, pressure(space, corners_of(space, "x0"), 1e7) + swirl.ravel()


@pytest.mark.parametrize("element", Element)
def test_sector_moves_as_the_ring_does(element):
    sector = sector_mesh(skew=0.3)
    ring, number = ring_of(sector)
    of_ring, of_sector = function_space(ring, element), function_space(sector, element)
    ties = cyclic_ties(cyclic(), of_sector)
    C = ties.displacements()
    free = vector_dofs(np.setdiff1d(np.arange(of_sector.n_dofs, dtype=np.int32), ties.dofs)).ravel()

    K, F = pressed_and_twisted(of_sector)
    v = np.zeros(len(F))
    v[free] = spsolve(csr_array(C.T @ K @ C)[free][:, free].tocsc(), (C.T @ F)[free])
    u = (C @ v).reshape(-1, 3)

    K, F = pressed_and_twisted(of_ring)
    expected = spsolve(K.tocsc(), F).reshape(-1, 3)
    turn = np.eye(3)
    for copy in number:
        np.testing.assert_allclose(u[: sector.n_points] @ turn.T, expected[copy], atol=1e-8 * np.abs(expected).max())
        turn = turn @ ties.rotation
