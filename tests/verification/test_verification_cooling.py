"""Walls, cylinders and spheres that a fluid cools, against the series solutions.

Incropera and DeWitt, Fundamentals of Heat and Mass Transfer, sections 5.5 and 5.6: θ = Σ Cₙ exp(-ζₙ² Fo) f(ζₙ r*), the
Biot number h L / k with the half thickness of the wall or the radius.
"""

from collections import deque

import numpy as np
import pytest
from box_mesh import STEEL, box_mesh, make_scene, temperature_input
from elastic_bodies import mapped_mesh
from scipy.optimize import brentq
from scipy.special import j0, j1
from warm_parts import face, fixed, heat_input, nominal

from twin3d.fem.elements import Element
from twin3d.fem.heat import assemble_heat
from twin3d.fem.march import Scheme, march
from twin3d.fem.space import function_space
from twin3d.scene import Convection, HeatSource

HOLE = 0.005
"""Radius of an adiabatic hole in the middle of the round bodies, relative to theirs; it keeps cells from degenerating
and changes temperatures by about its square, its cube in the sphere."""
N_TERMS = 30


def wall(unit):
    return unit * [1.0, 0.2, 0.2]


def wedge_of_cylinder(unit):
    r, angle = HOLE + (1.0 - HOLE) * unit[:, 0], 0.125 * np.pi * unit[:, 1]
    return np.column_stack([r * np.cos(angle), r * np.sin(angle), 0.2 * unit[:, 2]])


def cone_of_sphere(unit):
    r, (b, c) = HOLE + (1.0 - HOLE) * unit[:, 0], np.tan(0.125 * np.pi * unit[:, 1:].T)
    towards = np.column_stack([np.ones_like(b), b, c])
    return r[:, None] * towards / np.linalg.norm(towards, axis=1, keepdims=True)


def sinc(x):
    return np.sinc(x / np.pi)


SHAPES = {
    "wall": (
        wall,
        lambda z, Bi: z * np.sin(z) - Bi * np.cos(z),
        lambda z: 4.0 * np.sin(z) / (2.0 * z + np.sin(2.0 * z)),
        np.cos,
    ),
    "cylinder": (
        wedge_of_cylinder,
        lambda z, Bi: z * j1(z) - Bi * j0(z),
        lambda z: 2.0 * j1(z) / (z * (j0(z) ** 2 + j1(z) ** 2)),
        j0,
    ),
    "sphere": (
        cone_of_sphere,
        lambda z, Bi: (1.0 - Bi) * np.sin(z) - z * np.cos(z),
        lambda z: 4.0 * (np.sin(z) - z * np.cos(z)) / (2.0 * z - np.sin(2.0 * z)),
        sinc,
    ),
}
"""Mapping of the unit cube, characteristic equation, Cₙ and f."""
FIRST_TERMS = {
    ("wall", 0.1): (0.3111, 1.0160),
    ("wall", 1.0): (0.8603, 1.1191),
    ("cylinder", 0.1): (0.4417, 1.0246),
    ("cylinder", 1.0): (1.2558, 1.2071),
    ("sphere", 0.1): (0.5423, 1.0298),
    ("sphere", 1.0): (1.5708, 1.2732),
}
"""ζ₁ [rad] and C₁ of table 5.1."""


def roots(equation, Bi):
    """The first positive roots of a characteristic equation; neighbours are π apart at least nearly."""
    z = np.linspace(1e-3, np.pi * N_TERMS, 40 * N_TERMS)
    changes = np.flatnonzero(np.diff(np.sign(equation(z, Bi))))
    return np.array([brentq(equation, z[k], z[k + 1], args=(Bi,), xtol=1e-14) for k in changes])


def series(shape, Bi, Fo, r):
    """θ at places r (n,)."""
    _, equation, amplitude, profile = SHAPES[shape]
    z = roots(equation, Bi)
    return (amplitude(z) * np.exp(-(z**2) * Fo)) @ profile(z[:, None] * r)


@pytest.mark.parametrize(("shape", "Bi"), FIRST_TERMS)
def test_the_first_term_of_the_series_is_that_of_the_table(shape, Bi):
    _, equation, amplitude, _ = SHAPES[shape]

    z = roots(equation, Bi)[0]

    np.testing.assert_allclose((z, amplitude(z)), FIRST_TERMS[shape, Bi], atol=1e-4)


@pytest.mark.parametrize("Bi", [0.1, 1.0])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("element", "cells", "tolerance"), [("tet4", (16, 4, 4), 2e-3), ("tet10", (6, 2, 2), 1e-4)])
def test_body_cools_as_the_series_says(element, cells, tolerance, shape, Bi, backend):
    k, capacity, hot, fluid = STEEL.conductivity, STEEL.density * STEEL.specific_heat, 400.0, 300.0
    mesh = mapped_mesh(cells, SHAPES[shape][0])
    scene = make_scene(
        loads=[Convection(name="film", face=face("x1"), film_coefficient=Bi * k, input="fluid")],
        inputs=[temperature_input("fluid", fluid)],
    )
    space = function_space(mesh, Element(element))
    operators, end_s = assemble_heat(scene, space, backend=backend), 0.5 * capacity / k
    start, u = np.full(space.n_dofs, hot), np.array([fluid])

    states = march(operators, start, lambda _: u, dt_s=end_s / 100, n_steps=100, backend=backend)

    share = (deque(states, maxlen=1).pop() - fluid) / (hot - fluid)
    r = np.linalg.norm(space.dof_points[:, : {"wall": 1, "cylinder": 2, "sphere": 3}[shape]], axis=1)
    np.testing.assert_allclose(share, series(shape, Bi, 0.5, r), atol=tolerance, rtol=0)


def heated_slab_series(t):
    """u(1, t) of u_t - u_xx = 1 with u = 0 at x = 0 and at the start, no flux at x = 1."""
    n = 2 * np.arange(50) + 1
    return 0.5 - np.sum(16.0 * (-1.0) ** (n // 2) / (n * np.pi) ** 3 * np.exp(-((0.5 * n * np.pi) ** 2) * t))


@pytest.mark.parametrize(("scheme", "order"), [("backward_euler", 1.0), ("crank_nicolson", 2.0), ("bdf2", 2.0)])
def test_slab_heated_within_converges_to_the_series_in_time(scheme, order, backend):
    unit = STEEL.model_copy(update={"conductivity": 1.0, "density": 1.0, "specific_heat": 1.0})
    scene = make_scene(
        loads=[fixed("cold", "x0"), HeatSource(name="heat", part="*", input="q")],
        inputs=[temperature_input("cold", 300.0), heat_input("q", 1.0, "W/m^3")],
        material=unit,
    )
    space = function_space(box_mesh((24, 1, 1), (1.0, 0.1, 0.1)), Element.TET10)
    operators, u = assemble_heat(scene, space, backend=backend), nominal(scene)
    end = space.dof_points[:, 0] > 1.0 - 1e-9

    errors = []
    for n_steps in (40, 80, 160):
        start = np.full(space.n_dofs, 300.0)
        states = march(
            operators, start, lambda _: u, dt_s=0.5 / n_steps, n_steps=n_steps, scheme=Scheme(scheme), backend=backend
        )
        errors.append(abs(deque(states, maxlen=1).pop()[end].mean() - 300.0 - heated_slab_series(0.5)))

    assert abs(np.log2(errors[-2] / errors[-1]) - order) < 0.1, errors
