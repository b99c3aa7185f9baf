"""Text on the picture."""

from typing import Any

import vtkmodules.vtkRenderingFreeType  # noqa: F401  registers the font renderer
from vtkmodules.vtkRenderingCore import vtkTextActor

Colour = tuple[float, float, float]


def text_actor(text: str, size: int, colour: Colour, *, is_bold: bool = False) -> Any:
    """A line or more of text, its size in pixels."""
    actor = vtkTextActor()
    actor.SetInput(text)
    look = actor.GetTextProperty()
    look.SetFontFamilyToArial()
    look.SetFontSize(size)
    look.SetColor(*colour)
    look.SetBold(int(is_bold))
    return actor


def text_size(actor: Any, renderer: Any) -> tuple[float, float]:
    """Width and height of a text in pixels."""
    size = [0.0, 0.0]
    actor.GetSize(renderer, size)
    return size[0], size[1]
