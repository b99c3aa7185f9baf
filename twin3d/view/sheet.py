"""Sheets of technical pictures: panels side by side, with titles, axes, a scale and labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

import matplotlib
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from twin3d.view.callouts import Callout
from twin3d.view.colours import nice_ticks
from twin3d.view.raster import Camera, Vector

Colour: TypeAlias = tuple[int, int, int]

INK, GREY, PAPER = (31, 33, 41), (110, 113, 122), (255, 255, 255)
BACKGROUND = (244, 245, 247)
HEAD, FOOT = 58, 34
"""Height of the title and of the line at the bottom in pixels."""
SUPERSAMPLING = 2
"""Pixels are drawn so many times finer each way, then averaged."""


@dataclass(frozen=True, slots=True)
class View:
    """A direction from which an asset is looked at."""

    direction: Vector
    """From the asset to the camera."""
    title: str


FRONT_RIGHT_TOP = View((1.0, -1.3, 0.9), "from the front, right, top   (+x −y +z)")
BACK_LEFT_BOTTOM = View((-1.0, 1.3, -0.9), "from the back, left, bottom   (−x +y −z)")
MORE_VIEWS = (
    View((-1.0, -1.3, 0.9), "from the front, left, top   (−x −y +z)"),
    View((1.0, 1.3, 0.9), "from the back, right, top   (+x +y +z)"),
    View((1.0, -1.3, -0.9), "from the front, right, bottom   (+x −y −z)"),
    View((-1.0, -1.3, -0.9), "from the front, left, bottom   (−x −y −z)"),
    View((1.0, 1.3, -0.9), "from the back, right, bottom   (+x +y −z)"),
    View((-1.0, 1.3, 0.9), "from the back, left, top   (−x +y +z)"),
    View((0.0, 0.0, 1.0), "from the top   (+z)"),
    View((0.0, 0.0, -1.0), "from the bottom   (−z)"),
    View((0.0, -1.0, 0.0), "from the front   (−y)"),
    View((0.0, 1.0, 0.0), "from the back   (+y)"),
    View((1.0, 0.0, 0.0), "from the right   (+x)"),
    View((-1.0, 0.0, 0.0), "from the left   (−x)"),
)
"""Further views, of which those are added that show what the two opposite corners hide."""


class Sheet:
    """An image with a title, panels below it, and a line at the bottom."""

    def __init__(self, n_panels: int, panel: tuple[int, int], *, title: str, subtitle: str, n_legend_rows: int) -> None:
        self._columns = min(2, n_panels)
        rows = -(-n_panels // self._columns)
        self._panel = panel
        self._legend_top = HEAD + rows * panel[1]
        size = (self._columns * panel[0], self._legend_top + n_legend_rows * LEGEND_ROW + FOOT)
        self._image = Image.new("RGB", size, BACKGROUND)
        self._draw = ImageDraw.Draw(self._image)
        self._draw.text((18, 9), title, fill=INK, font=font(20, is_bold=True))
        self._draw.text((18, 34), subtitle, fill=GREY, font=font(14))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._image.size

    def corner(self, number: int) -> tuple[int, int]:
        """Left top corner of a panel."""
        row, column = divmod(number, self._columns)
        return column * self._panel[0], HEAD + row * self._panel[1]

    def add_panel(self, number: int, pixels: npt.NDArray[np.uint8], title: str, camera: Camera) -> None:
        """Put a picture of shape (height, width, 3) into a panel, with its title, axes and a scale."""
        left, top = self.corner(number)
        width, height = self._panel
        self._image.paste(Image.fromarray(pixels), (left, top))
        self._draw.rectangle((left, top, left + width - 1, top + height - 1), outline=(208, 211, 217))
        self._draw.text((left + 14, top + 10), title, fill=INK, font=font(14))
        self._axes((left + 48, top + height - 48), camera)
        self._scale((left + width - 20, top + height - 20), camera)

    def add_callouts(
        self, number: int, callouts: Sequence[Callout], texts: dict[int, str], colours: dict[int, Colour] | None = None
    ) -> None:
        """Draw labels into a panel: lines first, so that no line crosses a label."""
        left, top = self.corner(number)
        for callout in callouts:
            if not callout.is_inside:
                (ax, ay), (bx, by) = callout.line
                self._draw.line((left + ax, top + ay, left + bx, top + by), fill=INK, width=1)
                self._draw.ellipse((left + bx - 2.5, top + by - 2.5, left + bx + 2.5, top + by + 2.5), fill=INK)
        for callout in callouts:
            fill = (colours or {}).get(callout.key, PAPER)
            box = tuple(value + shift for value, shift in zip(callout.box, (left, top, left, top), strict=True))
            self._draw.rounded_rectangle(box, radius=4, fill=fill, outline=GREY if callout.is_inside else INK, width=1)
            middle = (0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3]))
            ink = PAPER if sum(fill) < 420 else INK
            self._draw.text(middle, texts[callout.key], fill=ink, font=label_font(), anchor="mm")

    def add_ring(self, number: int, place: tuple[float, float], colour: Colour) -> None:
        """Mark a place in a panel."""
        left, top = self.corner(number)
        x, y = left + place[0], top + place[1]
        for radius, ink, width in ((10.0, PAPER, 5), (9.0, colour, 3)):
            self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=ink, width=width)

    def add_legend(self, rows: Sequence[tuple[str, Colour, str]]) -> None:
        """Numbered lines below the panels, in two columns, each with its colour."""
        per_column = -(-len(rows) // 2)
        for index, (label, colour, text) in enumerate(rows):
            column, row = divmod(index, per_column)
            x, y = 18 + column * self.size[0] // 2, self._legend_top + 6 + row * LEGEND_ROW
            self._draw.rounded_rectangle((x, y, x + 30, y + 18), radius=4, fill=colour)
            ink = PAPER if sum(colour) < 420 else INK
            self._draw.text((x + 15, y + 9), label, fill=ink, font=font(13, is_bold=True), anchor="mm")
            self._draw.text(
                (x + 40, y + 9), _fitted(text, 0.5 * self.size[0] - 70), fill=INK, font=font(13), anchor="lm"
            )

    def add_foot(self, text: str) -> None:
        """The line at the bottom."""
        self._draw.text((18, self.size[1] - FOOT + 9), text, fill=INK, font=font(13))

    def pixels(self) -> npt.NDArray[np.uint8]:
        """The image, shape (height, width, 3)."""
        return np.array(self._image, dtype=np.uint8)

    def _axes(self, centre: tuple[int, int], camera: Camera) -> None:
        """The three axes as the camera sees them, those that point away drawn first."""
        axes = sorted(zip("xyz", np.eye(3), AXIS_COLOURS, strict=True), key=lambda item: item[1] @ camera.backwards)
        for name, axis, colour in axes:
            x, y = float(axis @ camera.right), -float(axis @ camera.up)
            if np.hypot(x, y) < 0.1:
                continue
            self._draw.line((*centre, centre[0] + 26 * x, centre[1] + 26 * y), fill=colour, width=2)
            self._draw.text((centre[0] + 36 * x, centre[1] + 36 * y), name, fill=colour, font=font(14), anchor="mm")

    def _scale(self, end: tuple[int, int], camera: Camera) -> None:
        """A bar of a round length."""
        widest = 0.22 * self._panel[0] / camera.pixels_per_metre
        length = nice_ticks(0.0, widest, n_ticks=2)[-1]
        pixels = length * camera.pixels_per_metre
        x, y = end
        self._draw.line((x - pixels, y, x, y), fill=INK, width=2)
        for tip in (x - pixels, x):
            self._draw.line((tip, y - 4, tip, y + 4), fill=INK, width=2)
        self._draw.text((x - 0.5 * pixels, y - 6), f"{length * 1e3:g} mm", fill=INK, font=font(13), anchor="mb")


LEGEND_ROW = 24
AXIS_COLOURS: tuple[Colour, Colour, Colour] = ((176, 58, 46), (46, 125, 79), (40, 96, 176))


@cache
def font(size: int, *, is_bold: bool = False) -> ImageFont.FreeTypeFont:
    """The typeface of sheets; it knows ° and ² and Greek."""
    name = "DejaVuSans-Bold.ttf" if is_bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size)


def label_font() -> ImageFont.FreeTypeFont:
    """The typeface of labels."""
    return font(14, is_bold=True)


def label_size(text: str) -> tuple[float, float]:
    """Width and height of a label with its rim in pixels."""
    left, _, right, _ = label_font().getbbox(text)
    return right - left + 8.0, 19.0


def averaged(fine: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """A picture at its final size from one that is `SUPERSAMPLING` times finer; shapes (..., ..., 3), values 0 to 1."""
    height, width = (side // SUPERSAMPLING for side in fine.shape[:2])
    blocks = fine[: height * SUPERSAMPLING, : width * SUPERSAMPLING].reshape(
        height, SUPERSAMPLING, width, SUPERSAMPLING, 3
    )
    return np.asarray(np.round(255.0 * blocks.mean(axis=(1, 3))), dtype=np.uint8)


def _fitted(text: str, width: float) -> str:
    """A text cut to a width, with dots where it is cut."""
    if font(13).getlength(text) <= width:
        return text
    while text and font(13).getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"
