"""The scalar bar: the colour map with its ticks, title and unit."""

from typing import Any

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkPolyDataMapper2D

from twin3d.view.colours import colour_knots, nice_ticks, tick_text
from twin3d.view.text import text_actor

INK = (0.12, 0.13, 0.16)
N_BANDS = 256
MAX_TICKS = 12
LEFT, BOTTOM, WIDTH, HEIGHT = 0.905, 0.16, 0.018, 0.64
"""Place and size, relative to the picture."""


class ScalarBar:
    """A vertical bar at the right."""

    def __init__(self, renderer: Any, size: tuple[int, int], scale: float) -> None:
        self._size, self._scale = size, scale
        self._data = vtkPolyData()
        mapper = vtkPolyDataMapper2D()
        mapper.SetInputData(self._data)
        self._actor = vtkActor2D()
        self._actor.SetMapper(mapper)
        renderer.AddViewProp(self._actor)
        self._title = self._text(renderer, 15, is_bold=True)
        self._title.GetTextProperty().SetJustificationToCentered()
        self._ticks = [self._text(renderer, 14) for _ in range(MAX_TICKS)]
        self._shown: tuple[str, str, str, tuple[float, float]] | None = None

    def show(self, colours: str, title: str, unit: str, ends: tuple[float, float]) -> None:
        """Show a colour map over a range in the unit."""
        if self._shown == (colours, title, unit, ends):
            return
        self._shown = (colours, title, unit, ends)
        self._draw()

    def resize(self, size: tuple[int, int]) -> None:
        """Follow the picture's size."""
        self._size = size
        if self._shown is not None:
            self._draw()

    def _draw(self) -> None:
        if self._shown is None:
            return
        colours, title, unit, (low, high) = self._shown
        width, height = self._size
        x, y = LEFT * width, BOTTOM * height
        self._draw_bands(colours, x, y, WIDTH * width, HEIGHT * height)
        self._title.SetInput(f"{title}\n[{unit}]")
        self._title.SetPosition(x + 0.5 * WIDTH * width, y + HEIGHT * height + 0.02 * height)
        ticks = nice_ticks(low, high)[:MAX_TICKS]
        step = ticks[1] - ticks[0] if len(ticks) > 1 else max(high - low, 1e-9)
        for index, actor in enumerate(self._ticks):
            actor.SetVisibility(index < len(ticks))
            if index < len(ticks):
                share = (ticks[index] - low) / (high - low)
                actor.SetInput(f"– {tick_text(ticks[index], step)}")
                actor.SetPosition(x + WIDTH * width + 1, y + share * HEIGHT * height)

    def _draw_bands(self, colours: str, x: float, y: float, width: float, height: float) -> None:
        levels = np.linspace(0.0, 1.0, N_BANDS + 1)
        corners = np.zeros((2 * (N_BANDS + 1), 3))
        corners[0::2, 0], corners[1::2, 0] = x, x + width
        corners[:, 1] = np.repeat(y + levels * height, 2)
        first = 2 * np.arange(N_BANDS)
        quads = np.column_stack([first, first + 1, first + 3, first + 2]).astype(np.int64)
        knots = colour_knots(colours)
        place = np.linspace(0.0, len(knots) - 1.0, N_BANDS)
        rgb = np.column_stack([np.interp(place, np.arange(len(knots)), channel) for channel in knots.T])
        points = vtkPoints()
        points.SetData(numpy_to_vtk(corners, deep=True))
        cells = vtkCellArray()
        cells.SetData(
            numpy_to_vtkIdTypeArray(np.arange(0, 4 * N_BANDS + 1, 4, dtype=np.int64), deep=True),
            numpy_to_vtkIdTypeArray(quads.ravel(), deep=True),
        )
        self._data.SetPoints(points)
        self._data.SetPolys(cells)
        self._data.GetCellData().SetScalars(numpy_to_vtk(np.round(rgb * 255).astype(np.uint8), deep=True))
        self._data.Modified()

    def _text(self, renderer: Any, points: int, *, is_bold: bool = False) -> Any:
        actor = text_actor("", round(points * self._scale), INK, is_bold=is_bold)
        actor.GetTextProperty().SetVerticalJustificationToCentered()
        if is_bold:
            actor.GetTextProperty().SetVerticalJustificationToBottom()
        renderer.AddViewProp(actor)
        return actor
