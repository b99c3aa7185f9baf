"""Names and colours of parts and faces as people can read and select them: printable, unique, in hexadecimal."""

from collections import Counter
from collections.abc import Sequence

LONGEST = 200
"""Characters of a name that are kept."""


def printable(name: str) -> str:
    """A name without control characters and without blanks around it."""
    return "".join(character for character in name if character.isprintable()).strip()[:LONGEST]


def decoded(raw: bytes) -> str:
    """A name from bytes up to the first zero, UTF-8 or else Latin-1, printable."""
    raw = raw.split(b"\0", 1)[0]
    try:
        return printable(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return printable(raw.decode("latin-1"))


def unique_names(names: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Names made unique by a number, and the pairs (old, new) of those that changed."""
    result: list[str] = []
    taken: set[str] = set()
    last: Counter[str] = Counter()
    renamed = []
    for index, name in enumerate(names):
        plain = name or f"part_{index + 1}"
        new, number = plain, max(2, last[plain])
        while new in taken:
            new, number = f"{plain}_{number}", number + 1
        last[plain] = number
        if name and new != name:
            renamed.append((name, new))
        taken.add(new)
        result.append(new)
    return result, renamed


def hex_colour(linear: Sequence[float]) -> str:
    """A linear RGB colour as ``#rrggbb``, by the transfer curve of sRGB (IEC 61966-2-1)."""
    encoded = [12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in map(float, linear[:3])]
    return "#" + "".join(f"{round(255 * min(max(c, 0.0), 1.0)):02x}" for c in encoded)
