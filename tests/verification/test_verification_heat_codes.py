"""scikit-fem and NGSolve on the same mesh and element, on a bracket with holes and a pipe: the same temperatures."""

from collections import deque
from pathlib import Path

import numpy as np
import pytest
from box_mesh import STEEL, make_scene, temperature_input
from elastic_bodies import mapped_mesh
from heat_bodies import NUMPY, solved
from peer_linear_heat import Problem, by_ngsolve, by_scikit_fem
from warm_parts import heat_input, nominal

from twin3d.fem.elements import Element
from twin3d.fem.heat import assemble_heat
from twin3d.fem.march import Scheme, march
from twin3d.fem.space import function_space
from twin3d.mesh.building import build_mesh
from twin3d.mesh.selection import select_load_facets
from twin3d.scene import Convection, FixedTemperature, Geometry, HeatFlux, HeatSource, selectors

BRACKET = Path(__file__).parents[2] / "meshes" / "l_bracket.step"
SOURCE, FLUX, FILM, AMBIENT, COLD = 2.0e5, 3.0e4, 60.0, 295.0, 280.0


@pytest.fixture(scope="session")
def bracket():
    return build_mesh(Geometry(file=BRACKET, unit="mm", cell_size=0.02), (), cache_dir=None).mesh


def scene_of(fixed, flux, film):
    """The loads on three faces by their selectors."""
    loads = [
        FixedTemperature(name="fixed", face=selectors.parse(fixed), input="cold"),
        HeatFlux(name="flux", face=selectors.parse(flux), input="in"),
        Convection(name="film", face=selectors.parse(film), film_coefficient=FILM, input="air"),
        HeatSource(name="heat", part="*", input="made"),
    ]
    inputs = [
        temperature_input("cold", COLD),
        heat_input("in", FLUX, "W/m^2"),
        temperature_input("air", AMBIENT),
        heat_input("made", SOURCE, "W/m^3"),
    ]
    return make_scene(loads=loads, inputs=inputs)


@pytest.fixture(scope="session")
def scene():
    return scene_of("plane min x", "plane max x", "plane max z")


@pytest.fixture(scope="session")
def problem(bracket, scene):
    return problem_of(bracket, scene)


def problem_of(mesh, scene):
    facets = select_load_facets(mesh, scene.loads)
    return Problem(
        conductivity=STEEL.conductivity,
        capacity=STEEL.density * STEEL.specific_heat,
        source=SOURCE,
        flux=FLUX,
        film=FILM,
        ambient=AMBIENT,
        fixed=COLD,
        faces={load.name: mesh.facets[some] for load, some in zip(scene.loads, facets, strict=True) if len(some)},
    )


@pytest.mark.parametrize("element", Element)
@pytest.mark.parametrize("peer", [by_scikit_fem, by_ngsolve])
def test_another_code_finds_the_same_temperature(peer, element, bracket, scene, problem):
    T, space, _ = solved(scene, bracket, element, straight=True)

    theirs = peer(space, problem)

    np.testing.assert_allclose(T - COLD, theirs - COLD, rtol=0, atol=1e-6 * np.ptp(theirs))


@pytest.mark.parametrize("element", Element)
def test_steps_are_those_of_scikit_fem(element, bracket, scene, problem):
    space = function_space(bracket, element, straight=True)
    start = np.full(space.n_dofs, 300.0)
    operators, u = assemble_heat(scene, space, backend=NUMPY), nominal(scene)

    states = march(operators, start, lambda _: u, dt_s=20.0, n_steps=5, scheme=Scheme.BACKWARD_EULER, backend=NUMPY)
    T = deque(states, maxlen=1).pop()

    theirs = by_scikit_fem(space, problem, start=300.0, dt_s=20.0, n_steps=5)

    np.testing.assert_allclose(T - COLD, theirs - COLD, rtol=0, atol=1e-6 * np.ptp(theirs))


def test_curved_cells_give_the_temperature_of_scikit_fem():
    scene = scene_of("name y0", "name x0", "name x1")

    def pipe(unit):
        radius, angle = 0.02 + 0.03 * unit[:, 0], 0.5 * np.pi * unit[:, 1]
        return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), 0.03 * unit[:, 2]])

    mesh = mapped_mesh((6, 6, 2), pipe)
    T, space, _ = solved(scene, mesh, Element.TET10)

    theirs = by_scikit_fem(space, problem_of(mesh, scene))

    np.testing.assert_allclose(T - COLD, theirs - COLD, rtol=0, atol=1e-6 * np.ptp(theirs))
