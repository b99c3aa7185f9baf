"""Reads the terms of a selector that hold no other selector: a rule for each word that begins one."""

import re
from collections.abc import Callable, Mapping

from twin3d.scene.selectors.measures import (
    read_along,
    read_area,
    read_corners,
    read_direction,
    read_point,
    read_radius,
)
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
    Term,
)
from twin3d.scene.selectors.tokens import Tokens
from twin3d.scene.selectors.wording import AXES

_MAX_NUMBER = 10**9


def _read_plane(tokens: Tokens) -> Term:
    for side in ("max", "min"):
        if tokens.accept(side):
            return Plane(side, read_direction(tokens))
    if tokens.peek() in {"", "and", "or", ")"}:
        return AnyPlane()
    raise tokens.error("max or min")


def _read_colour(tokens: Tokens) -> Term:
    place = tokens.place
    code = tokens.glob("a colour, such as #ff8800").lower()
    if re.fullmatch(r"#[0-9a-f]{6}", code) is None:
        raise tokens.error("a colour, such as #ff8800", place=place)
    return Colour(code)


def _read_numbers(tokens: Tokens) -> Term:
    numbers = [_read_face_number(tokens)]
    while tokens.accept(","):
        numbers.append(_read_face_number(tokens))
    return Id(tuple(numbers))


def _read_face_number(tokens: Tokens) -> int:
    token = tokens.peek()
    if not re.fullmatch(r"[0-9]+", token) or not 0 < int(token[:12]) < _MAX_NUMBER:
        raise tokens.error("the number of a face, counted from 1, as `twin3d mesh --faces` shows it")
    tokens.take()
    return int(token)


TERM_RULES: Mapping[str, Callable[[Tokens], Term]] = {
    "normal": lambda tokens: Normal(read_direction(tokens)),
    "plane": _read_plane,
    "hole": lambda tokens: Hole(read_radius(tokens), read_along(tokens)),
    "cylinder": lambda tokens: Cylinder(read_radius(tokens), read_along(tokens)),
    "sphere": lambda tokens: Sphere(read_radius(tokens)),
    "cone": lambda tokens: Cone(read_along(tokens)),
    "near": lambda tokens: Near(read_point(tokens)),
    "box": lambda tokens: Box(*read_corners(tokens)),
    "between": lambda tokens: Between(tokens.glob("a part name"), tokens.glob("a second part name")),
    "part": lambda tokens: Part(tokens.glob("a part name")),
    "name": lambda tokens: Name(tokens.glob("a face name")),
    "colour": _read_colour,
    "outer": lambda tokens: Outer(),
    "all": lambda tokens: Outer(),
    "other": lambda tokens: Other(),
    "largest": lambda tokens: Largest(),
    "smallest": lambda tokens: Smallest(),
    "area": lambda tokens: Area(read_area(tokens)),
    "id": _read_numbers,
}
"""What follows the word that begins a term; the word itself is taken already."""

ALIASES: Mapping[str, Term] = {
    **{f"{side}{axis.upper()}": Furthest(side, axis) for side in "><" for axis in AXES},
    **{f"|{axis.upper()}": Parallel(axis) for axis in AXES},
    "%PLANE": AnyPlane(),
    "%CYLINDER": Cylinder(),
    "%SPHERE": Sphere(),
    "%CONE": Cone(),
}
"""CadQuery's words."""
