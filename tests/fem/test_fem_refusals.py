"""Bad input of heat: a clear error before or instead of a wrong field."""

import dataclasses

import numpy as np
import pytest
from box_mesh import STEEL, box_mesh, make_scene, temperature_input
from heat_bodies import NUMPY
from pydantic import ValidationError
from warm_parts import face, fixed, heat_input, nominal

from twin3d.errors import MeshError, SolverError
from twin3d.fem.elements import Element
from twin3d.fem.heat import assemble_heat
from twin3d.fem.march import march
from twin3d.fem.solve import steady
from twin3d.fem.space import function_space
from twin3d.scene import Contact, Convection, HeatFlux, HeatSource, Material, PropertyTable, Radiation

BAD = (0.0, -1.0, float("nan"), float("inf"))
FILM = Convection(name="film", face=face("x1"), film_coefficient=50.0, input="air")


def operators_of(loads=(FILM,), *, mesh=None, element=Element.TET4, **other):
    scene = make_scene(
        loads=[HeatFlux(name="in", face=face("x0"), input="flux"), *loads],
        inputs=[heat_input("flux", 100.0, "W/m^2"), temperature_input("air"), temperature_input("wall", 280.0)],
        **other,
    )
    space = function_space(box_mesh((3, 2, 2), n_parts=2) if mesh is None else mesh, element)
    return assemble_heat(scene, space, backend=NUMPY), nominal(scene)


@pytest.mark.parametrize("element", Element)
def test_nothing_that_holds_the_temperature(element):
    operators, u = operators_of(loads=(), element=element)

    message = "the steady problem is singular: nothing holds the temperature; add a convection, radiation or fixed"
    with pytest.raises(SolverError, match=message):
        steady(operators, u, backend=NUMPY)


@pytest.mark.parametrize(("element", "n_loose", "n"), [(Element.TET4, 18, 36), (Element.TET10, 75, 150)])
def test_a_part_that_hangs_on_nothing_is_named_by_its_size(element, n_loose, n):
    operators, u = operators_of(mesh=box_mesh((2, 2, 2), n_parts=2, contact=True), element=element)

    message = f"nothing holds the temperature of a piece of {n_loose} of {n} points; add .* or a contact with what is"
    with pytest.raises(SolverError, match=message):
        steady(operators, u, backend=NUMPY)


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("name", ["conductivity", "density", "specific_heat"])
def test_a_material_constant_that_is_not_positive(name, value):
    with pytest.raises(ValidationError, match=f"(?s){name}.*Input should be (greater than 0|a finite number)"):
        Material(**{**STEEL.model_dump(exclude={"axes", "source"}), name: value})


@pytest.mark.parametrize("value", BAD)
def test_a_conductivity_along_an_axis_or_in_a_table_that_is_not_positive(value):
    with pytest.raises(ValidationError, match=r"(?s)conductivity.*Input should be (greater than 0|a finite number)"):
        Material(name="odd", conductivity=(1.0, value, 1.0), density=1.0, specific_heat=1.0)
    with pytest.raises(ValidationError, match=r"must be above 0|finite"):
        PropertyTable(temperatures=(300.0, 400.0), values=(40.0, value))


@pytest.mark.parametrize("value", BAD)
def test_a_film_or_contact_that_is_not_positive(value):
    with pytest.raises(
        ValidationError, match=r"(?s)film_coefficient.*Input should be (greater than 0|a finite number)"
    ):
        Convection(name="film", face=face("x1"), film_coefficient=value, input="air")
    with pytest.raises(ValidationError, match=r"(?s)conductance.*Input should be (greater than 0|a finite number)"):
        Contact(name="joint", between=("part_0", "part_1"), conductance=value)


@pytest.mark.parametrize("value", [0.0, 1.1, float("nan")])
def test_an_emissivity_that_no_surface_has(value):
    with pytest.raises(
        ValidationError, match=r"(?s)emissivity.*Input should be (greater than 0|less than or eq|a finite)"
    ):
        Radiation(name="glow", face=face("x1"), emissivity=value, around=300.0, input="air")


