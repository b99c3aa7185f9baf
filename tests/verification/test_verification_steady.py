"""Steady heat conduction against analytic solutions."""

import numpy as np
import pytest
from box_mesh import STEEL, box_mesh, make_scene, temperature_input

from twin3d.fem.elements import Element
from twin3d.fem.heat import assemble_heat
from twin3d.fem.rows import rows_at
from twin3d.fem.solve import steady
from twin3d.fem.space import function_space
from twin3d.scene import Contact, Convection, FixedTemperature, HeatFlux, HeatSource, Input, Radiation, selectors

K = STEEL.conductivity


def face(name):
    return selectors.parse(f"name {name}")


def fixed(name, where):
    return FixedTemperature(name=name, face=face(where), input=name)


@pytest.mark.parametrize("element", Element)
def test_slab_with_flux_and_film_matches_the_series_of_resistances(element, backend):
    L, q, h, ambient = 0.05, 4000.0, 80.0, 295.0
    mesh = box_mesh((6, 2, 2), (L, 0.02, 0.02))
    scene = make_scene(
        loads=[
            HeatFlux(name="in", face=face("x0"), input="q"),
            Convection(name="film", face=face("x1"), film_coefficient=h, input="air"),
        ],
        inputs=[Input(name="q", unit="W/m^2", value=q), temperature_input("air", ambient)],
    )

    space = function_space(mesh, element)
    T = steady(assemble_heat(scene, space, backend=backend), np.array([q, ambient]), backend=backend)

    np.testing.assert_allclose(T, ambient + q / h + q / K * (L - space.dof_points[:, 0]), rtol=0, atol=1e-8)


@pytest.mark.parametrize("element", Element)
def test_contact_makes_the_jump_of_its_resistance(element, backend):
    L, q, h = 0.04, 5000.0, 2.0e3
    mesh = box_mesh((4, 2, 2), (L, 0.02, 0.02), n_parts=2, contact=True)
    scene = make_scene(
        loads=[HeatFlux(name="in", face=face("x0"), input="q"), fixed("cold", "x1")],
        inputs=[Input(name="q", unit="W/m^2", value=q), temperature_input("cold", 300.0)],
        contacts=[Contact(name="joint", between=("part_0", "part_1"), conductance=h)],
    )

    space = function_space(mesh, element)
    T = steady(assemble_heat(scene, space, backend=backend), np.array([q, 300.0]), backend=backend)

    warm, cold = (space.facet_dofs(mesh.contact_facets[:, side]) for side in (0, 1))
    jump = T[warm] - T[cold]
    np.testing.assert_allclose(jump, q / h, rtol=1e-9)
    np.testing.assert_allclose(T.max(), 300.0 + q / h + q * L / K, rtol=1e-12)


def test_radiation_is_the_film_of_its_linearisation(backend):
    surroundings, around, epsilon, q = 300.0, 310.0, 0.8, 50.0
    mesh = box_mesh((2, 2, 2), (0.01, 0.01, 0.01))
    scene = make_scene(
        loads=[
            HeatFlux(name="in", face=face("x0"), input="q"),
            Radiation(name="rad", face=face("x1"), emissivity=epsilon, around=around, input="wall"),
        ],
        inputs=[Input(name="q", unit="W/m^2", value=q), temperature_input("wall", surroundings)],
    )

    T = steady(
        assemble_heat(scene, function_space(mesh), backend=backend), np.array([q, surroundings]), backend=backend
    )

    film = 4.0 * epsilon * 5.670374419e-8 * around**3
    at_wall = np.unique(mesh.facets[mesh.facet_region == 1])
    np.testing.assert_allclose(T[at_wall], surroundings + q / film, rtol=1e-10)


def test_source_in_watts_and_per_volume_agree(backend):
    mesh = box_mesh((3, 3, 3), (0.1, 0.1, 0.1))
    film = Convection(name="film", face=face("x1"), film_coefficient=50.0, input="air")
    fields = []
    for unit, value in (("W", 7.0), ("W/m^3", 7.0 / 1e-3)):
        scene = make_scene(
            loads=[HeatSource(name="heat", part="*", input="p"), film],
            inputs=[Input(name="p", unit=unit, value=value), temperature_input("air")],
        )
        fields.append(
            steady(
                assemble_heat(scene, function_space(mesh), backend=backend), np.array([value, 300.0]), backend=backend
            )
        )

    np.testing.assert_allclose(fields[0], fields[1], rtol=1e-12)
    outer = fields[0][np.unique(mesh.facets[mesh.facet_region == 1])]
    assert abs(outer.mean() - (300.0 + 7.0 / (50.0 * 0.01))) < 0.5


