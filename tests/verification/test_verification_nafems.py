"""Benchmarks of NAFEMS (TNSB Rev. 3, 1990) with curved quadratic cells: LE1, LE10, LE11, T1, FV32."""

import numpy as np
from box_mesh import box_mesh
from elastic_bodies import NUMPY, corners_of, facets_of, mapped_mesh, recovered_stress, solved, whole

from twin3d.fem.elements import Element
from twin3d.fem.mechanics import forces
from twin3d.fem.mechanics.elastic import isotropic, orthotropic
from twin3d.fem.mechanics.recovery import recover
from twin3d.fem.mechanics.statics import Body, prepare_body, solve_static
from twin3d.fem.mechanics.stress import sampling_rule, stress_in_cells
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


def membrane(thermal_expansion):
    """A material that is isotropic in the plane and whose thickness follows nothing: plane stress, exactly."""
    return orthotropic(
        "membrane",
        youngs_moduli=(100e9,) * 3,
        poissons_ratios=(0.3, 0.0, 0.0),
        shear_moduli=(100e9 / 2.6, 50e9, 50e9),
        thermal_expansions=(thermal_expansion, thermal_expansion, 0.0),
        axes=np.eye(3),
    )


def quarter_disc(a, b, *, n_inside, n_outside):
    """A quarter of a disc of radius b, one layer ending at radius a; face y0 is on the x axis, x0 on the y axis."""
    n = n_inside + n_outside

    def spread(unit):
        layer = n * np.maximum(unit[:, 0], unit[:, 1])
        radius = np.where(layer < n_inside, a * layer / n_inside, a * (b / a) ** ((layer - n_inside) / n_outside))
        across = unit[:, :2] / np.maximum(np.linalg.norm(unit[:, :2], axis=1), 1e-300)[:, None]
        return np.column_stack([radius[:, None] * across, 0.05 * a * unit[:, 2]])

    return function_space(mapped_mesh((n, n, 1), spread), Element.TET10)


def test_t1_membrane_with_a_hot_spot():
    """T1 states 50 MPa for a spot in a wide membrane; this one is round, for which it is exact.

    Thermal strain 1e-3 in the spot, none outside, quarter model, sigma_yy just outside the spot: Abaqus Benchmarks
    Manual, 4.3.1. The dimensions are in a figure only, so the membrane is a disc of radius b = 10 a. Timoshenko and
    Goodier, Theory of Elasticity, thin circular disc, give E alpha T / 2 (a^2 / r^2 + a^2 / b^2) outside the spot,
    which is 50 MPa at r = a as b grows, and E alpha T / 2 (a^2 / b^2 - 1) inside.
    """
    a, b = 1.0, 10.0
    space = quarter_disc(a, b, n_inside=8, n_outside=28)
    is_hot = np.linalg.norm(space.mesh.points[space.mesh.cells].mean(axis=1)[:, :2], axis=1) < a
    regions = [(np.flatnonzero(is_hot), membrane(1e-5)), (np.flatnonzero(~is_hot), membrane(0.0))]
    warming = np.full(space.n_dofs, 100.0)
    load = sum(forces.thermal(space, cells, material, warming, backend=NUMPY) for cells, material in regions)

    prepared = prepare_body(Body(space, regions, rollers(space, "x0", "y0", "z0")), backend=NUMPY)
    u = solve_static(prepared, load).displacement
    fields = []
    for cells, material in regions:
        rule = sampling_rule(space.element)
        samples = stress_in_cells(space, cells, material, u, warming=warming, rule=rule, backend=NUMPY)
        fields.append(recover(space, cells, samples))
    inside, outside = fields

    x, y, _ = space.dof_points[outside.dofs].T
    on_axis = np.abs(y) < 1e-9
    of_y = outside.values[on_axis, 1]
    np.testing.assert_allclose(of_y[np.abs(x[on_axis] - a) < 1e-9], 50e6, rtol=0.03)
    exact = 50e6 * ((a / x[on_axis]) ** 2 + (a / b) ** 2)
    np.testing.assert_allclose(of_y, exact, rtol=0, atol=0.01 * 50e6)
    np.testing.assert_allclose(inside.values[:, :2], 50e6 * ((a / b) ** 2 - 1.0), rtol=0.01)


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
