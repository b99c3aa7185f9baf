"""Parses selectors.

The grammar, loosest first::

    selector := all { "or" all }
    all      := one { "and" one }
    one      := "not" one | "adjacent" "to" one | "(" selector ")" | term
    term     := "normal" DIRECTION | "plane" [("max" | "min") DIRECTION] | "hole" [radius] [along]
              | "cylinder" [radius] [along] | "sphere" [radius] | "cone" [along] | "near" POINT
              | "box" POINT "to" POINT | "between" GLOB GLOB | "part" GLOB | "name" GLOB | "colour" #RRGGBB
              | "outer" | "all" | "other"
              | "largest" | "smallest" | "area" AREA [".." AREA] | "id" NUMBER { "," NUMBER }
              | "face" NAME | NAME | ">X" | "<X" | "|X" | "%PLANE" | "%CYLINDER" | "%SPHERE" | "%CONE"
    radius   := "r" "=" LENGTH [".." LENGTH]          along := "along" DIRECTION

A DIRECTION is ``x``, ``+x``, ``-x`` or three numbers ``1,0,1``; a POINT is ``80,0,3 mm``; a LENGTH is ``5 mm``; a NAME
is a key of the scene's ``[faces]``. The first corner of a box and the first of two sizes share the unit of the second.
"""

import re
from collections.abc import Callable, Collection, Mapping

from twin3d.errors import SceneError
from twin3d.scene.selectors.joined import Adjacent, And, Named, Not, Or, Selector
from twin3d.scene.selectors.measures import read_point
from twin3d.scene.selectors.term_rules import ALIASES, TERM_RULES
from twin3d.scene.selectors.tokens import Tokens
from twin3d.scene.selectors.wording import RESERVED, Vector

_MAX_DEPTH = 40
_MAX_LENGTH = 2000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def parse(text: str, names: Collection[str] = ()) -> Selector:
    """Parse a selector; raises SceneError that shows the text with a caret and what was expected.

    Args:
        text: The selector.
        names: Keys of the scene's ``[faces]``, which may stand without the word ``face``.
    """
    if len(text) > _MAX_LENGTH:
        raise SceneError(f"a selector of {len(text)} characters is too long; the limit is {_MAX_LENGTH}")
    return _Parser(Tokens(text), names).parse()


def is_word(name: str) -> bool:
    """Whether a name means something else in selectors already."""
    return name in RESERVED or name in TERM_WORDS or name in {"along", "max", "min"}


def parse_point(text: str) -> Vector:
    """Parse a point such as ``80, 0, 3 mm`` [m]; raises SceneError with a caret."""
    tokens = Tokens(text)
    point = read_point(tokens)
    tokens.expect_end(expected="the end")
    return point


class _Parser:
    """A recursive-descent parser; one method per rule of the grammar that holds other selectors."""

    def __init__(self, tokens: Tokens, names: Collection[str]) -> None:
        self._tokens = tokens
        self._names = names
        self._depth = 0

    def parse(self) -> Selector:
        selector = self._any()
        self._tokens.expect_end(expected="and, or, or the end")
        return selector

    def adjacent(self) -> Selector:
        self._tokens.expect("to", expected='the word "to" and a selector, as in "adjacent to (plane max z)"')
        return Adjacent(self._one())

    def named(self) -> Selector:
        word = self._tokens.peek()
        if not _NAME.fullmatch(word):
            raise self._tokens.error("a name of [faces]")
        self._tokens.take()
        return Named(word)

    def _any(self) -> Selector:
        selector = self._all()
        while self._tokens.accept("or"):
            selector = Or(selector, self._all())
        return selector

    def _all(self) -> Selector:
        selector = self._one()
        while self._tokens.accept("and"):
            selector = And(selector, self._one())
        return selector

    def _one(self) -> Selector:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._tokens.error(f"fewer than {_MAX_DEPTH} nested terms")
        try:
            return self._term()
        finally:
            self._depth -= 1

    def _term(self) -> Selector:
        if self._tokens.accept("not"):
            return Not(self._one())
        if self._tokens.accept("("):
            selector = self._any()
            self._tokens.expect(")", expected="and, or, or a closing parenthesis")
            return selector
        word = self._tokens.peek()
        if word in TERM_RULES:
            self._tokens.take()
            return TERM_RULES[word](self._tokens)
        if word in _HOLDING_RULES:
            self._tokens.take()
            return _HOLDING_RULES[word](self)
        return self._alias(word)

    def _alias(self, word: str) -> Selector:
        alias = Named(word) if word in self._names else ALIASES.get(word.upper())
        if alias is None:
            names = f", a name of [faces] ({', '.join(self._names)})" if self._names else ""
            kinds = f", {', '.join(ALIASES)}" if word[:1] in {">", "<", "|", "%"} else ""
            raise self._tokens.error(f"one of {', '.join(TERM_WORDS)}{kinds}{names}, not, or a parenthesis")
        self._tokens.take()
        return alias


_HOLDING_RULES: Mapping[str, Callable[[_Parser], Selector]] = {"adjacent": _Parser.adjacent, "face": _Parser.named}

TERM_WORDS = (*TERM_RULES, *_HOLDING_RULES)
"""The words that begin a term."""
