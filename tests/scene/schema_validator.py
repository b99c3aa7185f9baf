"""As much of a JSON Schema validator as scene files need."""

import re
from collections.abc import Iterator
from typing import Any

TYPES = {
    "boolean": bool,
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "integer": int,
    "null": type(None),
}
ANNOTATIONS = {"title", "description", "default", "$defs", "$schema", "discriminator"}
ANNOTATIONS |= {"properties", "additionalProperties", "items", "prefixItems"}  # looked at where the value is entered


def violations(value: Any, schema: dict[str, Any], root: dict[str, Any], place: str = "") -> Iterator[str]:
    """What a value breaks in a schema; a keyword that is not known here is an error."""
    if isinstance(value, dict):
        yield from _in_table(value, schema, root, place)
    if isinstance(value, list):
        yield from _in_list(value, schema, root, place)
    for keyword, rule in schema.items():
        if keyword == "$ref":
            yield from violations(value, root["$defs"][rule.removeprefix("#/$defs/")], root, place)
        elif keyword in {"anyOf", "oneOf"}:
            matching = [branch for branch in rule if not [*violations(value, branch, root, place)]]
            if not matching or (keyword == "oneOf" and len(matching) > 1):
                yield f"{place}: {value!r} matches {len(matching)} branches of {keyword}"
        elif keyword not in ANNOTATIONS and not _holds(keyword, rule, value):
            yield f"{place}: {value!r} breaks {keyword} {rule}"


def _in_table(value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any], place: str) -> Iterator[str]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    for key, inner in value.items():
        if key not in known and others is False:
            yield f"{place}: unknown key {key}"
        else:
            yield from violations(inner, known.get(key, others), root, f"{place}.{key}")


def _in_list(value: list[Any], schema: dict[str, Any], root: dict[str, Any], place: str) -> Iterator[str]:
    rules = schema.get("prefixItems", [schema.get("items", {})] * len(value))
    for index, (inner, rule) in enumerate(zip(value, rules, strict=False)):
        yield from violations(inner, rule, root, f"{place}[{index}]")


def _holds(keyword: str, rule: Any, value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if keyword == "type":
        names = rule if isinstance(rule, list) else [rule]
        return any(isinstance(value, TYPES[name]) and isinstance(value, bool) == (name == "boolean") for name in names)
    holds = {
        "const": lambda: value == rule,
        "enum": lambda: value in rule,
        "required": lambda: not isinstance(value, dict) or set(rule) <= value.keys(),
        "pattern": lambda: not isinstance(value, str) or re.search(rule, value) is not None,
        "format": lambda: not isinstance(value, str) or rule == "path",
        "minimum": lambda: not is_number or value >= rule,
        "maximum": lambda: not is_number or value <= rule,
        "exclusiveMinimum": lambda: not is_number or value > rule,
        "exclusiveMaximum": lambda: not is_number or value < rule,
        "minLength": lambda: not isinstance(value, str) or len(value) >= rule,
        "maxLength": lambda: not isinstance(value, str) or len(value) <= rule,
        "minItems": lambda: not isinstance(value, list) or len(value) >= rule,
        "maxItems": lambda: not isinstance(value, list) or len(value) <= rule,
    }
    return holds[keyword]()
