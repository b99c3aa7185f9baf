"""Colours of products out of the entities of a STEP file: the CAD kernel loses those within sub-assemblies.

Styles are ISO 10303-46: a styled item leads, over its styles, to a colour.
"""

import re
from collections.abc import Mapping
from typing import TypeAlias

Entities: TypeAlias = Mapping[int, tuple[str, list[str]]]
"""Number → kind and arguments."""

KINDS = (
    "STYLED_ITEM|PRESENTATION_STYLE_ASSIGNMENT|PRESENTATION_STYLE_BY_CONTEXT|SURFACE_STYLE_USAGE|SURFACE_SIDE_STYLE"
    "|SURFACE_STYLE_FILL_AREA|FILL_AREA_STYLE|FILL_AREA_STYLE_COLOUR|COLOUR_RGB|SHAPE_DEFINITION_REPRESENTATION"
    "|PRODUCT_DEFINITION_SHAPE|ADVANCED_BREP_SHAPE_REPRESENTATION|SHAPE_REPRESENTATION"
    "|SHAPE_REPRESENTATION_RELATIONSHIP"
)
"""Entities that lead from a product to its colour."""

MAX_STEPS = 200
"""Entities that are followed from one styled item."""


def product_colours(entities: Entities, products: Mapping[int, str]) -> dict[str, str]:
    """Name of each product with a coloured solid, and the colour like ``#ff8800``.

    Args:
        entities: Of the file, those of `KINDS` among them.
        products: Product definition → name of its product.
    """
    colours: dict[int, str] = {}
    for kind, arguments in entities.values():
        if kind == "STYLED_ITEM" and len(arguments) > 2:
            colour = _colour_of(_references(arguments[1]), entities)
            for item in _references(arguments[2]) if colour else ():
                colours[item] = colour
    owners = _owners(entities)
    found: dict[str, str] = {}
    for representation, definition in owners.items():
        for item in _items(representation, entities):
            if item in colours and definition in products:
                found.setdefault(products[definition], colours[item])
    return found


def _owners(entities: Entities) -> dict[int, int]:
    """Shape representation → product definition, over the relationships between representations."""
    owners: dict[int, int] = {}
    for kind, arguments in entities.values():
        if kind == "SHAPE_DEFINITION_REPRESENTATION" and len(arguments) > 1:
            shape = entities.get(_first(arguments[0]), ("", []))
            if shape[0] == "PRODUCT_DEFINITION_SHAPE" and len(shape[1]) > 2:
                owners[_first(arguments[1])] = _first(shape[1][2])
    for kind, arguments in entities.values():
        if kind == "SHAPE_REPRESENTATION_RELATIONSHIP" and len(arguments) > 3:
            one, other = _first(arguments[2]), _first(arguments[3])
            for known, new in ((one, other), (other, one)):
                if known in owners:
                    owners.setdefault(new, owners[known])
    return owners


def _items(representation: int, entities: Entities) -> list[int]:
    kind, arguments = entities.get(representation, ("", []))
    return _references(arguments[1]) if kind.endswith("SHAPE_REPRESENTATION") and len(arguments) > 1 else []


def _colour_of(styles: list[int], entities: Entities) -> str:
    """The first colour that some styles lead to; empty where there is none."""
    pending, seen = list(styles), set(styles)
    for _ in range(MAX_STEPS):
        if not pending:
            return ""
        kind, arguments = entities.get(pending.pop(0), ("", []))
        if kind == "COLOUR_RGB" and len(arguments) > 3:
            return _hexadecimal(arguments[1:4])
        new = [number for argument in arguments for number in _references(argument) if number not in seen]
        seen.update(new)
        pending += new
    return ""


def _hexadecimal(numbers: list[str]) -> str:
    try:
        return "#" + "".join(f"{round(255 * min(max(float(number), 0.0), 1.0)):02x}" for number in numbers)
    except ValueError:
        return ""


def _references(argument: str) -> list[int]:
    return [int(number) for number in re.findall(r"#(\d+)", argument)]


def _first(argument: str) -> int:
    return next(iter(_references(argument)), -1)
