"""Lengths, places, numbers and names as reports tell them."""

from collections.abc import Sequence

MAX_NAMES = 12
"""Names that are listed; the others are counted."""


def length_text(length: float) -> str:
    """A length [m] in the unit that people would use for it."""
    scale, unit = (1.0, "m") if length >= 1.0 else (1e-3, "mm") if length >= 1e-5 else (1e-6, "µm")
    return f"{float(f'{length / scale:.3g}'):,g} {unit}"


def place_text(place: Sequence[float]) -> str:
    """A place [m] in millimetres."""
    return f"({', '.join(f'{coordinate * 1e3:.4g}' for coordinate in place)}) mm"


def number_text(value: float) -> str:
    """A number of some digits, without an exponent where that reads well."""
    return f"{value:,.0f}" if 1e4 <= value < 1e12 else f"{value:,.5g}"


def listed(names: Sequence[str]) -> str:
    """Names, the first dozen of them."""
    more = len(names) - MAX_NAMES
    return ", ".join(names[:MAX_NAMES]) + (f" and {more} more" if more > 0 else "")


def counted(number: int, thing: str) -> str:
    """A number of things, in the plural where there are several or none."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
