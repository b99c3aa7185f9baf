"""The text of a selector, taken word by word; whatever is wrong is shown with a caret."""

import math
import re

from twin3d.errors import SceneError
from twin3d.scene.selectors.wording import GLOB, RESERVED

_NUMBER = r"[+-]?(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_TOKEN = re.compile(
    rf"(?P<number>{_NUMBER})|(?P<range>\.\.)|(?P<quoted>\"[^\"]*\"|'[^']*')|(?P<axis>[+-][xyz]\b)"
    r"|(?P<word>[^\s(),=\"'.][^\s(),=\"']*)|(?P<sign>[(),=])"
)


class Tokens:
    """Words, numbers and signs of a text, first to last."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._skip_space()

    @property
    def place(self) -> int:
        """Where the next token begins, in characters."""
        return self._place

    def peek(self) -> str:
        """The next token; empty at the end."""
        match = _TOKEN.match(self._text, self._place)
        return match[0] if match else self._text[self._place : self._place + 1]

    def take(self) -> None:
        """Go past the next token."""
        self._place += len(self.peek())
        self._skip_space()

    def accept(self, token: str) -> bool:
        """Go past the next token if it is this one; returns whether it was."""
        if self.peek() != token:
            return False
        self.take()
        return True

    def expect(self, token: str, *, expected: str) -> None:
        """Go past a token that must come; raises SceneError otherwise."""
        if not self.accept(token):
            raise self.error(expected)

    def expect_end(self, *, expected: str) -> None:
        """Raises SceneError where more follows."""
        if self._place < len(self._text):
            raise self.error(expected)

    def number(self) -> float:
        """Go past a finite number; raises SceneError where none is next."""
        token = self.peek()
        if not is_number(token):
            raise self.error("a number")
        value = float(token)
        if not math.isfinite(value):
            raise self.error("a finite number")
        self.take()
        return value

    def glob(self, what: str) -> str:
        """Go past a name or pattern, with or without quotes; raises SceneError where none is next."""
        match = GLOB.match(self._text, self._place)
        if match is None or match[0] in RESERVED:
            raise self.error(f"{what}, such as heatsink or chip_* (in quotes if it has spaces)")
        self._place = match.end()
        self._skip_space()
        return str(match[match.lastindex or 0])

    def error(self, expected: str, *, place: int | None = None) -> SceneError:
        """What was expected and what was found, with the text and a caret at the next token or at `place`."""
        place = self._place if place is None else place
        shown = self._text.replace("\n", " ").replace("\t", " ")
        self._place = place
        found = f"found {self.peek()!r}" if place < len(self._text) else "found the end"
        return SceneError(f"selector: expected {expected}; {found}\n    {shown}\n    {' ' * place}^")

    def _skip_space(self) -> None:
        rest = self._text[self._place :]
        self._place += len(rest) - len(rest.lstrip())


def is_number(token: str) -> bool:
    """Whether a token is a number."""
    return re.fullmatch(_NUMBER, token) is not None
