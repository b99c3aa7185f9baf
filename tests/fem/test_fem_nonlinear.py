"""The heat balance as it is: tangents, linear scenes, errors."""

import numpy as np
import pytest
from box_mesh import STEEL, box_mesh, make_scene, quarter_pipe, temperature_input
from warm_parts import K_TABLE, arch_mesh, everything_scene, face, fixed, heat_input, nominal

from twin3d.errors import SolverError
from twin3d.fem.elements import Element
from twin3d.fem.heat import assemble_heat
from twin3d.fem.heat_terms import Instant, LowRank, Tangent, Variation
from twin3d.fem.krylov import flexible_gmres
from twin3d.fem.linear import Method
from twin3d.fem.newton import Equation, HeatSolver
from twin3d.fem.nonlinear import nonlinear_heat
from twin3d.fem.solve import steady
from twin3d.fem.space import function_space
from twin3d.scene import Convection, HeatFlux, HeatSource, PropertyTable, Radiation


def everything(element, backend, **materials):
    scene = everything_scene(**materials)
    heat = nonlinear_heat(scene, function_space(arch_mesh(contact=True), element), backend=backend)
    return heat, Instant(0.0, nominal(scene))


@pytest.mark.parametrize("element", Element)
def test_tangents_are_the_derivatives_of_the_rates(element, backend, rng):
    heat, at = everything(element, backend)
    T = rng.uniform(300.0, 420.0, heat.space.n_dofs)
    d, step = rng.normal(size=len(T)), 1e-5

    for term in heat.terms:
        tangent = term.tangent(T, at)
        parts = [part @ d for part in (tangent.symmetric, tangent.rest, tangent.low_rank) if part is not None]
        slope = (term.rate(T - step * d, at) - term.rate(T + step * d, at)) / (2.0 * step)
        scale = np.abs(term.rate(T, at)).max()
        np.testing.assert_allclose(sum(parts, np.zeros(len(T))), slope, rtol=1e-6, atol=1e-6 * scale, err_msg=term.name)


@pytest.mark.parametrize("element", Element)
def test_capacity_is_the_derivative_of_the_heat_content(element, backend, rng):
    heat, _ = everything(element, backend)
    T, d, step = rng.uniform(300.0, 420.0, heat.space.n_dofs), rng.normal(size=heat.space.n_dofs), 1e-4

    capacity = heat.content.mass @ d + sum(some @ d for some in heat.content.table_capacities(T))

    slope = (heat.content.heat(T + step * d) - heat.content.heat(T - step * d)) / (2.0 * step)
    np.testing.assert_allclose(capacity, slope, rtol=1e-6, atol=1e-6 * np.abs(slope).max())


def test_internal_terms_move_heat_but_make_none(backend, rng):
    heat, at = everything(Element.TET10, backend)
    T = rng.uniform(300.0, 420.0, heat.space.n_dofs)

    sums = [(term.rate(T, at).sum(), np.abs(term.rate(T, at)).sum()) for term in heat.terms if term.is_internal]

    assert len(sums) == 2
    for total, size in sums:
        assert abs(total) < 1e-12 * size


@pytest.mark.parametrize("element", Element)
def test_linear_scene_takes_one_iteration_and_equals_the_affine_way(element, backend):
    scene = make_scene(
        loads=[
            fixed("cold", "x0"),
            HeatSource(name="heat", part="*", input="p"),
            Convection(name="film", face=face("x1"), film_coefficient=80.0, input="air"),
        ],
        inputs=[temperature_input("cold", 290.0), heat_input("p", 5.0), temperature_input("air", 310.0)],
    )
    space = function_space(arch_mesh(), element)
    heat, u = nonlinear_heat(scene, space, backend=backend), nominal(scene)

    result = HeatSolver(heat, backend=backend).solve(Equation(Instant(0.0, u)), np.full(space.n_dofs, 300.0))

    assert result.n_iterations == 1
    affine = steady(assemble_heat(scene, space, backend=backend), u, backend=backend)
    np.testing.assert_allclose(result.temperature, affine, rtol=0, atol=1e-9)


@pytest.mark.parametrize("element", Element)
def test_newton_converges_with_one_factorisation(element, backend):
    heat, at = everything(element, backend)
    solver = HeatSolver(heat, backend=backend)

    result = solver.solve(Equation(at), np.full(heat.space.n_dofs, 300.0))

    assert result.residual < 1e-10
    assert result.n_iterations < 10
    assert solver.n_factorisations <= 2


class AbsorbingPatches:
    """Two patches that send heat one way, as a coolant does: dense, of rank two, unsymmetric."""

    name, is_internal, variation = "patches", False, Variation.CONSTANT

    def __init__(self, coupling):
        self._coupling = coupling

    def rate(self, T, at):
        return -(self._coupling @ (T - 300.0))

    def tangent(self, T, at):
        return Tangent(low_rank=self._coupling)


def test_a_dense_unsymmetric_term_takes_part(backend, rng):
    heat, at = everything(Element.TET4, backend)
    n = heat.space.n_dofs
    shares = np.zeros((2, n))
    shares[0, :5], shares[1, -5:] = 0.2, 0.2
    from_csr = type(heat.content.mass)
    term = AbsorbingPatches(LowRank(from_csr(shares.T), np.array([[0.3, 0.0], [-0.2, 0.1]]), from_csr(shares)))
    scene = everything_scene()
    coupled = nonlinear_heat(scene, heat.space, terms=[term], backend=backend)

    T = HeatSolver(coupled, backend=backend).steady(np.full(n, 300.0), at)

    balance = coupled.rate(T, at)[coupled.free_dofs]
    np.testing.assert_allclose(balance, 0.0, atol=1e-9 * np.abs(term.rate(T, at)).max())
    alone = HeatSolver(heat, backend=backend).steady(np.full(n, 300.0), at)
    assert np.abs(T - alone).max() > 0.1


