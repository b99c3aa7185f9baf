"""Patch tests and rates of convergence of conduction, in L2 and H1, on straight and on curved cells."""

import numpy as np
import pytest
from box_mesh import box_mesh, make_scene, temperature_input
from elastic_bodies import mapped_mesh
from heat_bodies import UNIT, distorted, errors_against, orders, solved, solved_between
from warm_parts import face, fixed, heat_input

from twin3d.fem.elements import Element
from twin3d.fem.space import function_space
from twin3d.scene import Convection, HeatFlux

WALLS = ("x0", "x1", "y0", "y1", "z0", "z1")


def on_boundary(space):
    on = np.zeros(space.n_dofs, dtype=bool)
    on[space.facet_dofs(space.mesh.facets)] = True
    return on


def nothing(points):
    return np.zeros(points.shape[:-1])


@pytest.mark.parametrize("element", Element)
def test_distorted_patch_between_given_temperatures_holds_a_linear_field(element):
    space = function_space(box_mesh((4, 3, 3), mapping=distorted, wobble=0.25), element)

    def linear(points):
        return 300.0 + points @ [20.0, -30.0, 40.0]

    T = solved_between(space, nothing, linear, on=on_boundary(space))

    np.testing.assert_allclose(T, linear(space.dof_points), rtol=1e-10)


@pytest.mark.parametrize("element", Element)
def test_distorted_patch_with_flux_and_film_holds_a_linear_field(element):
    mesh, slope = box_mesh((4, 3, 3), (0.1, 0.05, 0.05), wobble=0.25), 35.0
    scene = make_scene(
        loads=[
            HeatFlux(name="in", face=face("x0"), input="in"),
            Convection(name="film", face=face("x1"), film_coefficient=70.0, input="air"),
        ],
        inputs=[heat_input("in", 35.0 * slope, "W/m^2"), temperature_input("air", 300.0)],
    )

    T, space, _ = solved(scene, mesh, element)

    exact = 300.0 + 35.0 * slope / 70.0 + slope * (0.1 - space.dof_points[:, 0])
    np.testing.assert_allclose(T, exact, rtol=1e-10)


def test_quadratic_cells_hold_a_quadratic_field_on_a_distorted_patch():
    space = function_space(box_mesh((3, 3, 3), mapping=distorted, wobble=0.25), Element.TET10)

    def quadratic(points):
        x, y, z = np.moveaxis(points, -1, 0)
        return 300.0 + 20.0 * x * y - 8.0 * z**2 + 5.0 * y**2 + 3.0 * x

    T = solved_between(space, lambda points: nothing(points) + 6.0, quadratic, on=on_boundary(space))

    np.testing.assert_allclose(T, quadratic(space.dof_points), rtol=1e-10)


def waves(points):
    return np.prod(np.sin(np.pi * points), axis=-1)


def slope_of_waves(points):
    s, c = np.sin(np.pi * points), np.cos(np.pi * points)
    return np.pi * np.stack([c[..., k] * s[..., k - 1] * s[..., k - 2] for k in range(3)], axis=-1)


def source_of_waves(points):
    return 3.0 * np.pi**2 * waves(points)


@pytest.mark.parametrize(("element", "sizes", "rates"), [("tet4", (8, 16), (2, 1)), ("tet10", (4, 8), (3, 2))])
def test_manufactured_solution_converges_in_l2_and_h1(element, sizes, rates):
    errors = []
    for n in sizes:
        space = function_space(box_mesh((n, n, n)), Element(element))
        T = solved_between(space, source_of_waves, waves, on=on_boundary(space))
        errors.append(errors_against(space, T, waves, slope_of_waves))

    np.testing.assert_allclose(orders(errors)[-1], rates, atol=0.1)


def quarter_pipe(n):
    """A quarter of a pipe of radii 1 and 2 and height 1 whose edges follow the round faces."""

    def bend(unit):
        r, angle = 1.0 + unit[:, 0], 0.5 * np.pi * unit[:, 1]
        return np.column_stack([r * np.cos(angle), r * np.sin(angle), unit[:, 2]])

    return mapped_mesh((n, n, n), bend)


def logarithm(points):
    return 300.0 + 100.0 * np.log(np.hypot(points[..., 0], points[..., 1]))


def slope_of_logarithm(points):
    plane = points * [1.0, 1.0, 0.0]
    return 100.0 * plane / np.sum(plane**2, axis=-1, keepdims=True)


@pytest.mark.parametrize(("straight", "rates"), [(False, (3.0, 2.0)), (True, (2.0, 1.5))])
def test_curved_edges_keep_the_order_that_straight_ones_lose(straight, rates):
    errors = []
    for n in (4, 8):
        scene = make_scene(
            loads=[fixed("inner", "x0"), HeatFlux(name="out", face=face("x1"), input="out")],
            inputs=[temperature_input("inner", 300.0), heat_input("out", 50.0, "W/m^2")],
            material=UNIT,
        )
        T, space, _ = solved(scene, quarter_pipe(n), Element.TET10, straight=straight)
        errors.append(errors_against(space, T, logarithm, slope_of_logarithm))

    np.testing.assert_allclose(orders(errors)[-1], rates, atol=0.1)


@pytest.mark.parametrize(("element", "order"), [(Element.TET4, 2.0), (Element.TET10, 4.0)])
def test_heat_through_a_pipe_converges_at_twice_the_order_of_the_gradient(element, order):
    errors = []
    for n in (4, 8):
        scene = make_scene(
            loads=[
                fixed("inner", "x0"),
                Convection(name="film", face=face("x1"), film_coefficient=2.0, input="air"),
            ],
            inputs=[temperature_input("inner", 400.0), temperature_input("air", 300.0)],
            material=UNIT,
        )
        T, space, operators = solved(scene, quarter_pipe(n), element)
        inner = np.unique(space.facet_dofs(space.mesh.facets[space.mesh.facet_region == 0]))
        stiffness = sum(operators.stiffness_terms)
        exact = 0.5 * np.pi * 100.0 / (np.log(2.0) + 1.0 / (2.0 * 2.0))
        errors.append(abs((stiffness @ T)[inner].sum() / exact - 1.0))

    assert abs(orders(errors)[-1] - order) < 0.2, errors
