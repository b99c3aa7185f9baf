"""One sector of a ring against the whole ring, in heat and in stress, and against Lamé."""

import numpy as np
import pytest
from box_mesh import STEEL, make_scene, temperature_input
from elastic_bodies import NUMPY, mapped_mesh
from sectors import OUTER, SECTORS, cyclic, ring_of, sector_mesh
from warm_parts import C_TABLE, K_TABLE, face, heat_input, nominal

from twin3d.fem.cyclic import cyclic_ties, rotation_about
from twin3d.fem.elements import Element
from twin3d.fem.heat_terms import Instant
from twin3d.fem.mechanics.neighbours import turned_stress
from twin3d.fem.mechanics.problem import prepare_stress, solve_stress
from twin3d.fem.newton import HeatSolver
from twin3d.fem.nonlinear import nonlinear_heat
from twin3d.fem.space import function_space
from twin3d.fem.steps import fixed_steps
from twin3d.scene import Convection, ElasticSupport, HeatFlux, PressureLoad, Radiation, Symmetry

ELASTIC = STEEL.model_copy(update={"youngs_modulus": 210e9, "poissons_ratio": 0.3, "thermal_expansion": 12e-6})
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


def held_scene(*more, **changes):
    """Pressed inside and on a floor, in a bed that stops its turn."""
    return make_scene(
        loads=(),
        inputs=(),
        material=ELASTIC,
        mechanical=(
            Symmetry(name="floor", face=face("z0")),
            ElasticSupport(name="bed", face=face("x1"), stiffness=0.0, tangential_stiffness=1e10),
            PressureLoad(name="inside", face=face("x0"), pressure=60e6),
            *more,
        ),
        **changes,
    )


def stress_of(scene, space, warmth=lambda points: 0.0):
    problem = prepare_stress(scene, space, backend=NUMPY)
    return solve_stress(problem, 300.0 + warmth(space.dof_points) + np.zeros(space.n_dofs), backend=NUMPY)


def swirling(points):
    """A warmth [K] that is the same in every sector of `sector_mesh`, but neither along its ends nor mirrored."""
    x, y, z = points.T
    return 2e3 * np.hypot(x, y) + 40.0 * np.sin(SECTORS * np.arctan2(y, x) + 500.0 * z)


def turn_of(copy):
    return rotation_about(np.array([0.0, 0.0, 1.0]), 2.0 * np.pi * copy / SECTORS)


@pytest.mark.parametrize("element", Element)
@pytest.mark.parametrize("shaft", [(), (Symmetry(name="shaft", face=face("x0")),)], ids=["open", "on a shaft"])
def test_sector_has_the_displacement_and_stress_of_the_ring(element, shaft):
    sector = sector_mesh(skew=0.3)
    ring, number = ring_of(sector)

    one = stress_of(held_scene(*shaft, cyclic=cyclic()), function_space(sector, element), swirling)
    whole = stress_of(held_scene(*shaft), function_space(ring, element), swirling)

    n, u, stress = sector.n_points, np.abs(whole.displacement).max(), np.abs(whole.stress).max()
    for copy, points in enumerate(number):
        moved = one.displacement[:n] @ turn_of(copy).T
        np.testing.assert_allclose(moved, whole.displacement[points], rtol=0, atol=1e-8 * u)
        turned = turned_stress(one.stress[:n], turn_of(copy))
        np.testing.assert_allclose(turned, whole.stress[points], rtol=0, atol=1e-8 * stress)
    assert one.solution.imbalance < 1e-12
    for k, reaction in enumerate(whole.solution.reactions):
        share = one.solution.reactions[k]
        np.testing.assert_allclose(
            SECTORS * share.force[2], reaction.force[2], rtol=0, atol=1e-8 * whole.solution.carried
        )
        moment = SECTORS * share.moment[2]
        np.testing.assert_allclose(moment, reaction.moment[2], rtol=0, atol=1e-8 * whole.solution.carried * OUTER)


@pytest.mark.parametrize(
    ("sectors", "skew", "shift", "tolerance"), [(6, 0.3, 0.0, 1e-3), (12, 0.3, 0.0, 1e-3), (12, 0.0, 0.15, 5e-3)]
)
def test_sector_of_a_thick_cylinder_under_pressure_is_that_of_lame(sectors, skew, shift, tolerance):
    """Skewed, its ends are bent; shifted, their meshes differ, which softens them."""
    a, b, p = 0.05, 0.1, 60e6

    def bend(unit):
        radius, angle = a * (b / a) ** unit[:, 0], 2.0 * np.pi / sectors * (unit[:, 1] + skew * unit[:, 0])
        layer = unit[:, 2] + shift * unit[:, 1] * np.sin(np.pi * unit[:, 2])
        return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), 0.01 * layer])

    space = function_space(mapped_mesh((12, 72 // sectors, 6 if shift else 1), bend), Element.TET10)
    assert cyclic_ties(cyclic(sectors=sectors), space).is_matching == (shift == 0.0)
    scene = held_scene(Symmetry(name="ceiling", face=face("z1")), cyclic=cyclic(sectors=sectors))

    field = stress_of(scene, space)

    x, y, _ = space.dof_points.T
    r = np.hypot(x, y)
    radial = np.column_stack([x, y, 0.0 * r]) / r[:, None]
    scale = p * a**2 / (b**2 - a**2)
    u = 1.3 / 210e9 * scale * (0.4 * r + b**2 / r)
    s, c = y / r, x / r
    hoop = field.stress[:, 0] * s**2 + field.stress[:, 1] * c**2 - 2.0 * field.stress[:, 3] * s * c
    exact = scale * (1.0 + (b / r) ** 2)
    np.testing.assert_allclose(field.displacement, u[:, None] * radial, rtol=0, atol=tolerance * u.max())
    error = np.sqrt(((hoop - exact) ** 2).mean())
    assert error < tolerance * exact.max()
    assert field.solution.imbalance < 1e-12
