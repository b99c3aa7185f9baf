"""Selectors that hold others: names, neighbours, and what `and`, `or` and `not` join."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from twin3d.scene.selectors.terms import Term


@dataclass(frozen=True, slots=True)
class Named:
    """A selection that the scene names in ``[faces]``."""

    name: str
    meaning: "Selector | None" = None
    """What the scene says under the name; None until the scene is built."""

    def __str__(self) -> str:
        return f"face {self.name}"


@dataclass(frozen=True, slots=True)
class Adjacent:
    """Outer faces that share an edge with the selected ones, which are left out."""

    inner: "Selector"

    def __str__(self) -> str:
        return f"adjacent to {_inner_text(self.inner, Or, And)}"


@dataclass(frozen=True, slots=True)
class And:
    """Faces that both sides select."""

    left: "Selector"
    right: "Selector"

    def __str__(self) -> str:
        return f"{_inner_text(self.left, Or)} and {_inner_text(self.right, Or, And)}"


@dataclass(frozen=True, slots=True)
class Or:
    """Faces that either side selects."""

    left: "Selector"
    right: "Selector"

    def __str__(self) -> str:
        return f"{self.left} or {_inner_text(self.right, Or)}"


@dataclass(frozen=True, slots=True)
class Not:
    """Faces that the inner selector leaves."""

    inner: "Selector"

    def __str__(self) -> str:
        return f"not {_inner_text(self.inner, Or, And)}"


Selector: TypeAlias = Term | Named | Adjacent | And | Or | Not
"""Any selector."""


def walk(selector: Selector) -> Iterator[Selector]:
    """A selector and all terms in it, the meanings of names included."""
    yield selector
    match selector:
        case And() | Or():
            yield from walk(selector.left)
            yield from walk(selector.right)
        case Not() | Adjacent():
            yield from walk(selector.inner)
        case Named(meaning=meaning) if meaning is not None:
            yield from walk(meaning)


def with_meanings(selector: Selector, meanings: Mapping[str, Selector]) -> Selector:
    """The selector, each name in it with what it means; names without a meaning stay as they are."""
    match selector:
        case Named(name=name):
            return Named(name, meanings.get(name))
        case And() | Or():
            return type(selector)(with_meanings(selector.left, meanings), with_meanings(selector.right, meanings))
        case Not() | Adjacent():
            return type(selector)(with_meanings(selector.inner, meanings))
        case _:
            return selector


def _inner_text(selector: Selector, *looser: type) -> str:
    return f"({selector})" if isinstance(selector, looser) else str(selector)