@pytest.mark.parametrize("value", BAD)
def test_a_parameter_that_is_not_positive_and_finite_is_named(value):
    operators, u = operators_of()
    theta = np.ones(len(operators.parameters))
    theta[-1] = value

    with pytest.raises(SolverError, match=f"parameter 'film of film' is {value}; it must be finite and > 0"):
        steady(operators, u, theta=theta, backend=NUMPY)


def test_a_conductivity_that_became_negative_behind_the_checks():
    operators, u = operators_of(material=STEEL.model_copy(update={"conductivity": -35.0}))

    message = "row .* of the system has no positive diagonal; a part has no material, or one that is not positive"
    with pytest.raises(SolverError, match=message):
        steady(operators, u, backend=NUMPY)


def test_an_inverted_cell():
    mesh = box_mesh((2, 2, 2))
    cells = mesh.cells.copy()
    cells[5, :2] = cells[5, 1::-1]

    with pytest.raises(MeshError, match=r"1 inverted or flat cells, first is 5 with -0\.02.* m³; swap two corners"):
        dataclasses.replace(mesh, cells=cells)


def test_a_cell_that_its_curved_edge_folds():
    mesh = box_mesh((2, 2, 2))
    edge = mesh.cells[7, :2]
    away = mesh.points[mesh.cells[7, 2]] + 2.0 * (mesh.points[mesh.cells[7, 2]] - mesh.points[edge].mean(axis=0))
    bent = dataclasses.replace(mesh, curved_edges=edge[None], curved_points=away[None])

    with pytest.raises(SolverError, match=r"\d curved cells are folded, first is \d+; mesh finer there, or leave"):
        operators_of(mesh=bent, element=Element.TET10)


def test_two_temperatures_for_one_point():
    loads = [fixed("air", "x1"), fixed("wall", "y0")]

    for element, n in ((Element.TET4, 3), (Element.TET10, 5)):
        message = f"wall fixes {n} points that the input 'air' fixes as well; make the faces disjoint"
        with pytest.raises(SolverError, match=message):
            operators_of(loads=loads, element=element)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize(("index", "name"), [(0, "flux"), (1, "air")])
def test_an_input_that_is_not_finite_is_named(index, name, value):
    operators, u = operators_of()
    u[index] = value

    with pytest.raises(SolverError, match=f"^input '{name}' is {value}; it must be finite$"):
        steady(operators, u, backend=NUMPY)
    with pytest.raises(SolverError, match=f"^input '{name}' is {value}; it must be finite$"):
        next(march(operators, np.full(operators.n_dofs, 300.0), lambda _: u, dt_s=1.0, n_steps=1, backend=NUMPY))


def test_a_fixed_temperature_that_is_not_a_number_is_named():
    operators, u = operators_of(loads=[fixed("air", "x1")])
    u[1] = np.nan

    with pytest.raises(SolverError, match=r"^input 'air' is nan; it must be finite$"):
        steady(operators, u, backend=NUMPY)


def test_inputs_that_are_too_few():
    operators, u = operators_of()

    with pytest.raises(SolverError, match=r"inputs of shape \(2,\) do not fit; expected 3: flux, air, wall"):
        steady(operators, u[:2], backend=NUMPY)


def test_a_start_that_is_not_finite():
    operators, u = operators_of()
    start = np.full(operators.n_dofs, 300.0)
    start[4] = np.nan

    with pytest.raises(SolverError, match="the temperature at the start is not finite at 1 points"):
        next(march(operators, start, lambda _: u, dt_s=1.0, n_steps=1, backend=NUMPY))


def test_a_source_that_is_not_finite():
    with pytest.raises(ValidationError, match=r"(?s)temperature_coefficient.*finite number"):
        HeatSource(name="heat", part="*", input="flux", temperature_coefficient=float("nan"))
    with pytest.raises(ValidationError, match=r"(?s)value.*finite number"):
        heat_input("flux", float("nan"))
