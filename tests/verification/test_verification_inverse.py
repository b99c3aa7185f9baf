"""A film coefficient found from the temperature of a body that it cools: exact readings, and noisy ones.

Incropera and DeWitt, Fundamentals of Heat and Mass Transfer, section 5.1: a body of small Biot number cools by
exp(-t / τ), τ = ρ c V / (h A). The bound is that of Cramér and Rao, σ_h = σ / √(Σ (∂T/∂h)²).
"""

import numpy as np
import pytest
from box_mesh import STEEL, box_mesh, make_scene, temperature_input
from heat_bodies import NUMPY
from scipy.optimize import root_scalar
from warm_parts import face

from twin3d.fem.heat import assemble_heat
from twin3d.fem.march import Scheme, march
from twin3d.fem.rows import rows_at
from twin3d.fem.sensitivity import History, transient_gradient
from twin3d.fem.space import function_space
from twin3d.records import ParameterKind
from twin3d.scene import Convection

HOT, AIR, SIDE = 400.0, 300.0, 0.01
TRUE, GUESSED = 37.0, 20.0
"""The film coefficient, and what the scene says [W/(m² K)]."""
N_STEPS = 500
TAU_S = STEEL.density * STEEL.specific_heat * SIDE / TRUE
DT_S = TAU_S / N_STEPS
TIMES_S = DT_S * np.arange(1, N_STEPS + 1)


def lumped(times_s):
    return AIR + (HOT - AIR) * np.exp(-times_s / TAU_S)


@pytest.fixture(scope="module")
def model():
    """A cube that one face cools; it conducts so well that its Biot number is 4e-8."""
    scene = make_scene(
        loads=[Convection(name="film", face=face("x1"), film_coefficient=GUESSED, input="air")],
        inputs=[temperature_input("air", AIR)],
        material=STEEL.model_copy(update={"conductivity": 1e7}),
    )
    space = function_space(box_mesh((1, 1, 1), (SIDE, SIDE, SIDE)))
    return assemble_heat(scene, space, backend=NUMPY), rows_at(space, np.full((1, 3), 0.4 * SIDE))


def slope_of_misfit(factor, model, readings):
    """The derivative of Σ (y - z)² by the factor on the guessed film coefficient, by adjoints."""
    operators, rows = model
    film = [parameter.kind for parameter in operators.parameters].index(ParameterKind.FILM)
    theta, air = np.ones(len(operators.parameters)), np.array([AIR])
    theta[film] = factor
    start = np.full(operators.n_dofs, HOT)
    options = {"dt_s": DT_S, "n_steps": N_STEPS, "scheme": Scheme.CRANK_NICOLSON, "theta": theta, "backend": NUMPY}
    states = np.array([start, *march(operators, start, lambda _: air, **options)])
    history = History(states, np.full((N_STEPS + 1, 1), AIR), DT_S, Scheme.CRANK_NICOLSON)
    weights = 2.0 * ((rows @ states[1:].T).T - readings[:, None])
    return transient_gradient(operators, history, rows, weights, theta=theta, backend=NUMPY)[film]


def found(model, readings):
    solution = root_scalar(slope_of_misfit, args=(model, readings), x0=1.0, x1=1.3, xtol=1e-9)
    assert solution.converged
    return solution.root * GUESSED


def test_exact_readings_give_the_film_coefficient(model):
    h = found(model, lumped(TIMES_S))

    np.testing.assert_allclose(h, TRUE, rtol=1e-6)


def test_noisy_readings_give_it_within_the_bound_of_cramer_and_rao(model, rng):
    noise = 0.1
    by_film = (HOT - AIR) * TIMES_S / TAU_S / TRUE * np.exp(-TIMES_S / TAU_S)
    bound = noise / np.sqrt(by_film @ by_film)

    h = found(model, lumped(TIMES_S) + rng.normal(0.0, noise, N_STEPS))

    assert 0.0 < abs(h - TRUE) < 3.0 * bound
