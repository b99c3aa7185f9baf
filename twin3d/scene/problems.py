"""What is wrong with a scene file, collected so that one error can tell all of it, each with its place."""

import difflib
import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from twin3d.scene.toml_lines import Place, line_of

_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}
_PLAIN = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dict_type": "a table",
    "tuple_type": "a list",
    "path_type": "the path of a file, as text",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a scene file."""

    key: str
    """Where, as a key path such as ``sensor[2].unit``; empty for the file as a whole."""
    line: int | None
    """Line in the file, counted from 1, where it is known."""
    message: str
    """What was found and what was expected."""

    def __str__(self) -> str:
        where = ", ".join(part for part in (f"line {self.line}" if self.line else "", self.key) if part)
        return f"{where}: {self.message}" if where else self.message


class Problems:
    """Collects what is wrong with one file."""

    def __init__(self, lines: Mapping[Place, int]) -> None:
        self._lines = dict(lines)
        self._found: list[Problem] = []
        self._kept: Mapping[str, Sequence[int]] = {}
        self._lost: Mapping[str, Sequence[str]] = {}

    def leave_out(self, kept: Mapping[str, Sequence[int]], lost: Mapping[str, Sequence[str]]) -> None:
        """From now on, places count only the entries of the file that are kept.

        Args:
            kept: Array of tables → number in the file of each entry that is kept.
            lost: Table → globs of the names that may have been given in what is left out; nobody misses them.
        """
        self._kept, self._lost = kept, lost

    def is_incomplete(self, table: str) -> bool:
        """Whether something of a table was left out."""
        return bool(self._lost.get(table))

    def add(self, place: Place, message: str) -> None:
        """Note a problem at a place."""
        place = self._in_file(place)
        self._found.append(Problem(key_path(place), line_of(place, self._lines), message))

    def add_unknown_name(self, place: Place, table: str, name: str, known: Iterable[str]) -> None:
        """Note a name that leads nowhere, unless what it names may be broken itself."""
        lost = self._lost.get(table, ())
        if not any(fnmatch.fnmatchcase(name, glob) for glob in lost):
            known = (*known, *(glob for glob in lost if "*" not in glob))
            self.add(place, f'no {table} is named "{name}"; {nearest(name, known)}')

    def add_validation(self, place: Place, raw: Any, error: ValidationError, model: type[BaseModel]) -> None:
        """Note all that pydantic found in one table."""
        for detail in error.errors(include_url=False):
            inner = _without_tags(detail["loc"], raw, keep_last=detail["type"] == "missing")
            if not _counts_broken(detail, _value_at(raw, inner)):
                self.add((*place, *inner), _worded(detail, inner, raw, model))

    def listed(self) -> tuple[Problem, ...]:
        """All problems, in the order of the file."""
        return tuple(sorted(self._found, key=lambda problem: problem.line or 0))

    def _in_file(self, place: Place) -> Place:
        if len(place) > 1 and isinstance(place[0], str) and isinstance(place[1], int) and place[0] in self._kept:
            return (place[0], self._kept[place[0]][place[1]], *place[2:])
        return place


def key_path(place: Place) -> str:
    """A place as people write it: ``sensor[2].unit``."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint at the known word nearest to a wrong one, and the list of all."""
    names = list(dict.fromkeys(known))
    if not names:
        return "there are none"
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    hint = f'did you mean "{near[0]}"? ' if near else ""
    return f"{hint}expected one of {', '.join(names)}"


def _counts_broken(detail: ErrorDetails, found: Any) -> bool:
    """Whether a list is too short only because pydantic does not count its broken entries."""
    return detail["type"] == "too_short" and isinstance(found, list) and len(found) >= detail["ctx"]["min_length"]


def _worded(detail: ErrorDetails, place: Place, raw: Any, model: type[BaseModel]) -> str:
    kind, context, found = detail["type"], detail.get("ctx", {}), _shown(_value_at(raw, place))
    if kind == "missing":
        return "is missing" if not isinstance(place[-1], int) else "the list has too few entries"
    if kind == "extra_forbidden":
        return f"unknown key; {nearest(str(place[-1]), _known_keys(model, place[:-1], raw))}"
    if kind in {"enum", "literal_error"}:
        known = re.findall(r"'([^']*)'", str(context["expected"]))
        return f"found {found}, {nearest(str(_value_at(raw, place)), known)}"
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        tag, kinds = context.get("tag"), _known_kinds(model, place, raw)
        hint = nearest(str(tag or ""), kinds)
        return f'kind "{tag}" is unknown; {hint}' if tag else f"kind is missing; {hint}"
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return f"found {found}, expected {words} {context[key]:g}"
    return _worded_shape(detail, found)


def _worded_shape(detail: ErrorDetails, found: str) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "twin3d":
        return str(context["message"])
    if kind == "string_pattern_mismatch":
        return f"found {found}; a name begins with a letter and holds letters, digits, _ and -"
    if kind in {"string_too_short", "too_short", "too_long"}:
        return f"found {found}: too {'long' if kind == 'too_long' else 'short'}"
    return f"found {found}, expected {_PLAIN[kind]}" if kind in _PLAIN else f"found {found}: {detail['msg']}"


def _without_tags(loc: tuple[str | int, ...], raw: Any, *, keep_last: bool) -> Place:
    """The place in the file: pydantic puts the tags of unions in between."""
    place: Place = ()
    for index, part in enumerate(loc):
        if _has(raw, part) or (keep_last and index == len(loc) - 1):
            place = (*place, part)
            raw = raw[part] if _has(raw, part) else None
    return place


def _has(container: Any, part: str | int) -> bool:
    if isinstance(container, Mapping):
        return part in container
    return isinstance(container, list) and isinstance(part, int) and part < len(container)


def _value_at(raw: Any, place: Place) -> Any:
    for part in place:
        raw = raw[part] if _has(raw, part) else None
    return raw


def _known_keys(model: type[BaseModel], place: Place, raw: Any) -> tuple[str, ...]:
    models, found = _models_at(model, place, raw)
    if isinstance(found, Mapping) and "kind" in found:
        models = [entry for entry in models if found["kind"] in _kinds_of(entry)] or models
    return tuple(key for entry in models for key in entry.model_fields)


def _known_kinds(model: type[BaseModel], place: Place, raw: Any) -> tuple[str, ...]:
    models, _ = _models_at(model, place, raw)
    return tuple(kind for entry in models for kind in _kinds_of(entry))


def _kinds_of(model: type[BaseModel]) -> tuple[str, ...]:
    return get_args(model.model_fields["kind"].annotation) if "kind" in model.model_fields else ()


def _models_at(model: type[BaseModel], place: Place, raw: Any) -> tuple[list[type[BaseModel]], Any]:
    """The models that a value at a place may be of, and the value."""
    models = [model]
    for part in place:
        raw = raw[part]
        if isinstance(part, str):
            fields = [entry.model_fields[part].annotation for entry in models if part in entry.model_fields]
            models = [inner for field in fields for inner in _models_in(field)] or models
    return models, raw


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_in(inner)]


def _shown(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