def test_flexible_gmres_solves_to_its_tolerance(rng):
    A = np.eye(60) * 3.0 + 0.2 * rng.normal(size=(60, 60))
    b = rng.normal(size=60)

    result = flexible_gmres(lambda x: A @ x, b, precondition=lambda x: x / 3.0, rtol=1e-11, max_iterations=60)

    assert result.converged
    np.testing.assert_allclose(np.linalg.norm(A @ result.x - b) / np.linalg.norm(b), result.residual, atol=1e-13)
    np.testing.assert_allclose(result.x, np.linalg.solve(A, b), rtol=0, atol=1e-9)


def test_balance_without_a_solution_is_an_error_with_a_remedy(backend):
    scene = make_scene(
        loads=[
            HeatFlux(name="out", face=face("x0"), input="q"),
            Radiation(name="glow", face=face("x1"), emissivity=0.9, around=300.0, input="wall"),
        ],
        inputs=[heat_input("q", -5000.0, "W/m^2"), temperature_input("wall", 300.0)],
    )
    heat = nonlinear_heat(scene, function_space(box_mesh((3, 2, 2))), backend=backend)

    with pytest.raises(SolverError, match=r"does not converge.*solve in time"):
        HeatSolver(heat, backend=backend).steady(np.full(heat.space.n_dofs, 300.0), Instant(0.0, nominal(scene)))


def test_nothing_that_holds_the_temperature_is_an_error(backend):
    scene = make_scene(loads=[HeatSource(name="heat", part="*", input="p")], inputs=[heat_input("p", 1.0)])
    heat = nonlinear_heat(scene, function_space(box_mesh((2, 2, 2))), backend=backend)

    with pytest.raises(SolverError, match="nothing holds the temperature"):
        HeatSolver(heat, backend=backend).steady(np.full(heat.space.n_dofs, 300.0), Instant(0.0, nominal(scene)))


@pytest.mark.parametrize(("power", "runs_away"), [(115.0, False), (135.0, True)])
def test_losses_run_away_where_they_rise_faster_than_heat_leaves(power, runs_away, backend):
    film = Convection(name="film", face=face("[xyz]*"), film_coefficient=80.0, input="air")
    winding = HeatSource(name="winding", part="*", input="p", temperature_coefficient=0.004)
    scene = make_scene(loads=[film, winding], inputs=[temperature_input("air", 293.15), heat_input("p", power)])
    space = function_space(box_mesh((2, 2, 2), (0.032, 0.032, 0.032)))
    solver = HeatSolver(nonlinear_heat(scene, space, backend=backend), backend=backend)
    guess, at = np.full(space.n_dofs, 300.0), Instant(0.0, nominal(scene))
    assert (power * 0.004 > 80.0 * 6 * 0.032**2) == runs_away

    if runs_away:
        with pytest.raises(SolverError, match=r"the losses winding run away.*solve in time"):
            solver.steady(guess, at)
    else:
        assert solver.steady(guess, at).mean() > 1000.0


@pytest.mark.parametrize("method", [Method.MULTIGRID, Method.CONJUGATE_GRADIENTS])
@pytest.mark.parametrize("element", Element)
def test_iterative_solvers_precondition_as_well(element, method, backend):
    heat, at = everything(element, backend)
    guess = np.full(heat.space.n_dofs, 300.0)

    T = HeatSolver(heat, method=method, backend=backend).steady(guess, at)

    direct = HeatSolver(heat, method=Method.SUPERLU, backend=backend).steady(guess, at)
    np.testing.assert_allclose(T, direct, rtol=0, atol=1e-6)


def test_table_is_held_beyond_its_ends():
    assert [K_TABLE.at(T) for T in (200.0, 280.0, 305.0, 420.0, 900.0)] == [10.0, 10.0, 25.0, 25.0, 25.0]


@pytest.mark.parametrize("element", Element)
def test_tables_of_one_value_are_numbers_on_straight_and_curved_cells(element, backend, rng):
    level = {"temperatures": (200.0, 500.0)}
    tables = {
        "conductivity": PropertyTable(values=(STEEL.conductivity,) * 2, **level),
        "specific_heat": PropertyTable(values=(STEEL.specific_heat,) * 2, **level),
    }
    space = function_space(quarter_pipe(4), element)
    as_tables, as_numbers = (
        nonlinear_heat(make_scene(loads=[], inputs=[], material=material), space, backend=backend)
        for material in (STEEL.model_copy(update=tables), STEEL)
    )
    T, at = rng.uniform(300.0, 400.0, space.n_dofs), Instant(0.0, np.zeros(0))

    rates = [heat.rate(T, at) for heat in (as_tables, as_numbers)]

    assert element is Element.TET4 or 0 < space.is_curved.sum() < len(space.is_curved)
    np.testing.assert_allclose(rates[0], rates[1], rtol=0, atol=1e-10 * np.abs(rates[1]).max())
    stored = [heat.content.heat(T) for heat in (as_tables, as_numbers)]
    np.testing.assert_allclose(stored[0], stored[1], rtol=0, atol=1e-10 * np.abs(stored[1]).max())
    (conduction,) = as_tables.terms
    steady_rate = conduction.tangent(T, at).symmetric @ T
    np.testing.assert_allclose(-steady_rate, rates[1], rtol=0, atol=1e-10 * np.abs(rates[1]).max())