@pytest.mark.parametrize("quantity", ["field", "flow"])
def test_hollow_cylinder_converges_at_second_order(quantity, backend):
    r0, r1 = 0.02, 0.05

    def bend(unit):
        radius, angle = r0 + (r1 - r0) * unit[:, 0], 0.5 * np.pi * unit[:, 1]
        return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), 0.01 * unit[:, 2]])

    errors = []
    for n in (6, 12, 24):
        mesh = box_mesh((n, 2 * n, n // 3), mapping=bend)
        scene = make_scene(
            loads=[fixed("inner", "x0"), fixed("outer", "x1")],
            inputs=[temperature_input("inner", 400.0), temperature_input("outer", 300.0)],
        )
        operators = assemble_heat(scene, function_space(mesh), backend=backend)
        T = steady(operators, np.array([400.0, 300.0]), backend=backend)
        radius = np.hypot(*mesh.points[:, :2].T)
        exact = 400.0 - 100.0 * np.log(radius / r0) / np.log(r1 / r0)
        if quantity == "field":
            errors.append(np.sqrt(np.mean((T - exact) ** 2)))
        else:
            flow = (sum(operators.stiffness_terms) @ T)[radius < r0 * 1.0001].sum()
            errors.append(abs(flow - 0.5 * np.pi * K * 0.01 * 100.0 / np.log(r1 / r0)))

    slopes = np.diff(np.log(errors)) / np.log(0.5)
    assert abs(slopes[-1] - 2.0) < 0.1, (errors, slopes)


@pytest.mark.parametrize(("element", "shape", "tolerance"), [("tet4", (16, 6, 6), 0.2), ("tet10", (4, 2, 2), 1e-9)])
def test_wall_with_a_source_has_the_parabola_of_its_half(element, shape, tolerance, backend):
    L, k, h, q, fluid = 0.05, 20.0, 1000.0, 1e6, 293.15
    mesh = box_mesh(shape, (L, 0.02, 0.02), wobble=0.25)
    scene = make_scene(
        loads=[
            HeatSource(name="heat", part="*", input="q"),
            Convection(name="film", face=face("x1"), film_coefficient=h, input="fluid"),
        ],
        inputs=[Input(name="q", unit="W/m^3", value=q), temperature_input("fluid", fluid)],
        material=STEEL.model_copy(update={"conductivity": k}),
    )
    space = function_space(mesh, Element(element))

    T = steady(assemble_heat(scene, space, backend=backend), np.array([q, fluid]), backend=backend)

    x = space.dof_points[:, 0]
    np.testing.assert_allclose(T, fluid + q * L / h + q * (L**2 - x**2) / (2.0 * k), atol=tolerance, rtol=0)
    surface, middle = T[x > L - 1e-9], T[x < 1e-9]
    np.testing.assert_allclose(surface - 273.15, 70.0, atol=tolerance)
    np.testing.assert_allclose(middle - 273.15, 132.5, atol=tolerance)


@pytest.mark.parametrize(("element", "n"), [(Element.TET4, 40), (Element.TET10, 10)])
@pytest.mark.parametrize("tip", ["adiabatic", "cooled"])
def test_fin_has_its_efficiency(tip, element, n, backend):
    """Incropera and DeWitt, Fundamentals of Heat and Mass Transfer, section 3.6: m = √(2 h / (k t))."""
    k, h, L, half, width = 200.0, 25.0, 0.1, 0.002, 0.01
    cooled = "name z1 or name x1" if tip == "cooled" else "name z1"
    mesh = box_mesh((n, 1, 1), (L, width, half))
    scene = make_scene(
        loads=[
            fixed("base", "x0"),
            Convection(name="film", face=selectors.parse(cooled), film_coefficient=h, input="air"),
        ],
        inputs=[temperature_input("base", 400.0), temperature_input("air", 300.0)],
        material=STEEL.model_copy(update={"conductivity": k}),
    )
    space = function_space(mesh, element)
    operators = assemble_heat(scene, space, backend=backend)

    T = steady(operators, np.array([400.0, 300.0]), backend=backend)

    flow = (sum(operators.stiffness_terms) @ (T - 300.0))[operators.fixed_dofs].sum()
    m, length = np.sqrt(h / (k * half)), L + half if tip == "cooled" else L
    expected = np.tanh(m * length) / (m * length)
    np.testing.assert_allclose(expected, {"adiabatic": 0.833237, "cooled": 0.827883}[tip], atol=5e-7)
    np.testing.assert_allclose(flow / (h * width * length * 100.0), expected, rtol=2e-4)
    if tip == "adiabatic":
        np.testing.assert_allclose((T[space.dof_points[:, 0] > L - 1e-9] - 300.0) / 100.0, 0.752378, rtol=5e-4)


@pytest.mark.parametrize(("element", "shape", "tolerance"), [("tet4", (24, 32, 1), 0.02), ("tet10", (12, 16, 1), 0.01)])
def test_nafems_t4(element, shape, tolerance, backend):
    """NAFEMS, The Standard NAFEMS Benchmarks (1990), T4: the corner where the film meets the hot edge is singular."""

    def graded(unit):
        towards_corner = np.column_stack([1.0 - (1.0 - unit[:, 0]) ** 1.5, unit[:, 1] ** 1.5, unit[:, 2]])
        return towards_corner * [0.6, 1.0, 0.02]

    mesh = box_mesh(shape, mapping=graded)
    scene = make_scene(
        loads=[
            fixed("hot", "y0"),
            Convection(name="film", face=selectors.parse("name x1 or name y1"), film_coefficient=750.0, input="air"),
        ],
        inputs=[temperature_input("hot", 373.15), temperature_input("air", 273.15)],
        material=STEEL.model_copy(update={"conductivity": 52.0}),
    )
    space = function_space(mesh, Element(element))

    T = steady(assemble_heat(scene, space, backend=backend), np.array([373.15, 273.15]), backend=backend)

    at_probe = rows_at(space, np.array([[0.6, 0.2, 0.01]])) @ T
    np.testing.assert_allclose(at_probe - 273.15, 18.2538, atol=tolerance)
