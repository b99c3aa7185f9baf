"""Steady heat conduction against analytic solutions and orders of convergence."""

import numpy as np
import pytest
from box_mesh import STEEL, box_mesh, make_scene, temperature_input
from scipy.sparse.linalg import spsolve

from twin3d.errors import SolverError
from twin3d.fem.heat import assemble_heat
from twin3d.fem.solve import steady
from twin3d.fem.space import function_space
from twin3d.fem.system import system_at
from twin3d.scene import Contact, Convection, FixedTemperature, HeatFlux, HeatSource, Input, Radiation, selectors

K = STEEL.conductivity


def face(name):
    return selectors.parse(f"name {name}")


def fixed(name, where):
    return FixedTemperature(name=name, face=face(where), input=name)


def test_patch_of_distorted_cells_holds_a_linear_field(backend):
    mesh = box_mesh((4, 3, 5), (0.3, 0.2, 0.1), wobble=0.25)
    scene = make_scene(
        loads=[fixed("cold", "x0"), fixed("hot", "x1")],
        inputs=[temperature_input("cold", 280.0), temperature_input("hot", 400.0)],
    )

    T = steady(assemble_heat(scene, function_space(mesh), backend=backend), np.array([280.0, 400.0]), backend=backend)

    np.testing.assert_allclose(T, 280.0 + 120.0 * mesh.points[:, 0] / 0.3, rtol=0, atol=1e-9)


def test_slab_with_flux_and_film_matches_the_series_of_resistances(backend):
    L, q, h, ambient = 0.05, 4000.0, 80.0, 295.0
    mesh = box_mesh((6, 2, 2), (L, 0.02, 0.02))
    scene = make_scene(
        loads=[
            HeatFlux(name="in", face=face("x0"), input="q"),
            Convection(name="film", face=face("x1"), film_coefficient=h, input="air"),
        ],
        inputs=[Input(name="q", unit="W/m^2", value=q), temperature_input("air", ambient)],
    )

    T = steady(assemble_heat(scene, function_space(mesh), backend=backend), np.array([q, ambient]), backend=backend)

    np.testing.assert_allclose(T, ambient + q / h + q / K * (L - mesh.points[:, 0]), rtol=0, atol=1e-8)


def test_contact_makes_the_jump_of_its_resistance(backend):
    L, q, h = 0.04, 5000.0, 2.0e3
    mesh = box_mesh((4, 2, 2), (L, 0.02, 0.02), n_parts=2, contact=True)
    scene = make_scene(
        loads=[HeatFlux(name="in", face=face("x0"), input="q"), fixed("cold", "x1")],
        inputs=[Input(name="q", unit="W/m^2", value=q), temperature_input("cold", 300.0)],
        contacts=[Contact(name="joint", between=("part_0", "part_1"), conductance=h)],
    )

    T = steady(assemble_heat(scene, function_space(mesh), backend=backend), np.array([q, 300.0]), backend=backend)

    jump = T[mesh.contact_facets[:, 0]] - T[mesh.contact_facets[:, 1]]
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


def test_manufactured_solution_converges_at_second_order(backend):
    unit = STEEL.model_copy(update={"conductivity": 1.0, "density": 1.0, "specific_heat": 1.0})
    errors = []
    for n in (6, 12, 24):
        mesh = box_mesh((n, n, n))
        walls = [fixed(f"w{k}", name) for k, name in enumerate(("x0", "x1"))]
        scene = make_scene(loads=walls, inputs=[temperature_input("w0"), temperature_input("w1")], material=unit)
        system = system_at(assemble_heat(scene, function_space(mesh), backend=backend))
        x, y, z = mesh.points[system.free_dofs].T
        exact = np.sin(np.pi * x) * np.cos(np.pi * y) * np.cos(np.pi * z)
        T = spsolve(system.stiffness.tocsc(), system.mass @ (3.0 * np.pi**2 * exact))
        errors.append(np.sqrt((T - exact) @ (system.mass @ (T - exact))))

    slopes = np.diff(np.log(errors)) / np.log(0.5)
    assert abs(slopes[-1] - 2.0) < 0.1, (errors, slopes)


def test_nothing_that_holds_the_temperature_is_an_error(backend):
    mesh = box_mesh((2, 2, 2))
    scene = make_scene(
        loads=[HeatSource(name="heat", part="*", input="p")], inputs=[Input(name="p", unit="W", value=1.0)]
    )

    with pytest.raises(SolverError, match="nothing holds the temperature"):
        steady(assemble_heat(scene, function_space(mesh), backend=backend), np.array([1.0]), backend=backend)
