"""Benchmarks of NAFEMS (TNSB Rev. 3, 1990) with curved quadratic cells: LE1, LE10, LE11, FV32."""

import numpy as np
from box_mesh import box_mesh
from elastic_bodies import NUMPY, corners_of, facets_of, mapped_mesh, recovered_stress, solved, whole

from twin3d.fem.elements import Element
from twin3d.fem.mechanics import forces
from twin3d.fem.mechanics.elastic import isotropic
from twin3d.fem.mechanics.statics import Body
from twin3d.fem.mechanics.supports import Support, displaced, symmetry
from twin3d.fem.modal import free_vibration
from twin3d.fem.space import function_space

STEEL = isotropic("steel", youngs_modulus=210e9, poissons_ratio=0.3, thermal_expansion=2.3e-4)


def rollers(space, *names):
    return [symmetry(space, facets_of(space, name), name=name) for name in names]


def value_at(space, field, position):
    away = np.linalg.norm(space.dof_points - position, axis=1)
    assert away.min() < 1e-9
    return field[away.argmin()]


def ellipses(shape, height):
    """A quarter of a plate, fine near (2, 0): face x0 inside, x1 outside, y0 on the x axis, y1 on the y axis."""

    def spread(unit):
        angle, along = 0.5 * np.pi * unit[:, 1] ** 1.3, unit[:, 0] ** 1.5
        from_middle = 2.0 * unit[:, 2] - 1.0
        layers = 0.5 + 0.5 * np.sign(from_middle) * (1.0 - (1.0 - np.abs(from_middle)) ** 1.5)
        inner, outer = (np.column_stack([a * np.cos(angle), b * np.sin(angle)]) for a, b in ((2.0, 1.0), (3.25, 2.75)))
        return np.column_stack([inner + along[:, None] * (outer - inner), height * layers])

    return function_space(mapped_mesh(shape, spread), Element.TET10)


def test_le1_elliptic_membrane():
    space = ellipses((8, 12, 1), 0.05)
    load = forces.pressure(space, corners_of(space, "x1"), -10e6)

    solution = solved(space, rollers(space, "y0", "y1", "z0"), load, material=STEEL)
    stress = recovered_stress(space, solution.displacement, STEEL)

    np.testing.assert_allclose(value_at(space, stress, [2.0, 0.0, 0.05])[1], 92.7e6, rtol=0.02)


def test_le10_thick_plate():
    space = ellipses((8, 12, 4), 0.6)
    outside = np.unique(space.facet_dofs(corners_of(space, "x1")))
    middle = outside[np.abs(space.dof_points[outside, 2] - 0.3) < 1e-9]
    supports = [
        *rollers(space, "y0", "y1"),
        displaced(space, corners_of(space, "x1"), {0: 0.0, 1: 0.0}, name="rim"),
        Support("middle", middle, np.tile([0.0, 0.0, 1.0], (len(middle), 1)), np.zeros(len(middle))),
    ]

    solution = solved(space, supports, forces.pressure(space, corners_of(space, "z1"), 1e6), material=STEEL)
    stress = recovered_stress(space, solution.displacement, STEEL)

    np.testing.assert_allclose(value_at(space, stress, [2.0, 0.0, 0.6])[1], -5.38e6, rtol=0.02)


def test_le11_solid_of_revolution_with_a_temperature_field():
    half, heights = np.sqrt(0.5), np.array([0.0, np.sqrt(0.5), np.sqrt(0.5) + 0.69, np.sqrt(0.5) + 1.09])
    layers = np.array([0, 5, 10, 13])

    def arc(radius, end, t):
        return radius * np.column_stack([np.cos(end * t), np.sin(end * t)])

    def profile(radius, corner_radius, top_radius, t):
        """(r, z) along an arc, a cone and a cylinder, one unit of t each."""
        end = np.arccos(corner_radius / radius)
        corners = np.array([[corner_radius, heights[1]], [top_radius, heights[2]], [top_radius, heights[3]]])
        straight = np.column_stack([np.interp(t, [1, 2, 3], corners[:, k]) for k in (0, 1)])
        return np.where((t < 1.0)[:, None], arc(radius, end, np.minimum(t, 1.0)), straight)

    def turn(unit):
        t = np.interp(unit[:, 1] * layers[-1], layers, [0, 1, 2, 3])
        inner, outer = profile(1.0, half, half, t), profile(1.4, np.sqrt(1.96 - 0.5), 1.0, t)
        r, z = (inner + unit[:, :1] * (outer - inner)).T
        angle = 0.5 * np.pi * unit[:, 2]
        return np.column_stack([r * np.cos(angle), r * np.sin(angle), z])

    space = function_space(mapped_mesh((3, layers[-1], 6), turn), Element.TET10)
    warming = np.hypot(*space.dof_points[:, :2].T) + space.dof_points[:, 2]
    load = forces.thermal(space, np.arange(space.mesh.n_cells), STEEL, warming, backend=NUMPY)

    solution = solved(space, rollers(space, "y0", "y1", "z0", "z1"), load, material=STEEL)
    stress = recovered_stress(space, solution.displacement, STEEL, warming=warming)

    np.testing.assert_allclose(value_at(space, stress, [1.0, 0.0, 0.0])[2], -105e6, rtol=0.03)


def test_fv32_tapered_cantilever():
    steel = isotropic("steel", youngs_modulus=200e9, poissons_ratio=0.3)

    def taper(unit):
        half = 2.5 - 2.0 * unit[:, 0]
        return np.column_stack([10.0 * unit[:, 0], half * (2.0 * unit[:, 1] - 1.0), 0.05 * (unit[:, 2] - 0.5)])

    space = function_space(box_mesh((20, 10, 1), mapping=taper), Element.TET10)
    middle = np.flatnonzero(np.abs(space.dof_points[:, 2]) < 1e-9)
    root = np.unique(space.facet_dofs(corners_of(space, "x0")))
    supports = [
        Support("flat", middle, np.tile([0.0, 0.0, 1.0], (len(middle), 1)), np.zeros(len(middle))),
        Support("root", np.repeat(root, 2), np.tile(np.eye(3)[:2], (len(root), 1)), np.zeros(2 * len(root))),
    ]

    modes = free_vibration(
        Body(space, whole(space, steel), supports), np.full(space.mesh.n_cells, 8000.0), n_modes=6, backend=NUMPY
    )

    assert modes.n_rigid == 0
    np.testing.assert_allclose(modes.frequencies, [44.623, 130.03, 162.70, 246.05, 379.90, 391.44], rtol=5e-3)
