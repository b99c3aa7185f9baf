"""Names, colours and units from the text of a STEP file itself, which the CAD kernel does not pass on.

ISO 10303-21 is the encoding; products and their occurrences are ISO 10303-41 and -44.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from twin3d.geometry import step_colours

MAX_LEAVES = 100_000
"""Leaves of an assembly that are listed; a file with more is damaged, or a bomb."""
MAX_DEPTH = 100
"""Levels of an assembly that are followed."""

_KINDS = (
    "PRODUCT|PRODUCT_DEFINITION|PRODUCT_DEFINITION_WITH_ASSOCIATED_DOCUMENTS|PRODUCT_DEFINITION_FORMATION"
    "|PRODUCT_DEFINITION_FORMATION_WITH_SPECIFIED_SOURCE|NEXT_ASSEMBLY_USAGE_OCCURRENCE"
)
_ENTITY = re.compile(rf"#(\d+)\s*=\s*({_KINDS}|{step_colours.KINDS})\s*\(((?:[^';]|'(?:[^']|'')*')*)\)\s*;")
_ARGUMENT = re.compile(r"'(?:[^']|'')*'|#\d+|\$|\((?:[^()']|'(?:[^']|'')*')*\)|[^,\s]+")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SCHEMA = re.compile(r"FILE_SCHEMA\s*\(\s*\(\s*'([^']*)'", re.IGNORECASE)
_SI_LENGTH = re.compile(r"LENGTH_UNIT\s*\(\s*\)[^;]*?SI_UNIT\s*\(\s*(\$|\.[A-Z]+\.)\s*,\s*\.METRE\.\s*\)")
_SI_LENGTH_FIRST = re.compile(r"SI_UNIT\s*\(\s*(\$|\.[A-Z]+\.)\s*,\s*\.METRE\.\s*\)")
_CONVERTED_LENGTH = re.compile(r"CONVERSION_BASED_UNIT\s*\(\s*'\s*(INCH|FOOT|MIL|YARD)[^']*'", re.IGNORECASE)
_PREFIXES = {"$": "m", ".MILLI.": "mm", ".CENTI.": "cm", ".MICRO.": "um", ".KILO.": "km", ".DECI.": "dm"}

_ESCAPES = (
    (re.compile(r"\\X2\\([0-9A-Fa-f]+)\\X0\\"), "utf-16-be"),
    (re.compile(r"\\X4\\([0-9A-Fa-f]+)\\X0\\"), "utf-32-be"),
    (re.compile(r"\\X\\([0-9A-Fa-f]{2})"), "latin-1"),
)


@dataclass(frozen=True, slots=True)
class StepLeaf:
    """One occurrence of a product without children."""

    instances: tuple[str, ...]
    """Names of the occurrences from the root on."""
    products: tuple[str, ...]
    """Names of their products."""
    definition: int
    """Number of the last product's definition, as two products may share a name."""


@dataclass(frozen=True, slots=True)
class StepText:
    """What the text of a STEP file says of the whole."""

    schema: str
    """Like AUTOMOTIVE_DESIGN; empty where the file does not say."""
    length_unit: str
    """Of the coordinates in the file, like ``inch``; empty where the file does not say."""
    leaves: tuple[StepLeaf, ...]
    """In the order in which the kernel lists them: by root, depth first."""
    colours: Mapping[str, str] = field(default_factory=dict)
    """Product → colour of its solid, like ``#ff8800``."""


def parse_step(content: bytes) -> StepText:
    """Read products, occurrences and units of a STEP file; what is damaged is left out."""
    text = _COMMENT.sub(" ", content.decode("utf-8", "surrogateescape"))
    entities = {int(m[1]): (m[2], _ARGUMENT.findall(m[3])) for m in _ENTITY.finditer(text)}
    schema = _SCHEMA.search(text)
    return StepText(
        schema=schema[1].split("{")[0].strip() if schema else "",
        length_unit=_length_unit(text),
        leaves=tuple(_leaves(entities)),
        colours=step_colours.product_colours(entities, _products(entities)),
    )


def decode(literal: str) -> str:
    """A string of Part 21 as text; control characters are left out."""
    text = literal[1:-1].replace("''", "'") if literal.startswith("'") else ""
    for pattern, encoding in _ESCAPES:
        text = pattern.sub(partial(_from_hex, encoding), text)
    text = re.sub(r"\\S\\(.)", lambda match: chr(ord(match[1]) + 128), text)
    return "".join(character for character in text if character.isprintable()).strip()


def _from_hex(encoding: str, match: re.Match[str]) -> str:
    return bytes.fromhex(match[1]).decode(encoding, "replace")


def _length_unit(text: str) -> str:
    if converted := _CONVERTED_LENGTH.search(text):
        return {"INCH": "inch", "FOOT": "ft", "MIL": "mil", "YARD": "yard"}[converted[1].upper()]
    found = _SI_LENGTH.search(text) or _SI_LENGTH_FIRST.search(text)
    return _PREFIXES.get(found[1], "") if found else ""


def _leaves(entities: dict[int, tuple[str, list[str]]]) -> Iterator[StepLeaf]:
    products = _products(entities)
    children: dict[int, list[tuple[str, int]]] = {}
    used = set()
    for _, (kind, arguments) in sorted(entities.items()):
        if kind == "NEXT_ASSEMBLY_USAGE_OCCURRENCE" and len(arguments) > 4:
            parent, child = _reference(arguments[3]), _reference(arguments[4])
            children.setdefault(parent, []).append((decode(arguments[1]) or decode(arguments[0]), child))
            used.add(child)
    count = 0
    for root in sorted(products):
        if root not in used:
            for leaf in _walk(root, StepLeaf((), (products[root],), root), children, products, frozenset()):
                count += 1
                if count > MAX_LEAVES:
                    return
                yield leaf


def _walk(
    node: int,
    leaf: StepLeaf,
    children: dict[int, list[tuple[str, int]]],
    products: dict[int, str],
    above: frozenset[int],
) -> Iterator[StepLeaf]:
    if node in above or len(above) > MAX_DEPTH:  # a cycle, in a damaged file
        return
    if node not in children:
        yield leaf
        return
    for name, child in children[node]:
        below = StepLeaf((*leaf.instances, name), (*leaf.products, products.get(child, "")), child)
        yield from _walk(child, below, children, products, above | {node})


def _products(entities: dict[int, tuple[str, list[str]]]) -> dict[int, str]:
    """Number of each product definition, and the name of its product."""
    names = {
        number: decode(arguments[1]) or decode(arguments[0])
        for number, (kind, arguments) in entities.items()
        if kind == "PRODUCT" and len(arguments) > 1
    }
    formations = {
        number: _reference(arguments[2])
        for number, (kind, arguments) in entities.items()
        if kind.startswith("PRODUCT_DEFINITION_FORMATION") and len(arguments) > 2
    }
    return {
        number: names.get(formations.get(_reference(arguments[2]), -1), "")
        for number, (kind, arguments) in entities.items()
        if kind in {"PRODUCT_DEFINITION", "PRODUCT_DEFINITION_WITH_ASSOCIATED_DOCUMENTS"} and len(arguments) > 2
    }


def _reference(argument: str) -> int:
    return int(argument[1:]) if re.fullmatch(r"#\d+", argument) else -1
