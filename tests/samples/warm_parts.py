"""Scenes of heat that are not linear, and a part that is not a box."""

import numpy as np
from box_mesh import STEEL, box_mesh, make_scene, temperature_input

from twin3d.scene import (
    Contact,
    Convection,
    FixedTemperature,
    HeatFlux,
    HeatSource,
    Input,
    PropertyTable,
    Radiation,
    selectors,
)

K_TABLE = PropertyTable(temperatures=(280.0, 330.0, 420.0), values=(10.0, 40.0, 25.0))
C_TABLE = PropertyTable(temperatures=(290.0, 350.0, 500.0), values=(400.0, 700.0, 500.0))


def face(name):
    return selectors.parse(f"name {name}")


def fixed(name, where):
    return FixedTemperature(name=name, face=face(where), input=name)


def heat_input(name, value, unit="W"):
    return Input(name=name, unit=unit, value=value)


def arch_mesh(shape=(4, 6, 2), *, inner=0.02, outer=0.05, contact=False, wobble=0.0):
    """A quarter of a ring of varying height, 20 mm to 30 mm high, in two parts where there is a contact."""

    def bend(unit):
        radius, angle = inner + (outer - inner) * unit[:, 0], 0.5 * np.pi * unit[:, 1]
        height = 0.02 + 0.01 * unit[:, 0]
        return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), height * unit[:, 2]])

    return box_mesh(shape, mapping=bend, n_parts=2 if contact else 1, contact=contact, wobble=wobble)


def everything_scene(**materials):
    """One load of each kind, with a contact, on the two parts of `arch_mesh`."""
    tables = {"conductivity": K_TABLE, "specific_heat": C_TABLE, **materials}
    return make_scene(
        loads=[
            fixed("cold", "y0"),
            HeatFlux(name="in", face=face("x0"), input="flux"),
            Radiation(name="glow", face=face("z1"), emissivity=0.8, around=350.0, input="wall"),
            Convection(name="film", face=face("y1"), film_coefficient=40.0, input="air"),
            HeatSource(name="winding", part="part_1", input="loss", temperature_coefficient=0.004),
        ],
        inputs=[
            temperature_input("cold", 310.0),
            heat_input("flux", 2.0e4, "W/m^2"),
            temperature_input("wall", 290.0),
            temperature_input("air", 300.0),
            heat_input("loss", 30.0),
        ],
        material=STEEL.model_copy(update=tables),
        contacts=[Contact(name="joint", between=("part_0", "part_1"), conductance=500.0)],
    )


def nominal(scene):
    return np.array([item.value for item in scene.inputs])
