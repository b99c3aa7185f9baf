"""Plates with coolant channels."""

from box_mesh import box_mesh, make_scene, temperature_input
from warm_parts import face

from twin3d.fem.elements import Element
from twin3d.fem.space import function_space
from twin3d.scene import Channel

LENGTH, WIDTH, HEIGHT = 0.4, 0.05, 0.002
"""Of the plate [m]."""
WATER = 4179.0
"""Specific heat [J/(kg K)]."""


def plate_space(n_cells, element=Element.TET4):
    """A plate along x, with cells of its full width and height."""
    return function_space(box_mesh((n_cells, 1, 1), (LENGTH, WIDTH, HEIGHT)), element)


def channel(**changes):
    """Water along x under the plate of `plate_space`."""
    values = {
        "name": "cooling",
        "face": face("z0"),
        "path": ((0.0, 0.5 * WIDTH, 0.0), (LENGTH, 0.5 * WIDTH, 0.0)),
        "mass_flow": 0.002,
        "specific_heat": WATER,
        "film_coefficient": 600.0,
        "input": "inlet",
    }
    return Channel(**{**values, **changes})


def channel_scene(*channels, loads=(), inputs=(), **other):
    """A scene around channels."""
    return make_scene(loads=loads, inputs=[temperature_input("inlet", 290.0), *inputs], channels=channels, **other)
