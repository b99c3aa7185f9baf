"""The selector language: which faces of the asset, said by geometry and names so that it survives a re-export.

A selector is parsed in `parsing`, which holds the grammar, and resolved against the mesh in `twin3d.mesh.selection`.
"""

from twin3d.scene.selectors.joined import Adjacent, And, Named, Not, Or, Selector, walk, with_meanings
from twin3d.scene.selectors.parsing import is_word, parse, parse_point
from twin3d.scene.selectors.terms import (
    AnyPlane,
    Area,
    Between,
    Box,
    Colour,
    Cone,
    Cylinder,
    Furthest,
    Hole,
    Id,
    Largest,
    Name,
    Near,
    Normal,
    Other,
    Outer,
    Parallel,
    Part,
    Plane,
    Smallest,
    Sphere,
)
from twin3d.scene.selectors.wording import AXES, Vector

__all__ = [
    "AXES",
    "Adjacent",
    "And",
    "AnyPlane",
    "Area",
    "Between",
    "Box",
    "Colour",
    "Cone",
    "Cylinder",
    "Furthest",
    "Hole",
    "Id",
    "Largest",
    "Name",
    "Named",
    "Near",
    "Normal",
    "Not",
    "Or",
    "Other",
    "Outer",
    "Parallel",
    "Part",
    "Plane",
    "Selector",
    "Smallest",
    "Sphere",
    "Vector",
    "is_word",
    "parse",
    "parse_point",
    "walk",
    "with_meanings",
]
